//! A container that ends when it should not: out of memory, or with an error and its last words.

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus, Pod};
use kube::ResourceExt;

use super::super::scene::Scene;
use super::{brief, containers, named, waiting};

pub(super) fn cause(scene: &Scene) -> Option<String> {
    let evicted = scene.pods.iter().find_map(|pod| {
        let status = pod.status.as_ref()?;
        (status.reason.as_deref() == Some("Evicted")).then(|| {
            let why = brief(status.message.as_deref().unwrap_or("no message"));
            format!("{} was evicted ({why})", named("pod", pod))
        })
    });
    evicted.or_else(|| {
        scene
            .pods
            .iter()
            .find_map(|pod| containers(pod).find_map(|container| of(scene, pod, container)))
    })
}

fn of(scene: &Scene, pod: &Pod, container: &ContainerStatus) -> Option<String> {
    let ended = badly_ended(container)?;
    let place = format!("{}: container {}", named("pod", pod), container.name);
    if ended.reason.as_deref() == Some("OOMKilled") {
        let limit = memory_limit(pod, &container.name);
        let limit = limit.map_or_else(String::new, |limit| format!(" (limit {limit})"));
        return Some(format!(
            "{place} was killed because it used too much memory{limit} (OOMKilled)"
        ));
    }
    let times = match container.restart_count {
        0 => String::new(),
        1 => ", restarted once".to_owned(),
        many => format!(", restarted {many} times"),
    };
    let verb = if waiting(container).is_some() {
        "keeps crashing"
    } else {
        "crashed"
    };
    let said = scene
        .last_lines
        .get(&(pod.name_any(), container.name.clone()));
    let message = ended
        .message
        .as_deref()
        .map(brief)
        .filter(|text| !text.is_empty());
    let said = match (said, message) {
        (Some(line), _) => format!("; its last log line: {}", brief(line)),
        (None, Some(message)) => format!("; {message}"),
        (None, None) => String::new(),
    };
    Some(format!(
        "{place} {verb} (exit status {}{times}){said}",
        ended.exit_code
    ))
}

/// How a container that is not well ended the last time, if it ended badly.
pub(in super::super) fn badly_ended(
    container: &ContainerStatus,
) -> Option<&ContainerStateTerminated> {
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
    use super::super::tests::{check, pod, scene};
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
}
