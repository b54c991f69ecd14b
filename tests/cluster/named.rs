//! Clusters that the user names: a context of a file, the guard before production, a private HOME.

use labproof::cluster::local::LocalCluster;
use std::process::Command;

use crate::shared;
use crate::support::{Pages, ended};

/// A folder with the page and with kubeconfigs made from the local cluster's, its context under that name.
fn pages(page: &str, context: &str) -> Pages {
    let pages = Pages::with(page);
    let text = std::fs::read_to_string(shared::cluster().kubeconfig()).unwrap();
    let mut config = kube::config::Kubeconfig::from_yaml(&text).unwrap();
    let mut other = config.contexts[0].clone();
    config.contexts[0].name = context.to_owned();
    other.name = "other".to_owned();
    config.contexts.push(other);
    config.current_context = Some("other".to_owned());
    pages.write("two", serde_json::to_string(&config).unwrap());
    pages
}

fn run(pages: &Pages, cluster: &str, more: &[&str]) -> crate::support::Ended {
    let local: &LocalCluster = shared::cluster();
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_labproof"));
    command
        .current_dir(pages.path())
        .env("PATH", format!("{}:{path}", local.bin_dir().display()))
        .env("HOME", pages.path())
        .args(["run", "page.md", "--cluster", cluster])
        .args(more);
    ended(&mut command.into())
}

#[test]
fn a_page_reaches_the_named_context_alone_and_changes_nothing_of_the_users() {
    if shared::left_out("a named kubeconfig") {
        return;
    }
    let page = "# One\n\n```bash\n$ kubectl config get-contexts -o name\ndev\n\
        $ kubectl config set-context dev --namespace=elsewhere\nContext \"dev\" modified.\n\
        $ kubectl get namespace default -o name\nnamespace/default\n```\n\n\
        ```bash expectError=true\n$ kubectl config use-context other\n\
        error: no context exists with the name: \"other\"\n```\n";
    let pages = pages(page, "dev");
    let before = pages.read("two");
    run(&pages, "kubeconfig:two#dev", &[])
        .exits(0)
        .says("context cluster dev");
    assert_eq!(pages.read("two"), before);
    run(&pages, "kubeconfig:two", &[])
        .exits(2)
        .says("dev, other");
    run(&pages, "kubeconfig:none", &[])
        .exits(3)
        .says("none: cannot be used");
}

#[test]
fn a_cluster_that_looks_like_production_is_named_twice() {
    if shared::left_out("the guard before production") {
        return;
    }
    let pages = pages("# One\n\n```bash\n$ echo hello\nhello\n```\n", "shop-prod");
    run(&pages, "kubeconfig:two#shop-prod", &[])
        .exits(2)
        .says("looks like production")
        .says("--i-know-this-is shop-prod");
    run(
        &pages,
        "kubeconfig:two#shop-prod",
        &["--i-know-this-is", "shop"],
    )
    .exits(2);
    run(
        &pages,
        "kubeconfig:two#shop-prod",
        &["--i-know-this-is", "shop-prod"],
    )
    .exits(0);
    // What a labproof.toml names is guarded too, and so is `update`.
    pages.write("labproof.toml", "cluster = \"kubeconfig:two#shop-prod\"\n");
    let guarded = |arguments: &[&str]| {
        pages
            .labproof(arguments)
            .exits(2)
            .says("--i-know-this-is shop-prod")
    };
    guarded(&["run", "page.md"]);
    guarded(&["update", "page.md"]);
    let page = pages.read("page.md");
    assert!(page.contains("hello\n```"), "{page}");
}

#[test]
fn a_lab_that_asks_for_it_has_a_home_of_its_own() {
    if shared::left_out("a private HOME") {
        return;
    }
    let page = "---\nlabproof: {home: private}\n---\n# One\n\n```bash\n$ ls -A ~ | wc -l\n0\n\
        $ touch ~/mine && kubectl get namespace default -o name\nnamespace/default\n```\n";
    let pages = pages(page, "dev");
    run(&pages, "kubeconfig:two#dev", &[]).exits(0);
    assert!(!pages.path().join("mine").exists());
    assert!(!pages.path().join(".kube").exists());
}
