//! A real local cluster: what it can do, and that nothing of it is left, however it ends.
//!
//! Needs root on Debian and, the first time, some minutes to build Kubernetes. With
//! `LABPROOF_SKIP_CLUSTER_TESTS` set these tests are left out, and say so.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use labproof::cluster::Progress;
use labproof::cluster::local::{ImageRecipe, Life, LocalCluster, LocalError, UpOptions};

/// Shows stages, so that a first run of minutes is seen to go on.
struct Stages;

impl Progress for Stages {
    fn stage(&self, number: usize, of: usize, what: &str) {
        anstream::eprintln!("[{number}/{of}] {what}");
    }
    fn advance(&self, _: u64, _: u64, _: &str) {}
}

fn left_out(test: &str) -> bool {
    let left_out = std::env::var_os("LABPROOF_SKIP_CLUSTER_TESTS").is_some();
    if left_out {
        anstream::eprintln!("LEFT OUT: {test}: LABPROOF_SKIP_CLUSTER_TESTS is set");
    }
    left_out
}

/// A cluster that does not stay ends with the test, also with one that fails.
async fn up(name: &str, stay: bool) -> Result<LocalCluster, LocalError> {
    let recipes = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs/images");
    let images = ImageRecipe::read_dir(&recipes)?;
    LocalCluster::up(UpOptions {
        python: false,
        name,
        images: &images,
        confirm: &mut |_| true,
        progress: &Stages,
        stay,
        program: Some(Path::new(env!("CARGO_BIN_EXE_labproof"))),
    })
    .await
}

/// A name that no other test and no person uses.
fn name(what: &str) -> String {
    format!("t-{what}-{}", std::process::id())
}

/// What a host would see of a cluster.
#[derive(Debug, PartialEq, Eq)]
struct Traces {
    interfaces: BTreeSet<String>,
    mounts: Vec<String>,
    rules: String,
    processes: Vec<String>,
    cgroups: Vec<String>,
    folder: bool,
    kernel: Vec<String>,
}

/// Everything of the cluster `name` that the host sees, and the host's interfaces and rules.
fn traces(name: &str) -> Traces {
    let state = state_folder(name);
    let cgroup = format!("labproof-{name}");
    let lines = |path: &str, part: &str| -> Vec<String> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines()
            .filter(|line| line.contains(part))
            .map(str::to_owned)
            .collect()
    };
    let names = |path: &str| -> Vec<String> {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    };
    let rules = Command::new("iptables-save")
        .output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    Traces {
        interfaces: names("/sys/class/net").into_iter().collect(),
        mounts: lines("/proc/self/mounts", &state),
        rules: String::from_utf8_lossy(&rules)
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect(),
        processes: processes(name),
        cgroups: names("/sys/fs/cgroup")
            .into_iter()
            .map(|top| format!("/sys/fs/cgroup/{top}"))
            .chain(["/sys/fs/cgroup".to_owned()])
            .flat_map(|folder| names(&folder))
            .filter(|entry| entry.starts_with(&cgroup))
            .collect(),
        folder: Path::new(&state).exists(),
        kernel: [
            "vm/overcommit_memory",
            "kernel/panic",
            "kernel/panic_on_oops",
            "net/ipv4/ip_forward",
        ]
        .map(|setting| std::fs::read_to_string(format!("/proc/sys/{setting}")).unwrap_or_default())
        .to_vec(),
    }
}

fn state_folder(name: &str) -> String {
    let runtime = std::env::var("XDG_RUNTIME_DIR").unwrap_or_else(|_| "/run".to_owned());
    format!("{runtime}/labproof/{name}")
}

/// The numbers of the processes that are in the cluster's cgroups or were started for its folder.
fn processes(name: &str) -> Vec<String> {
    let (state, cgroup) = (state_folder(name), format!("/labproof-{name}"));
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|id| {
            let read = |file: &str| {
                std::fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default()
            };
            read("cmdline").contains(&state) || read("cgroup").contains(&cgroup)
        })
        .collect()
}

fn kubectl(cluster: &LocalCluster, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(cluster.bin_dir().join("kubectl"))
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig())
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(format!(
        "kubectl {arguments:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    ))
}

/// Asks again for a while: objects follow each other in their own time.
#[track_caller]
fn eventually(cluster: &LocalCluster, arguments: &[&str], expected: &str) {
    let start = Instant::now();
    loop {
        let said = kubectl(cluster, arguments);
        match said {
            Ok(said) if said.contains(expected) => return,
            other if start.elapsed() > Duration::from_secs(60) => {
                panic!(
                    "{expected:?} did not show: {other:?}\n{}",
                    kubectl(cluster, &["describe", "pods"]).unwrap_or_default()
                );
            }
            _ => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}

fn apply(cluster: &LocalCluster, manifest: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), manifest).unwrap();
    kubectl(cluster, &["apply", "-f", file.path().to_str().unwrap()]).unwrap();
}

const CRD: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: watches.shop.example}
spec:
  group: shop.example
  scope: Namespaced
  names: {plural: watches, singular: watch, kind: Watch}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

const WATCH: &str = "
apiVersion: shop.example/v1
kind: Watch
metadata: {name: pocket}
spec: {hands: 2, colours: {case: gold, face: white}}
";

const SHOP: &str = "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: shelf}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: shop, labels: {app: shop}}
spec:
  securityContext: {runAsUser: 1000}
  containers:
    - name: shop
      image: busybox:1.35
      command: [sh, -c, 'echo a watch > /shelf/watch.txt; exec httpd -f -v -p 8080 -h /shelf']
      volumeMounts: [{name: shelf, mountPath: /shelf}]
  volumes: [{name: shelf, persistentVolumeClaim: {claimName: shelf}}]
---
apiVersion: v1
kind: Service
metadata: {name: shop}
spec: {selector: {app: shop}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: guest}
spec:
  containers:
    - name: guest
      image: busybox:1.35
      command: [sh, -c, 'trap exit TERM; while :; do sleep 1; done']
";

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_does_its_work_and_leaves_no_trace() {
    if left_out("a_cluster_does_its_work_and_leaves_no_trace") {
        return;
    }
    let name = name("work");
    let before = traces(&name);
    let cluster = up(&name, false).await.unwrap();
    assert!(
        kubectl(&cluster, &["get", "nodes"])
            .unwrap()
            .contains(" Ready ")
    );
    assert!(
        kubectl(&cluster, &["get", "storageclass"])
            .unwrap()
            .contains("(default)")
    );

    apply(&cluster, CRD);
    kubectl(
        &cluster,
        &[
            "wait",
            "--for=condition=Established",
            "crd/watches.shop.example",
            "--timeout=30s",
        ],
    )
    .unwrap();
    apply(&cluster, WATCH);
    assert!(
        kubectl(&cluster, &["get", "watch", "pocket", "-o", "yaml"])
            .unwrap()
            .contains("case: gold")
    );

    apply(&cluster, SHOP);
    kubectl(
        &cluster,
        &[
            "wait",
            "--for=condition=Ready",
            "pod/shop",
            "pod/guest",
            "--timeout=60s",
        ],
    )
    .unwrap();
    assert!(
        kubectl(&cluster, &["get", "pvc", "shelf"])
            .unwrap()
            .contains("Bound")
    );
    let address = kubectl(
        &cluster,
        &["get", "service", "shop", "-o", "jsonpath={.spec.clusterIP}"],
    )
    .unwrap();
    let page = format!("http://{address}/watch.txt");
    eventually(
        &cluster,
        &["exec", "guest", "--", "wget", "-q", "-O", "-", &page],
        "a watch",
    );
    eventually(&cluster, &["logs", "shop"], "response:200");
    // An address that no Service has is refused, it does not hang.
    let begun = Instant::now();
    kubectl(
        &cluster,
        &[
            "exec",
            "guest",
            "--",
            "wget",
            "-q",
            "-O",
            "-",
            "http://10.96.250.250/",
        ],
    )
    .unwrap_err();
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    // Pods reach the API server.
    let api = "nc -w 3 10.96.0.1 443 </dev/null && echo reached";
    eventually(
        &cluster,
        &["exec", "guest", "--", "sh", "-c", api],
        "reached",
    );

    let kubeconfig = std::fs::read(cluster.kubeconfig()).unwrap();
    let again = up(&name, false).await.unwrap();
    assert_eq!(
        kubeconfig,
        std::fs::read(again.kubeconfig()).unwrap(),
        "it is the same cluster"
    );
    let reservation = cluster.try_reserve().unwrap();
    assert!(reservation.is_some() && again.try_reserve().unwrap().is_none());
    drop(reservation);

    cluster.down(&Stages).await.unwrap();
    assert_eq!(traces(&name), before);
    assert!(LocalCluster::find(&name).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_cluster_ends_whole_and_does_not_stand_in_the_way() {
    if left_out("a_killed_cluster_ends_whole_and_does_not_stand_in_the_way") {
        return;
    }
    let name = name("kill");
    let before = traces(&name);
    let cluster = up(&name, true).await.unwrap();
    apply(&cluster, SHOP);
    kubectl(
        &cluster,
        &[
            "wait",
            "--for=condition=Ready",
            "pod/guest",
            "--timeout=60s",
        ],
    )
    .unwrap();
    // The process that holds everything is the one that was started for the state folder.
    let (state, all) = (state_folder(&name), processes(&name));
    let node = all.iter().find(|id| {
        let line = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.contains(&state) && !line.contains("unshare")
    });
    assert!(
        Command::new("kill")
            .args(["-9", node.unwrap()])
            .status()
            .unwrap()
            .success()
    );
    let begun = Instant::now();
    while !processes(&name).is_empty() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "still there: {:?}",
            processes(&name)
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(LocalCluster::find(&name).is_none());
    assert!(
        LocalCluster::list()
            .iter()
            .any(|status| status.name == name && status.life == Life::Dead)
    );

    let cluster = up(&name, true).await.unwrap();
    assert!(
        kubectl(&cluster, &["get", "pods"]).unwrap().is_empty(),
        "a new cluster is empty"
    );
    cluster.down(&Stages).await.unwrap();
    assert_eq!(traces(&name), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_start_leaves_nothing() {
    if left_out("an_interrupted_start_leaves_nothing") {
        return;
    }
    let name = name("stop");
    let before = traces(&name);
    let mut interrupted = 0;
    for patience in [50, 500, 2500] {
        let start = tokio::time::timeout(Duration::from_millis(patience), up(&name, true));
        interrupted += usize::from(start.await.is_err());
        assert!(LocalCluster::find(&name).is_none());
        // A node that was only just being made finds that nobody waits for it, and ends by itself.
        let begun = Instant::now();
        while !processes(&name).is_empty() && begun.elapsed() < Duration::from_secs(3) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(traces(&name), before, "after {patience} ms");
    }
    assert!(interrupted > 0);
    LocalCluster::remove(&name, &Stages).await.unwrap();
}
