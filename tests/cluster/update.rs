//! `availability` across real updates: one that nobody notices, and one that leaves a gap.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Service;
use kube::Api;
use kube::api::{Patch, PatchParams};
use labproof::cluster::check::{Finding, Verdict, arm, make};
use serde_json::{Value, json};

use crate::room::{IMAGE, Room, create, in_cluster};

/// Two replicas that say when they are ready and go on serving until they are out of the Service.
async fn serve(room: &Room, strategy: Value) {
    let api: Api<Deployment> = Api::namespaced(room.client.clone(), &room.namespace);
    create(
        &api,
        json!({"metadata": {"name": "web"}, "spec": {
            "replicas": 2, "strategy": strategy, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "terminationGracePeriodSeconds": 10,
                "containers": [{"name": "main", "image": IMAGE,
                    "ports": [{"containerPort": 8080}],
                    "lifecycle": {"preStop": {"exec": {"command": ["sleep", "3"]}}},
                    "readinessProbe": {"httpGet": {"path": "/health.html", "port": 8080},
                        "periodSeconds": 1}}]}}}}),
    )
    .await;
    let services: Api<Service> = Api::namespaced(room.client.clone(), &room.namespace);
    create(
        &services,
        json!({"metadata": {"name": "web"}, "spec": {
            "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}}),
    )
    .await;
    room.ready(2).await;
    room.expect(
        "http: {service: web, namespace: NS, path: /health.html}",
        Verdict::Pass,
        "status 200",
    )
    .await;
}

/// Rolls out new pods while the Service is asked.
async fn update(room: &Room) -> Finding {
    let check =
        room.check("after: x, availability: {service: web, namespace: NS, path: /health.html}");
    let armed = arm(&room.client, &check).await;
    let api: Api<Deployment> = Api::namespaced(room.client.clone(), &room.namespace);
    let change = json!({"spec": {"template": {"metadata": {"annotations": {"version": "2"}}}}});
    api.patch("web", &PatchParams::default(), &Patch::Merge(change))
        .await
        .unwrap();
    room.expect(
        "rollout: {workload: deployment/web, namespace: NS, is: complete, revision: 2}",
        Verdict::Pass,
        "",
    )
    .await;
    make(&room.client, &check, armed).await
}

#[tokio::test]
async fn a_rolling_update_is_not_noticed() {
    in_cluster("rolling", |room| async move {
        let strategy = json!({"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}});
        serve(&room, strategy).await;
        let finding = update(&room).await;
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:#?}");
        assert!(finding.attempts >= 10, "{finding:#?}");
    })
    .await;
}

#[tokio::test]
async fn recreating_leaves_a_gap_that_is_measured() {
    in_cluster("recreate", |room| async move {
        serve(&room, json!({"type": "Recreate"})).await;
        let finding = update(&room).await;
        assert_eq!(finding.verdict, Verdict::Fail, "{finding:#?}");
        assert!(finding.reason.contains("the longest gap"), "{finding:#?}");
        assert!(finding.last_seen.is_some(), "{finding:#?}");
    })
    .await;
}
