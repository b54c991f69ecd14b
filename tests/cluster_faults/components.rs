//! What becomes of a run whose cluster loses a part, its network, its data, or itself.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::own::{FIRST, Own, processes, reasons, steps};
use crate::support::ended;

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
        // The lab would go on for 300 s.
        assert!(begun.elapsed() < Duration::from_secs(240), "{}", ran.all());
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
fn what_ends_while_a_lab_is_taken_back_is_waited_for() {
    let Some(own) = Own::new("back") else { return };
    let components = [
        "/kube-apiserver ",
        "/etcd ",
        "/kube-controller-manager ",
        "/kubelet ",
        "/containerd ",
    ];
    let labs: Vec<String> = (0..=components.len())
        .map(|lab| format!("lab-{lab}"))
        .collect();
    for (index, lab) in labs.iter().enumerate() {
        let mut page = "# Lab\n\n```bash id=clean timeout=60\n$ kubectl get namespaces -o name\nnamespace/default\n\
            namespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system\n```\n"
            .to_owned();
        if let Some(component) = components.get(index) {
            page += &format!(
                "\n```bash timeout=60\n$ kubectl create namespace mess\n$ kubectl create deployment web -n mess --image=busybox:1.35 -- sleep 3600\n\
                 $ ../fault kill KILL '{component}'\n```\n"
            );
        }
        own.pages.write(&format!("{lab}/page.md"), page);
    }
    let paths: Vec<&str> = labs.iter().map(String::as_str).collect();
    let ran = own.run(&paths).exits(0);
    let record = own.record();
    for (lab, _) in labs.iter().enumerate() {
        assert_eq!(
            steps(&record, lab)[0]["verdict"],
            "pass",
            "{lab} {}",
            ran.all()
        );
        assert!(
            record["labs"][lab]["broken"].is_null(),
            "{lab} {}",
            ran.all()
        );
    }
    assert_eq!(own.traces(), [""; 0]);
}

#[test]
fn what_ends_while_the_cluster_starts_is_started_again() {
    let Some(own) = Own::new("start") else { return };
    let arguments = ["cluster", "up", "--name", &own.name, "--yes"];
    let mut up = own
        .command(&arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut left: Vec<&str> = COMPONENTS.to_vec();
    let group = format!("/labproof-{}-", own.name);
    while up.try_wait().unwrap().is_none() {
        for process in processes(|read| read("cgroup").contains(&group)) {
            let (entry, line) = process.split_once(": ").unwrap();
            let is_it = |component: &&str| format!("{line} ").contains(*component);
            if let Some(at) = left.iter().position(is_it) {
                left.remove(at);
                let id = entry.trim_start_matches("/proc/").parse().unwrap();
                let _ = kill_process(Pid::from_raw(id).unwrap(), Signal::KILL);
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let said = std::io::read_to_string(up.stderr.take().unwrap()).unwrap();
    assert!(up.wait().unwrap().success(), "{said}");
    assert!(
        left.len() < COMPONENTS.len() / 2,
        "they were not there: {left:?}"
    );
    own.pages.write(
        "works/page.md",
        "# Works\n\n```bash timeout=100\n$ kubectl create deployment web --image=busybox:1.35 -- sleep 3600\n\
         $ kubectl rollout status deployment/web --timeout=90s\n```\n",
    );
    own.run(&["works"]).exits(0);
    let down = own
        .command(&["cluster", "down", "--name", &own.name])
        .status();
    assert!(down.unwrap().success());
    assert_eq!(own.traces(), [""; 0]);
}
