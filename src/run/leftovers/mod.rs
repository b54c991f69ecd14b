//! What a lab leaves in the cluster: found by UID, told with the command that made it, and taken back.
//!
//! Entry points: [`baseline`] before the first step, a [`Trail`] of the commands, [`take_back`] after the last one.
//!
//! Whose is it? On a cluster that labproof made, everything that differs from the baseline is the lab's: a run has such a
//! cluster to itself. On any other, people work beside it, and taking away what is theirs is worse than leaving
//! something. There only that is touched of which a command's own kubectl said that it did it, to an object of
//! that kind and name in the namespace that the command works in, and between the two moments in which that command ran. With it goes what
//! belongs to it: a namespace that the lab made goes as a whole. All else is told and left alone.

mod cleanup;
mod trail;

use std::time::Duration;

use super::lab::LabRun;
use crate::cluster::baseline::{
    Change, CompareError, Keep, Limits, Outcome, Restored, Snapshot, What, compare, happened,
    restore,
};
use crate::cluster::{Settling, settle};
use crate::event::{Event, LeftoverRecord};

use trail::Mark;
pub(super) use trail::Trail;

/// How long bringing a cluster back may take; pods elsewhere have half a minute to stop.
const WITHIN: Duration = Duration::from_secs(90);
/// The same when somebody wants to leave.
const HURRIED: Duration = Duration::from_secs(20);
/// How long finalizers may take on a cluster of labproof's own: their controllers are beside them, or nowhere.
const FINALIZERS: Duration = Duration::from_secs(10);
/// How long workloads that were put back may take to be up.
const UP_AGAIN: Duration = Duration::from_secs(30);

/// What there is to tell of the cluster after a lab.
#[derive(Default)]
pub(super) struct Found {
    pub(super) leftovers: Vec<LeftoverRecord>,
    pub(super) warnings: Vec<String>,
    /// Why the cluster is not known to be at its baseline.
    pub(super) broken: Option<String>,
}

/// What the cluster holds before the lab; `None` where there is no cluster.
///
/// # Errors
/// Why that is not known; the lab must not run then, nothing of it could be taken back.
pub(super) async fn baseline(run: &LabRun<'_>) -> Result<Option<Snapshot>, String> {
    let Some(client) = &run.connection.client else {
        return Ok(None);
    };
    run.emitter.emit(Event::Progress {
        lab: Some(run.index),
        what: "noting what the cluster holds".to_owned(),
    });
    tokio::select! {
        taken = Snapshot::take(client, Keep::Contents) => {
            let taken = taken
                .map_err(|error| format!("not run, as the baseline of the cluster is not known: {error}"))?;
            run.connection
                .recognise(&taken)
                .map_err(|why| format!("not run: {why}"))?;
            Ok(Some(taken))
        }
        () = run.cancel.cancelled() => Err("interrupted before it began".to_owned()),
    }
}

/// Compares the cluster with its baseline and brings it back.
pub(super) async fn take_back(run: &LabRun<'_>, before: &Snapshot, trail: &Trail) -> Found {
    let mut found = Found {
        warnings: unread(before).into_iter().collect(),
        ..Found::default()
    };
    let Some(client) = &run.connection.client else {
        return found;
    };
    run.emitter.emit(Event::Progress {
        lab: Some(run.index),
        what: "comparing the cluster with its baseline".to_owned(),
    });
    let compared = tokio::select! {
        compared = compare(client, before) => compared.map_err(unknown),
        () = run.options.leave.cancelled() => Err(left_early()),
    };
    let (now, changes) = match compared {
        Ok(compared) => compared,
        Err(cause) => {
            found.broken = Some(cause);
            return found;
        }
    };
    let own: Vec<&Change> = changes
        .iter()
        .filter(|change| change.under.is_none())
        .collect();
    if own.is_empty() {
        return found;
    }
    let moments = happened(client, before, trail.since, &own).await;
    let roots: Vec<Root<'_>> = own
        .iter()
        .map(|change| {
            let mark = trail.of(change, moments.get(&change.object.uid).copied());
            let ours =
                run.connection.profile == "local" || mark.is_some_and(|mark| mark.proves(change));
            let with = changes
                .iter()
                .filter(|other| other.under.as_ref() == Some(&change.object.uid))
                .collect();
            Root {
                change,
                with,
                mark,
                ours,
            }
        })
        .collect();
    let restored = match undo(run, before, &now, &roots).await {
        Ok(restored) => restored,
        Err(cause) => {
            found.broken = Some(cause);
            Restored::new()
        }
    };
    let cleaned_up = cleanup::ran(run.lab, trail);
    for root in &roots {
        root.tell(run, &restored, cleaned_up, &mut found);
    }
    found
}

fn unknown(error: CompareError) -> String {
    format!(
        "what the lab left in the cluster is not known, and nothing was deleted or put back: {error}"
    )
}

fn left_early() -> String {
    "interrupted twice: what the lab left in the cluster stays there".to_owned()
}

/// Takes back what is the lab's.
async fn undo(
    run: &LabRun<'_>,
    before: &Snapshot,
    now: &Snapshot,
    roots: &[Root<'_>],
) -> Result<Restored, String> {
    let ours: Vec<&Change> = roots
        .iter()
        .filter(|root| root.ours)
        .flat_map(|root| std::iter::once(root.change).chain(root.with.iter().copied()))
        .collect();
    let Some(client) = run.connection.client.as_ref().filter(|_| !ours.is_empty()) else {
        return Ok(Restored::new());
    };
    if run.goes_with_cluster() {
        return Ok(Restored::new());
    }
    let number = roots.iter().filter(|root| root.ours).count();
    run.emitter.emit(Event::Progress {
        lab: Some(run.index),
        what: format!("bringing the cluster back to its baseline ({number} to undo)"),
    });
    let limits = Limits {
        within: match run.cancel.is_cancelled() {
            true => HURRIED,
            false => WITHIN,
        },
        finalizers: FINALIZERS,
        force: run.connection.profile == "local",
    };
    let all = async {
        let restored = restore(client, before, now, &ours, &limits).await;
        let quiet = ours.iter().all(|change| change.what == What::Added);
        if !quiet && !run.cancel.is_cancelled() {
            // The next lab begins with workloads that are up; one that never is must not hold it up for long.
            let _: Settling = settle(client, &Default::default(), UP_AGAIN).await;
        }
        restored
    };
    tokio::select! {
        restored = all => restored.map_err(unknown),
        () = run.options.leave.cancelled() => Err(left_early()),
    }
}

/// An object that differs for itself, with all that goes with it.
struct Root<'a> {
    change: &'a Change,
    with: Vec<&'a Change>,
    /// The command that did it.
    mark: Option<&'a Mark>,
    /// Whether the lab did it, and so it is taken back.
    ours: bool,
}

impl Root<'_> {
    fn tell(&self, run: &LabRun<'_>, restored: &Restored, cleaned_up: bool, found: &mut Found) {
        let object = &self.change.object;
        let outcome = restored.get(&object.uid);
        let is_back = matches!(outcome, Some(Outcome::Restored(_)));
        let alone =
            outcome == Some(&Outcome::Restored(None)) && self.note_of_with(restored).is_none();
        if self.change.going && (alone || !self.ours) {
            // The lab deleted it; it only took its time.
            return;
        }
        let stays = std::iter::once(self.change)
            .chain(self.with.iter().copied())
            .find_map(|change| match restored.get(&change.object.uid) {
                Some(Outcome::Stays(reason)) if change.object.uid == object.uid => {
                    Some(reason.clone())
                }
                Some(Outcome::Stays(reason)) => {
                    let object = &change.object;
                    Some(format!("{} {}: {reason}", object.kind.kind, object.place()))
                }
                _ => None,
            });
        let reason = match outcome {
            _ if stays.is_some() => stays.clone(),
            Some(Outcome::Restored(note)) => note.clone().or_else(|| self.note_of_with(restored)),
            _ if !self.ours => Some(
                "left alone: the cluster is not labproof's own, and nothing proves that the lab did it"
                    .to_owned(),
            ),
            _ if run.goes_with_cluster() => Some("the cluster ends with this run".to_owned()),
            _ => Some("not undone".to_owned()),
        };
        let page = self.mark.map(|mark| &run.lab.pages[mark.at.page]);
        let record = LeftoverRecord {
            change: word(self.change.what),
            kind: object.kind.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
            uid: object.uid.clone(),
            with: self.with.len(),
            path: page.map(|page| page.file.path().display().to_string()),
            step: self
                .mark
                .zip(page)
                .and_then(|(mark, page)| page.steps.get(mark.at.step))
                .map(|step| step.id.clone()),
            line: self.mark.map(|mark| mark.line),
            restored: is_back && stays.is_none(),
            reason,
        };
        if cleaned_up && self.ours {
            found.warnings.push(forgotten(&record));
        }
        if self.ours && !record.restored && found.broken.is_none() && !run.goes_with_cluster() {
            found.broken = Some(format!(
                "the cluster is not back at its baseline: {} {}: {}",
                record.kind,
                record.place(),
                record.reason.as_deref().unwrap_or("not undone"),
            ));
        }
        found.leftovers.push(record);
    }

    /// What there is to say of an object that went with this one.
    fn note_of_with(&self, restored: &Restored) -> Option<String> {
        self.with.iter().find_map(|change| {
            let object = &change.object;
            match restored.get(&object.uid) {
                Some(Outcome::Restored(Some(note))) => {
                    Some(format!("{} {}: {note}", object.kind.kind, object.place()))
                }
                _ => None,
            }
        })
    }
}

fn word(what: What) -> &'static str {
    match what {
        What::Added => "added",
        What::Changed => "changed",
        What::Gone => "gone",
    }
}

/// A clean-up that is not complete, as a warning.
fn forgotten(record: &LeftoverRecord) -> String {
    let (did, undo) = match record.change {
        "added" => ("made", "delete it"),
        "changed" => ("changed", "put it back"),
        _ => ("deleted", "make it again"),
    };
    let (place, here) = match record.done_at() {
        Some(place) => (format!("{place}: "), "here"),
        None => (String::new(), "somewhere in the lab"),
    };
    format!(
        "{place}{} {} is {did} {here}, and the clean-up does not {undo}",
        record.kind,
        record.place()
    )
}

/// Kinds that could not be read, as a warning.
fn unread(before: &Snapshot) -> Option<String> {
    const SHOWN: usize = 12;
    let first = before.unread.first()?;
    let names: Vec<&str> = before
        .unread
        .iter()
        .take(SHOWN)
        .map(|unread| unread.what.as_str())
        .collect();
    let rest = before.unread.len().saturating_sub(SHOWN);
    let more = match rest {
        0 => String::new(),
        rest => format!(" and {rest} more"),
    };
    Some(format!(
        "what the lab does to these kinds is neither seen nor taken back, as they cannot be read: {}{more} ({} {}: {})",
        names.join(", "),
        first.verb,
        first.what,
        first.cause,
    ))
}
