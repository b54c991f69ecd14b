//! `labproof run` on a real cluster: the labs of this project, and pages that are wrong.

use std::path::Path;

use assert_cmd::Command;
use labproof::cluster::baseline::Keep;
use labproof::cluster::local::LocalCluster;

use crate::leftovers::Alone;
use crate::shared;
use crate::support::{Ended, Pages, ended};

/// The project's own folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `labproof run` on the shared cluster, alone on it.
pub fn run(directory: &Path, arguments: &[&str]) -> Ended {
    let _turn = shared::alone();
    run_in_turn(directory, arguments)
}

/// The same for one that has the cluster to itself already.
fn run_in_turn(directory: &Path, arguments: &[&str]) -> Ended {
    let cluster = format!("local:{}", shared::cluster().name());
    ended(&mut labproof(directory, &cluster, arguments))
}

fn labproof(directory: &Path, cluster: &str, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("labproof").unwrap();
    command
        .current_dir(directory)
        // A python3 with the Kubernetes client may have to be fetched.
        .args(["run", "--yes", "--cluster", cluster])
        .args(arguments);
    command
}

#[test]
fn the_labs_pass_and_the_cluster_is_as_before_object_by_object() {
    let name = "the_labs_pass_and_the_cluster_is_as_before_object_by_object";
    let Some(alone) = Alone::new(name) else {
        return;
    };
    let before = alone.snapshot(Keep::Contents);
    run_in_turn(root(), &["labs"])
        .exits(0)
        .says("the upload is lost with its Pod")
        .says("the upload is kept when its Pods are deleted")
        .says("the bare Pod is gone for good")
        .says("no request fails during the update")
        .says("the update is given up")
        .says("the update changed the image and nothing else");
    alone.is_as(&before, &[]);
}

#[test]
fn labs_pass_side_by_side_and_in_another_order_each_on_a_cluster_that_goes_with_the_run() {
    if shared::left_out("labs_pass_side_by_side_and_in_another_order") {
        return;
    }
    // Labs that go by the clock should not share the machine with other tests.
    let _turn = shared::alone();
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("r.json");
    let json = json.to_str().unwrap();
    let labs = ["labs/storage", "labs/deployments/anatomy"];
    let arguments = [labs[0], labs[1], "--jobs", "2", "--json", json];
    let ended = ended(&mut labproof(root(), "local", &arguments))
        .exits(0)
        .says("on 2 local clusters");
    let record = std::fs::read_to_string(json).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let clusters = labs.map(|path| {
        let mut all = record["labs"].as_array().unwrap().iter();
        let lab = all.find(|lab| lab["path"] == path).unwrap();
        assert_eq!(lab["verdict"], "pass", "{path}");
        lab["cluster"].as_str().unwrap().to_owned()
    });
    assert_ne!(clusters[0], clusters[1]);
    for (path, cluster) in labs.iter().zip(&clusters) {
        assert!(ended.stdout.contains(&format!("{path} on {cluster}")));
        if cluster.starts_with("run-") {
            assert!(LocalCluster::find(cluster).is_none(), "{cluster} is left");
        }
    }
}

fn namespaces() -> Vec<String> {
    let _turn = shared::alone();
    let cluster = shared::cluster();
    let output = std::process::Command::new(cluster.bin_dir().join("kubectl"))
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig())
        .args([
            "get",
            "namespaces",
            "-o",
            "jsonpath={.items[*].metadata.name}",
        ])
        .output()
        .unwrap();
    let mut names: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .filter(|name| !name.starts_with("labproof-check-"))
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}

#[test]
fn a_pod_that_wants_a_terminal_is_heard_without_one() {
    if shared::left_out("a_pod_that_wants_a_terminal_is_heard_without_one") {
        return;
    }
    // kubectl attaches when the container runs and then prints what it says until its end.
    let page = "# Ask\n\n```bash\n$ kubectl run ask --rm -it --restart=Never --image=busybox:1.35 -- sh -c 'sleep 2; echo heard'\n\
                If you don't see a command prompt, try pressing enter.\nheard\npod \"ask\" deleted\n\
                $ kubectl auth can-i list pods --as=nobody\nno\n```\n";
    run(Pages::with(page).path(), &["page.md"])
        .exits(0)
        .says("2 passed");
}

#[test]
fn a_delete_that_deletes_nothing_fails_at_its_line() {
    if shared::left_out("a_delete_that_deletes_nothing_fails_at_its_line") {
        return;
    }
    // The mistake of a real page: one letter too many in the namespace, and kubectl exits with 0.
    let page = "# Lose it\n\n```bash\n$ kubectl exec --stdin deployment/assets -n assets -- \
                bash -c \"touch /usr/share/nginx/html/assets/new.png\"\n```\n\n```bash\n\
                $ kubectl delete --all pods --namespace=assetss\n\npod \"assets-ddb8f87dc-ww4jn\" deleted\n\n\
                $ kubectl wait --for=condition=available --timeout=120s deployment/assets -n assets\n```\n";
    let pages = Pages::with(page);
    let setup = root().join("labs/storage/manifests/assets.yaml");
    run(
        pages.path(),
        &[
            "page.md",
            "--setup",
            setup.to_str().unwrap(),
            "--json",
            "r.json",
        ],
    )
    .exits(1)
    .says("page.md:10")
    .says("$ kubectl delete --all pods --namespace=assetss")
    .says("No resources found")
    .says("no namespace \"assetss\"; there is one named \"assets\"")
    .says("1 failed, 2 passed");
    assert!(
        pages
            .read("r.json")
            .contains("\"likely_cause\": \"the cluster has no namespace")
    );
    assert!(
        !namespaces().contains(&"assets".to_owned()),
        "the baseline was not deleted"
    );
}

#[test]
fn what_kubectl_never_knows_is_asked_for_once_and_a_kind_that_comes_until_it_is_there() {
    if shared::left_out("what_kubectl_never_knows_is_asked_for_once") {
        return;
    }
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: gizmos.example.org}\nspec:\n  \
        group: example.org\n  scope: Cluster\n  names: {plural: gizmos, singular: gizmo, kind: Gizmo}\n  \
        versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n";
    let page = "# Kinds\n\n```bash\n$ kubectl get deploymnts -A -o name\ndeployment.apps/web\n\
        $ kubectl get pods --namspace=default -o name\npod/web\n\
        $ (sleep 2; kubectl apply -f crd.yaml) >/dev/null 2>&1 &\n\
        $ kubectl get gizmos\nNo resources found\n$ wait\n```\n";
    let pages = Pages::with(page);
    pages.write("crd.yaml", crd);
    run(pages.path(), &["page.md", "--json", "r.json"])
        .exits(1)
        .says("the server doesn't have a resource type \"deploymnts\"");
    let record: serde_json::Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    let commands = record["labs"][0]["pages"][0]["steps"][0]["commands"].as_array();
    let of = |index: usize| {
        let command = &commands.unwrap()[index];
        (command["verdict"].as_str().unwrap(), &command["attempts"])
    };
    assert_eq!(of(0), ("fail", &1.into()));
    assert_eq!(of(1), ("fail", &1.into()));
    assert_eq!(of(3).0, "pass", "{record:#}");
}
