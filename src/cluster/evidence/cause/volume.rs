//! A claim that is not bound, and a volume that cannot be mounted.

use super::super::scene::Scene;
use super::{brief, named};

/// Reasons of events that say why a claim is not bound.
const REASONS: [&str; 4] = [
    "ProvisioningFailed",
    "FailedBinding",
    "ExternalProvisioning",
    "WaitForPodScheduled",
];

pub(super) fn cause(scene: &Scene) -> Option<String> {
    let pending = scene.claims.iter().find_map(|claim| {
        let phase = claim.status.as_ref()?.phase.as_deref()?;
        let place = named("claim", claim);
        match phase {
            "Lost" => return Some(format!("{place} has lost its volume")),
            "Pending" => {}
            _ => return None,
        }
        let messages = REASONS
            .iter()
            .flat_map(|reason| scene.messages(&claim.metadata, reason));
        let why = messages.into_iter().next();
        // Waiting for a consumer is what such a claim is for, as long as there is none.
        let class = claim
            .spec
            .as_ref()
            .and_then(|spec| spec.storage_class_name.as_deref());
        match (why, class) {
            (Some(why), _) => Some(format!("{place} is not bound ({})", brief(why))),
            (None, Some(class))
                if scene
                    .messages(&claim.metadata, "WaitForFirstConsumer")
                    .is_empty() =>
            {
                Some(format!(
                    "{place} is not bound; it asks for storage class \"{class}\""
                ))
            }
            _ => None,
        }
    });
    pending.or_else(|| {
        scene.pods.iter().find_map(|pod| {
            let reasons = ["FailedMount", "FailedAttachVolume"];
            let message = reasons
                .iter()
                .flat_map(|reason| scene.messages(&pod.metadata, reason))
                .next()?;
            let started = super::containers(pod).any(|container| {
                container
                    .state
                    .as_ref()
                    .is_some_and(|state| state.running.is_some() || state.terminated.is_some())
            });
            let place = named("pod", pod);
            (!started).then(|| format!("{place}: a volume cannot be mounted ({})", brief(message)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, event, pod};
    use serde_json::json;

    #[test]
    fn a_claim_that_waits_comes_before_the_pod_that_waits_for_it() {
        let claim = json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "x", "uid": "u"},
            "spec": {"storageClassName": "fast"}, "status": {"phase": "Pending"}});
        let unscheduled = json!({"kind": "Pod", "metadata": {"name": "p", "namespace": "x"}, "status": {"conditions": [
            {"type": "PodScheduled", "status": "False", "message": "unbound claims"}]}});
        check(
            &[
                claim.clone(),
                unscheduled,
                event("ProvisioningFailed", "storageclass \"fast\" not found"),
            ],
            "claim x/data is not bound (storageclass \"fast\" not found)",
        );
        check(
            std::slice::from_ref(&claim),
            "claim x/data is not bound; it asks for storage class \"fast\"",
        );
        check(
            &[
                claim,
                event("WaitForFirstConsumer", "waiting for first consumer"),
            ],
            "none",
        );
    }

    #[test]
    fn a_volume_of_a_missing_config_map_is_told_until_the_pod_runs() {
        let failed = event(
            "FailedMount",
            "MountVolume.SetUp failed for volume \"v\" : configmap \"c\" not found",
        );
        let creating = pod(json!({"state": {"waiting": {"reason": "ContainerCreating"}}}));
        check(
            &[creating, failed.clone()],
            "pod x/web-1: a volume cannot be mounted (MountVolume.SetUp failed for volume \"v\" : configmap \"c\" not found)",
        );
        check(&[pod(json!({"state": {"running": {}}})), failed], "none");
    }
}
