//! A container that cannot be made from its description: a ConfigMap or Secret, or a key of one, is missing, or its program is.

use super::super::scene::Scene;
use super::{brief, containers, named, waiting};

const REASONS: [&str; 3] = [
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
];

pub(super) fn cause(scene: &Scene) -> Option<String> {
    scene.pods.iter().find_map(|pod| {
        let (container, message) =
            containers(pod).find_map(|container| match waiting(container) {
                Some((reason, message)) if REASONS.contains(&reason) => Some((container, message)),
                _ => None,
            })?;
        let place = named("pod", pod);
        Some(format!(
            "{place}: container {} cannot be started ({})",
            container.name,
            brief(message)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, pod};
    use serde_json::json;

    #[test]
    fn what_is_missing_is_told() {
        let waiting = json!({"waiting": {"reason": "CreateContainerConfigError", "message": "configmap \"settings\" not found"}});
        check(
            &[pod(json!({"state": waiting}))],
            "pod x/web-1: container main cannot be started (configmap \"settings\" not found)",
        );
    }
}
