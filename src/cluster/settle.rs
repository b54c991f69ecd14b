//! Waiting until a cluster is quiet, instead of sleeping for a fixed time.
//!
//! Entry point: [`settle`]. Quiet means: no workload whose controller has something left to do, no Job that runs, no pod
//! on its way in or out, no Service that does not lead to its ready pods yet, on two readings in a row. What was unsettled before the lab began
//! is not waited for: a cluster that somebody else uses is never quiet.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Endpoints, Pod, Service};
use kube::api::{Api, ListParams};
use kube::{Client, Resource, ResourceExt};
use tokio::time::Instant;

use super::ready::is_pod_ready;

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

/// What the waiting came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settling {
    /// How it ended.
    pub ended: Settled,
    /// Objects that moved at some moment of it.
    pub waited_for: BTreeSet<String>,
}

/// Waits until nothing moves that is not in `ignore`, for `within` at most.
pub async fn settle(client: &Client, ignore: &BTreeSet<String>, within: Duration) -> Settling {
    let deadline = Instant::now() + within;
    let mut quiet_before = false;
    let mut waited_for = BTreeSet::new();
    loop {
        let reading = moving(client).await;
        let quiet = match &reading {
            Ok(objects) => {
                waited_for.extend(objects.difference(ignore).cloned());
                objects.is_subset(ignore)
            }
            Err(_) => false,
        };
        if quiet && quiet_before {
            return Settling {
                ended: Settled::Quiet,
                waited_for,
            };
        }
        quiet_before = quiet;
        if Instant::now() + PERIOD > deadline {
            let ended = match reading {
                Ok(_) if quiet => Settled::Quiet,
                Ok(objects) => Settled::TimeUp(objects.difference(ignore).cloned().collect()),
                Err(error) => Settled::Unknown(error.to_string()),
            };
            return Settling { ended, waited_for };
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
    let jobs = Api::<Job>::all(client.clone());
    let services = Api::<Service>::all(client.clone());
    let endpoints = Api::<Endpoints>::all(client.clone());
    let (deployments, stateful_sets, daemon_sets, pods, jobs, services, endpoints) = tokio::try_join!(
        deployments.list(&all),
        stateful_sets.list(&all),
        daemon_sets.list(&all),
        pods.list(&all),
        jobs.list(&all),
        services.list(&all),
        endpoints.list(&all),
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
    moving.extend(jobs.iter().filter(|object| job_moves(object)).map(name));
    let services = services.iter();
    moving.extend(
        services
            .filter(|object| service_moves(object, &endpoints.items, &pods.items))
            .map(name),
    );
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
            Some("Running") => !is_pod_ready(object),
            _ => true,
        }
}

/// A Job runs until it is complete, has failed or is suspended.
fn job_moves(object: &Job) -> bool {
    let suspended = object
        .spec
        .as_ref()
        .is_some_and(|spec| spec.suspend == Some(true));
    let status = object.status.as_ref();
    let conditions = status.and_then(|status| status.conditions.as_ref());
    let over = conditions.into_iter().flatten().any(|condition| {
        matches!(condition.type_.as_str(), "Complete" | "Failed") && condition.status == "True"
    });
    !suspended && !over
}

/// Endpoints of a Service that are kept at most; more are cut off by the cluster.
const MOST_ENDPOINTS: usize = 1000;

/// Whether the addresses behind a Service are not yet those of its ready pods.
fn service_moves(object: &Service, endpoints: &[Endpoints], pods: &[Pod]) -> bool {
    let Some(spec) = &object.spec else {
        return false;
    };
    let selector = spec.selector.clone().unwrap_or_default();
    // Without a selector its endpoints are made by hand; without ports it has none.
    if selector.is_empty()
        || spec.ports.iter().flatten().next().is_none()
        || spec.publish_not_ready_addresses == Some(true)
        || spec.type_.as_deref() == Some("ExternalName")
    {
        return false;
    }
    let selected = |pod: &&Pod| {
        let labels = pod.labels();
        pod.namespace() == object.namespace()
            && pod.metadata.deletion_timestamp.is_none()
            && selector
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
    };
    let wanted: BTreeSet<&str> = pods
        .iter()
        .filter(selected)
        .filter(|pod| is_pod_ready(pod))
        .filter_map(|pod| pod.status.as_ref()?.pod_ip.as_deref())
        .collect();
    let there: BTreeSet<&str> = endpoints
        .iter()
        .filter(|endpoints| {
            endpoints.namespace() == object.namespace() && endpoints.name_any() == object.name_any()
        })
        .flat_map(|endpoints| endpoints.subsets.iter().flatten())
        .flat_map(|subset| subset.addresses.iter().flatten())
        .map(|address| address.ip.as_str())
        .collect();
    there.len() != wanted.len().min(MOST_ENDPOINTS) || !there.is_subset(&wanted)
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
    fn a_job_moves_until_it_is_over() {
        let job = |suspend: bool, condition: Option<&str>| -> Job {
            let conditions: Vec<_> = condition
                .map(|kind| json!({"type": kind, "status": "True"}))
                .into_iter()
                .collect();
            serde_json::from_value(json!({
                "metadata": {"name": "a"},
                "spec": {"suspend": suspend, "template": {}},
                "status": {"conditions": conditions},
            }))
            .unwrap()
        };
        assert!(job_moves(&job(false, None)));
        assert!(!job_moves(&job(true, None)));
        assert!(!job_moves(&job(false, Some("Complete"))));
        assert!(!job_moves(&job(false, Some("Failed"))));
    }

    #[test]
    fn a_service_moves_until_it_leads_to_its_ready_pods() {
        let service: Service = serde_json::from_value(json!({
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        }))
        .unwrap();
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}},
            "status": {"podIP": "10.0.0.1", "conditions": [{"type": "Ready", "status": "True"}]},
        }))
        .unwrap();
        let endpoints = |ip: &str| -> Vec<Endpoints> {
            vec![
                serde_json::from_value(json!({
                    "metadata": {"name": "web", "namespace": "shop"},
                    "subsets": [{"addresses": [{"ip": ip}], "ports": [{"port": 80}]}],
                }))
                .unwrap(),
            ]
        };
        let pods = [pod];
        assert!(service_moves(&service, &[], &pods));
        assert!(service_moves(&service, &endpoints("10.0.0.2"), &pods));
        assert!(!service_moves(&service, &endpoints("10.0.0.1"), &pods));
        assert!(service_moves(&service, &endpoints("10.0.0.1"), &[]));
        assert!(!service_moves(&service, &[], &[]));
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
