//! Whether pods and nodes say of themselves that they are ready.

use k8s_openapi::api::core::v1::{Node, Pod};

/// The condition `Ready`.
const READY: &str = "Ready";

/// Whether a pod serves, as its kubelet sees it.
pub(super) fn is_pod_ready(pod: &Pod) -> bool {
    pod.status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .any(|condition| condition.type_ == READY && condition.status == "True")
}

/// Whether a node works, as its kubelet says. Whether it takes pods is another question: it may be tainted.
pub(super) fn is_node_ready(node: &Node) -> bool {
    node.status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .any(|condition| condition.type_ == READY && condition.status == "True")
}
