//! `bounds`: how many pods a workload has, and how many of them serve, at every moment of a step.
//!
//! Entry points: [`begin`] before the step, [`end`] after it. A watch sees every change that the API
//! server stores, in order, so no moment is missed between two readings; where it was interrupted
//! in a way that could hide one, nothing is claimed. What was seen comes to [`judge`], without a cluster.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, ResourceExt};
use tokio::task::JoinHandle;

use crate::verifier::{Bounds, Workload};

use super::look::Unable;
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
    /// The pods that are there and not on their way out, by UID, and whether each serves.
    present: BTreeMap<String, bool>,
    /// The numbers at every moment, without those that are as the one before.
    moments: Vec<Moment>,
    /// Why a moment may have been missed.
    missed: Option<String>,
}

/// The numbers at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moment {
    /// Since the watch began.
    at: Duration,
    pods: u64,
    ready: u64,
}

impl Seen {
    /// Takes the numbers of this moment.
    fn note(&mut self, at: Duration) {
        let pods = self.present.len() as u64;
        let ready = self.present.values().filter(|ready| **ready).count() as u64;
        let same = |last: &Moment| (last.pods, last.ready) == (pods, ready);
        if !self.moments.last().is_some_and(same) {
            self.moments.push(Moment { at, pods, ready });
        }
    }

    fn apply(&mut self, pod: &Pod) {
        let uid = pod.uid().unwrap_or_default();
        match pods::serves(pod) {
            Some(ready) => self.present.insert(uid, ready),
            None => self.present.remove(&uid),
        };
    }
}

/// Begins to watch; comes back when the pods of before the step are known.
pub(super) async fn begin(client: &Client, bounds: &Bounds) -> Watch {
    let seen = Arc::new(Mutex::new(Seen::default()));
    let watching = match selector(client, bounds).await {
        Ok(selector) => {
            let api: Api<Pod> = Api::namespaced(client.clone(), &bounds.namespace);
            let (began, beginning) = tokio::sync::oneshot::channel();
            let whose = Whose {
                workload: bounds.workload,
                name: bounds.name.clone(),
            };
            let watching = tokio::spawn(watch(api, selector, whose, seen.clone(), began));
            match tokio::time::timeout(BEGIN_WITHIN, beginning).await {
                Ok(Ok(())) => Ok(watching),
                Ok(Err(_)) | Err(_) => {
                    watching.abort();
                    let missed = seen.lock().ok().and_then(|seen| seen.missed.clone());
                    Err(missed.unwrap_or_else(|| "the watch did not begin".to_owned()))
                }
            }
        }
        Err(unable) => Err(unable.reason),
    };
    Watch { seen, watching }
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
struct Whose {
    workload: Workload,
    name: String,
}

impl Whose {
    /// Labels alone would take in the pods of another that happens to share them. A Deployment's
    /// ReplicaSets need not be known for it: each is named after it and the hash that its pods carry.
    fn owns(&self, pod: &Pod) -> bool {
        let owners = pod.metadata.owner_references.iter().flatten();
        let mut controllers = owners.filter(|owner| owner.controller == Some(true));
        controllers.any(|owner| match self.workload {
            Workload::Deployment => {
                let hash = pod.labels().get("pod-template-hash");
                owner.kind == Workload::ReplicaSet.kind()
                    && hash.is_some_and(|hash| owner.name == format!("{}-{hash}", self.name))
            }
            workload => owner.kind == workload.kind() && owner.name == self.name,
        })
    }
}

async fn watch(
    api: Api<Pod>,
    selector: String,
    whose: Whose,
    seen: Arc<Mutex<Seen>>,
    began: tokio::sync::oneshot::Sender<()>,
) {
    let start = Instant::now();
    let mut began = Some(began);
    let config = watcher::Config::default().labels(&selector);
    let mut events = std::pin::pin!(watcher::watcher(api, config).default_backoff());
    while let Some(event) = events.next().await {
        let Ok(mut seen) = seen.lock() else { return };
        match event {
            Ok(Event::Init) if began.is_none() => {
                seen.missed = Some("the watch had to begin anew".to_owned());
                seen.present.clear();
            }
            Ok(Event::Init) => {}
            Ok(Event::InitApply(pod) | Event::Apply(pod)) if !whose.owns(&pod) => {}
            Ok(Event::InitApply(pod)) => seen.apply(&pod),
            Ok(Event::InitDone) => {
                seen.note(start.elapsed());
                if let Some(began) = began.take() {
                    // Nobody listens where the step did not wait for it; then it does not matter.
                    let _ = began.send(());
                }
            }
            Ok(Event::Apply(pod)) => {
                seen.apply(&pod);
                seen.note(start.elapsed());
            }
            Ok(Event::Delete(pod)) => {
                seen.present.remove(&pod.uid().unwrap_or_default());
                seen.note(start.elapsed());
            }
            // A watch that is taken up again where it ended misses nothing; one that cannot be
            // begins anew, with `Init`.
            Err(error) if began.is_some() => seen.missed = Some(error_text(&error)),
            Err(_) => {}
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
                    last_seen = Some(summary(&seen.moments));
                    moments = seen.moments.len();
                    judge(bounds, &seen)
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

fn judge(bounds: &Bounds, seen: &Seen) -> (Verdict, String) {
    let summary = summary(&seen.moments);
    for moment in &seen.moments {
        let asked = [
            ("pods", &bounds.pods, moment.pods),
            ("ready", &bounds.ready, moment.ready),
        ];
        for (name, wanted, number) in asked {
            if let Some(wanted) = wanted
                && !wanted.holds_for(number)
            {
                let at = moment.at.as_secs_f64();
                let reason = format!(
                    "{name} {number}, expected {wanted}, {at:.1} s after the step began; {summary}"
                );
                return (Verdict::Fail, reason);
            }
        }
    }
    match &seen.missed {
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
    format!(
        "{} pods, {} ready, {changes} seen",
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
            assert_eq!(Whose { workload, name }.owns(pod), expected, "{pod:?}");
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

    fn check(numbers: &[(u64, u64)], missed: Option<&str>, expected: Verdict, words: &str) {
        let bounds = Bounds {
            workload: Workload::Deployment,
            name: "web".into(),
            namespace: "x".into(),
            pods: Some(Comparison::parse("<= 6").unwrap()),
            ready: Some(Comparison::parse(">= 4").unwrap()),
        };
        let moments = numbers.iter().map(|(pods, ready)| Moment {
            at: Duration::from_millis(1500),
            pods: *pods,
            ready: *ready,
        });
        let seen = Seen {
            moments: moments.collect(),
            missed: missed.map(str::to_owned),
            ..Seen::default()
        };
        let (verdict, reason) = judge(&bounds, &seen);
        assert_eq!(verdict, expected, "{reason}");
        assert!(reason.contains(words), "{reason}");
    }

    #[test]
    fn one_moment_outside_is_enough() {
        check(
            &[(5, 5), (6, 5), (5, 4), (5, 5)],
            None,
            Verdict::Pass,
            "5 to 6 pods, 4 to 5 ready, 3 changes seen",
        );
        check(&[(5, 5)], None, Verdict::Pass, "no change seen");
        check(
            &[(5, 5), (7, 5), (5, 5)],
            None,
            Verdict::Fail,
            "pods 7, expected <= 6, 1.5 s after the step began",
        );
        check(
            &[(5, 5), (5, 3), (5, 5)],
            None,
            Verdict::Fail,
            "ready 3, expected >= 4",
        );
        // What was seen is told although something else may have been missed; the rest is unknown.
        let missed = Some("the watch had to begin anew");
        check(&[(5, 5), (5, 3)], missed, Verdict::Fail, "ready 3");
        check(&[(5, 5)], missed, Verdict::Broken, "begin anew");
    }
}
