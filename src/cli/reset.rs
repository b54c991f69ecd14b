//! `labproof cluster reset`: the local cluster as it was when `cluster up` was done.

use std::fmt::Write;
use std::time::Duration;

use super::exit::Exit;
use super::{interrupt, output};
use crate::cluster::baseline::{
    Change, Keep, Limits, Outcome, Restored, Snapshot, What, compare, restore, saved,
};
use crate::cluster::local::LocalCluster;
use crate::cluster::open;
use crate::report::style::{BOLD, count, paint, printable};

/// Nobody waits behind it, so it may take its time.
const LIMITS: Limits = Limits {
    within: Duration::from_secs(120),
    finalizers: Duration::from_secs(10),
    force: true,
};

/// Keeps what a cluster holds that has just come up.
///
/// # Errors
/// What stood in the way, in words.
pub(super) async fn keep_baseline(cluster: &LocalCluster) -> Result<(), String> {
    let connection = open(cluster, false)
        .await
        .map_err(|error| error.to_string())?;
    let client = connection.client.as_ref().ok_or("there is no cluster")?;
    let baseline = Snapshot::take(client, Keep::Contents)
        .await
        .map_err(|error| error.to_string())?;
    let path = cluster.baseline();
    saved::write(&path, &baseline).map_err(|error| format!("{}: {error}", path.display()))
}

/// Brings a cluster back to its baseline, or shows what that would take.
pub(super) async fn main(name: &str, dry_run: bool) -> Exit {
    let cancel = interrupt::token();
    let result = tokio::select! {
        result = reset(name, dry_run) => result,
        () = cancel.cancelled() => return Exit::Interrupted,
    };
    result.unwrap_or_else(|message| {
        output::error(&message);
        Exit::Broken
    })
}

async fn reset(name: &str, dry_run: bool) -> Result<Exit, String> {
    let Some(cluster) = LocalCluster::find(name) else {
        return Err(format!(
            "no local cluster \"{name}\" runs\nnext: `labproof cluster status` lists those that do"
        ));
    };
    let reserved = cluster.try_reserve().map_err(|error| error.to_string())?;
    let Some(_reservation) = reserved else {
        return Err(format!(
            "cluster \"{name}\" is in use by a run\nnext: wait for it; it brings the cluster back itself"
        ));
    };
    let path = cluster.baseline();
    let before = saved::read(&path).map_err(|error| {
        format!(
            "{}: the baseline of cluster \"{name}\" cannot be read: {error}\n\
             next: labproof cluster down --name {name}, then labproof cluster up --name {name}",
            path.display()
        )
    })?;
    let connection = open(&cluster, false)
        .await
        .map_err(|error| error.to_string())?;
    let client = connection.client.as_ref().ok_or("there is no cluster")?;
    let (now, changes) = compare(client, &before)
        .await
        .map_err(|error| error.to_string())?;
    // An object that a run has made again is as it was, save its UID, which nobody can put back.
    let all: Vec<&Change> = changes.iter().filter(|one| !one.same_content).collect();
    if dry_run || all.is_empty() {
        output::stdout(&listed(name, &all, None));
        return Ok(Exit::Good);
    }
    let restored = restore(client, &before, &now, &all, &LIMITS)
        .await
        .map_err(|error| error.to_string())?;
    output::stdout(&listed(name, &all, Some(&restored)));
    let stays = |outcome: &Outcome| matches!(outcome, Outcome::Stays(_));
    if restored.values().any(stays) {
        return Ok(Exit::Broken);
    }
    // What was made again has another UID from now on.
    keep_baseline(&cluster).await?;
    Ok(Exit::Good)
}

/// What would be done, or was: a line for each object that stands for itself.
fn listed(name: &str, changes: &[&Change], restored: Option<&Restored>) -> String {
    let note = |change: &Change| match restored.and_then(|all| all.get(&change.object.uid)) {
        Some(Outcome::Restored(Some(note)) | Outcome::Stays(note)) => Some(printable(note)),
        _ => None,
    };
    // What goes with another is only worth a line where there is something to say about it.
    let (own, with): (Vec<&Change>, Vec<&Change>) = changes
        .iter()
        .partition(|change| change.under.is_none() || note(change).is_some());
    let title = paint(BOLD, &format!("cluster {name}"));
    if own.is_empty() {
        return format!("{title} is as it was when it came up\n");
    }
    let what = match restored {
        Some(_) => "differed from what it was when it came up in",
        None => "differs from what it was when it came up in",
    };
    let mut out = format!("{title} {what} {}\n", count(own.len(), "object"));
    for change in own {
        let object = &change.object;
        let stays = match restored.and_then(|all| all.get(&object.uid)) {
            Some(Outcome::Stays(reason)) => Some(reason.as_str()),
            _ => None,
        };
        let word = match (change.what, restored.is_some()) {
            _ if stays.is_some() => "not restored",
            (What::Added, false) => "to delete",
            (What::Changed, false) => "to put back",
            (What::Gone, false) => "to make again",
            (What::Added, true) => "deleted",
            (What::Changed, true) => "put back",
            (What::Gone, true) => "made again",
        };
        let _ = write!(out, "  {word:<14} {} {}", object.kind.kind, object.place());
        let with = with
            .iter()
            .filter(|other| other.under.as_ref() == Some(&object.uid))
            .count();
        if with > 0 {
            let _ = write!(out, ", and {} with it", count(with, "object"));
        }
        if let Some(note) = note(change) {
            let _ = write!(out, ": {note}");
        }
        out.push('\n');
    }
    out
}
