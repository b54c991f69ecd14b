//! Objects that were added → gone, in an order in which nothing stands in the way of the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{StreamExt, stream};
use kube::Client;
use kube::api::{
    DeleteParams, DynamicObject, Patch, PatchParams, Preconditions, PropagationPolicy,
};
use kube::core::PartialObjectMeta;
use serde_json::json;
use tokio::time::Instant;

use super::ask::{Trouble, ask};
use super::diff::Change;
use super::kinds::{AT_ONCE, Kind};
use super::noise::{is_answered_finalizer, is_system_finalizer};
use super::restore::Limits;

/// Pause between two looks at what is going.
const PAUSE: Duration = Duration::from_millis(150);

/// The order of deletion. What answers for others comes before them: webhooks that refuse, API services without which
/// no namespace ends. Custom resources go while their controller, a workload, is still there to answer their
/// finalizers; their definition follows, and volumes are last, after the claims that use them.
fn rank(kind: &Kind, custom: &BTreeSet<String>) -> u8 {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("admissionregistration.k8s.io" | "apiregistration.k8s.io", _) => 0,
        _ if custom.contains(&kind.resource()) => 1,
        ("", "Namespace") => 3,
        ("", "PersistentVolume") => 6,
        ("apiextensions.k8s.io", _) => 5,
        _ if kind.namespaced => 2,
        _ => 4,
    }
}

/// What there is to say of objects, by their UIDs.
pub(super) struct Removed {
    /// When the first was deleted.
    begun: Instant,
    /// What it took, or why an object cannot be deleted.
    pub(super) notes: BTreeMap<String, String>,
    /// Why one was still there when it was last waited for. It may be gone since: what comes later may have held it.
    pub(super) held: BTreeMap<String, String>,
}

/// Deletes what was added and waits until it is gone, with all that goes with it.
pub(super) async fn remove(
    client: &Client,
    added: &[&Change],
    custom: &BTreeSet<String>,
    limits: &Limits,
    deadline: Instant,
) -> Removed {
    let mut removed = Removed {
        begun: Instant::now(),
        notes: BTreeMap::new(),
        held: BTreeMap::new(),
    };
    let mut stages: BTreeMap<u8, Vec<&Change>> = BTreeMap::new();
    for change in added {
        let kind = &change.object.kind;
        // What goes with another is not deleted by itself, save what its controller must be asked about.
        if change.under.is_none() || is_held(change) || custom.contains(&kind.resource()) {
            stages.entry(rank(kind, custom)).or_default().push(change);
        }
    }
    for targets in stages.values() {
        let deletions = targets.iter().map(|change| async move {
            let params = DeleteParams {
                propagation_policy: Some(PropagationPolicy::Background),
                ..only(change)
            };
            (*change, delete(client, change, &params).await)
        });
        let answers: Vec<_> = stream::iter(deletions)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (change, answer) in answers {
            if let Err(trouble) = answer {
                let place = change.object.kind.resource();
                let cause = format!("not deleted: delete {place}: {trouble}");
                removed.notes.insert(change.object.uid.clone(), cause);
            }
        }
        let uids: BTreeSet<&str> = targets
            .iter()
            .map(|change| change.object.uid.as_str())
            .collect();
        let mut pending: Vec<&Change> = added
            .iter()
            .filter(|change| {
                let uid = change.object.uid.as_str();
                let under = change.under.as_deref().unwrap_or_default();
                (uids.contains(uid) || uids.contains(under))
                    && !removed.notes.contains_key(uid)
                    && !removed.held.contains_key(uid)
            })
            .copied()
            .collect();
        if limits.force {
            stop_at_once(client, &pending).await;
        }
        // A namespace is gone when all in it is: there may be hundreds of objects, and each look is a request.
        let namespaces: BTreeSet<&str> = targets
            .iter()
            .filter(|change| change.object.kind.kind == "Namespace")
            .map(|change| change.object.uid.as_str())
            .collect();
        pending.retain(|change| {
            let under = change.under.as_deref().unwrap_or_default();
            let within = namespaces.contains(under) && change.object.namespace.is_some();
            !within || is_held(change)
        });
        // What will not go must leave some time for what comes after it, which may be what holds it.
        let share = deadline.saturating_duration_since(Instant::now()) / 2;
        let until = deadline.min(Instant::now() + share.max(limits.finalizers * 2));
        wait(client, &mut pending, limits, until, &mut removed).await;
    }
    removed
}

/// Waits once more for what was still there, now that all else is done.
pub(super) async fn wait_for_rest(
    client: &Client,
    added: &[&Change],
    limits: &Limits,
    deadline: Instant,
    removed: &mut Removed,
) {
    let held = |change: &&Change| removed.held.contains_key(&change.object.uid);
    let mut pending: Vec<&Change> = added.iter().copied().filter(held).collect();
    wait(client, &mut pending, limits, deadline, removed).await;
}

/// Whether somebody other than Kubernetes itself holds an object until it has done its part.
fn is_held(change: &Change) -> bool {
    let mut finalizers = change.object.finalizers.iter();
    finalizers.any(|one| !is_system_finalizer(one))
}

/// Deletes only the very object, whatever has its name by now.
fn only(change: &Change) -> DeleteParams {
    DeleteParams {
        preconditions: Some(Preconditions {
            uid: Some(change.object.uid.clone()),
            resource_version: None,
        }),
        ..DeleteParams::default()
    }
}

async fn delete(client: &Client, change: &Change, params: &DeleteParams) -> Result<(), Trouble> {
    let object = &change.object;
    let api = object.kind.api(client, object.namespace.as_deref());
    match ask(|| api.delete(&object.name, params)).await {
        // Gone already, or another object by now.
        Ok(_) | Err(Trouble::Refused(404 | 409, _)) => Ok(()),
        Err(trouble) => Err(trouble),
    }
}

/// Nobody looks at these pods any more: they need not take the time that they have to stop.
async fn stop_at_once(client: &Client, pending: &[&Change]) {
    let pods = pending
        .iter()
        .filter(|change| change.object.kind.kind == "Pod" && change.object.kind.group.is_empty());
    let deletions = pods.map(|change| {
        let params = DeleteParams {
            grace_period_seconds: Some(1),
            ..only(change)
        };
        async move { drop(delete(client, change, &params).await) }
    });
    stream::iter(deletions)
        .buffer_unordered(AT_ONCE)
        .collect::<Vec<()>>()
        .await;
}

/// Waits until the objects are gone or their time is over.
async fn wait(
    client: &Client,
    pending: &mut Vec<&Change>,
    limits: &Limits,
    until: Instant,
    removed: &mut Removed,
) {
    let since = Instant::now();
    loop {
        let looks = pending.iter().map(|change| async move {
            let object = &change.object;
            let api = object.kind.api(client, object.namespace.as_deref());
            let found = ask(|| api.get_metadata_opt(&object.name)).await;
            (*change, found)
        });
        let looks: Vec<_> = stream::iter(looks)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut still = Vec::new();
        for (change, look) in looks {
            match look {
                Ok(Some(found)) if found.metadata.uid.as_ref() == Some(&change.object.uid) => {
                    still.push((change, found));
                }
                // A kind that went with its definition has no objects.
                Ok(_) | Err(Trouble::Refused(404, _)) => {}
                Err(trouble) => {
                    let uid = change.object.uid.clone();
                    removed.held.insert(uid, trouble.to_string());
                }
            }
        }
        if still.is_empty() {
            return;
        }
        if limits.force && since.elapsed() >= limits.finalizers {
            for (change, found) in &still {
                if let Some(note) = release(client, change, found, limits).await {
                    removed.notes.insert(change.object.uid.clone(), note);
                }
            }
        }
        if Instant::now() + PAUSE >= until {
            for (change, found) in still {
                let reason = held(client, change, &found, removed.begun.elapsed()).await;
                removed.held.insert(change.object.uid.clone(), reason);
            }
            return;
        }
        *pending = still.into_iter().map(|(change, _)| change).collect();
        tokio::time::sleep(PAUSE).await;
    }
}

/// Takes away the finalizers that nobody answered, where that is ours to do. Those that the cluster's own controllers answer
/// stay: somebody works on them.
async fn release(
    client: &Client,
    change: &Change,
    found: &PartialObjectMeta<DynamicObject>,
    limits: &Limits,
) -> Option<String> {
    let all = found.metadata.finalizers.as_ref()?;
    let (kept, taken): (Vec<&String>, Vec<&String>) =
        all.iter().partition(|one| is_answered_finalizer(one));
    found.metadata.deletion_timestamp.as_ref()?;
    if taken.is_empty() {
        return None;
    }
    let object = &change.object;
    let api = object.kind.api(client, object.namespace.as_deref());
    let patch = json!({"metadata": {"uid": object.uid, "finalizers": kept}});
    let (params, patch) = (PatchParams::default(), Patch::Merge(&patch));
    let patched = ask(|| api.patch(&object.name, &params, &patch));
    let taken: Vec<&str> = taken.iter().map(|one| one.as_str()).collect();
    let taken = taken.join(", ");
    let seconds = limits.finalizers.as_secs();
    Some(match patched.await {
        Ok(_) => format!(
            "nobody answered its finalizers in {seconds} s, so they were taken away: {taken}"
        ),
        Err(trouble) => format!("its finalizers cannot be taken away: {trouble}"),
    })
}

/// Why an object is still there.
async fn held(
    client: &Client,
    change: &Change,
    found: &PartialObjectMeta<DynamicObject>,
    waited: Duration,
) -> String {
    let seconds = waited.as_secs();
    let mut text = format!("it is still there after {seconds} s");
    let finalizers = found.metadata.finalizers.clone().unwrap_or_default();
    if !finalizers.is_empty() {
        text += &format!(", held by its finalizers: {}", finalizers.join(", "));
    }
    let object = &change.object;
    if object.kind.kind == "Namespace" {
        // A namespace tells in its conditions what is left in it.
        let api = object.kind.api(client, None);
        if let Ok(Some(namespace)) = api.get_opt(&object.name).await {
            let conditions = namespace.data["status"]["conditions"].as_array();
            for condition in conditions.into_iter().flatten() {
                if condition["status"] == "True"
                    && let Some(message) = condition["message"].as_str()
                    && !message.starts_with("All ")
                {
                    text += &format!("; {message}");
                }
            }
        }
    }
    text
}
