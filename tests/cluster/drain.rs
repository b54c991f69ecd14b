//! `persistence` across `node-drain`, on a cluster of the test's own: it has two nodes, and others would miss the one that is drained.

use std::time::Duration;

use k8s_openapi::api::core::v1::Node;
use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::{Api, ResourceExt};
use labproof::cluster::check::{Verdict, arm, make, make_until};
use serde_json::json;

use crate::room::{IMAGE, Room, create, in_room_of};
use crate::shared;

/// The check, on the path and with the claim.
fn claim(path: &str, expect: &str) -> String {
    format!(
        "persistence: {{workload: deployment/web, namespace: NS, path: {path}, across: node-drain, expect: {expect}}}"
    )
}

/// The nodes that take no pods.
async fn cordoned(room: &Room) -> Vec<String> {
    let nodes = Api::<Node>::all(room.client.clone());
    let nodes = nodes.list(&ListParams::default()).await.unwrap();
    nodes
        .iter()
        .filter(|node| node.spec.as_ref().unwrap().unschedulable == Some(true))
        .map(ResourceExt::name_any)
        .collect()
}

#[test]
fn a_node_is_drained_and_takes_pods_again() {
    if shared::left_out("a_node_is_drained_and_takes_pods_again") {
        return;
    }
    let two = shared::bring_up(&format!("drain-{}", std::process::id()), 2);
    two.runtime
        .block_on(in_room_of(&two.cluster, "drain", |room| async move {
            let volume = room.claim().await;
            room.deployment(1, IMAGE, volume).await;
            kept_and_lost(&room).await;
            a_budget_is_asked(&room).await;
            an_interrupted_one_is_over(&room).await;
            nowhere_to_go(&room).await;
        }));
    two.end();
}

/// What is on a claim that nodes share is kept, what is in the container is lost, and both are said of pods on different nodes.
async fn kept_and_lost(room: &Room) {
    let names = room.ready(1).await;
    room.run(&names[0], "echo a > /data/file; echo b > /tmp/layer")
        .await;
    let by_lab = room.check(&claim("/data/file", "kept, by: lab"));
    let armed = arm(&room.client, &by_lab).await;
    let finding = room
        .expect(
            &claim("/tmp/layer", "lost"),
            Verdict::Pass,
            "/tmp/layer was lost",
        )
        .await;
    let (old, new) = finding.reason.split_once(" replaced by ").unwrap();
    let node = |text: &str| {
        text.split(" on node ")
            .nth(1)
            .unwrap()
            .split([';', ','])
            .next()
            .map(str::to_owned)
    };
    assert_ne!(node(old).unwrap(), node(new).unwrap(), "{finding:#?}");
    // To a check that waits for the lab to do it, that was the lab.
    let finding = make(&room.client, &by_lab, armed).await;
    assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
    assert!(
        finding.reason.contains("/data/file was kept"),
        "{finding:#?}"
    );
    let names = room.ready(1).await;
    room.expect(
        &claim("/data", "lost"),
        Verdict::Fail,
        "was kept; the claim is that it is lost",
    )
    .await;
    assert!(room.pods().get_opt(&names[0]).await.unwrap().is_none());
    assert_eq!(cordoned(room).await, [""; 0]);
    // A pod that is only deleted while its node takes no pods from elsewhere does not pass for drained.
    let names = room.ready(1).await;
    let other = close_other(room, &names[0]).await;
    let armed = arm(&room.client, &by_lab).await;
    room.pods()
        .delete(&names[0], &DeleteParams::default())
        .await
        .unwrap();
    let finding = make(&room.client, &by_lab, armed).await;
    cordon(room, &other, false).await;
    assert_eq!(finding.verdict, Verdict::Broken, "{finding:#?}");
    assert!(
        finding.reason.contains("was not driven to another node"),
        "{finding:#?}"
    );
}

/// Cordons the node that a pod is not on; its name.
async fn close_other(room: &Room, pod: &str) -> String {
    let pod = room.pods().get(pod).await.unwrap();
    let here = pod.spec.unwrap().node_name.unwrap();
    let nodes: Api<Node> = Api::all(room.client.clone());
    let listed = nodes.list(&ListParams::default()).await.unwrap();
    let mut names = listed.iter().map(ResourceExt::name_any);
    let other = names.find(|name| *name != here).unwrap();
    cordon(room, &other, true).await;
    other
}

async fn cordon(room: &Room, node: &str, closed: bool) {
    let nodes: Api<Node> = Api::all(room.client.clone());
    let change = json!({"spec": {"unschedulable": closed}});
    nodes
        .patch(node, &PatchParams::default(), &Patch::Merge(change))
        .await
        .unwrap();
}

/// The budgets of the namespace; `policy/v1beta1` is what 1.20 serves.
fn budgets(room: &Room) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("policy", "v1beta1", "PodDisruptionBudget");
    let resource = ApiResource::from_gvk(&kind);
    Api::namespaced_with(room.client.clone(), &room.namespace, &resource)
}

async fn forbid(room: &Room) {
    create(
        &budgets(room),
        json!({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "all-stay"},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}}),
    )
    .await;
}

/// A budget that forbids is waited for, and named where it goes on.
async fn a_budget_is_asked(room: &Room) {
    let names = room.ready(1).await;
    forbid(room).await;
    let mut check = room.check(&claim("/data/file", "kept"));
    // Time enough to look into the pod and to ask for its eviction.
    check.within = Duration::from_secs(10);
    let finding = make(&room.client, &check, None).await;
    assert_eq!(finding.verdict, Verdict::Broken, "{finding:#?}");
    assert!(
        finding.reason.contains("disruption budget all-stay"),
        "{finding:#?}"
    );
    assert!(room.pods().get_opt(&names[0]).await.unwrap().is_some());
    assert_eq!(cordoned(room).await, [""; 0]);
    check.within = Duration::from_secs(120);
    let leaving = async {
        while cordoned(room).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        budgets(room)
            .delete("all-stay", &DeleteParams::default())
            .await
            .unwrap();
    };
    let (finding, ()) = tokio::join!(make(&room.client, &check, None), leaving);
    assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
}

/// Whoever interrupts it finds the node open.
async fn an_interrupted_one_is_over(room: &Room) {
    room.ready(1).await;
    forbid(room).await;
    let check = room.check(&claim("/data/file", "kept"));
    let closed = async {
        while cordoned(room).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let finding = make_until(&room.client, &check, None, closed).await;
    assert!(finding.is_none(), "{finding:#?}");
    assert_eq!(cordoned(room).await, [""; 0]);
    budgets(room)
        .delete("all-stay", &DeleteParams::default())
        .await
        .unwrap();
}

/// A second node that takes no pods is none, and stays as it is.
async fn nowhere_to_go(room: &Room) {
    let names = room.ready(1).await;
    let other = close_other(room, &names[0]).await;
    room.expect(
        &claim("/data/file", "kept"),
        Verdict::Broken,
        "of 2 none but",
    )
    .await;
    assert_eq!(cordoned(room).await, [other]);
}
