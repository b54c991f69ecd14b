//! An API server that is away in the middle of a run. The cluster is the test's own: others would miss theirs.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::shared;
use crate::support::Pages;

/// How many seconds the server is away: long enough the second time for all that is tried then to be in vain.
const AWAY: [(&str, u64); 2] = [("stop", 10), ("stop-again", 30)];

#[test]
fn ten_seconds_without_an_api_server_are_survived() {
    if shared::left_out("ten_seconds_without_an_api_server_are_survived") {
        return;
    }
    let name = format!("away-{}", std::process::id());
    // The second step looks while nobody answers; so does the check after it. What fails in the third one while nobody answers is not held against the page.
    let page = "# Page\n\n```bash\n$ kubectl create configmap there --from-literal=a=b\n$ touch stop; until [ -e stopped ]; do sleep 0.1; done\n```\n\n\
        ```bash id=look timeout=60\n$ kubectl get configmap there -o name\nconfigmap/there\n```\n\n\
        ```bash id=again\n$ touch stop-again; until [ -e stopped-again ]; do sleep 0.1; done\n\
        $ kubectl get configmap there --request-timeout=2s > list.txt; false\n```\n\n\
        ```bash id=after timeout=60\n$ kubectl get configmap there -o name\nconfigmap/there\n```\n";
    let pages = Pages::new();
    pages.write("labs/away.md", page);
    pages.write(
        "verifiers/away.yaml",
        "lab: away\nchecks:\n  - name: it is there\n    after: look\n    within: 40s\n    \
         resource: {apiVersion: v1, kind: ConfigMap, namespace: default, name: there}\n    match: {data: {a: b}}\n",
    );
    let folder = pages.path().to_owned();
    let cluster = name.clone();
    let stopping = std::thread::spawn(move || {
        for (word, seconds) in AWAY {
            appears(&folder, &format!("labs/{word}"));
            let server = api_server(&cluster);
            kill_process(server, Signal::STOP).unwrap();
            std::fs::write(
                folder.join(format!("labs/{word}").replace("stop", "stopped")),
                "",
            )
            .unwrap();
            std::thread::sleep(Duration::from_secs(seconds));
            kill_process(server, Signal::CONT).unwrap();
        }
    });
    let cluster = format!("local:{name}");
    let ended = pages.labproof(&[
        "run",
        "labs/away.md",
        "--cluster",
        &cluster,
        "--yes",
        "--artifacts",
        "out",
        "--json",
        "r.json",
    ]);
    stopping.join().unwrap();
    let ended = ended.exits(3).says("it is there").says("1 broken");
    let record: serde_json::Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    let steps = record["labs"][0]["pages"][0]["steps"].as_array().unwrap();
    let verdicts: Vec<&str> = steps
        .iter()
        .map(|step| step["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(
        verdicts,
        ["pass", "pass", "broken", "pass"],
        "{}",
        ended.all()
    );
    let bundle = Path::new(steps[2]["artifacts"].as_str().unwrap());
    let summary = pages.read(&bundle.join("summary.md").display().to_string());
    assert!(
        summary.contains("likely cause: the API server d"),
        "{summary}"
    );
    let gaps = pages.read(&bundle.join("not-collected.txt").display().to_string());
    assert!(gaps.contains("namespaces"), "{gaps}");
}

/// Waits for a file for two minutes: the cluster has to come up first.
fn appears(folder: &Path, name: &str) {
    let begun = Instant::now();
    while !folder.join(name).exists() {
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "{name} did not appear"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The API server of the cluster of that name: it runs in the cluster's own control group.
pub fn api_server(cluster: &str) -> Pid {
    let group = format!("/labproof-{cluster}-");
    let is_it = |entry: &std::fs::DirEntry| {
        let read = |file: &str| std::fs::read(entry.path().join(file)).unwrap_or_default();
        String::from_utf8_lossy(&read("cgroup")).contains(&group)
            && read("cmdline").starts_with(b"/labproof/kubernetes/kube-apiserver\0")
    };
    let entry = std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .find(is_it)
        .expect("the API server runs");
    Pid::from_raw(entry.file_name().to_str().unwrap().parse().unwrap()).unwrap()
}
