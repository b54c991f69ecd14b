//! What a lab leaves in a real cluster: found, told, taken back, and what is not its own left alone.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use labproof::cluster::baseline::{
    Change, Keep, Limits, Outcome, Snapshot, What, compare, differences, restore, saved,
};
use labproof::cluster::check::client;
use tokio::runtime::Runtime;

use crate::shared;
use crate::support::{Ended, Pages, ended};

/// A custom kind, an object of it that a finalizer holds, and others of many kinds.
const MANY: &str = include_str!("leftovers.yaml");

const LIMITS: Limits = Limits {
    within: Duration::from_secs(90),
    finalizers: Duration::from_secs(2),
    force: true,
};

/// The cluster, alone.
pub struct Alone {
    runtime: Runtime,
    client: Client,
    _turn: tokio::sync::RwLockWriteGuard<'static, ()>,
}

impl Alone {
    pub fn new(test: &str) -> Option<Self> {
        if shared::left_out(test) {
            return None;
        }
        let _turn = shared::alone();
        let runtime = Runtime::new().unwrap();
        let kubeconfig = Kubeconfig::read_from(shared::cluster().kubeconfig()).unwrap();
        let client = runtime.block_on(connect(kubeconfig));
        let alone = Self {
            runtime,
            client,
            _turn,
        };
        alone.quiet();
        Some(alone)
    }

    /// Waits until namespaces of earlier tests are gone.
    fn quiet(&self) {
        let until = Instant::now() + Duration::from_secs(120);
        loop {
            let there = kubectl(&["get", "ns", "--no-headers"]);
            if !["labproof-check-", "Terminating"]
                .iter()
                .any(|of_test| there.contains(of_test))
            {
                return;
            }
            assert!(
                Instant::now() < until,
                "namespaces of tests do not go: {there}"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The state once it stays the same: controllers add to what was made in their own time.
    fn settled(&self, keep: Keep) -> Snapshot {
        let until = Instant::now() + Duration::from_secs(120);
        let mut last = self.snapshot(keep);
        loop {
            std::thread::sleep(Duration::from_secs(2));
            let now = self.snapshot(keep);
            let moved = differences(&last, &now);
            if moved.is_empty() {
                return now;
            }
            assert!(
                Instant::now() < until,
                "it does not come to rest: {moved:#?}"
            );
            last = now;
        }
    }

    pub fn snapshot(&self, keep: Keep) -> Snapshot {
        let taken = Snapshot::take(&self.client, keep);
        self.runtime.block_on(taken).unwrap()
    }

    /// Fails unless the cluster is as it was; objects that had to be made again have another UID.
    #[track_caller]
    pub fn is_as(&self, before: &Snapshot, made_again: &[&str]) {
        let now = self.snapshot(Keep::Fingerprints);
        let different = differences(before, &now);
        let unlike: Vec<&Change> = different.iter().filter(|one| !one.same_content).collect();
        assert!(unlike.is_empty(), "{unlike:#?}");
        let names: BTreeSet<String> = different.iter().map(|one| one.object.place()).collect();
        let expected: BTreeSet<String> = made_again.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(names, expected);
    }
}

async fn connect(kubeconfig: Kubeconfig) -> Client {
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .unwrap();
    client(config).unwrap()
}

fn kubectl_with(arguments: &[&str], stdin: &str) -> Output {
    let cluster = shared::cluster();
    let mut child = Command::new(cluster.bin_dir().join("kubectl"))
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // What it does not read it says itself.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    child.wait_with_output().unwrap()
}

/// What kubectl prints; it must succeed.
#[track_caller]
fn kubectl(arguments: &[&str]) -> String {
    let output = kubectl_with(arguments, "");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Applies a manifest again and again until all of it is known: a custom kind takes a moment.
#[track_caller]
fn apply(manifest: &str) {
    let until = Instant::now() + Duration::from_secs(90);
    loop {
        let output = kubectl_with(&["apply", "-f", "-"], manifest);
        if output.status.success() {
            return;
        }
        assert!(Instant::now() < until, "{output:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn labproof(pages: &Pages, arguments: &[&str]) -> Ended {
    ended(
        assert_cmd::Command::cargo_bin("labproof")
            .unwrap()
            .current_dir(pages.path())
            .env("KUBECONFIG", shared::cluster().kubeconfig())
            .args(arguments),
    )
}

fn local() -> String {
    format!("local:{}", shared::cluster().name())
}

#[test]
fn what_was_added_changed_and_deleted_is_as_before_object_by_object() {
    let name = "what_was_added_changed_and_deleted_is_as_before_object_by_object";
    let Some(alone) = Alone::new(name) else {
        return;
    };
    let start = alone.snapshot(Keep::Contents);
    // What is there before: a namespace with a workload, an account, a configuration of nearly 1 MB.
    kubectl(&["create", "namespace", "before"]);
    let large = serde_json::json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "large", "namespace": "before"},
        "data": {"text": "x".repeat(900_000)},
    });
    let created = kubectl_with(&["create", "-f", "-"], &large.to_string());
    assert!(created.status.success(), "{created:?}");
    kubectl(&[
        "create",
        "cm",
        "deleted",
        "-n",
        "before",
        "--from-literal=a=b",
    ]);
    kubectl(&[
        "create",
        "clusterrole",
        "deleted",
        "--verb=get",
        "--resource=pods",
    ]);
    kubectl(&[
        "create",
        "deployment",
        "web",
        "-n",
        "before",
        "--image=pause",
    ]);
    kubectl(&["rollout", "pause", "deployment/web", "-n", "before"]);
    kubectl(&[
        "create",
        "service",
        "clusterip",
        "web",
        "-n",
        "before",
        "--tcp=80",
    ]);
    let before = alone.settled(Keep::Contents);

    kubectl(&["delete", "cm", "deleted", "-n", "before"]);
    kubectl(&["delete", "clusterrole", "deleted"]);
    kubectl(&["delete", "service", "web", "-n", "before"]);
    kubectl(&["scale", "deployment/web", "-n", "before", "--replicas=3"]);
    kubectl(&["label", "node", "--all", "disk=ssd"]);
    kubectl(&["taint", "node", "--all", "lab=yes:PreferNoSchedule"]);
    kubectl(&[
        "patch",
        "cm",
        "large",
        "-n",
        "before",
        "-p",
        r#"{"data":{"text":"y"}}"#,
    ]);
    kubectl(&["annotate", "sa", "default", "-n", "before", "by=lab"]);
    kubectl(&[
        "patch",
        "sc",
        "standard",
        "-p",
        r#"{"metadata":{"labels":{"by":"lab"}}}"#,
    ]);

    // Last, because it has a webhook that refuses deletions.
    apply(MANY);

    let compared = alone.runtime.block_on(compare(&alone.client, &before));
    let (now, changes) = compared.unwrap();
    let own = |what| {
        let own = changes
            .iter()
            .filter(move |one| one.what == what && one.under.is_none());
        own.map(|one| one.object.kind.kind.as_str())
            .collect::<BTreeSet<_>>()
    };
    let added = [
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "CronJob",
        "CustomResourceDefinition",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "Role",
        "ServiceAccount",
        "StorageClass",
        "ValidatingWebhookConfiguration",
        "Widget",
    ];
    assert_eq!(own(What::Added), BTreeSet::from(added));
    let changed = [
        "ConfigMap",
        "Deployment",
        "Node",
        "ServiceAccount",
        "StorageClass",
    ];
    assert_eq!(own(What::Changed), BTreeSet::from(changed));
    assert_eq!(
        own(What::Gone),
        BTreeSet::from(["ClusterRole", "ConfigMap", "Service"])
    );

    let all: Vec<&Change> = changes.iter().collect();
    let restored = restore(&alone.client, &before, &now, &all, &LIMITS);
    let restored = alone.runtime.block_on(restored).unwrap();
    let stays: Vec<_> = restored
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Stays(_)))
        .collect();
    assert!(stays.is_empty(), "{stays:?}");
    // The finalizer of an object whose controller is nowhere was taken away, and that is said.
    let notes = format!("{restored:?}");
    assert!(notes.contains("example.com/hold"), "{notes}");
    assert!(notes.contains("cloud.kubernetes.io/never"), "{notes}");
    alone.is_as(&before, &["before/deleted", "deleted", "before/web"]);

    // By hand, from a file: back to what was before the test.
    let path = shared::cluster().baseline();
    saved::write(&path, &start).unwrap();
    let pages = Pages::new();
    let cluster = shared::cluster().name();
    labproof(
        &pages,
        &["cluster", "reset", "--dry-run", "--name", cluster],
    )
    .exits(0)
    .says("to delete      Namespace before");
    kubectl(&["get", "namespace", "before"]);
    labproof(&pages, &["cluster", "reset", "--name", cluster])
        .exits(0)
        .says("deleted        Namespace before");
    alone.is_as(&start, &[]);
    labproof(&pages, &["cluster", "reset", "--name", cluster])
        .exits(0)
        .says("is as it was when it came up");
}

#[test]
fn what_a_clean_up_forgets_is_a_warning_with_the_line_that_made_it() {
    let name = "what_a_clean_up_forgets_is_a_warning_with_the_line_that_made_it";
    let Some(alone) = Alone::new(name) else {
        return;
    };
    let before = alone.snapshot(Keep::Fingerprints);
    let made = "# Lab\n\n```bash id=make\n$ kubectl create cm kept --from-literal=a=b\n\
                $ kubectl create cm forgotten --from-literal=a=b >/dev/null\n\
                $ kubectl create ns forgotten\n$ kubectl create cm inside -n forgotten --from-literal=a=b\n```\n";
    let cleaned = "\n## Clean up\n\n```bash id=clean\n$ kubectl delete cm kept\n```\n";
    let pages = Pages::with(&format!("{made}{cleaned}"));
    labproof(&pages, &["run", "page.md", "--cluster", &local(), "--json", "r.json"])
        .exits(0)
        .says("warning: page.md:5: ConfigMap default/forgotten is made here, and the clean-up does not delete it")
        .says("warning: page.md:6: Namespace forgotten is made here")
        .does_not_say("default/kept")
        .does_not_say("ConfigMap forgotten/inside");
    let record: serde_json::Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    let leftovers = record["labs"][0]["leftovers"].as_array().unwrap();
    assert_eq!(leftovers.len(), 2, "{leftovers:#?}");
    for leftover in leftovers {
        assert_eq!(leftover["change"], "added");
        assert_eq!(leftover["step"], "make");
        assert_eq!(leftover["restored"], true);
        assert!(leftover["uid"].as_str().unwrap().len() > 30);
    }
    alone.is_as(&before, &[]);

    // Without a clean-up it is told, and nobody is warned.
    let pages = Pages::with(made);
    labproof(&pages, &["run", "page.md", "--cluster", &local()])
        .exits(0)
        .says("ConfigMap default/kept was made at page.md:4; deleted")
        .says("Namespace forgotten with")
        .does_not_say("warning");
    alone.is_as(&before, &[]);
}

#[test]
fn a_strangers_object_on_a_cluster_of_others_is_left_alone() {
    let name = "a_strangers_object_on_a_cluster_of_others_is_left_alone";
    let Some(alone) = Alone::new(name) else {
        return;
    };
    let before = alone.snapshot(Keep::Contents);
    let page = "# Lab\n\n```bash\n$ kubectl create cm own --from-literal=a=b\n$ kubectl create ns own\n\
                $ kubectl get ns stranger --ignore-not-found; for i in $(seq 300); do kubectl get cm stranger >/dev/null 2>&1 && break; sleep 0.1; done\n\
                $ kubectl create cm silent --from-literal=a=b >/dev/null\n```\n";
    let pages = Pages::with(page);
    let context = format!("context:labproof-{}", shared::cluster().name());
    let stranger = std::thread::spawn(|| {
        let until = Instant::now() + Duration::from_secs(60);
        while !kubectl(&["get", "ns", "-o", "name"]).contains("namespace/own") {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(50));
        }
        kubectl(&["create", "ns", "stranger"]);
        kubectl(&["create", "cm", "stranger", "--from-literal=a=b"]);
        kubectl(&[
            "create",
            "cm",
            "own",
            "-n",
            "stranger",
            "--from-literal=a=b",
        ]);
    });
    let ended = labproof(&pages, &["run", "page.md", "--cluster", &context]);
    stranger.join().unwrap();
    ended
        .exits(0)
        .says("ConfigMap default/own was made at page.md:4; deleted")
        .says("Namespace own with")
        .says("ConfigMap default/stranger")
        .says("nothing proves that the lab did it");
    let left = kubectl(&["get", "cm", "-A", "-o", "name"]);
    assert!(left.contains("configmap/stranger"), "{left}");
    kubectl(&["get", "cm", "own", "-n", "stranger"]);
    // The lab made it and nothing says so: it is the lesser evil that it stays.
    kubectl(&["get", "cm", "silent"]);
    let gone = kubectl_with(&["get", "cm", "own"], "");
    assert!(!gone.status.success());
    kubectl(&["delete", "cm", "silent", "stranger"]);
    kubectl(&["delete", "ns", "stranger"]);
    alone.is_as(&before, &[]);
}

#[test]
fn an_interrupted_lab_is_taken_back_too() {
    let Some(alone) = Alone::new("an_interrupted_lab_is_taken_back_too") else {
        return;
    };
    let before = alone.snapshot(Keep::Fingerprints);
    let pages = Pages::with(
        "# Lab\n\n```bash\n$ kubectl create cm early --from-literal=a=b\n$ touch reached; sleep 60\n```\n",
    );
    let child = Command::new(env!("CARGO_BIN_EXE_labproof"))
        .args(["run", "page.md", "--cluster", &local()])
        .current_dir(pages.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while !pages.path().join("reached").exists() {
        assert!(Instant::now() < until, "the lab does not get there");
        std::thread::sleep(Duration::from_millis(50));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(
        text.contains("ConfigMap default/early was made at page.md:4; deleted"),
        "{text}"
    );
    alone.is_as(&before, &[]);
}

/// How long something takes that must take less than two seconds: other programs of the machine may be in the way of one attempt,
/// hardly of all twenty.
#[track_caller]
fn soon(what: &str, mut work: impl FnMut()) -> Duration {
    let mut times = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        work();
        let took = begun.elapsed();
        if took < Duration::from_secs(2) {
            return took;
        }
        times.push(took);
    }
    panic!("{what}: {times:?}");
}

#[test]
fn two_hundred_objects_of_sixty_kinds_are_read_in_two_seconds() {
    let name = "two_hundred_objects_of_sixty_kinds_are_read_in_two_seconds";
    let Some(alone) = Alone::new(name) else {
        return;
    };
    let before = alone.snapshot(Keep::Contents);
    let kind = |number: usize| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: things{number}.example.org}}\n\
             spec:\n  group: example.org\n  scope: Cluster\n  names: {{plural: things{number}, singular: thing{number}, kind: Thing{number}}}\n  \
             versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}]\n---\n"
        )
    };
    let object = |kind: usize| {
        format!("apiVersion: example.org/v1\nkind: Thing{kind}\nmetadata: {{name: one}}\n---\n")
    };
    let manifest: String = (0..25).map(kind).chain((0..25).map(object)).collect();
    apply(&manifest);
    let full = alone.settled(Keep::Contents);
    assert!(full.len() >= 200, "{}", full.len());
    let took = soon("snapshot", || drop(alone.snapshot(Keep::Contents)));
    let compared = soon("diff", || {
        let compared = alone.runtime.block_on(compare(&alone.client, &full));
        assert_eq!(compared.unwrap().1, []);
    });
    let line = format!(
        "{} objects: snapshot {took:?}, diff {compared:?}\n",
        full.len()
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();

    let (now, changes) = alone
        .runtime
        .block_on(compare(&alone.client, &before))
        .unwrap();
    let all: Vec<&Change> = changes.iter().collect();
    let restored = restore(&alone.client, &before, &now, &all, &LIMITS);
    alone.runtime.block_on(restored).unwrap();
    alone.is_as(&before, &[]);
}

#[test]
fn a_kind_that_may_not_be_listed_is_said_and_nothing_of_it_is_judged() {
    let name = "a_kind_that_may_not_be_listed_is_said_and_nothing_of_it_is_judged";
    let Some(alone) = Alone::new(name) else {
        return;
    };
    let before = alone.snapshot(Keep::Contents);
    kubectl(&["create", "ns", "limited"]);
    kubectl(&["create", "sa", "reader", "-n", "limited"]);
    kubectl(&[
        "create",
        "clusterrole",
        "limited",
        "--verb=get,list,create,delete",
        "--resource=configmaps,namespaces",
    ]);
    kubectl(&[
        "create",
        "clusterrolebinding",
        "limited",
        "--clusterrole=limited",
        "--serviceaccount=limited:reader",
    ]);
    let secret = kubectl(&[
        "get",
        "sa",
        "reader",
        "-n",
        "limited",
        "-o",
        "jsonpath={.secrets[0].name}",
    ]);
    let token = kubectl(&[
        "get",
        "secret",
        &secret,
        "-n",
        "limited",
        "-o",
        "go-template={{.data.token | base64decode}}",
    ]);
    let mut config: serde_json::Value = {
        let kubeconfig = Kubeconfig::read_from(shared::cluster().kubeconfig()).unwrap();
        serde_json::to_value(kubeconfig).unwrap()
    };
    let user = config["users"][0]["name"].clone();
    config["users"] = serde_json::json!([{"name": user, "user": {"token": token}}]);
    let pages = Pages::with("# Lab\n\n```bash\n$ kubectl create cm own --from-literal=a=b\n```\n");
    let path = pages.write("config.json", config.to_string());
    let context = format!("context:labproof-{}", shared::cluster().name());
    ended(
        assert_cmd::Command::cargo_bin("labproof")
            .unwrap()
            .current_dir(pages.path())
            .env("KUBECONFIG", &path)
            .args(["run", "page.md", "--cluster", &context]),
    )
    .exits(0)
    .says("neither seen nor taken back")
    .says("secrets")
    .says("cannot be read")
    .says("ConfigMap default/own was made at page.md:4; deleted");
    let (now, changes) = alone
        .runtime
        .block_on(compare(&alone.client, &before))
        .unwrap();
    let all: Vec<&Change> = changes.iter().collect();
    let restored = restore(&alone.client, &before, &now, &all, &LIMITS);
    alone.runtime.block_on(restored).unwrap();
    alone.is_as(&before, &[]);
}

#[test]
fn an_api_server_that_is_away_for_a_while_is_waited_for() {
    let Some(alone) = Alone::new("an_api_server_that_is_away_for_a_while_is_waited_for") else {
        return;
    };
    const AWAY: Duration = Duration::from_secs(10);
    let mut kubeconfig = Kubeconfig::read_from(shared::cluster().kubeconfig()).unwrap();
    let cluster = kubeconfig.clusters[0].cluster.as_mut().unwrap();
    let server = cluster.server.clone().unwrap();
    let server = server.strip_prefix("https://").unwrap().to_owned();
    // A stand-in for the server's address, at which nobody listens at first, and which nobody else can have.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = taken.local_addr().unwrap();
    cluster.server = Some(format!("https://{address}"));
    let taken = alone.runtime.block_on(async {
        let stand_in = tokio::spawn(async move {
            tokio::time::sleep(AWAY).await;
            let listener = taken.listen(64).unwrap();
            loop {
                let (mut ours, _) = listener.accept().await.unwrap();
                let server = server.clone();
                tokio::spawn(async move {
                    let mut theirs = tokio::net::TcpStream::connect(server).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut ours, &mut theirs).await;
                });
            }
        });
        let client = connect(kubeconfig).await;
        let begun = Instant::now();
        let taken = Snapshot::take(&client, Keep::Fingerprints).await;
        stand_in.abort();
        assert!(begun.elapsed() >= AWAY);
        taken
    });
    let taken = taken.unwrap();
    assert!(taken.len() > 50, "{}", taken.len());
    alone.is_as(&taken, &[]);
}
