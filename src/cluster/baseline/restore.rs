//! A cluster that differs from its baseline → the baseline, as far as that goes, and what was done.
//!
//! [`compare`] looks for the differences, and does not believe a server that answers for another cluster or
//! has lost half of its objects. [`restore`] deletes what was added (`remove`), makes again what is gone and puts back
//! what was changed (`put`), then looks again: only what that shows counts as restored.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kube::Client;
use kube::api::{DeleteParams, ListParams};
use tokio::time::Instant;

use super::ask::ask;
use super::diff::{Change, What, differences, is_implausible};
use super::snapshot::{Keep, Object, Snapshot, SnapshotError};
use super::{put, remove};

/// Pause before a state that cannot be believed is looked at once more.
const SECOND_LOOK: Duration = Duration::from_secs(2);
/// How long a Deployment may take to let go of the pods of a template that was taken back.
const ROLL_BACK: Duration = Duration::from_secs(30);

/// How far restoring may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long it may take in all.
    pub within: Duration,
    /// How long finalizers may take before they count as unanswered.
    pub finalizers: Duration,
    /// Unanswered finalizers are taken away, and pods get no time to stop: only on a cluster that labproof made. Anywhere else a
    /// finalizer may stand for something outside the cluster that would never be cleaned up.
    pub force: bool,
}

/// What became of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is as in the baseline; what there is to say.
    Restored(Option<String>),
    /// It is not, and why.
    Stays(String),
}

/// Outcomes by UID of the changed objects.
pub type Restored = BTreeMap<String, Outcome>;

/// Why two states cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// The state cannot be read.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The server answers for another cluster.
    #[error(
        "the API server answers for another cluster than before (another UID of the namespace kube-system)"
    )]
    Another,
    /// Half of everything is missing.
    #[error(
        "{missing} of the {of} objects of before are gone, which no lab does: the API server is not believed"
    )]
    Implausible {
        /// How many are missing.
        missing: usize,
        /// How many there were.
        of: usize,
    },
}

/// The state of a cluster, and how it differs from its baseline.
///
/// # Errors
/// When it cannot be read, or cannot be believed: then nothing should be put back either.
pub async fn compare(
    client: &Client,
    before: &Snapshot,
) -> Result<(Snapshot, Vec<Change>), CompareError> {
    let mut now = Snapshot::take(client, Keep::Fingerprints).await?;
    if is_implausible(before, &now) {
        tokio::time::sleep(SECOND_LOOK).await;
        now = Snapshot::take(client, Keep::Fingerprints).await?;
    }
    believe(before, &now)?;
    let changes = differences(before, &now);
    Ok((now, changes))
}

/// Whether a state can be one that the same cluster has come to.
fn believe(before: &Snapshot, now: &Snapshot) -> Result<(), CompareError> {
    if before.cluster.is_some() && now.cluster.is_some() && before.cluster != now.cluster {
        return Err(CompareError::Another);
    }
    if !is_implausible(before, now) {
        return Ok(());
    }
    let missing = before.objects.keys();
    let missing = missing.filter(|uid| !now.objects.contains_key(*uid));
    Err(CompareError::Implausible {
        missing: missing.count(),
        of: before.objects.len(),
    })
}

/// Undoes the changes: those that stand for themselves, with all that goes with them.
///
/// # Errors
/// When the cluster cannot be read afterwards, so that nothing is known of what was done.
pub async fn restore(
    client: &Client,
    before: &Snapshot,
    now: &Snapshot,
    changes: &[&Change],
    limits: &Limits,
) -> Result<Restored, CompareError> {
    let deadline = Instant::now() + limits.within;
    let custom = definitions(before).chain(definitions(now)).collect();
    let of = |what| changes.iter().filter(move |change| change.what == what);
    let added: Vec<&Change> = of(What::Added).copied().collect();
    let mut removed = remove::remove(client, &added, &custom, limits, deadline).await;
    let mut said = BTreeMap::new();

    let mut gone: Vec<&Change> = of(What::Gone)
        .filter(|change| is_made_again(change, before))
        .copied()
        .collect();
    gone.sort_by_key(|change| put::rank(&change.object.kind));
    for change in &gone {
        let note = put::make_again(client, &change.object, now, deadline).await;
        said.insert(
            change.object.uid.clone(),
            note.unwrap_or_else(|cause| cause),
        );
    }
    let mut changed: Vec<&Change> = of(What::Changed).copied().collect();
    changed.sort_by_key(|change| put::rank(&change.object.kind));
    for change in &changed {
        let Some(was) = was(before, &change.object) else {
            continue;
        };
        let note = match was.digest == change.object.digest {
            true => Ok(None),
            false => put::put_back(client, was, now, deadline).await,
        };
        if let Some(note) = note.unwrap_or_else(Some) {
            said.insert(change.object.uid.clone(), note);
        }
    }
    forget_rollouts(client, before, &changed, deadline).await;
    remove::wait_for_rest(client, &added, limits, deadline, &mut removed).await;
    let mut held = removed.held;
    said.extend(removed.notes);

    let (last, _) = compare(client, before).await?;
    Ok(changes
        .iter()
        .map(|change| {
            let uid = change.object.uid.clone();
            // What held an object counts only if it is there still.
            let there = last.objects.contains_key(&uid);
            let why = held.remove(&uid).filter(|_| there);
            let outcome = outcome(before, &last, change, why.or(said.remove(&uid)));
            (uid, outcome)
        })
        .collect())
}

/// What a last look shows of a change.
fn outcome(before: &Snapshot, last: &Snapshot, change: &Change, said: Option<String>) -> Outcome {
    let there = |object: &Object| {
        let mut all = last.objects.values();
        all.find(|one| one.key() == object.key() && !one.terminating)
            .map(|one| one.digest.as_str())
    };
    let stays = |otherwise: &str| {
        let reason = said.clone().unwrap_or_else(|| otherwise.to_owned());
        Outcome::Stays(reason)
    };
    match change.what {
        What::Added if last.objects.contains_key(&change.object.uid) => stays("it is still there"),
        What::Added => Outcome::Restored(said),
        What::Gone if !is_made_again(change, before) => Outcome::Restored(None),
        What::Gone if there(&change.object).is_none() => stays("it could not be made again"),
        What::Gone => Outcome::Restored(said),
        What::Changed => {
            let was = was(before, &change.object);
            if was.is_some_and(|was| there(was) != Some(&was.digest)) {
                return stays("it was put back, and something changed it again");
            }
            let anew = "another object of its name took its place".to_owned();
            Outcome::Restored(said.or(change.replaced.then_some(anew)))
        }
    }
}

/// The object of the baseline that one is, or whose name it has.
fn was<'a>(before: &'a Snapshot, object: &Object) -> Option<&'a Object> {
    let same = before.objects.get(&object.uid);
    same.or_else(|| {
        before
            .objects
            .values()
            .find(|one| one.key() == object.key())
    })
}

/// Whether an object that is gone has to be made again: neither a controller does that, nor the system.
fn is_made_again(change: &Change, before: &Snapshot) -> bool {
    let mut owners = change.object.owners.iter();
    let controlled = owners.any(|(uid, controls)| *controls && before.objects.contains_key(uid));
    !controlled && !change.object.system
}

/// Names of the custom resources that a cluster has, as `widgets.example.com`.
fn definitions(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let all = snapshot.objects.values();
    all.filter(|object| object.kind.kind == "CustomResourceDefinition")
        .map(|object| object.name.clone())
}

/// Deletes the ReplicaSets of templates that Deployments of the baseline had in between, so that their history is the old one.
async fn forget_rollouts(
    client: &Client,
    before: &Snapshot,
    changed: &[&Change],
    deadline: Instant,
) {
    let deployments: BTreeSet<&str> = changed
        .iter()
        .filter(|change| change.object.kind.kind == "Deployment")
        .map(|change| change.object.uid.as_str())
        .collect();
    let Some(kind) = before
        .objects
        .values()
        .find(|object| {
            object.kind.kind == "Deployment" && deployments.contains(object.uid.as_str())
        })
        .map(|deployment| super::Kind {
            kind: "ReplicaSet".to_owned(),
            plural: "replicasets".to_owned(),
            ..(*deployment.kind).clone()
        })
    else {
        return;
    };
    let api = kind.api(client, None);
    let give_up = deadline.min(Instant::now() + ROLL_BACK);
    let (every, background) = (ListParams::default(), DeleteParams::background());
    loop {
        let Ok(list) = ask(|| api.list(&every)).await else {
            return;
        };
        let new = list.items.iter().filter(|set| {
            let uid = set.metadata.uid.as_deref().unwrap_or_default();
            let mut owners = set.metadata.owner_references.iter().flatten();
            !before.objects.contains_key(uid)
                && owners.any(|owner| deployments.contains(owner.uid.as_str()))
        });
        let (idle, busy): (Vec<_>, Vec<_>) = new.partition(|set| {
            set.data["spec"]["replicas"] == 0 && set.data["status"]["replicas"] == 0
        });
        for set in idle {
            if let (Some(namespace), Some(name)) = (&set.metadata.namespace, &set.metadata.name) {
                let api = kind.api(client, Some(namespace));
                let _ = ask(|| api.delete(name, &background)).await;
            }
        }
        if busy.is_empty() || Instant::now() >= give_up {
            return;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_cluster_behind_the_same_address_is_not_believed() {
        let cluster = |uid: &str| Snapshot {
            cluster: Some(uid.to_owned()),
            objects: BTreeMap::new(),
            selecting: BTreeSet::new(),
            unread: Vec::new(),
        };
        assert_eq!(believe(&cluster("one"), &cluster("one")), Ok(()));
        assert_eq!(
            believe(&cluster("one"), &cluster("two")),
            Err(CompareError::Another)
        );
    }
}
