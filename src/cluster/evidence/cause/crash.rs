//! A container that ends when it should not: out of memory, killed for a probe, or with an error and its last words.
//!
//! Entry points: [`cause`], for what is down; [`lately`], for what is up again for the moment.

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod};
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use super::super::scene::Scene;
use super::{brief, containers, named, waiting};
use crate::cluster::happening::time;

/// How long ago a container may have ended to have to do with what failed just now.
const LATELY: SignedDuration = SignedDuration::from_secs(60);
/// How far the clocks of a node and of this machine may be apart.
const SKEW: SignedDuration = SignedDuration::from_secs(5);
/// How long after the kubelet said that it kills a container that may end: the time that pods have by default, and some more.
const KILLED_WITHIN: SignedDuration = SignedDuration::from_secs(35);

pub(super) fn cause(scene: &Scene) -> Option<String> {
    let evicted = scene.pods.iter().find_map(|pod| {
        let status = pod.status.as_ref()?;
        (status.reason.as_deref() == Some("Evicted")).then(|| {
            let why = brief(status.message.as_deref().unwrap_or("no message"));
            format!("{} was evicted ({why})", named("pod", pod))
        })
    });
    evicted.or_else(|| {
        // What was told to end may be killed: that is no crash.
        let staying = |pod: &&Pod| pod.metadata.deletion_timestamp.is_none();
        scene
            .pods
            .iter()
            .filter(staying)
            .find_map(|pod| containers(pod).find_map(|container| of(scene, pod, container)))
    })
}

/// A container that has just ended badly and runs once more: for want of memory, or not for the first time.
pub(super) fn lately(scene: &Scene) -> Option<String> {
    scene.pods.iter().find_map(|pod| {
        containers(pod).find_map(|container| {
            let ended = lately_ended(container)?;
            Some(told(scene, pod, container, ended, "crashed a moment ago"))
        })
    })
}

/// How a container that runs again ended, where that is worth telling.
fn lately_ended(container: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    let ended = container.last_state.as_ref()?.terminated.as_ref()?;
    let since = Timestamp::now().duration_since(ended.finished_at.as_ref()?.0);
    let is_late = since <= LATELY && -since <= SKEW;
    let again = container.restart_count > 1 || is_out_of_memory(ended);
    (is_late && again && ended.exit_code != 0).then_some(ended)
}

/// Whether the log of a container may hold its last words.
pub(in super::super) fn has_last_words(container: &ContainerStatus) -> bool {
    badly_ended(container).or(lately_ended(container)).is_some()
}

fn of(scene: &Scene, pod: &Pod, container: &ContainerStatus) -> Option<String> {
    let ended = badly_ended(container)?;
    let verb = if waiting(container).is_some() {
        "keeps crashing"
    } else {
        "crashed"
    };
    Some(told(scene, pod, container, ended, verb))
}

fn told(
    scene: &Scene,
    pod: &Pod,
    container: &ContainerStatus,
    ended: &ContainerStateTerminated,
    verb: &str,
) -> String {
    let place = format!("{}: container {}", named("pod", pod), container.name);
    let times = match container.restart_count {
        0 => String::new(),
        1 => ", restarted once".to_owned(),
        many => format!(", restarted {many} times"),
    };
    if is_out_of_memory(ended) {
        let limit = memory_limit(pod, &container.name);
        let limit = limit.map_or_else(String::new, |limit| format!(", limit {limit}"));
        return format!(
            "{place} was killed because it used too much memory (OOMKilled{limit}{times})"
        );
    }
    let message = ended
        .message
        .as_deref()
        .map(brief)
        .filter(|text| !text.is_empty());
    // It never ran: its program is missing, for one.
    if let (Some("StartError" | "ContainerCannotRun"), Some(message)) =
        (ended.reason.as_deref(), &message)
    {
        return format!("{place} cannot be started ({message})");
    }
    if let Some(probe) = killing_probe(scene, pod, &container.name, ended) {
        let met = format!("{probe} probe failed");
        let unhealthy = scene.messages(&pod.metadata, "Unhealthy");
        let met = unhealthy
            .into_iter()
            .find(|message| message.starts_with(&met))
            .map_or(met, brief);
        return format!("{place} is killed by its own probe ({met}{times})");
    }
    let said = scene
        .last_lines
        .get(&(pod.name_any(), container.name.clone()));
    let said = match (said, message) {
        (Some(line), _) => format!("; its last log line: {}", brief(line)),
        (None, Some(message)) => format!("; {message}"),
        (None, None) => String::new(),
    };
    format!(
        "{place} {verb} (exit status {}{times}){said}",
        ended.exit_code
    )
}

fn is_out_of_memory(ended: &ContainerStateTerminated) -> bool {
    ended.reason.as_deref() == Some("OOMKilled")
}

/// `Liveness` or `Startup`, where the kubelet has ended the container for it: what it exits with then is no crash of its own.
fn killing_probe(
    scene: &Scene,
    pod: &Pod,
    container: &str,
    ended: &ContainerStateTerminated,
) -> Option<&'static str> {
    let at = ended.finished_at.as_ref()?.0;
    scene
        .events
        .iter()
        .filter(|event| {
            event.reason.as_deref() == Some("Killing")
                && event.involved_object.uid == pod.metadata.uid
        })
        // An event that happens again is counted and gets the time of the last: the end may be that of a time before.
        .filter(|event| {
            time(event).is_some_and(|killed| at.duration_since(killed) <= KILLED_WITHIN)
        })
        .find_map(|event| {
            let message = event.message.as_deref()?;
            let probe = message
                .strip_prefix("Container ")?
                .strip_prefix(container)?
                .strip_prefix(" failed ")?;
            match probe.split(' ').next() {
                Some("liveness") => Some("Liveness"),
                Some("startup") => Some("Startup"),
                _ => None,
            }
        })
}

/// How a container that is not well ended the last time, if it ended badly.
fn badly_ended(container: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    let state = container.state.as_ref()?;
    let backs_off = waiting(container).is_some_and(|(reason, _)| reason == "CrashLoopBackOff");
    let last = container
        .last_state
        .as_ref()
        .and_then(|last| last.terminated.as_ref());
    let ended = match (&state.terminated, last) {
        (Some(ended), _) => ended,
        (None, Some(last)) if backs_off || !container.ready => last,
        _ => return None,
    };
    // A program that ends in peace and is started again keeps a Deployment from its aim just as well.
    (ended.exit_code != 0 || backs_off).then_some(ended)
}

fn memory_limit(pod: &Pod, container: &str) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    let container = spec.containers.iter().find(|one| one.name == container)?;
    let limits = container.resources.as_ref()?.limits.as_ref()?;
    Some(limits.get("memory")?.0.clone())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, event, pod, scene};
    use super::*;
    use serde_json::json;

    #[test]
    fn the_last_words_are_told() {
        let container = json!({"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": {"exitCode": 7, "reason": "Error"}}});
        let mut crashing = scene(&[pod(container)]);
        crashing.last_lines.insert(
            ("web-1".to_owned(), "main".to_owned()),
            "cannot open /etc/x".to_owned(),
        );
        assert_eq!(
            cause(&crashing).unwrap(),
            "pod x/web-1: container main keeps crashing (exit status 7, restarted 3 times); its last log line: cannot open /etc/x"
        );
    }

    #[test]
    fn too_much_memory_is_told_as_such_and_an_old_crash_is_over() {
        let ended = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
        check(
            &[pod(json!({"state": ended}))],
            "pod x/web-1: container main was killed because it used too much memory (OOMKilled)",
        );
        check(
            &[pod(
                json!({"ready": true, "state": {"running": {}}, "lastState": ended}),
            )],
            "none",
        );
        check(
            &[pod(
                json!({"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}),
            )],
            "none",
        );
    }

    #[test]
    fn a_pod_that_was_told_to_end_has_not_crashed() {
        let ended = json!({"exitCode": 137, "reason": "ContainerStatusUnknown"});
        let mut pod = pod(
            json!({"state": {"waiting": {"reason": "ContainerCreating"}}, "lastState": {"terminated": ended}}),
        );
        check(
            std::slice::from_ref(&pod),
            "pod x/web-1: container main keeps crashing (exit status 137)",
        );
        pod["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        check(&[pod], "none");
    }

    #[test]
    fn what_runs_again_is_told_while_its_crash_is_new() {
        let ended = |ago: i64, reason: &str| {
            let at = Timestamp::now() - SignedDuration::from_secs(ago);
            json!({"terminated": {"exitCode": 137, "reason": reason, "finishedAt": at.to_string()}})
        };
        let up = |count: i32, last: serde_json::Value| {
            pod(
                json!({"ready": true, "restartCount": count, "state": {"running": {}}, "lastState": last}),
            )
        };
        check(
            &[up(1, ended(3, "OOMKilled"))],
            "pod x/web-1: container main was killed because it used too much memory (OOMKilled, restarted once)",
        );
        check(
            &[up(2, ended(3, "Error"))],
            "pod x/web-1: container main crashed a moment ago (exit status 137, restarted 2 times)",
        );
        // Labs kill containers to show that they come back.
        check(&[up(1, ended(3, "Error"))], "none");
        check(&[up(9, ended(600, "OOMKilled"))], "none");
        check(&[up(9, ended(-600, "OOMKilled"))], "none");
    }

    #[test]
    fn who_is_killed_by_a_probe_has_not_crashed() {
        let waits = |at: &str| {
            pod(
                json!({"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "Error", "finishedAt": at}}}),
            )
        };
        let at = |mut event: serde_json::Value, at: &str| {
            event["lastTimestamp"] = json!(at);
            event
        };
        let events = [
            at(
                event(
                    "Killing",
                    "Container main failed liveness probe, will be restarted",
                ),
                "2026-01-01T00:00:00Z",
            ),
            at(
                event("Unhealthy", "Liveness probe failed: dead inside"),
                "2026-01-01T00:00:00Z",
            ),
        ];
        let [killing, unhealthy] = events;
        check(
            &[
                waits("2026-01-01T00:00:30Z"),
                killing.clone(),
                unhealthy.clone(),
            ],
            "pod x/web-1: container main is killed by its own probe (Liveness probe failed: dead inside, restarted 3 times)",
        );
        // It was killed once, and has crashed by itself since.
        check(
            &[waits("2026-01-01T00:10:00Z"), killing, unhealthy],
            "pod x/web-1: container main keeps crashing (exit status 137, restarted 3 times)",
        );
    }
}
