//! A probe that fails: which one, and what it met.

use super::super::scene::Scene;
use super::{brief, containers, named};

pub(super) fn cause(scene: &Scene) -> Option<String> {
    scene.pods.iter().find_map(|pod| {
        // One that ran and became ready has its early failures behind it.
        let unwell =
            containers(pod).find(|container| !container.ready || container.restart_count > 0)?;
        let message = scene
            .messages(&pod.metadata, "Unhealthy")
            .into_iter()
            .next()?;
        if unwell.ready && message.starts_with("Readiness") {
            return None;
        }
        Some(format!(
            "{}: container {}: {}",
            named("pod", pod),
            unwell.name,
            brief(message)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, event, pod};
    use serde_json::json;

    #[test]
    fn a_probe_is_told_while_it_keeps_the_pod_from_being_ready() {
        let failed = event(
            "Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 404",
        );
        check(
            &[pod(json!({"state": {"running": {}}})), failed.clone()],
            "pod x/web-1: container main: Readiness probe failed: HTTP probe failed with statuscode: 404",
        );
        check(
            &[
                pod(json!({"ready": true, "state": {"running": {}}})),
                failed,
            ],
            "none",
        );
    }
}
