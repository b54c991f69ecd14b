//! Faults of the cluster, and of labproof itself, in the middle of a run: it goes on or ends `broken` and says why, it never tells of
//! what it did not see, and nothing of it lives on.
//!
//! A program of its own: what is broken here is nobody else's. Needs root on Debian and, the first time, some minutes to build
//! Kubernetes. With `LABPROOF_SKIP_CLUSTER_TESTS` set these tests are left out, and say so.

#[path = "support/mod.rs"]
mod support;

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use support::{Ended, Pages, ended};

/// `./fault kill SIGNAL PROGRAM` signals a program of the cluster by what its command line holds; `./fault in PROGRAM COMMAND` runs
/// a command in its network and mounts, `./fault root PROGRAM` tells its root.
const FAULT: &str = r#"#!/bin/bash
find_it() {
  for entry in /proc/[0-9]*; do
    { mapfile -d '' -t words <"$entry/cmdline"; } 2>/dev/null
    [[ "${words[*]} " == *$1* ]] || continue
    { read -r -d '' group <"$entry/cgroup"; } 2>/dev/null
    [[ $group == */labproof-CLUSTER-* ]] && echo "${entry#/proc/}" && return
  done
  echo "there is no $1" >&2; exit 9
}
case $1 in
  kill) kill "-$2" "$(find_it "$3")" ;;
  in) program=$(find_it "$2") && shift 2 && nsenter -t "$program" -n -m "$@" ;;
  root) program=$(find_it "$2") && echo "/proc/$program/root" ;;
esac
"#;
/// What the command line of the node's first process holds.
const FIRST: &str = "cluster node --state";
/// What is in the command line of each component.
const COMPONENTS: [&str; 8] = [
    "/kube-apiserver ",
    "/etcd ",
    "/kubelet ",
    "/containerd ",
    "/kube-controller-manager ",
    "/kube-scheduler ",
    "/kube-proxy ",
    "cluster dns ",
];

/// A cluster of the test's own, which a run brings up; whatever becomes of the test, it is taken down.
struct Own {
    name: String,
    pages: Pages,
}

impl Own {
    /// `None` where the cluster tests are left out, which is said on the terminal: cargo hides what a passing test prints.
    fn new(what: &str) -> Option<Self> {
        if std::env::var_os("LABPROOF_SKIP_CLUSTER_TESTS").is_some() {
            say(&format!(
                "LEFT OUT: faults, {what}: LABPROOF_SKIP_CLUSTER_TESTS is set"
            ));
            return None;
        }
        let name = format!("fault-{what}-{}", std::process::id());
        let pages = Pages::new();
        let script = pages.write("fault", FAULT.replace("CLUSTER", &name));
        let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs/images/busybox.yaml");
        pages.write("images/busybox.yaml", std::fs::read(recipe).unwrap());
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(script, mode).unwrap();
        Some(Self { name, pages })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labproof"));
        command.current_dir(self.pages.path()).args(arguments);
        command
    }

    fn run_command(&self, paths: &[&str]) -> Command {
        let mut command = self.command(&["run"]);
        let on = format!("local:{}", self.name);
        let rest = ["--cluster", &on, "--yes", "--json", "r.json"];
        command.args(paths).args(rest);
        command
    }

    fn run(&self, paths: &[&str]) -> Ended {
        ended(&mut assert_cmd::Command::from_std(self.run_command(paths)))
    }

    fn record(&self) -> Value {
        serde_json::from_str(&self.pages.read("r.json")).unwrap()
    }

    /// What lives of the cluster: processes, mounts, control groups, its folder.
    fn traces(&self) -> Vec<String> {
        let folder = self.folder();
        let group = format!("/labproof-{}-", self.name);
        let mut traces: Vec<String> =
            processes(|read| read("cmdline").contains(&folder) || read("cgroup").contains(&group));
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
        traces.extend(
            mounts
                .lines()
                .filter(|line| line.contains(&folder))
                .map(str::to_owned),
        );
        let groups = std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten();
        for top in groups
            .map(|entry| entry.path())
            .chain(["/sys/fs/cgroup".into()])
        {
            let inside = std::fs::read_dir(top).into_iter().flatten().flatten();
            let names = inside.map(|entry| entry.path().display().to_string());
            traces.extend(names.filter(|name| name.contains(&group)));
        }
        traces.extend(Path::new(&folder).exists().then_some(folder));
        traces
    }

    fn folder(&self) -> String {
        let runtime = std::env::var("XDG_RUNTIME_DIR").unwrap_or_else(|_| "/run".to_owned());
        format!("{runtime}/labproof/{}", self.name)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let mut down = self.command(&["cluster", "down", "--name", &self.name]);
        let _ = down.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

fn say(line: &str) {
    std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes()).unwrap();
}

/// Command lines of the processes of which a look into their folder of /proc holds.
fn processes(is_one: impl Fn(&dyn Fn(&str) -> String) -> bool) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.join("cmdline").exists())
        .filter_map(|path| {
            let read = |file: &str| {
                let bytes = std::fs::read(path.join(file)).unwrap_or_default();
                String::from_utf8_lossy(&bytes).replace('\0', " ")
            };
            is_one(&read).then(|| format!("{}: {}", path.display(), read("cmdline")))
        })
        .collect()
}

/// The steps of the only page of a lab, in order.
fn steps(record: &Value, lab: usize) -> &Vec<Value> {
    record["labs"][lab]["pages"][0]["steps"].as_array().unwrap()
}

/// The reasons of the last command of a step.
fn reasons(step: &Value) -> String {
    let command = step["commands"].as_array().unwrap().last().unwrap();
    command["checks"].to_string()
}

#[test]
fn any_component_may_end_and_what_fails_beside_it_is_not_held_against_the_page() {
    let Some(own) = Own::new("parts") else { return };
    let answers = "$ kubectl get namespaces kube-system -o name\nnamespace/kube-system\n```\n";
    let mut page = "# Parts\n".to_owned();
    for component in COMPONENTS {
        page += &format!(
            "\n```bash timeout=60\n{answers}\n```bash\n$ ../fault kill KILL '{component}'; sleep 0.3; false\n```\n"
        );
    }
    // A failure that is announced proves nothing then.
    page += "\n```bash id=announced expectError=true\n$ ../fault kill KILL '/kube-apiserver '; kubectl get configmap none\n```\n";
    page += &format!("\n```bash timeout=60\n{answers}");
    page += "\n```bash id=works timeout=100\n$ kubectl create deployment web --image=busybox:1.35 -- sh -c 'trap exit TERM; while :; do sleep 1; done'\n\
        $ kubectl rollout status deployment/web --timeout=90s\n```\n";
    own.pages.write("parts/page.md", page);
    let ran = own.run(&["parts"]).exits(3);
    let record = own.record();
    let steps = steps(&record, 0);
    for (index, component) in COMPONENTS.iter().enumerate() {
        let (good, bad) = (&steps[2 * index], &steps[2 * index + 1]);
        assert_eq!(good["verdict"], "pass", "{component} {}", ran.all());
        assert_eq!(bad["verdict"], "broken", "{component} {}", ran.all());
        let name = component
            .trim_matches(['/', ' '])
            .trim_start_matches("cluster ");
        let told = format!("{name} ended (signal: 9 (SIGKILL)) and was started again");
        assert!(reasons(bad).contains(&told), "{told} {}", ran.all());
        let warnings = record["labs"][0]["warnings"].to_string();
        assert!(warnings.contains(&told), "{told} {warnings}");
    }
    let verdict = |id: &str| &steps.iter().find(|step| step["id"] == id).unwrap()["verdict"];
    assert_eq!(verdict("announced"), "broken", "{}", ran.all());
    assert_eq!(verdict("works"), "pass", "{}", ran.all());
    assert_eq!(own.traces(), [""; 0]);
}

#[test]
fn a_node_that_stands_still_or_has_no_network_disproves_nothing() {
    let Some(own) = Own::new("node") else { return };
    let answers = "$ kubectl get namespaces kube-system -o name\nnamespace/kube-system\n```\n";
    let page = format!(
        "# Node\n\n```bash id=still timeout=60\n$ ( (sleep 7; ../fault kill CONT '{FIRST}') & ) ; ../fault kill STOP '{FIRST}'\n{answers}\n\
         ```bash id=stood\n$ sleep 3; false\n```\n\n\
         ```bash id=cut\n$ ../fault in '{FIRST}' ip link set lo down; kubectl create configmap made --from-literal=a=b\n```\n\n\
         ```bash id=joined timeout=60\n$ ../fault in '{FIRST}' ip link set lo up\n{answers}"
    );
    own.pages.write("node/page.md", page);
    let ran = own.run(&["node"]).exits(3);
    let record = own.record();
    let steps = steps(&record, 0);
    for (id, verdict, reason) in [
        ("still", "pass", ""),
        ("stood", "broken", "the node stood still for "),
        ("cut", "broken", "the API server did not answer"),
        ("joined", "pass", ""),
    ] {
        let step = steps.iter().find(|step| step["id"] == id).unwrap();
        assert_eq!(step["verdict"], verdict, "{id} {}", ran.all());
        assert!(reasons(step).contains(reason), "{id} {}", ran.all());
    }
    assert_eq!(own.traces(), [""; 0]);
}

#[test]
fn a_cluster_that_ends_ends_the_labs_on_it_at_once_and_not_the_next_run() {
    let Some(own) = Own::new("gone") else { return };
    own.pages.write(
        "killed/page.md",
        format!("# Killed\n\n```bash timeout=300\n$ kubectl get ns; ../fault kill KILL '{FIRST}'; sleep 300\n```\n"),
    );
    own.pages.write(
        "given-up/page.md",
        "# Given up\n\n```bash timeout=300\n$ for i in $(seq 600); do ../fault kill KILL 'cluster dns '; sleep 0.5; done\n```\n",
    );
    own.pages.write(
        "next/page.md",
        "# Next\n\n```bash\n$ kubectl get namespaces\n```\n",
    );
    for (lab, why) in [
        ("killed", "its first process was killed"),
        (
            "given-up",
            "gave up dns: it ended too often, the last time with signal: 9",
        ),
    ] {
        let begun = Instant::now();
        let ran = own.run(&[lab, "next"]).exits(3).says(why);
        assert!(begun.elapsed() < Duration::from_secs(120), "{}", ran.all());
        let record = own.record();
        assert_eq!(steps(&record, 0)[0]["verdict"], "broken", "{}", ran.all());
        let next = record["labs"][1]["broken"].as_str().unwrap();
        assert!(next.starts_with("not run: the local cluster "), "{next}");
        assert_eq!(own.traces(), [""; 0]);
    }
    own.run(&["next"]).exits(0);
}

#[test]
fn an_api_server_that_comes_back_empty_breaks_the_run_and_nothing_is_made_again() {
    let Some(own) = Own::new("empty") else { return };
    own.pages.write(
        "empty/page.md",
        "# Empty\n\n```bash\n$ kubectl create configmap there --from-literal=a=b\n```\n\n\
         ```bash id=wipe timeout=60\n$ rm -rf $(../fault root '/etcd ')/var/lib/etcd/member; ../fault kill KILL '/etcd '; ../fault kill KILL '/kube-apiserver '\n\
         $ until kubectl get namespace kube-system >/dev/null 2>&1; do sleep 0.5; done\n```\n\n\
         ```bash id=look\n$ kubectl get configmap there -o name\nconfigmap/there\n```\n",
    );
    own.pages.write(
        "next/page.md",
        "# Next\n\n```bash\n$ kubectl get namespaces\n```\n",
    );
    let ran = own.run(&["empty", "next"]).exits(3);
    let record = own.record();
    assert_eq!(steps(&record, 0)[2]["verdict"], "broken", "{}", ran.all());
    for (lab, beginning) in [(0, "what the lab left"), (1, "not run: after empty, ")] {
        let broken = record["labs"][lab]["broken"].as_str().unwrap();
        assert!(broken.starts_with(beginning), "{broken}");
        assert!(broken.contains("another cluster than before"), "{broken}");
    }
    assert_eq!(steps(&record, 1)[0]["verdict"], "skipped", "{}", ran.all());
    assert_eq!(own.traces(), [""; 0]);
}

#[test]
fn a_cluster_that_cannot_be_brought_back_is_replaced_where_nobody_named_it() {
    let Some(own) = Own::new("spoilt") else {
        return;
    };
    own.pages.write(
        "havoc/page.md",
        "# Havoc\n\n```bash\n$ kubectl delete clusterroles,clusterrolebindings --all | tail -n 1\n\
         $ kubectl delete serviceaccounts --all -n kube-system | tail -n 1\n```\n",
    );
    own.pages.write(
        "next/page.md",
        "# Next\n\n```bash\n$ kubectl get clusterrole view -o name\nclusterrole.rbac.authorization.k8s.io/view\n```\n",
    );
    // Where no cluster is that somebody else brought up to stay.
    let runtime = tempfile::tempdir().unwrap();
    let mut command = own.command(&["run", "havoc", "next", "--cluster", "local", "--yes"]);
    command
        .args(["--json", "r.json"])
        .env("XDG_RUNTIME_DIR", runtime.path());
    let ran = ended(&mut assert_cmd::Command::from_std(command))
        .exits(3)
        .says("after havoc, what the lab left in the cluster is not known")
        .says("a new cluster takes its place for the labs that are left");
    let record = own.record();
    assert_eq!(record["labs"][0]["verdict"], "broken", "{}", ran.all());
    assert_eq!(record["labs"][1]["verdict"], "pass", "{}", ran.all());
    let left = std::fs::read_dir(runtime.path().join("labproof"));
    assert_eq!(left.map_or(0, Iterator::count), 0, "{}", ran.all());
}

#[test]
fn half_a_minute_in_which_labproof_is_stopped_is_held_against_nobody() {
    let pages = Pages::with(
        "# Stopped\n\n```bash timeout=10\n$ touch begun; sleep 5; echo done\ndone\n```\n\n\
         ```bash timeout=2 id=late\n$ sleep 60\n```\n",
    );
    let mut labproof = Command::new(env!("CARGO_BIN_EXE_labproof"))
        .args(["run", "page.md", "--cluster", "none", "--json", "r.json"])
        .current_dir(pages.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let id = pid(&labproof);
    wait_for(|| pages.path().join("begun").exists());
    std::thread::sleep(Duration::from_secs(1));
    kill_process(id, Signal::STOP).unwrap();
    std::thread::sleep(Duration::from_secs(30));
    kill_process(id, Signal::CONT).unwrap();
    // The deadline of the second step is what it was.
    assert_eq!(labproof.wait().unwrap().code(), Some(1));
    let record: Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    let steps = steps(&record, 0);
    assert_eq!(steps[0]["verdict"], "pass", "{record}");
    assert_eq!(steps[1]["verdict"], "fail", "{record}");
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

#[track_caller]
fn wait_for(is_there: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How often labproof is killed.
const KILLS: u32 = 20;

#[test]
fn twenty_kills_of_labproof_leave_nothing_and_harm_nothing() {
    let Some(own) = Own::new("kill") else { return };
    let seed = match std::env::var("LABPROOF_TEST_SEED") {
        Ok(seed) => seed,
        Err(_) => std::process::id().to_string(),
    };
    say(&format!(
        "the moments of the kills: LABPROOF_TEST_SEED={seed}"
    ));
    // Its own images, so that there is work on the cache; its own temporary files, so that they can be counted.
    let cache = own.pages.path().join("cache");
    let temporary = own.pages.path().join("tmp");
    std::fs::create_dir_all(&temporary).unwrap();
    borrow_cache(&cache);
    let marker = format!("3600.{}", std::process::id());
    own.pages.write(
        "lab/page.md",
        format!(
            "# Lab\n\n```bash\n$ sleep {marker} & kubectl create namespace killed\n$ kubectl create configmap made -n killed --from-literal=a=b\n```\n\n\
             ```bash\n$ kubectl get configmap made -n killed -o name\nconfigmap/made\n```\n"
        ),
    );
    let command = |arguments: &[&str]| {
        let mut command = match arguments {
            [] => own.run_command(&["lab"]),
            arguments => own.command(arguments),
        };
        command
            .env("LABPROOF_CACHE", &cache)
            .env("TMPDIR", &temporary);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    // The sandbox of pods is image enough.
    std::fs::remove_dir_all(own.pages.path().join("images")).unwrap();
    assert_eq!(command(&[]).status().unwrap().code(), Some(0));
    let whole = Instant::now();
    assert_eq!(command(&[]).status().unwrap().code(), Some(0));
    let whole = whole.elapsed();
    for kill in 0..KILLS {
        // One in each twentieth of a run, so that every phase has its share.
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((&seed, kill));
        let part = (f64::from(kill) + (hash % 1000) as f64 / 1000.0) / f64::from(KILLS);
        let moment = whole.mul_f64(part);
        let up = ["cluster", "up", "--name", &own.name, "--yes"];
        let is_up = hash / 1000 % 4 == 0;
        if hash / 4000 % 4 == 0 {
            // A kill may have come before it was there again.
            let _ = std::fs::remove_dir_all(cache.join("images"));
        }
        let mut labproof = command(if is_up { &up } else { &[] }).spawn().unwrap();
        std::thread::sleep(moment);
        kill_process(pid(&labproof), Signal::KILL).unwrap();
        labproof.wait().unwrap();
        let what = if is_up { "cluster up" } else { "run" };
        say(&format!(
            "kill {kill}: {what} after {moment:.1?} of {whole:.1?}"
        ));
        let of_lab = || processes(|read| read("cmdline").contains(&marker));
        let of_node = || processes(|read| read("cmdline").contains(&own.folder()));
        wait_for(|| of_lab().is_empty());
        if is_up {
            // It may have been done, and then the cluster is to stay.
            assert!(
                command(&["cluster", "down", "--name", &own.name])
                    .status()
                    .unwrap()
                    .success()
            );
            assert_eq!(own.traces(), [""; 0], "kill {kill}");
        }
        wait_for(|| of_node().is_empty());
    }
    let last = command(&[]).status().unwrap();
    assert_eq!(last.code(), Some(0), "{}", own.pages.read("r.json"));
    assert_eq!(own.traces(), [""; 0]);
    let left = std::fs::read_dir(&temporary).unwrap().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A cache with the programs of the real one and without its images.
fn borrow_cache(cache: &Path) {
    let real = match std::env::var_os("LABPROOF_CACHE") {
        Some(folder) => folder.into(),
        None => Path::new(&std::env::var_os("HOME").unwrap()).join(".cache/labproof"),
    };
    std::fs::create_dir_all(cache.join("images")).unwrap();
    for entry in std::fs::read_dir(real).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("kubernetes-") || name.starts_with("node-") {
            std::os::unix::fs::symlink(entry.path(), cache.join(name)).unwrap();
        }
    }
}
