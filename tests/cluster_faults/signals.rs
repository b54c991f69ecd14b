//! labproof is told to go, its terminal is closed, or others get in its way: it ends in order, and the next run works.

use std::process::{Child, Command, Stdio};

use rustix::process::{Signal, kill_process};

use crate::own::{Own, pid, processes, wait_for};

/// A run on the cluster, of a lab that waits once it has begun; without a stdin, and nobody reads what it prints.
fn begin(own: &Own) -> Child {
    let begun = own.pages.path().join("begun");
    let _ = std::fs::remove_file(&begun);
    let mut child = own
        .run_command(&["waits"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A terminal that is closed takes both away.
    drop((child.stdout.take(), child.stderr.take()));
    wait_for(|| begun.exists() || child.try_wait().unwrap().is_some());
    child
}

fn kubectl(own: &Own, arguments: &[&str]) -> String {
    let output = Command::new(format!("{}/bin/kubectl", own.folder()))
        .arg("--kubeconfig")
        .arg(format!("{}/kubeconfig", own.folder()))
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_run_that_is_told_to_go_cleans_up_and_others_do_not_disturb_it() {
    let Some(own) = Own::new("signal") else {
        return;
    };
    let marker = format!("3601.{}", std::process::id());
    own.pages.write(
        "waits/page.md",
        format!(
            "# Waits\n\n```bash timeout=300\n$ kubectl create namespace waits\n$ touch ../begun; sleep {marker}\n```\n"
        ),
    );
    own.pages.write(
        "next/page.md",
        "# Next\n\n```bash\n$ kubectl get namespaces waits\nError from server (NotFound): namespaces \"waits\" not found\n```\n",
    );
    let of_lab = || processes(|read| read("cmdline").contains(&marker));
    let up = ["cluster", "up", "--name", &own.name, "--yes"];
    assert!(
        own.command(&up)
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut child = begin(&own);
        if signal == Signal::TERM {
            // Somebody else wants the same cluster.
            own.run(&["next"]).exits(3).says("is in use by another run");
            let reset = own
                .command(&["cluster", "reset", "--name", &own.name])
                .output();
            assert_eq!(reset.unwrap().status.code(), Some(3));
        }
        kill_process(pid(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal:?}");
        assert_eq!(of_lab(), [""; 0], "{signal:?}");
        let there = kubectl(&own, &["get", "namespaces", "-o", "name"]);
        assert!(there.contains("namespace/kube-system"), "{there}");
        assert!(!there.contains("waits"), "{signal:?}: {there}");
    }
    // Twice: there is no time left for the cluster, and what stays is the user's to clear away.
    let mut child = begin(&own);
    kill_process(pid(&child), Signal::INT).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    let _ = kill_process(pid(&child), Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    wait_for(|| of_lab().is_empty());
    let reset = ["cluster", "reset", "--name", &own.name];
    assert!(
        own.command(&reset)
            .stdout(Stdio::null())
            .status()
            .unwrap()
            .success()
    );
    own.run(&["next"]).exits(0);

    // The cluster is taken down under a run.
    let mut child = begin(&own);
    let down = own
        .command(&["cluster", "down", "--name", &own.name])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&down.stderr);
    assert!(said.contains("a run is using it"), "{said}");
    assert_eq!(child.wait().unwrap().code(), Some(3));
    let record = own.record();
    let why = record["labs"][0]["broken"].as_str().unwrap();
    assert!(why.contains("or it was taken down"), "{why}");
    assert_eq!(of_lab(), [""; 0]);
    assert_eq!(own.traces(), [""; 0]);
}

#[test]
fn who_leaves_a_cluster_that_goes_with_the_run_does_not_wait_for_it() {
    let Some(own) = Own::new("leave") else { return };
    // Nobody takes the finalizer away, which would be waited for.
    own.pages.write(
        "waits/page.md",
        "# Waits\n\n```bash timeout=300\n$ kubectl create configmap held --from-literal=a=b\n\
         $ kubectl patch configmap held -p '{\"metadata\": {\"finalizers\": [\"example.com/hold\"]}}'\n\
         $ touch ../begun; sleep 300\n```\n",
    );
    let mut child = own
        .run_command(&["waits"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = own.pages.path().join("begun");
    wait_for(|| begun.exists() || child.try_wait().unwrap().is_some());
    kill_process(pid(&child), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(own.traces(), [""; 0]);
    // What it made is told all the same.
    let lab = &own.record()["labs"][0];
    let left = &lab["leftovers"][0];
    assert_eq!(left["name"], "held", "{lab}");
    assert_eq!(left["restored"], false, "{lab}");
    assert_eq!(left["reason"], "the cluster ends with this run", "{lab}");
}

#[test]
fn two_runs_that_want_to_make_one_cluster_do_not_harm_each_other() {
    let Some(own) = Own::new("two") else { return };
    own.pages.write(
        "lab/page.md",
        "# Lab\n\n```bash\n$ kubectl get namespaces kube-system -o name\nnamespace/kube-system\n$ sleep 2\n```\n",
    );
    let runs = ["a.json", "b.json"].map(|report| {
        let on = format!("local:{}", own.name);
        own.command(&["run", "lab", "--cluster", &on, "--yes", "--json", report])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    });
    let ended = runs.map(|run| run.wait_with_output().unwrap());
    let said = |of: &std::process::Output| {
        format!(
            "{:?} {}{}",
            of.status,
            String::from_utf8_lossy(&of.stdout),
            String::from_utf8_lossy(&of.stderr)
        )
    };
    let good = ended
        .iter()
        .filter(|one| one.status.code() == Some(0))
        .count();
    assert!(good >= 1, "{} {}", said(&ended[0]), said(&ended[1]));
    for one in ended.iter().filter(|one| one.status.code() != Some(0)) {
        assert!(
            said(one).contains("is in use by another run"),
            "{}",
            said(one)
        );
    }
    assert_eq!(own.traces(), [""; 0]);
}
