//! Waiting until a cluster is quiet, instead of sleeping for a fixed time.
//!
//! Entry point: [`settle`]. Quiet means: no workload whose controller has something left to do,
//! no pod on its way in or out, on two readings in a row. What was unsettled before the lab began
//! is not waited for: a cluster that somebody else uses is never quiet.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use kube::{Client, Resource, ResourceExt};
use tokio::time::Instant;

/// Time between two readings.
const PERIOD: Duration = Duration::from_millis(250);

/// How the waiting ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The cluster was quiet.
    Quiet,
    /// The time was up; these objects still had something to do.
    TimeUp(Vec<String>),
    /// The cluster could not be read.
    Unknown(String),
}

/// Waits until nothing moves that is not in `ignore`, for `within` at most.
pub async fn settle(client: &Client, ignore: &BTreeSet<String>, within: Duration) -> Settled {
    let deadline = Instant::now() + within;
    let mut quiet_before = false;
    loop {
        let reading = moving(client).await;
        let quiet = match &reading {
            Ok(objects) => objects.is_subset(ignore),
            Err(_) => false,
        };
        if quiet && quiet_before {
            return Settled::Quiet;
        }
        quiet_before = quiet;
        if Instant::now() + PERIOD > deadline {
            return match reading {
                Ok(_) if quiet => Settled::Quiet,
                Ok(objects) => Settled::TimeUp(objects.difference(ignore).cloned().collect()),
                Err(error) => Settled::Unknown(error.to_string()),
            };
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// Names of the objects that have something left to do (`Deployment assets/assets`).
///
/// # Errors
/// When the API server does not answer or forbids a read.
pub async fn moving(client: &Client) -> Result<BTreeSet<String>, kube::Error> {
    let all = ListParams::default();
    let deployments = Api::<Deployment>::all(client.clone());
    let stateful_sets = Api::<StatefulSet>::all(client.clone());
    let daemon_sets = Api::<DaemonSet>::all(client.clone());
    let pods = Api::<Pod>::all(client.clone());
    let (deployments, stateful_sets, daemon_sets, pods) = tokio::try_join!(
        deployments.list(&all),
        stateful_sets.list(&all),
        daemon_sets.list(&all),
        pods.list(&all),
    )?;
    let mut moving = BTreeSet::new();
    moving.extend(
        deployments
            .iter()
            .filter(|object| deployment_moves(object))
            .map(name),
    );
    moving.extend(
        stateful_sets
            .iter()
            .filter(|object| stateful_set_moves(object))
            .map(name),
    );
    moving.extend(
        daemon_sets
            .iter()
            .filter(|object| daemon_set_moves(object))
            .map(name),
    );
    moving.extend(pods.iter().filter(|object| pod_moves(object)).map(name));
    Ok(moving)
}

fn name<K: Resource<DynamicType = ()>>(object: &K) -> String {
    format!(
        "{} {}/{}",
        K::kind(&()),
        object.namespace().unwrap_or_default(),
        object.name_any()
    )
}

fn deployment_moves(object: &Deployment) -> bool {
    let wanted = object
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    let paused = object
        .spec
        .as_ref()
        .and_then(|spec| spec.paused)
        .unwrap_or(false);
    let status = object.status.clone().unwrap_or_default();
    !paused
        && (status.observed_generation < object.metadata.generation
            || status.updated_replicas.unwrap_or(0) != wanted
            || status.available_replicas.unwrap_or(0) != wanted
            || status.replicas.unwrap_or(0) != wanted)
}

fn stateful_set_moves(object: &StatefulSet) -> bool {
    let wanted = object
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    let status = object.status.clone().unwrap_or_default();
    status.observed_generation < object.metadata.generation
        || status.replicas != wanted
        || status.ready_replicas.unwrap_or(0) != wanted
}

fn daemon_set_moves(object: &DaemonSet) -> bool {
    let status = object.status.clone().unwrap_or_default();
    status.observed_generation < object.metadata.generation
        || status.number_ready != status.desired_number_scheduled
}

fn pod_moves(object: &Pod) -> bool {
    let status = object.status.clone().unwrap_or_default();
    object.metadata.deletion_timestamp.is_some()
        || match status.phase.as_deref() {
            Some("Succeeded" | "Failed") => false,
            Some("Running") => !status
                .conditions
                .unwrap_or_default()
                .iter()
                .any(|condition| condition.type_ == "Ready" && condition.status == "True"),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(status: serde_json::Value) -> Deployment {
        serde_json::from_value(json!({
            "metadata": {"name": "a", "generation": 2},
            "spec": {"replicas": 2, "selector": {}, "template": {}},
            "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn a_deployment_moves_until_all_replicas_are_new_and_available() {
        let done = json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2});
        assert!(!deployment_moves(&deployment(done.clone())));
        for (key, value) in [
            ("observedGeneration", 1),
            ("replicas", 3),
            ("updatedReplicas", 1),
            ("availableReplicas", 1),
        ] {
            let mut status = done.clone();
            status[key] = json!(value);
            assert!(deployment_moves(&deployment(status)), "{key}");
        }
    }

    #[test]
    fn a_pod_moves_while_it_starts_or_goes() {
        let pod = |phase: &str, ready: &str, deleted: Option<&str>| -> Pod {
            serde_json::from_value(json!({
                "metadata": {"name": "a", "deletionTimestamp": deleted},
                "status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready}]},
            }))
            .unwrap()
        };
        assert!(!pod_moves(&pod("Running", "True", None)));
        assert!(!pod_moves(&pod("Succeeded", "False", None)));
        assert!(pod_moves(&pod("Running", "False", None)));
        assert!(pod_moves(&pod("Pending", "False", None)));
        assert!(pod_moves(&pod(
            "Running",
            "True",
            Some("2026-01-01T00:00:00Z")
        )));
    }
}
