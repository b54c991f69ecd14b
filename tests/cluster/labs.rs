//! `labproof run` on a real cluster: the labs of this project, and pages that are wrong.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

use crate::shared;
use crate::support::{Ended, Pages, ended};

/// The project's own folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `labproof run` on the shared cluster, alone on it.
fn run(directory: &Path, arguments: &[&str]) -> Ended {
    let _turn = shared::alone();
    let cluster = format!("local:{}", shared::cluster().name());
    ended(
        Command::cargo_bin("labproof")
            .unwrap()
            .current_dir(directory)
            .args(["run", "--cluster", &cluster])
            .args(arguments),
    )
}

/// A copy of the storage lab and its verifiers in a folder of the test's own.
fn copy_of_the_storage_lab() -> Pages {
    let pages = Pages::new();
    let files: [PathBuf; 7] = [
        "labs/storage/index.md",
        "labs/storage/ephemeral.md",
        "labs/storage/shared.md",
        "labs/storage/manifests/assets.yaml",
        "labs/storage/manifests/shared.yaml",
        "verifiers/storage/ephemeral.yaml",
        "verifiers/storage/shared.yaml",
    ]
    .map(PathBuf::from);
    for file in files {
        pages.write(
            file.to_str().unwrap(),
            std::fs::read(root().join(&file)).unwrap(),
        );
    }
    pages
}

#[test]
fn the_labs_pass_and_leave_nothing_behind() {
    if shared::left_out("the_labs_pass_and_leave_nothing_behind") {
        return;
    }
    run(root(), &["labs"])
        .exits(0)
        .says("the upload is lost with its Pod")
        .says("the upload is kept when its Pods are deleted");
    assert_eq!(
        namespaces(),
        ["default", "kube-node-lease", "kube-public", "kube-system"]
    );
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
fn without_the_claim_the_second_page_is_false() {
    if shared::left_out("without_the_claim_the_second_page_is_false") {
        return;
    }
    let pages = copy_of_the_storage_lab();
    let manifest = pages.read("labs/storage/manifests/shared.yaml");
    let (claim, rest) = manifest.split_once("\n---\n").unwrap();
    assert!(claim.contains("kind: PersistentVolumeClaim"));
    // Without the claim, what was on it is a folder of each Pod's own.
    let rest = rest.replace(
        "          persistentVolumeClaim:\n            claimName: assets",
        "          emptyDir: {}",
    );
    assert!(rest.contains("emptyDir: {}"));
    pages.write("labs/storage/manifests/shared.yaml", rest);
    run(pages.path(), &["labs"])
        .exits(1)
        .says("FAIL verifiers/storage/shared.yaml")
        .says("the upload is kept when its Pods are deleted")
        .says("was lost; the claim is that it is kept")
        .says("the claim is bound to a volume of its own");
}
