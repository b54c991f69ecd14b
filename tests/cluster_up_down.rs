//! A real local cluster: what it can do, and that nothing of it is left, however it ends.
//!
//! Needs root on Debian and, the first time, some minutes to build Kubernetes. With
//! `LABPROOF_SKIP_CLUSTER_TESTS` set these tests are left out, and say so.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use labproof::cluster::Progress;
use labproof::cluster::local::{
    ApiServerExtras, ImageRecipe, Life, LocalCluster, LocalError, UpOptions,
};

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
    up_with(name, stay, 1).await
}

async fn up_with(name: &str, stay: bool, nodes: u8) -> Result<LocalCluster, LocalError> {
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs/images/busybox.yaml");
    let images = ImageRecipe::read(&recipe)?;
    LocalCluster::up(UpOptions {
        api_server: &ApiServerExtras::default(),
        release: None,
        python: false,
        name,
        nodes,
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
    listening: Vec<String>,
    home: BTreeSet<String>,
    kubeconfig: Option<Vec<u8>>,
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
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
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
            // A chain ends with how much went through it.
            .map(|line| line.split(" [").next().unwrap_or_default())
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
        listening: listening(&processes(name)),
        // The cache is meant to stay.
        home: names(&home)
            .into_iter()
            .filter(|entry| entry != ".cache")
            .collect(),
        kubeconfig: std::fs::read(format!("{home}/.kube/config")).ok(),
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

/// The lines of `ss` for sockets on which these processes listen in the host's network.
fn listening(processes: &[String]) -> Vec<String> {
    let output = Command::new("ss").args(["-Hltnp"]).output().unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| {
            let held = |id: &String| line.contains(&format!("pid={id},"));
            processes.iter().any(held)
        })
        .map(str::to_owned)
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
            other if start.elapsed() > Duration::from_secs(120) => {
                panic!(
                    "{expected:?} did not show: {other:?}\n{}",
                    kubectl(cluster, &["describe", "pods"]).unwrap_or_default()
                );
            }
            _ => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}

/// Applies again where it fails at first: a kind that is established is not known to all parts of the API server at once.
fn apply(cluster: &LocalCluster, manifest: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), manifest).unwrap();
    let apply = ["apply", "-f", file.path().to_str().unwrap()];
    let begun = Instant::now();
    while let Err(said) = kubectl(cluster, &apply) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{said}");
        std::thread::sleep(Duration::from_millis(200));
    }
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
            "--timeout=90s",
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
            "--timeout=150s",
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
    // An address that no Service has is refused; TCP would give one that is silent two minutes.
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
        begun.elapsed() < Duration::from_secs(60),
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

const PAIR: &str = "
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: board}
spec: {storageClassName: shared, accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Service
metadata: {name: pair}
spec: {clusterIP: None, selector: {app: pair}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {selector: {statefulset.kubernetes.io/pod-name: pair-1}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: pair}
spec:
  serviceName: pair
  replicas: 2
  selector: {matchLabels: {app: pair}}
  template:
    metadata: {labels: {app: pair}}
    spec:
      terminationGracePeriodSeconds: 1
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: pair}}}
      containers:
        - name: pair
          image: busybox:1.35
          command: [sh, -c, 'hostname > /board/$(hostname); exec httpd -f -v -p 8080 -h /board']
          volumeMounts: [{name: board, mountPath: /board}]
      volumes: [{name: board, persistentVolumeClaim: {claimName: board}}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - {name: main, image: 'busybox:1.35', command: [sh, -c, 'trap exit TERM; while :; do sleep 1; done']}
";

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_services_names_and_volumes_and_leave_no_trace() {
    if left_out("two_nodes_share_services_names_and_volumes_and_leave_no_trace") {
        return;
    }
    let name = name("two");
    let before = traces(&name);
    let cluster = up_with(&name, false, 2).await.unwrap();
    assert_eq!(cluster.nodes(), 2);
    let few = up_with(&name, false, 3).await.unwrap_err();
    assert!(few.to_string().contains("--nodes 3"), "{few}");
    assert!(!traces(&name).listening.is_empty(), "its port is seen");
    apply(&cluster, PAIR);
    let run = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        kubectl(&cluster, &arguments).unwrap()
    };
    run("rollout status statefulset/pair --timeout=150s");
    run("rollout status daemonset/everywhere --timeout=150s");

    // Each on a node of its own, with an address of that node's.
    let places = run("get pods -l app=pair -o jsonpath={.items[*].spec.nodeName}");
    let places: BTreeSet<&str> = places.split(' ').collect();
    assert_eq!(places, BTreeSet::from(["labproof", "labproof-2"]));
    // Names and Services lead from each to the other, as do exec and logs.
    for (from, to) in [("pair-0", "pair-1"), ("pair-1", "pair-0")] {
        let get = format!("exec {from} -- wget -q -O - http://{to}.pair:8080/{from}");
        assert_eq!(run(&get).trim(), from, "the volume is one");
        let page = format!("http://front/{to}");
        eventually(
            &cluster,
            &["exec", from, "--", "wget", "-q", "-O", "-", &page],
            to,
        );
        eventually(&cluster, &["logs", to], "response:200");
    }
    let lookup = "exec pair-1 -- nslookup -type=srv _http._tcp.pair.default.svc.cluster.local";
    let ports = run(lookup);
    for pod in ["pair-0", "pair-1"] {
        let target = format!("8080 {pod}.pair.default.svc.cluster.local");
        assert!(ports.contains(&target), "{ports}");
    }
    // What is outside the cluster is said not to exist: who waits in vain is told that no server was reached.
    let outside = kubectl(
        &cluster,
        &["exec", "pair-1", "--", "nslookup", "example.com"],
    );
    assert!(outside.unwrap_err().contains("NXDOMAIN"));

    // A program that dies is started again, and it is told.
    let since = jiff::Timestamp::now();
    assert_eq!(cluster.pulse().faults_since(since).await, []);
    let dns = processes(&name).into_iter().find(|id| {
        let line = std::fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.contains("cluster\0dns")
    });
    let killed = Command::new("kill").args(["-9", &dns.unwrap()]).status();
    assert!(killed.unwrap().success());
    let home = "kubernetes.default.svc.cluster.local";
    eventually(
        &cluster,
        &["exec", "pair-0", "--", "nslookup", home],
        "10.96.0.1",
    );
    let ended = cluster.pulse().faults_since(since).await;
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert_eq!(ended[0].component, "dns");
    assert!(ended[0].what.contains('9'), "{ended:?}");

    // The second node is emptied: what had its place there waits, and a DaemonSet's pod stays.
    run("drain labproof-2 --ignore-daemonsets --delete-emptydir-data --timeout=150s");
    let left = run("get pods --field-selector spec.nodeName=labproof-2 -o name");
    assert!(
        left.contains("pod/everywhere-") && !left.contains("pod/pair-"),
        "{left}"
    );
    eventually(&cluster, &["get", "pods", "-l", "app=pair"], "Pending");
    run("uncordon labproof-2");
    run("rollout status statefulset/pair --timeout=150s");

    cluster.down(&Stages).await.unwrap();
    assert_eq!(traces(&name), before);
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
            "--timeout=150s",
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
            begun.elapsed() < Duration::from_secs(60),
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
        match start.await {
            Err(_) => interrupted += 1,
            // On a machine as fast as that it is up by then.
            Ok(cluster) => cluster.unwrap().down(&Stages).await.unwrap(),
        }
        assert!(LocalCluster::find(&name).is_none());
        // A node that was only just being made finds that nobody waits for it, and ends by itself.
        let begun = Instant::now();
        while traces(&name) != before && begun.elapsed() < Duration::from_secs(60) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(traces(&name), before, "after {patience} ms");
    }
    assert!(interrupted > 0);
    LocalCluster::remove(&name, &Stages).await.unwrap();
}
