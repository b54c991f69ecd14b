//! What kubectl says it did, waits, rollouts.

use super::{fails, judged_with, passes};

#[test]
fn actions() {
    let shown = "namespace/shop created\ndeployment.apps/web created";
    passes(
        "action",
        "kubectl apply -f a",
        shown,
        "deployment.apps/web created\nnamespace/shop created",
    );
    fails(
        "configured",
        "kubectl apply -f a",
        shown,
        "namespace/shop created\ndeployment.apps/web configured",
    );
    fails(
        "`deployment.apps/web created`",
        "kubectl apply -f a",
        shown,
        "namespace/shop created",
    );
    fails(
        "more than the page shows",
        "kubectl apply -f a",
        shown,
        "namespace/shop created\ndeployment.apps/web created\nservice/web created",
    );
    fails(
        "",
        "kubectl apply -f a",
        shown,
        "namespace/shop created\ndeployment.apps/wep created",
    );
    fails("", "kubectl apply -f a", shown, "");
    fails(
        "the page shows `pod \"web-*\" deleted`, and nothing was deleted (`No resources found`)",
        "kubectl delete --all pods",
        "pod \"web-5774b8d5f4-cv89c\" deleted",
        "No resources found",
    );
    passes(
        "action",
        "kubectl delete pod --all",
        "pod \"web-5774b8d5f4-cv89c\" deleted",
        "pod \"web-dbbdc96d6-xlrhl\" deleted from shop namespace",
    );
    fails(
        "",
        "kubectl delete pod web-0",
        "pod \"web-0\" deleted",
        "pod \"web-1\" deleted",
    );
    fails(
        "",
        "kubectl delete pod web-0",
        "pod \"web-0\" deleted",
        "deployment.apps \"web-0\" deleted",
    );
    passes(
        "action",
        "kubectl apply -k a",
        "configmap/c-ttchg99576 created",
        "configmap/c-tkkdd9fftc created",
    );
    passes(
        "action",
        "kubectl apply -f a",
        "pod/a created   <----",
        "Warning: spec.x is deprecated\npod/a created",
    );
    passes(
        "action",
        "kubectl apply -f a",
        "pod/a created\n...",
        "pod/a created\npod/b created",
    );
}

#[test]
fn rollouts_and_waits() {
    let done = "deployment \"web\" successfully rolled out";
    let command = "kubectl rollout status deploy/web";
    passes(
        "rollout",
        command,
        &format!(
            "Waiting for deployment \"web\" rollout to finish: 0 of 3 updated replicas are available...\n{done}"
        ),
        done,
    );
    passes(
        "rollout",
        command,
        done,
        &format!(
            "Waiting for deployment \"web\" rollout to finish: 1 old replicas are pending termination...\n{done}"
        ),
    );
    fails(
        "db",
        command,
        done,
        "deployment \"db\" successfully rolled out",
    );
    fails("nothing was printed", command, done, "");
    assert!(
        !judged_with(command, done, done, 1).agrees,
        "right words, wrong status"
    );
    let timed_out = "Waiting for deployment \"web\" rollout to finish: 0 of 3 updated replicas are available...\nerror: timed out waiting for the condition";
    assert!(judged_with(command, timed_out, timed_out, 1).agrees);
    assert!(!judged_with(command, timed_out, done, 0).agrees);
    assert!(!judged_with(command, done, timed_out, 1).agrees);
    passes(
        "wait",
        "kubectl wait --for=condition=Ready pod -l a=b",
        "pod/web-5774b8d5f4-cv89c condition met\npod/db-0 condition met",
        "pod/db-0 condition met\npod/web-dbbdc96d6-xlrhl condition met",
    );
    fails(
        "db-0",
        "kubectl wait --for=condition=Ready pod -l a=b",
        "pod/db-0 condition met\npod/web-0 condition met",
        "pod/web-0 condition met",
    );
}
