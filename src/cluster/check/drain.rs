//! A node of a workload drained, as `kubectl drain` does it.
//!
//! Entry point: [`drain`]. The node is cordoned, the workload's pods on it are evicted, their successors come up elsewhere, and
//! it takes pods again. Evictions ask the PodDisruptionBudgets; one that forbids is waited for. Other pods stay on the node, those
//! of DaemonSets and static ones included: they are nobody's claim, and on a shared cluster they are somebody else's.

use std::time::Instant;

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{ListParams, PostParams};
use kube::core::Status;
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};

use crate::cluster::ready::is_node_ready;
use crate::verifier::Pods;

use super::look::Unable;
use super::owed::{Debt, Owed};
use super::pods::{self, Member};
use super::poll::reach;
use super::problem;
use super::replace::{cordon, gone};

/// Drains the node of the first of the pods, and no other: of pods that changed places, nothing would tell where each came from.
/// Comes back once their successors are ready.
pub(super) async fn drain(
    client: &Client,
    of: &Pods,
    pods: &[Member],
    deadline: Instant,
    owed: &Owed,
) -> Result<(), Unable> {
    let Some(node) = pods.iter().find_map(|pod| pod.node.clone()) else {
        return Err(Unable::for_good(
            "no pod is on a node that could be drained",
        ));
    };
    let on_it: Vec<Member> = pods
        .iter()
        .filter(|pod| pod.node.as_ref() == Some(&node))
        .cloned()
        .collect();
    let nodes = reach(deadline, || async {
        let api: Api<Node> = Api::all(client.clone());
        api.list(&ListParams::default())
            .await
            .map_err(|error| problem::unable(&error, "list nodes"))
    })
    .await?;
    if let Some(reason) = nowhere_to_go(&node, &nodes.items) {
        return Err(Unable::for_good(reason));
    }
    // One that is cordoned already stays so.
    let is_closed = |is: &Node| is.name_any() == node && is_cordoned(is);
    if !nodes.iter().any(is_closed) {
        owed.note(Debt::Uncordon(node.clone()));
        reach(deadline, || cordon(client, &node, true)).await?;
    }
    let version = reach(deadline, || eviction_version(client)).await?;
    for pod in &on_it {
        // One after the other: a budget that lets one go lets the next go once the first is replaced.
        reach(deadline, || evict(client, &of.namespace, pod, &version)).await?;
    }
    gone(client, &of.namespace, &on_it, deadline).await?;
    reach(deadline, || async {
        match pods::read(client, of).await?.unsettled() {
            None => Ok(()),
            Some(reason) => Err(Unable::for_now(format!(
                "node {node} was drained, and its pods have no successors on another one: {reason}"
            ))),
        }
    })
    .await?;
    owed.settle(client).await
}

/// Why the pods of a node have no other one to go to.
fn nowhere_to_go(node: &str, nodes: &[Node]) -> Option<String> {
    let is_other = |other: &&Node| other.name_any() != node && takes_pods(other);
    if nodes.iter().any(|other| is_other(&other)) {
        return None;
    }
    let next = "on a local cluster, ask for two with `--nodes 2` or `labproof: {nodes: 2}` in the page's front matter";
    Some(match nodes.len() {
        0 | 1 => format!(
            "node-drain needs a second node to which the pods can go, and {node} is the only one; {next}"
        ),
        many => format!(
            "node-drain needs a second node to which the pods can go, and of {many} none but {node} takes pods (not ready, cordoned or tainted)"
        ),
    })
}

/// Whether ordinary pods may be put on a node.
fn takes_pods(node: &Node) -> bool {
    let taints = node
        .spec
        .iter()
        .flat_map(|spec| spec.taints.iter().flatten());
    let mut effects = taints.map(|taint| taint.effect.as_str());
    let tainted = effects.any(|effect| matches!(effect, "NoSchedule" | "NoExecute"));
    is_node_ready(node) && !tainted && !is_cordoned(node)
}

fn is_cordoned(node: &Node) -> bool {
    let unschedulable = node.spec.as_ref().and_then(|spec| spec.unschedulable);
    unschedulable == Some(true)
}

/// The `apiVersion` of an eviction, as the server has it: `policy/v1`, or `policy/v1beta1` before Kubernetes 1.22.
async fn eviction_version(client: &Client) -> Result<String, Unable> {
    let core = client
        .list_core_api_resources("v1")
        .await
        .map_err(|error| problem::unable(&error, "read the kinds of v1"))?;
    let eviction = core
        .resources
        .into_iter()
        .find(|resource| resource.name == "pods/eviction")
        .ok_or_else(|| Unable::for_good("the cluster does not serve pods/eviction"))?;
    let group = eviction.group.unwrap_or_else(|| "policy".to_owned());
    let version = eviction.version.unwrap_or_else(|| "v1".to_owned());
    Ok(format!("{group}/{version}"))
}

/// Evicts a pod, and no other that took its name since.
async fn evict(
    client: &Client,
    namespace: &str,
    pod: &Member,
    version: &str,
) -> Result<(), Unable> {
    let what = format!("create pods/eviction in {namespace}");
    // The client's own eviction names no version and loses the UID.
    let eviction = json!({
        "apiVersion": version,
        "kind": "Eviction",
        "metadata": {"name": pod.name, "namespace": namespace},
        "deleteOptions": {"preconditions": {"uid": pod.uid}},
    });
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let params = PostParams::default();
    let evicted: Result<Value, kube::Error> = api
        .create_subresource("eviction", &pod.name, &params, &eviction)
        .await;
    match evicted {
        Ok(_) => Ok(()),
        // Gone already, or another one by now.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 429 => {
            Err(Unable::for_now(forbidden(&status, pod)))
        }
        Err(error) => Err(problem::unable(&error, &what)),
    }
}

/// Which PodDisruptionBudget forbids an eviction: the server names it in the causes.
fn forbidden(status: &Status, pod: &Member) -> String {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let causes: Vec<&str> = causes.map(|cause| &*cause.message).collect();
    format!(
        "a PodDisruptionBudget does not let pod {} be evicted: {}",
        pod.name,
        match causes.is_empty() {
            true => status.message.clone(),
            false => causes.join("; "),
        }
    )
}

#[cfg(test)]
mod tests {
    use super::super::pods::member_of;
    use super::*;

    fn node(name: &str, spec: Value, ready: &str) -> Node {
        serde_json::from_value(json!({
            "metadata": {"name": name},
            "spec": spec,
            "status": {"conditions": [{"type": "Ready", "status": ready}]},
        }))
        .unwrap()
    }

    #[test]
    fn pods_go_to_a_ready_node_without_taints_and_to_no_other() {
        let taint = |effect: &str| json!({"taints": [{"key": "x", "effect": effect}]});
        for (spec, ready, words) in [
            (json!({}), "True", None),
            (taint("PreferNoSchedule"), "True", None),
            (taint("NoSchedule"), "True", Some("of 2 none but a")),
            (json!({}), "Unknown", Some("of 2 none but a")),
            (
                json!({"unschedulable": true}),
                "True",
                Some("of 2 none but a"),
            ),
        ] {
            let nodes = [node("a", json!({}), "True"), node("b", spec, ready)];
            let reason = nowhere_to_go("a", &nodes);
            assert_eq!(reason.is_some(), words.is_some(), "{reason:?}");
            if let (Some(reason), Some(words)) = (reason, words) {
                assert!(reason.contains(words), "{reason}");
            }
        }
        let alone = nowhere_to_go("a", &[node("a", json!({}), "True")]).unwrap();
        assert!(alone.contains("a is the only one; "), "{alone}");
    }

    #[test]
    fn the_budget_that_forbids_is_named() {
        let status: Status = serde_json::from_value(json!({
            "code": 429, "reason": "TooManyRequests",
            "message": "Cannot evict pod as it would violate the pod's disruption budget.",
            "details": {"causes": [{"reason": "DisruptionBudget",
                "message": "The disruption budget web needs 2 healthy pods and has 2 currently"}]},
        }))
        .unwrap();
        let words = forbidden(&status, &member_of("p", "1"));
        assert!(words.contains("disruption budget web needs 2"), "{words}");
    }
}
