//! The pods of a workload driven off their nodes, as `kubectl drain` does it.
//!
//! Entry point: [`drain`]. Node by node: it is cordoned, the workload's pods on it are deleted, their successors come up
//! elsewhere, and it takes pods again. Other pods stay where they are: they are nobody's claim.

use std::collections::BTreeMap;
use std::time::Instant;

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};

use crate::cluster::ready::is_node_ready;
use crate::verifier::Pods;

use super::look::Unable;
use super::owed::{Debt, Owed};
use super::pods::{self, Member};
use super::poll::reach;
use super::problem;
use super::replace::{cordon, delete, gone};

/// Drives the pods off their nodes; comes back once their successors are ready on others.
pub(super) async fn drain(
    client: &Client,
    of: &Pods,
    pods: &[Member],
    deadline: Instant,
    owed: &Owed,
) -> Result<(), Unable> {
    let nodes = Api::<Node>::all(client.clone())
        .list(&ListParams::default())
        .await
        .map_err(|error| problem::unable(&error, "list nodes"))?;
    let open: Vec<String> = nodes
        .iter()
        .filter(|node| takes_pods(node))
        .map(ResourceExt::name_any)
        .collect();
    if open.len() < 2 {
        let there = open.first().map_or("none", String::as_str);
        return Err(Unable::for_good(format!(
            "node-drain needs a second node to which the pods can go; nodes that take pods: {there}"
        )));
    }
    for (node, pods) in by_node(client, &of.namespace, pods).await? {
        if open.contains(&node) {
            owed.note(Debt::Uncordon(node.clone()));
            cordon(client, &node, true).await?;
        }
        for pod in &pods {
            delete(client, &of.namespace, pod).await?;
        }
        gone(client, &of.namespace, &pods, deadline).await?;
        reach(deadline, || async {
            match pods::read(client, of).await?.unsettled() {
                None => Ok(()),
                Some(reason) => Err(Unable::for_now(format!("after node {node}: {reason}"))),
            }
        })
        .await?;
        owed.settle(client).await?;
    }
    Ok(())
}

/// Whether ordinary pods may be put on a node.
fn takes_pods(node: &Node) -> bool {
    let spec = node.spec.clone().unwrap_or_default();
    let tainted = spec
        .taints
        .into_iter()
        .flatten()
        .any(|taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute"));
    is_node_ready(node) && !tainted && spec.unschedulable != Some(true)
}

/// The pods that are still there, by the node they run on.
async fn by_node(
    client: &Client,
    namespace: &str,
    pods: &[Member],
) -> Result<BTreeMap<String, Vec<Member>>, Unable> {
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let mut found: BTreeMap<String, Vec<Member>> = BTreeMap::new();
    for pod in pods {
        let now = api
            .get_opt(&pod.name)
            .await
            .map_err(|error| problem::unable(&error, &format!("get pods in {namespace}")))?;
        let node = now
            .filter(|now| now.metadata.uid.as_deref() == Some(&pod.uid))
            .and_then(|now| now.spec?.node_name);
        if let Some(node) = node {
            found.entry(node).or_default().push(pod.clone());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_ready_nodes_without_taints_take_pods() {
        let node = |spec: serde_json::Value, ready: &str| -> Node {
            serde_json::from_value(json!({
                "metadata": {"name": "a"},
                "spec": spec,
                "status": {"conditions": [{"type": "Ready", "status": ready}]},
            }))
            .unwrap()
        };
        assert!(takes_pods(&node(json!({}), "True")));
        assert!(!takes_pods(&node(json!({}), "Unknown")));
        assert!(!takes_pods(&node(json!({"unschedulable": true}), "True")));
        let taint = json!({"taints": [{"key": "x", "effect": "NoSchedule"}]});
        assert!(!takes_pods(&node(taint, "True")));
        let soft = json!({"taints": [{"key": "x", "effect": "PreferNoSchedule"}]});
        assert!(takes_pods(&node(soft, "True")));
    }
}
