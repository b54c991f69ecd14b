//! A cluster of a test's own, and what is done to it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use serde_json::Value;

use crate::support::{Ended, Pages, ended};

/// `./fault kill SIGNAL PROGRAM` signals a program of the cluster by what its command line holds; `./fault in PROGRAM COMMAND` runs
/// a command in its network and mounts, `./fault root PROGRAM` tells its root.
pub const FAULT: &str = r#"#!/bin/bash
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
pub const FIRST: &str = "cluster node --state";
/// A cluster of the test's own, which a run brings up; whatever becomes of the test, it is taken down.
pub struct Own {
    pub name: String,
    pub pages: Pages,
}

impl Own {
    /// Whether tests that need root are left out, which is said.
    pub fn left_out(what: &str) -> bool {
        let left_out = std::env::var_os("LABPROOF_SKIP_CLUSTER_TESTS").is_some();
        if left_out {
            say(&format!(
                "LEFT OUT: faults, {what}: LABPROOF_SKIP_CLUSTER_TESTS is set"
            ));
        }
        left_out
    }

    /// `None` where the cluster tests are left out, which is said on the terminal: cargo hides what a passing test prints.
    pub fn new(what: &str) -> Option<Self> {
        if Self::left_out(what) {
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

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labproof"));
        command.current_dir(self.pages.path()).args(arguments);
        command
    }

    pub fn run_command(&self, paths: &[&str]) -> Command {
        let mut command = self.command(&["run"]);
        let on = format!("local:{}", self.name);
        let rest = ["--cluster", &on, "--yes", "--json", "r.json"];
        command.args(paths).args(rest);
        command
    }

    pub fn run(&self, paths: &[&str]) -> Ended {
        ended(&mut assert_cmd::Command::from_std(self.run_command(paths)))
    }

    pub fn record(&self) -> Value {
        serde_json::from_str(&self.pages.read("r.json")).unwrap()
    }

    /// What lives of the cluster: processes, mounts, control groups, its folder.
    pub fn traces(&self) -> Vec<String> {
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

    pub fn folder(&self) -> String {
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

pub fn say(line: &str) {
    std::io::Write::write_all(&mut std::io::stderr(), format!("{line}\n").as_bytes()).unwrap();
}

/// Command lines of the processes of which a look into their folder of /proc holds.
pub fn processes(is_one: impl Fn(&dyn Fn(&str) -> String) -> bool) -> Vec<String> {
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
pub fn steps(record: &Value, lab: usize) -> &Vec<Value> {
    record["labs"][lab]["pages"][0]["steps"].as_array().unwrap()
}

/// The reasons of the last command of a step.
pub fn reasons(step: &Value) -> String {
    let command = step["commands"].as_array().unwrap().last().unwrap();
    command["checks"].to_string()
}

pub fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

#[track_caller]
pub fn wait_for(mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}
