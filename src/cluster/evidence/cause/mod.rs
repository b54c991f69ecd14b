//! What most likely lies behind a failure, in one line: pure functions of what was read, one file a family.
//!
//! Entry points: [`of_output`] and [`of_scene`]. Only facts that were read are told; where there is none, nothing is said. The order is
//! that of cause and effect: a claim that is not bound keeps a pod from being scheduled, which keeps a rollout from going on.

mod admission;
mod config;
mod crash;
mod image;
mod job;
mod namespace;
mod node;
mod probe;
mod reach;
mod rollout;
mod schedule;
mod service;
mod spoken;
mod version;
mod volume;

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::ResourceExt;

use super::scene::Scene;
use super::subjects::Subjects;

pub(super) use crash::has_last_words;
pub(super) use spoken::says_all;

/// Characters of a message that go into a cause.
const LONGEST: usize = 240;

/// What a command itself said of its cause, on a cluster with an API server of that address and version.
pub(super) fn of_output(
    output: &str,
    server: Option<&str>,
    version: Option<&str>,
) -> Option<String> {
    reach::in_output(output, server)
        .or_else(|| admission::in_output(output))
        .or_else(|| version::in_output(output, version))
}

/// What the objects say: all that is there, and what of it is near to what failed.
pub(super) fn of_scene(
    all: &Scene,
    near: &Scene,
    subjects: &Subjects,
    output: &str,
) -> Option<String> {
    let families = [
        image::cause,
        config::cause,
        volume::cause,
        crash::cause,
        schedule::cause,
        probe::cause,
        admission::cause,
        job::cause,
        crash::lately,
        rollout::cause,
        service::cause,
        node::cause,
        reach::cause,
    ];
    namespace::cause(all, subjects)
        .or_else(|| namespace::misspelt(all, output))
        .or_else(|| families.iter().find_map(|family| family(near)))
}

/// `pod shop/web-1`
fn named(kind: &str, object: &impl ResourceExt) -> String {
    match object.namespace() {
        Some(namespace) => format!("{kind} {namespace}/{}", object.name_any()),
        None => format!("{kind} {}", object.name_any()),
    }
}

/// The containers of a pod as they are now, those of its beginning first.
pub(super) fn containers(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    let status = pod.status.as_ref();
    let first = status.and_then(|status| status.init_container_statuses.as_ref());
    let then = status.and_then(|status| status.container_statuses.as_ref());
    first
        .into_iter()
        .flatten()
        .chain(then.into_iter().flatten())
}

/// Why a container waits: reason and message.
fn waiting(container: &ContainerStatus) -> Option<(&str, &str)> {
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    Some((
        waiting.reason.as_deref()?,
        waiting.message.as_deref().unwrap_or_default(),
    ))
}

/// A message in one line that is not too long.
fn brief(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// A scene of those objects; each says its kind.
    pub(super) fn scene(objects: &[Value]) -> Scene {
        fn object<K: serde::de::DeserializeOwned>(value: &Value) -> K {
            serde_json::from_value(value.clone()).unwrap()
        }
        let mut scene = Scene::default();
        for value in objects {
            match value["kind"].as_str().unwrap() {
                "Pod" => scene.pods.push(object(value)),
                "Event" => scene.events.push(object(value)),
                "PersistentVolumeClaim" => scene.claims.push(object(value)),
                "ReplicaSet" => scene.replica_sets.push(object(value)),
                "Deployment" => scene.deployments.push(object(value)),
                "Job" => scene.jobs.push(object(value)),
                "Service" => scene.services.push(object(value)),
                "Endpoints" => scene.endpoints.push(object(value)),
                "Node" => scene.nodes.push(object(value)),
                other => panic!("no {other} in a scene"),
            }
        }
        scene
    }

    /// Holds the cause of some objects.
    #[track_caller]
    pub(super) fn check(objects: &[Value], expected: &str) {
        let scene = scene(objects);
        let cause = of_scene(&scene, &scene, &Subjects::default(), "");
        assert_eq!(cause.as_deref().unwrap_or("none"), expected);
    }

    /// An event about the object with UID `u`.
    pub(super) fn event(reason: &str, message: &str) -> Value {
        serde_json::json!({"kind": "Event", "metadata": {"name": "e"}, "reason": reason, "message": message,
            "involvedObject": {"uid": "u"}})
    }

    /// A pod with UID `u` and the status of its one container.
    pub(super) fn pod(container: Value) -> Value {
        let mut status = serde_json::json!({"name": "main", "image": "r.example/web:1", "imageID": "", "ready": false, "restartCount": 0});
        for (key, value) in container.as_object().unwrap() {
            status[key] = value.clone();
        }
        serde_json::json!({"kind": "Pod", "metadata": {"name": "web-1", "namespace": "x", "uid": "u"},
            "status": {"containerStatuses": [status]}})
    }

    #[test]
    fn a_healthy_scene_has_no_cause() {
        check(
            &[pod(
                serde_json::json!({"ready": true, "state": {"running": {}}}),
            )],
            "none",
        );
    }
}
