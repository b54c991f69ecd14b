//! A pod for which there is no node, and what it asks for.

use k8s_openapi::api::core::v1::Pod;

use super::super::scene::Scene;
use super::{brief, named};

pub(super) fn cause(scene: &Scene) -> Option<String> {
    scene.pods.iter().find_map(|pod| {
        let conditions = pod.status.as_ref()?.conditions.as_ref()?;
        let condition = conditions
            .iter()
            .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False")?;
        let newest = scene.messages(&pod.metadata, "FailedScheduling");
        let why = condition
            .message
            .as_deref()
            .or(newest.first().copied())
            .unwrap_or("no reason given");
        let asks = asks(pod).map_or_else(String::new, |asks| format!("; it asks for {asks}"));
        Some(format!(
            "{} cannot be scheduled ({}){asks}",
            named("pod", pod),
            brief(why)
        ))
    })
}

/// Labels that a pod wants of its node.
fn asks(pod: &Pod) -> Option<String> {
    let selector = pod.spec.as_ref()?.node_selector.as_ref()?;
    let terms: Vec<String> = selector
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    (!terms.is_empty()).then(|| terms.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use serde_json::json;

    #[test]
    fn what_the_scheduler_says_and_what_the_pod_asks_for() {
        let pod = json!({"kind": "Pod", "metadata": {"name": "p", "namespace": "x"},
            "spec": {"containers": [], "nodeSelector": {"disk": "ssd"}},
            "status": {"conditions": [{"type": "PodScheduled", "status": "False",
                "message": "0/1 nodes are available: 1 node(s) didn't match node selector."}]}});
        check(
            &[pod],
            "pod x/p cannot be scheduled (0/1 nodes are available: 1 node(s) didn't match node selector.); it asks for disk=ssd",
        );
    }
}
