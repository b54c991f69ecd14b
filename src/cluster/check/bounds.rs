//! `bounds`: how many pods a workload has, and how many of them serve, at every moment of a step.
//!
//! Entry points: [`begin`] before the step, [`end`] after it. A watch sees every change that the API
//! server stores, in order, so no moment is missed between two readings; where it was interrupted
//! in a way that could hide one, nothing is claimed. What was seen becomes [`Moment`]s (`moments`) and comes to [`judge`],
//! without a cluster.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::verifier::{Bounds, Workload};

use super::look::Unable;
use super::moments::{Change, Log, Moment};
use super::workload::{label_selector, workload_object};
use super::{Finding, Verdict, pods, problem};

/// How long the watch goes on after the step: the last changes of a step are still on their way.
const AFTER: Duration = Duration::from_millis(500);
/// How long the watch may take to begin.
const BEGIN_WITHIN: Duration = Duration::from_secs(10);

/// A watch that goes on. It stops when it is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    seen: Arc<Mutex<Seen>>,
    /// The watch, or why there is none.
    watching: Result<JoinHandle<()>, String>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Ok(watching) = &self.watching {
            watching.abort();
        }
    }
}

/// What the watch has seen.
#[derive(Debug, Default)]
struct Seen {
    log: Log,
    /// Why a moment may have been missed.
    missed: Option<String>,
}

/// Begins to watch; comes back when the pods of before the step are known.
pub(super) async fn begin(client: &Client, bounds: &Bounds) -> Watch {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let watching = match selector(client, bounds).await {
        Ok(selector) => watch(client, bounds, &selector, &seen).await,
        Err(unable) => Err(unable.reason),
    };
    Watch { seen, watching }
}

/// Watches the pods, and the ReplicaSets of a Deployment, until the task is ended.
async fn watch(
    client: &Client,
    bounds: &Bounds,
    selector: &str,
    seen: &Arc<Mutex<Seen>>,
) -> Result<JoinHandle<()>, String> {
    let whose = Whose {
        workload: bounds.workload,
        name: bounds.name.clone(),
    };
    let of_set = whose.clone();
    let config = watcher::Config::default().labels(selector);
    let pods: Api<Pod> = Api::namespaced(client.clone(), &bounds.namespace);
    let sets: Api<ReplicaSet> = Api::namespaced(client.clone(), &bounds.namespace);
    let (pods_began, pods_beginning) = oneshot::channel();
    let (sets_began, sets_beginning) = oneshot::channel();
    let (for_pods, for_sets) = (seen.clone(), seen.clone());
    let sets_config = config.clone();
    let has_sets = bounds.workload == Workload::Deployment;
    let watching = tokio::spawn(async move {
        let pods = follow(pods, config, for_pods, pods_began, true, |pod, gone| {
            whose.pod(pod, gone)
        });
        let sets = async {
            if has_sets {
                // Who may not see them is told of pods alone: each counts until it is deleted.
                let change = |set: &ReplicaSet, gone| of_set.set(set, gone);
                follow(sets, sets_config, for_sets, sets_began, false, change).await;
            }
        };
        tokio::join!(pods, sets);
    });
    let beginning = async {
        let (pods, _) = tokio::join!(pods_beginning, sets_beginning);
        pods.is_ok()
    };
    if tokio::time::timeout(BEGIN_WITHIN, beginning).await != Ok(true) {
        watching.abort();
        let missed = seen.lock().ok().and_then(|seen| seen.missed.clone());
        return Err(missed.unwrap_or_else(|| "the watch did not begin".to_owned()));
    }
    if let Ok(mut seen) = seen.lock() {
        seen.log.begin();
    }
    Ok(watching)
}

async fn selector(client: &Client, bounds: &Bounds) -> Result<String, Unable> {
    let (workload, name) = (bounds.workload, &bounds.name);
    let object = workload_object(client, workload, &bounds.namespace, name).await?;
    let object = object.ok_or_else(|| {
        let (kind, namespace) = (workload.kind(), &bounds.namespace);
        Unable::for_good(format!("there is no {kind} {name} in {namespace}"))
    })?;
    label_selector(&object)
}

/// The workload whose pods count.
#[derive(Debug, Clone)]
struct Whose {
    workload: Workload,
    name: String,
}

impl Whose {
    /// What a pod's change means, where it is one of the workload's. Labels alone would take in the pods of another that
    /// happens to share them. A Deployment's ReplicaSets need not be known for it: each is named after it and the hash that
    /// its pods carry.
    fn pod(&self, pod: &Pod, gone: bool) -> Option<Change> {
        let owners = pod.metadata.owner_references.iter().flatten();
        let mut controllers = owners.filter(|owner| owner.controller == Some(true));
        let owner = controllers.find(|owner| match self.workload {
            Workload::Deployment => {
                let hash = pod.labels().get("pod-template-hash");
                owner.kind == Workload::ReplicaSet.kind()
                    && hash.is_some_and(|hash| owner.name == format!("{}-{hash}", self.name))
            }
            workload => owner.kind == workload.kind() && owner.name == self.name,
        })?;
        Some(Change::Pod {
            uid: pod.uid().unwrap_or_default(),
            set: owner.name.clone(),
            serves: pods::serves(pod).filter(|_| !gone),
        })
    }

    /// What the change of a Deployment's ReplicaSet means.
    fn set(&self, set: &ReplicaSet, gone: bool) -> Option<Change> {
        let mut owners = set.metadata.owner_references.iter().flatten();
        owners
            .any(|owner| owner.controller == Some(true) && owner.name == self.name)
            .then(|| Change::Set {
                name: set.name_any(),
                wanted: match (gone, &set.spec) {
                    (true, _) => None,
                    // One is what the API server writes where the author wrote nothing.
                    (false, spec) => spec
                        .as_ref()
                        .and_then(|spec| spec.replicas)
                        .or(Some(1))
                        .and_then(|replicas| u64::try_from(replicas).ok()),
                },
            })
    }
}

/// Notes what a watch tells; `began` hears when all is known that was there before. One that is not needed ends where it cannot
/// begin.
async fn follow<K>(
    api: Api<K>,
    config: watcher::Config,
    seen: Arc<Mutex<Seen>>,
    began: oneshot::Sender<()>,
    needed: bool,
    change: impl Fn(&K, bool) -> Option<Change>,
) where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let start = Instant::now();
    let mut began = Some(began);
    let mut events = std::pin::pin!(watcher::watcher(api, config).default_backoff());
    while let Some(event) = events.next().await {
        let Ok(mut seen) = seen.lock() else { return };
        let (object, gone) = match event {
            Ok(Event::Init) if began.is_none() => {
                // What comes now may be later than what was missed.
                seen.missed = Some("the watch had to begin anew".to_owned());
                return;
            }
            Ok(Event::Init) => continue,
            Ok(Event::InitDone) => {
                if let Some(began) = began.take() {
                    // Nobody listens where the step did not wait for it; then it does not matter.
                    let _ = began.send(());
                }
                continue;
            }
            Ok(Event::InitApply(object) | Event::Apply(object)) => (object, false),
            Ok(Event::Delete(object)) => (object, true),
            // A watch that is taken up again where it ended misses nothing; one that cannot be
            // begins anew, with `Init`.
            Err(_) if began.is_none() => continue,
            Err(_) if !needed => return,
            Err(error) => {
                seen.missed = Some(error_text(&error));
                continue;
            }
        };
        if let Some(change) = change(&object, gone) {
            let version = object.resource_version();
            let revision = version.and_then(|version| version.parse().ok());
            seen.log.note(revision, start.elapsed(), change);
        }
    }
}

fn error_text(error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => problem::unable(error, "watch pods").reason,
        other => other.to_string(),
    }
}

/// Ends the watch and judges.
pub(super) async fn end(bounds: &Bounds, watch: Option<Watch>) -> Finding {
    let start = Instant::now();
    let mut last_seen = None;
    let mut moments = 0;
    let (verdict, reason) = match &watch {
        None => (
            Verdict::Broken,
            "the pods were not watched while the step ran".to_owned(),
        ),
        Some(Watch {
            watching: Err(reason),
            ..
        }) => (
            Verdict::Broken,
            format!("the pods could not be watched: {reason}"),
        ),
        Some(Watch { seen, .. }) => {
            tokio::time::sleep(AFTER).await;
            match seen.lock() {
                Ok(seen) => {
                    let all = seen.log.moments();
                    last_seen = Some(summary(&all));
                    moments = all.len();
                    judge(bounds, &all, seen.missed.as_deref())
                }
                Err(_) => (Verdict::Broken, "the watch ended".to_owned()),
            }
        }
    };
    Finding {
        verdict,
        reason,
        expected: expected(bounds),
        last_seen,
        unchanged_for: None,
        attempts: u32::try_from(moments).unwrap_or(u32::MAX),
        duration: start.elapsed(),
        events: Vec::new(),
    }
}

fn judge(bounds: &Bounds, moments: &[Moment], missed: Option<&str>) -> (Verdict, String) {
    let summary = summary(moments);
    for moment in moments {
        let Moment { pods, surplus, .. } = *moment;
        let asked = [
            // A pod that is to go may be counted or not: it is for its controller to say when it is gone.
            ("pods", &bounds.pods, [pods, pods + surplus]),
            ("ready", &bounds.ready, [moment.ready; 2]),
        ];
        for (name, wanted, [number, with]) in asked {
            if let Some(wanted) = wanted
                && !wanted.holds_for(number)
                && !wanted.holds_for(with)
            {
                let at = moment.at.as_secs_f64();
                let reason = format!(
                    "{name} {number}, expected {wanted}, {at:.1} s after the step began; {summary}"
                );
                return (Verdict::Fail, reason);
            }
        }
    }
    match missed {
        Some(missed) => (
            Verdict::Broken,
            format!("{summary}; a moment may have been missed: {missed}"),
        ),
        None => (Verdict::Pass, summary),
    }
}

/// `4 to 5 of 5 to 6 pods ready, 23 changes`.
fn summary(moments: &[Moment]) -> String {
    let range = |number: fn(&Moment) -> u64| {
        let least = moments.iter().map(number).min().unwrap_or_default();
        let most = moments.iter().map(number).max().unwrap_or_default();
        match least == most {
            true => least.to_string(),
            false => format!("{least} to {most}"),
        }
    };
    let changes = match moments.len().saturating_sub(1) {
        0 => "no change".to_owned(),
        1 => "1 change".to_owned(),
        many => format!("{many} changes"),
    };
    let surplus = moments.iter().map(|moment| moment.surplus).max();
    let surplus = match surplus.unwrap_or_default() {
        0 => String::new(),
        most => format!(" (and up to {most} to be deleted)"),
    };
    format!(
        "{} pods{surplus}, {} ready, {changes} seen",
        range(|moment| moment.pods),
        range(|moment| moment.ready)
    )
}

fn expected(bounds: &Bounds) -> String {
    let asked = [("pods", &bounds.pods), ("ready", &bounds.ready)];
    let asked: Vec<String> = asked
        .iter()
        .filter_map(|(name, wanted)| Some(format!("{name} {}", wanted.as_ref()?)))
        .collect();
    format!(
        "{} {} in {} at every moment of the step: {}",
        bounds.workload.kind(),
        bounds.name,
        bounds.namespace,
        asked.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::Comparison;
    use serde_json::json;

    #[test]
    fn pods_are_a_workloads_own_by_their_owner() {
        let pod = |kind: &str, owner: &str| -> Pod {
            serde_json::from_value(json!({"metadata": {
                "labels": {"app": "web", "pod-template-hash": "5d4f"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": owner,
                    "uid": "1", "controller": true}],
            }}))
            .unwrap()
        };
        let check = |workload, pod: &Pod, expected| {
            let name = "web".to_owned();
            let change = Whose { workload, name }.pod(pod, false);
            assert_eq!(change.is_some(), expected, "{pod:?}");
        };
        check(Workload::Deployment, &pod("ReplicaSet", "web-5d4f"), true);
        check(
            Workload::Deployment,
            &pod("ReplicaSet", "web-canary-5d4f"),
            false,
        );
        check(Workload::Deployment, &pod("StatefulSet", "web-5d4f"), false);
        check(Workload::Deployment, &Pod::default(), false);
        check(Workload::StatefulSet, &pod("StatefulSet", "web"), true);
        check(Workload::StatefulSet, &pod("StatefulSet", "db"), false);
    }

    fn check(numbers: &[(u64, u64, u64)], missed: Option<&str>, expected: Verdict, words: &str) {
        let bounds = Bounds {
            workload: Workload::Deployment,
            name: "web".into(),
            namespace: "x".into(),
            pods: Some(Comparison::parse("<= 6").unwrap()),
            ready: Some(Comparison::parse(">= 4").unwrap()),
        };
        let moments = numbers.iter().map(|(pods, surplus, ready)| Moment {
            at: Duration::from_millis(1500),
            pods: *pods,
            surplus: *surplus,
            ready: *ready,
        });
        let moments: Vec<Moment> = moments.collect();
        let (verdict, reason) = judge(&bounds, &moments, missed);
        assert_eq!(verdict, expected, "{reason}");
        assert!(reason.contains(words), "{reason}");
    }

    #[test]
    fn one_moment_outside_is_enough() {
        check(
            &[(5, 0, 5), (6, 0, 5), (5, 0, 4), (5, 0, 5)],
            None,
            Verdict::Pass,
            "5 to 6 pods, 4 to 5 ready, 3 changes seen",
        );
        check(&[(5, 0, 5)], None, Verdict::Pass, "no change seen");
        check(
            &[(5, 0, 5), (7, 0, 5), (5, 0, 5)],
            None,
            Verdict::Fail,
            "pods 7, expected <= 6, 1.5 s after the step began",
        );
        check(
            &[(5, 0, 5), (5, 0, 3), (5, 0, 5)],
            None,
            Verdict::Fail,
            "ready 3, expected >= 4",
        );
        // One that its ReplicaSet wants no more and that is not deleted yet breaks no bound, and keeps none alone.
        check(
            &[(6, 1, 5), (5, 0, 5)],
            None,
            Verdict::Pass,
            "5 to 6 pods (and up to 1 to be deleted)",
        );
        check(&[(7, 1, 5)], None, Verdict::Fail, "pods 7, expected <= 6");
        // What was seen is told although something else may have been missed; the rest is unknown.
        let missed = Some("the watch had to begin anew");
        check(&[(5, 0, 5), (5, 0, 3)], missed, Verdict::Fail, "ready 3");
        check(&[(5, 0, 5)], missed, Verdict::Broken, "begin anew");
    }
}
