//! Each lab of this project has twins here that say something false: a small edit of the real lab, made when the test
//! runs. A lab whose twin passes proves nothing.

use std::path::Path;

use crate::labs::{root, run};
use crate::shared;
use crate::support::{Ended, Pages};

/// A change of one file of a lab: the file, what stands there, and what stands there instead.
type Edit<'a> = (&'a str, &'a str, &'a str);

/// Runs an edited copy of a lab up to its first step that does not pass.
fn sabotaged(lab: &str, edits: &[Edit<'_>]) -> Ended {
    let pages = Pages::new();
    for part in [
        format!("labs/{lab}"),
        format!("verifiers/{lab}"),
        format!("verifiers/{lab}.yaml"),
    ] {
        copy(&pages, &part);
    }
    for (file, from, to) in edits {
        let text = pages.read(file);
        assert_eq!(text.matches(from).count(), 1, "{file} has once: {from}");
        pages.write(file, text.replace(from, to));
    }
    run(pages.path(), &["labs", "--fail-fast"])
}

/// Copies what is at a path of the project, if anything is.
fn copy(pages: &Pages, path: &str) {
    let from = root().join(path);
    if from.is_file() {
        pages.write(path, std::fs::read(from).unwrap());
    } else if from.is_dir() {
        for entry in std::fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(pages, Path::new(path).join(name).to_str().unwrap());
        }
    }
}

#[test]
fn ephemeral_where_the_pod_is_not_deleted() {
    if shared::left_out("ephemeral_where_the_pod_is_not_deleted") {
        return;
    }
    let page = "labs/storage/ephemeral.md";
    let delete = "$ kubectl delete --all pods --namespace=assets\n";
    let other = "$ kubectl delete --all pods --namespace=assetss\n";
    sabotaged("storage", &[(page, delete, other)])
        .exits(1)
        .says("FAIL verifiers/storage/ephemeral.yaml")
        .says("the upload is lost with its Pod")
        .says("nothing was deleted");
}

#[test]
fn shared_without_a_claim() {
    if shared::left_out("shared_without_a_claim") {
        return;
    }
    let manifest = "labs/storage/manifests/shared.yaml";
    let claim = "          persistentVolumeClaim:\n            claimName: assets";
    // A folder of each Pod's own where the claim was.
    sabotaged("storage", &[(manifest, claim, "          emptyDir: {}")])
        .exits(1)
        .says("FAIL verifiers/storage/shared.yaml")
        .says("both Pods have the upload");
}

#[test]
fn anatomy_where_the_bare_pod_has_an_owner() {
    if shared::left_out("anatomy_where_the_bare_pod_has_an_owner") {
        return;
    }
    let page = "labs/deployments/anatomy/index.md";
    let bare = "pod/bare created\n";
    let owned = "pod/bare created\n\
        $ OWNER=$(kubectl get deployment web -n anatomy -o jsonpath='{.metadata.uid}')\n\
        $ kubectl patch pod bare -n anatomy -p \"{\\\"metadata\\\": {\\\"ownerReferences\\\": [{\\\"apiVersion\\\": \
        \\\"apps/v1\\\", \\\"kind\\\": \\\"Deployment\\\", \\\"name\\\": \\\"web\\\", \\\"uid\\\": \\\"$OWNER\\\", \
        \\\"controller\\\": true}]}}\"\npod/bare patched\n";
    sabotaged("deployments/anatomy", &[(page, bare, owned)])
        .exits(1)
        .says("FAIL verifiers/deployments/anatomy.yaml")
        .says("nobody owns the bare Pod")
        .says("not so made: Pod bare ← Deployment/web");
}

#[test]
fn anatomy_where_scaling_changes_the_template() {
    if shared::left_out("anatomy_where_scaling_changes_the_template") {
        return;
    }
    let page = "labs/deployments/anatomy/index.md";
    let scale = "sed 's/replicas: 3/replicas: 10/'";
    let and_more = "sed 's/replicas: 3/replicas: 10/; s/1.14.2/1.16.1/'";
    let rows = "$ kubectl get replicasets -n anatomy\nNAME             DESIRED   CURRENT   READY   AGE\n\
        web-7bd99cb586   10        10        10      40s\n";
    sabotaged(
        "deployments/anatomy",
        &[(page, scale, and_more), (page, rows, "")],
    )
    .exits(1)
    .says("scaling made no new revision")
    .says("revision: expected 1, is \"2\"");
}

#[test]
fn rolling_update_that_takes_all_pods_at_once() {
    if shared::left_out("rolling_update_that_takes_all_pods_at_once") {
        return;
    }
    let manifest = "labs/deployments/rolling-update/manifests/web.yaml";
    sabotaged(
        "deployments/rolling-update",
        &[(manifest, "maxUnavailable: 1", "maxUnavailable: 100%")],
    )
    .exits(1)
    .says("no request fails during the update")
    .says("expected failed requests 0")
    .says("at most six Pods, at least four ready, at every moment")
    .says("ready 3, expected >= 4");
}

#[test]
fn rolling_update_with_twice_the_pods() {
    if shared::left_out("rolling_update_with_twice_the_pods") {
        return;
    }
    let manifest = "labs/deployments/rolling-update/manifests/web.yaml";
    sabotaged(
        "deployments/rolling-update",
        &[(manifest, "maxSurge: 1", "maxSurge: 100%")],
    )
    .exits(1)
    .says("at most six Pods, at least four ready, at every moment")
    .says("pods 7, expected <= 6");
}

#[test]
fn recreate_that_is_a_rolling_update_after_all() {
    if shared::left_out("recreate_that_is_a_rolling_update_after_all") {
        return;
    }
    let page = "labs/deployments/rolling-update/index.md";
    let patch = "{\"type\": \"Recreate\", \"rollingUpdate\": null}";
    let shown = "$ kubectl get deployment web -n rolling-update -o jsonpath='{.spec.strategy}'\n\
        {\"type\":\"Recreate\"}\n";
    sabotaged(
        "deployments/rolling-update",
        &[
            (page, patch, "{\"rollingUpdate\": {\"maxUnavailable\": 0}}"),
            (page, shown, ""),
        ],
    )
    .exits(1)
    .says("Recreate makes a gap of two seconds or more")
    .says("expected failed requests >= 1")
    .says("never more than five Pods under Recreate")
    .says("pods 6, expected <= 5");
}

#[test]
fn stuck_without_a_deadline() {
    if shared::left_out("stuck_without_a_deadline") {
        return;
    }
    let page = "labs/deployments/stuck/index.md";
    sabotaged(
        "deployments/stuck",
        &[(
            page,
            "{\"progressDeadlineSeconds\": 5}",
            "{\"revisionHistoryLimit\": 5}",
        )],
    )
    .exits(1)
    .says("the deadline is five seconds")
    .says("spec.progressDeadlineSeconds: expected 5, is 600");
}

#[test]
fn stuck_where_the_image_can_be_pulled() {
    if shared::left_out("stuck_where_the_image_can_be_pulled") {
        return;
    }
    let page = "labs/deployments/stuck/index.md";
    sabotaged(
        "deployments/stuck",
        &[(page, "nginx=nginx:1.161\n", "nginx=nginx:1.16.1\n")],
    )
    .exits(1)
    .says("the update is given up")
    .says("it is complete, expected stuck")
    .says("the three old Pods are not touched");
}

#[test]
fn api_client_that_drops_the_update() {
    if shared::left_out("api_client_that_drops_the_update") {
        return;
    }
    let page = "labs/deployments/api-client/index.md";
    sabotaged(
        "deployments/api-client",
        &[(
            page,
            "image = \"nginx:1.19.10\"",
            "image = \"nginx:latest\"",
        )],
    )
    .exits(1)
    .says("the update changed the image and nothing else")
    .says("expected \"nginx:1.19.10\", is \"nginx:latest\"");
}
