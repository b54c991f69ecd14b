//! `--cluster kind` where there is no Docker: programs that stand in for the command lines of kind and
//! its engine write down what they are asked, and the local cluster answers as the kind cluster.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::shared;
use crate::support::{Ended, Pages, ended};

/// Keeps its clusters as files; `get kubeconfig` answers with the local cluster's.
const KIND: &str = r#"#!/bin/bash
echo "kind $*" >> "$STAND_IN/asked"
case "$1 $2" in
  "get clusters") [ -n "$(ls "$STAND_IN/clusters")" ] || echo "No kind clusters found." >&2; ls "$STAND_IN/clusters" ;;
  "get kubeconfig") [ -e "$STAND_IN/clusters/$4" ] && cat "$STAND_IN/kubeconfig" ;;
  "create cluster")
    [ -z "$STAND_IN_TAKEN" ] || { touch "$STAND_IN/clusters/$4"; echo "ERROR: failed to create cluster: node(s) already exist for a cluster with the name \"$4\"" >&2; exit 1; }
    echo "$RANDOM" > "$STAND_IN/clusters/$4"
    while [ $# -gt 0 ]; do [ "$1" != --config ] || cp "$2" "$STAND_IN/config"; shift; done
    set -- create cluster
    [ -z "$STAND_IN_SLOW" ] || sleep 60
    [ -z "$STAND_IN_REFUSES" ] || { echo "ERROR: failed to create cluster: no room" >&2; exit 1; } ;;
  "delete cluster") rm -f "$STAND_IN/clusters/$4" ;;
  "load image-archive") [ -s "$3" ] ;;
  *) exit 2 ;;
esac
"#;

/// An engine that runs, and that can pull nothing.
const DOCKER: &str = r#"#!/bin/bash
echo "docker $*" >> "$STAND_IN/asked"
case "$1" in
  ps) label="${@: -1}"; cat "$STAND_IN/clusters/${label##*=}" ;;
  info) [ -z "$STAND_IN_ENGINE_DOWN" ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; } ;;
  *) echo "Error: no such image" >&2; exit 1 ;;
esac
"#;

const PAGE: &str =
    "# Look\n\n```bash\n$ kubectl get namespace kube-system -o name\nnamespace/kube-system\n```\n";

/// A folder with a page and the stand-ins.
struct StandIn {
    pages: Pages,
}

impl StandIn {
    fn new() -> Self {
        let pages = Pages::with(PAGE);
        for (name, text) in [("kind", KIND), ("docker", DOCKER)] {
            let program = pages.write(&format!("bin/{name}"), text);
            std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let kubeconfig = std::fs::read(shared::cluster().kubeconfig()).unwrap();
        pages.write("state/kubeconfig", kubeconfig);
        for folder in ["state/clusters", "run"] {
            std::fs::create_dir_all(pages.path().join(folder)).unwrap();
        }
        Self { pages }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.pages.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_labproof"));
        let kubectl = shared::cluster().bin_dir().to_owned();
        let inherited = std::env::var_os("PATH").unwrap();
        let folders = [self.path("bin"), kubectl];
        let folders = folders.into_iter().chain(std::env::split_paths(&inherited));
        command
            .current_dir(self.pages.path())
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("STAND_IN", self.path("state"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("KUBECONFIG", self.path("users-own"))
            .env_remove("KIND_EXPERIMENTAL_PROVIDER")
            .args(["run", "page.md"])
            .args(arguments);
        command
    }

    fn run(&self, arguments: &[&str], env: &[(&str, &str)]) -> Ended {
        let mut command = self.command(arguments);
        command.envs(env.iter().copied());
        ended(&mut command.into())
    }

    /// What was asked so far, a line each.
    fn asked(&self) -> String {
        std::fs::read_to_string(self.path("state/asked")).unwrap_or_default()
    }

    fn clusters(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("state/clusters")).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// Waits until something was asked.
    fn wait_until_asked(&self, what: &str) {
        let patience = Instant::now() + Duration::from_secs(60);
        while !self.asked().contains(what) {
            assert!(
                Instant::now() < patience,
                "never asked: {what}\n{}",
                self.asked()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn kind_stand_in_a_cluster_is_created_for_the_run_and_deleted_after_it() {
    if shared::left_out("kind (stand-in): created and deleted") {
        return;
    }
    let stand_in = StandIn::new();
    stand_in.pages.write(
        "kind.yaml",
        "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n",
    );
    let options = ["--cluster", "kind", "--kubernetes-version", "v1.31.0"];
    stand_in
        .run(&options, &[])
        .exits(0)
        .says("kind cluster labproof-");
    let asked = stand_in.asked();
    let create = asked
        .lines()
        .find(|line| line.contains("create cluster"))
        .unwrap();
    for part in [
        "--kubeconfig /",
        "/kind.yaml",
        "--image kindest/node:v1.31.0",
        "--wait",
    ] {
        assert!(create.contains(part), "{part}: {create}");
    }
    assert!(
        asked
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .contains("delete cluster"),
        "{asked}"
    );
    assert!(stand_in.clusters().is_empty());
    assert!(
        !stand_in.path("users-own").exists(),
        "the user's kubeconfig was written"
    );
}

#[test]
fn kind_stand_in_a_cluster_that_runs_is_used_and_stays() {
    if shared::left_out("kind (stand-in): reused") {
        return;
    }
    let stand_in = StandIn::new();
    stand_in.pages.write("state/clusters/dev", "");
    stand_in.run(&["--cluster", "kind:dev"], &[]).exits(0);
    let asked = stand_in.asked();
    assert!(
        !asked.contains("create") && !asked.contains("delete"),
        "{asked}"
    );
    assert_eq!(stand_in.clusters(), ["dev"]);
}

#[test]
fn kind_stand_in_images_come_from_recipes_where_the_engine_has_none() {
    if shared::left_out("kind (stand-in): images") {
        return;
    }
    let stand_in = StandIn::new();
    let page = format!(
        "{PAGE}\n```bash test=false\n$ kubectl run a --image=busybox:1.35\n```\n\n```bash\n$ kubectl run a --image=busybox:1.35 --dry-run=client -o name\npod/a\n```\n"
    );
    stand_in.pages.write("page.md", page);
    let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/labs/images/busybox.yaml");
    stand_in
        .pages
        .write("images/busybox.yaml", std::fs::read(recipe).unwrap());
    stand_in.run(&["--cluster", "kind", "--yes"], &[]).exits(0);
    let asked = stand_in.asked();
    assert!(asked.contains("docker pull busybox:1.35"), "{asked}");
    assert!(asked.contains("kind load image-archive /"), "{asked}");
}

#[test]
fn kind_stand_in_what_is_missing_is_said_with_the_next_step() {
    if shared::left_out("kind (stand-in): missing") {
        return;
    }
    let stand_in = StandIn::new();
    stand_in
        .run(&["--cluster", "kind"], &[("STAND_IN_ENGINE_DOWN", "1")])
        .exits(3)
        .says("docker: Cannot connect to the Docker daemon")
        .says("--cluster local");
    stand_in
        .run(&["--cluster", "kind"], &[("STAND_IN_REFUSES", "1")])
        .exits(3)
        .says("no room");
    assert!(
        stand_in.clusters().is_empty(),
        "what was half created is deleted"
    );
    std::fs::remove_file(stand_in.path("bin/kind")).unwrap();
    stand_in
        .run(&["--cluster", "kind"], &[])
        .exits(3)
        .says("`kind` is not on PATH");
}

#[test]
fn kind_stand_in_auto_takes_a_kind_that_can_run_and_says_so() {
    if shared::left_out("kind (stand-in): auto") {
        return;
    }
    let stand_in = StandIn::new();
    stand_in
        .run(&[], &[])
        .exits(0)
        .says("cluster: kind (kind and docker are here)");
    stand_in
        .pages
        .write("labproof.toml", "cluster = \"kind:dev\"\n");
    stand_in.run(&[], &[]).exits(0).says("kind cluster dev");
    stand_in
        .pages
        .write("labproof.toml", "cluster = \"kinder\"\n");
    stand_in
        .run(&[], &[])
        .exits(2)
        .says("labproof.toml: `cluster`: expected auto");
}

#[test]
fn kind_stand_in_an_interruption_deletes_what_is_being_created() {
    if shared::left_out("kind (stand-in): interrupted") {
        return;
    }
    let stand_in = StandIn::new();
    let mut run = stand_in
        .command(&["--cluster", "kind"])
        .env("STAND_IN_SLOW", "1")
        .spawn()
        .unwrap();
    stand_in.wait_until_asked("create cluster");
    let pid = rustix::process::Pid::from_child(&run);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert!(stand_in.clusters().is_empty(), "{}", stand_in.asked());
}

#[test]
fn kind_stand_in_the_cluster_of_a_killed_run_is_deleted_by_the_next() {
    if shared::left_out("kind (stand-in): killed") {
        return;
    }
    let stand_in = StandIn::new();
    stand_in
        .pages
        .write("page.md", "# Wait\n\n```bash\n$ sleep 60\n```\n");
    let mut run = stand_in.command(&["--cluster", "kind"]).spawn().unwrap();
    stand_in.wait_until_asked("get kubeconfig");
    run.kill().unwrap();
    run.wait().unwrap();
    let left = stand_in.clusters();
    assert_eq!(left.len(), 1);
    stand_in.pages.write("page.md", PAGE);
    stand_in.run(&["--cluster", "kind"], &[]).exits(0);
    assert!(stand_in.clusters().is_empty(), "{}", stand_in.asked());
}

#[test]
fn kind_stand_in_a_name_that_somebody_else_took_stays_theirs() {
    if shared::left_out("kind (stand-in): taken") {
        return;
    }
    let stand_in = StandIn::new();
    let taken = [("STAND_IN_TAKEN", "1")];
    stand_in
        .run(&["--cluster", "kind:dev"], &taken)
        .exits(3)
        .says("already exist");
    assert_eq!(stand_in.clusters(), ["dev"], "{}", stand_in.asked());

    // One that a killed run made goes, and one that was made by hand under the same name after it does not.
    for (made_again, left) in [(false, 0), (true, 1)] {
        let stand_in = StandIn::new();
        let wait = "# Wait\n\n```bash\n$ sleep 60\n```\n";
        stand_in.pages.write("page.md", wait);
        let mut run = stand_in
            .command(&["--cluster", "kind:dev"])
            .spawn()
            .unwrap();
        stand_in.wait_until_asked("get kubeconfig");
        run.kill().unwrap();
        run.wait().unwrap();
        assert_eq!(stand_in.clusters(), ["dev"]);
        if made_again {
            stand_in.pages.write("state/clusters/dev", "another\n");
        }
        stand_in.pages.write("page.md", PAGE);
        stand_in.run(&["--cluster", "kind"], &[]).exits(0);
        assert_eq!(stand_in.clusters().len(), left, "{}", stand_in.asked());
    }
}

#[test]
fn kind_stand_in_nodes_that_a_lab_asks_for_are_made_and_each_job_has_a_cluster() {
    if shared::left_out("kind (stand-in): nodes and jobs") {
        return;
    }
    let stand_in = StandIn::new();
    stand_in.pages.write("one/page.md", PAGE);
    let page = format!("---\nlabproof: {{nodes: 3}}\n---\n{PAGE}");
    stand_in.pages.write("two/page.md", page);
    let mut command = stand_in.command(&["--cluster", "kind", "--jobs", "2"]);
    command.args(["one", "two"]);
    ended(&mut command.into()).exits(0);
    let config = stand_in.pages.read("state/config");
    assert_eq!(config.matches("role: control-plane").count(), 1, "{config}");
    assert_eq!(config.matches("role: worker").count(), 2, "{config}");
    let asked = stand_in.asked();
    let count = |what: &str| asked.lines().filter(|line| line.contains(what)).count();
    assert_eq!(count("create cluster"), 2, "{asked}");
    assert_eq!(count("delete cluster"), 2, "{asked}");
    for line in asked.lines().filter(|line| line.contains("delete cluster")) {
        assert!(line.contains("--kubeconfig /"), "{line}");
    }
    assert!(stand_in.clusters().is_empty());
}
