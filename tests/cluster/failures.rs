//! Failed steps on a real cluster: each kind of trouble is made for real, and its cause must be told; the bundle must hold what
//! explains it; no Secret may be in anything that is written.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::shared;
use crate::support::{Ended, Pages, ended};

const IMAGE: &str = crate::room::IMAGE;

/// A command that waits for what pods of a new namespace need; on a cluster that has just begun that may take some seconds.
const ACCOUNT: &str = "$ wait_for() { until kubectl get serviceaccount default -n $1; do sleep 0.2; done; }; wait_for";

/// `labproof run page.md` on the shared cluster, alone on it, and then without the namespace.
fn run(pages: &Pages, namespace: &str, arguments: &[&str]) -> Ended {
    let _turn = shared::alone();
    let cluster = format!("local:{}", shared::cluster().name());
    let mut command = Command::cargo_bin("labproof").unwrap();
    command.current_dir(pages.path());
    command.args(["run", "page.md", "--cluster", &cluster, "--retry", "0"]);
    let ended = ended(command.args(arguments));
    kubectl(&[
        "delete",
        "namespace",
        namespace,
        "--ignore-not-found",
        "--wait=false",
    ]);
    ended
}

fn kubectl(arguments: &[&str]) {
    let cluster = shared::cluster();
    let status = std::process::Command::new(cluster.bin_dir().join("kubectl"))
        .arg("--kubeconfig")
        .arg(cluster.kubeconfig())
        .args(arguments)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

/// A page that makes a namespace and objects in it, and then asks for what cannot come.
fn page(namespace: &str, manifest: &str, asked: &str) -> String {
    format!(
        "# Page\n\n```bash\n$ kubectl create namespace {namespace}\n{ACCOUNT} {namespace}\n$ kubectl apply -n {namespace} -f - <<'EOF'\n{manifest}\nEOF\n```\n\n\
         ```bash id=wait\n$ {asked}\n```\n"
    )
}

/// A pod whose one container has more lines of description.
fn pod(more: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels: {{app: web}}\nspec:\n  terminationGracePeriodSeconds: 0\n  \
         containers:\n  - name: main\n    image: {IMAGE}\n    imagePullPolicy: IfNotPresent\n    command: [sleep, '600']\n{more}"
    )
}

/// Makes the trouble, waits for it with `until` and holds the likely cause.
#[track_caller]
fn trouble(name: &str, manifest: &str, until: &str, cause: &str) -> Pages {
    let namespace = format!("trouble-{name}");
    let asked = format!("{}; false", until.replace("NS", &namespace));
    let pages = Pages::with(&page(&namespace, manifest, &asked));
    let ended = run(
        &pages,
        &namespace,
        &["--artifacts", "out", "--json", "r.json"],
    )
    .exits(1);
    let told = ended
        .stdout
        .lines()
        .find(|line| line.contains("likely cause:"));
    assert!(
        told.is_some_and(|told| told.contains(cause)),
        "`{cause}` is not told\n{}",
        ended.all()
    );
    let summary = read_all(&pages.path().join("out"), "summary.md");
    assert!(summary.contains(cause), "{summary}");
    pages
}

/// The texts of all files of that name below a folder.
fn read_all(folder: &Path, name: &str) -> String {
    let files = files(folder);
    let found = files
        .iter()
        .filter(|path| path.ends_with(name) || name.is_empty());
    found
        .map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

/// Asks until the words are there, for half a minute.
fn until(command: &str, words: &str) -> String {
    format!("for i in $(seq 60); do {command} | grep -q {words:?} && break; sleep 0.5; done")
}

#[test]
fn an_image_that_cannot_be_pulled_and_from_where() {
    if shared::left_out("an_image_that_cannot_be_pulled_and_from_where") {
        return;
    }
    let manifest = pod("").replace(IMAGE, "example.invalid/shop/none:1");
    let pages = trouble(
        "image",
        &manifest,
        &until(
            "kubectl get pod web -n NS",
            "ErrImagePull\\|ImagePullBackOff",
        ),
        "pod trouble-image/web: image example.invalid/shop/none:1 cannot be pulled from example.invalid",
    );
    let folder = pages.path().join("out/page.md/page/wait");
    let describe = std::fs::read_to_string(folder.join("describe.txt")).unwrap();
    assert!(
        describe.contains("example.invalid/shop/none:1") && describe.contains("Events:"),
        "{describe}"
    );
    assert!(read_all(&folder, "events.txt").contains("Failed pod/web"));
    assert!(read_all(&folder, "nodes.txt").contains("Ready: True"));
    assert!(read_all(&folder, "environment.txt").contains("KUBECONFIG="));
    let record: serde_json::Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    let step = &record["labs"][0]["pages"][0]["steps"][1];
    assert_eq!(step["artifacts"], "out/page.md/page/wait");
    let evidence = step["commands"][0]["checks"][0]["evidence"]
        .as_array()
        .unwrap();
    assert!(!evidence.is_empty() && evidence.len() <= 4, "{evidence:?}");
}

#[test]
fn a_container_that_keeps_crashing_and_its_last_words() {
    if shared::left_out("a_container_that_keeps_crashing_and_its_last_words") {
        return;
    }
    let manifest = pod("").replace(
        "[sleep, '600']",
        "[bash, -c, 'echo starting; echo cannot find my settings; exit 7']",
    );
    let pages = trouble(
        "crash",
        &manifest,
        &until("kubectl get pod web -n NS", "CrashLoopBackOff"),
        "container main keeps crashing (exit status 7, restarted",
    );
    let summary = read_all(&pages.path().join("out"), "summary.md");
    assert!(
        summary.contains("its last log line: cannot find my settings"),
        "{summary}"
    );
    let log = read_all(&pages.path().join("out"), "web.main.previous.log");
    assert_eq!(log, "starting\ncannot find my settings\n");
}

#[test]
fn a_pod_for_which_there_is_no_node() {
    if shared::left_out("a_pod_for_which_there_is_no_node") {
        return;
    }
    trouble(
        "node",
        &pod("  nodeSelector: {disk: ssd}\n"),
        &until("kubectl describe pod web -n NS", "FailedScheduling"),
        "pod trouble-node/web cannot be scheduled (0/1 nodes are available",
    );
}

#[test]
fn a_probe_that_fails() {
    if shared::left_out("a_probe_that_fails") {
        return;
    }
    trouble(
        "probe",
        &pod(
            "    readinessProbe:\n      exec: {command: [bash, -c, 'echo not yet; exit 3']}\n      periodSeconds: 1\n",
        ),
        &until("kubectl describe pod web -n NS", "Readiness probe failed"),
        "pod trouble-probe/web: container main: Readiness probe failed: not yet",
    );
}

#[test]
fn a_claim_that_is_not_bound() {
    if shared::left_out("a_claim_that_is_not_bound") {
        return;
    }
    let claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n  storageClassName: no-such-class\n  \
                 accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 1Mi}}";
    trouble(
        "claim",
        claim,
        &until("kubectl describe pvc data -n NS", "ProvisioningFailed"),
        "claim trouble-claim/data is not bound (storageclass.storage.k8s.io \"no-such-class\" not found)",
    );
}

#[test]
fn a_quota_that_is_used_up() {
    if shared::left_out("a_quota_that_is_used_up") {
        return;
    }
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: none\nspec:\n  hard: {pods: '0'}\n---\n\
        apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    \
        metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: main, image: 'x.invalid/y:1'}]";
    trouble(
        "quota",
        quota,
        // The quota counts a moment after it is made, so pods are made until one is refused.
        "kubectl rollout restart deployment/web -n NS; for i in $(seq 60); do kubectl describe deployment,rs web -n NS | \
         grep -q 'exceeded quota' && break; kubectl delete pods --all -n NS --wait=false > /dev/null 2>&1; sleep 0.5; done; \
         kubectl get deployment web -n NS",
        "the quota is used up (none, requested: pods=1",
    );
}

#[test]
fn a_config_map_that_is_missing() {
    if shared::left_out("a_config_map_that_is_missing") {
        return;
    }
    trouble(
        "config",
        &pod("    envFrom: [{configMapRef: {name: settings}}]\n"),
        &until("kubectl get pod web -n NS", "CreateContainerConfigError"),
        "container main cannot be started (configmap \"settings\" not found)",
    );
}

#[test]
fn a_service_that_selects_nothing() {
    if shared::left_out("a_service_that_selects_nothing") {
        return;
    }
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: {app: wbe}\n  ports: [{port: 80}]";
    trouble(
        "service",
        service,
        &until("kubectl get endpoints web -n NS", "web"),
        "service trouble-service/web has no endpoints: no pod has the labels of its selector, app=wbe",
    );
}

#[test]
fn a_right_that_is_missing() {
    if shared::left_out("a_right_that_is_missing") {
        return;
    }
    trouble(
        "right",
        "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: joe",
        "kubectl get deployments -n NS --as system:serviceaccount:NS:joe",
        "\"system:serviceaccount:trouble-right:joe\" has no right to list deployments.apps in namespace \"trouble-right\" (RBAC)",
    );
}

#[test]
fn no_secret_of_the_cluster_is_told() {
    if shared::left_out("no_secret_of_the_cluster_is_told") {
        return;
    }
    let namespace = "trouble-secrets";
    // Made from files, so that no command gives them away; and one that a command does.
    let plain = [
        "q7Zx!first-value",
        "MIIEvAIBADANBgkqhkiG9w0BAQEF",
        "AASCBKYwggSiAgEAAoIBAQC7VJTU",
        "Zk4&literal>one",
    ];
    let page = format!(
        "# Page\n\n```bash id=make\n$ kubectl create namespace {namespace}\n{ACCOUNT} {namespace}\n\
         $ kubectl create secret generic db -n {namespace} --from-file=pw=pw.txt --from-file=key.pem --from-literal='lit={}'\n```\n\n\
         ```bash id=print\n$ kubectl get secret db -n {namespace} -o yaml\nsomething else\n\
         $ kubectl get secret db -n {namespace} -o json\nsomething else\n\
         $ cat pw.txt key.pem; echo\nsomething else\n\
         $ kubectl get secret db -n {namespace} -o jsonpath='{{.data.pw}}' | base64 -d; false\n\
         $ export COPY=$(cat pw.txt)\n$ env | grep COPY\nCOPY=other\n\
         $ kubectl create secret generic dry --from-file=pw=dry.txt --dry-run=client -o yaml\nsomething else\n```\n\n\
         ```bash id=shout\n$ kubectl run shout -n {namespace} --image={IMAGE} --restart=Never --image-pull-policy=IfNotPresent \\\n  \
         --command -- bash -c \"echo $(cat pw.txt); exit 3\"\n\
         $ kubectl wait pod/shout -n {namespace} --for=condition=Ready --timeout=8s\n```\n",
        plain[3]
    );
    let pages = Pages::with(&page);
    let dry = "never-in-the-cluster-77";
    pages.write("pw.txt", plain[0]);
    pages.write("dry.txt", dry);
    pages.write(
        "key.pem",
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n{}\n-----END PRIVATE KEY-----\n",
            plain[1], plain[2]
        ),
    );
    let arguments = [
        "--artifacts",
        "out",
        "--json",
        "r.json",
        "--junit",
        "r.xml",
        "--events",
        "r.jsonl",
    ];
    let ended = run(&pages, namespace, &arguments)
        .exits(1)
        .says("[masked]")
        .says("likely cause:");
    let mut told = vec![("terminal".to_owned(), ended.all())];
    for file in files(pages.path()) {
        let name = file
            .strip_prefix(pages.path())
            .unwrap()
            .display()
            .to_string();
        if !["page.md", "pw.txt", "key.pem", "dry.txt"].contains(&name.as_str()) {
            told.push((
                name,
                String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned(),
            ));
        }
    }
    assert!(
        told.iter()
            .any(|(name, _)| name.ends_with("shout.shout.log")),
        "{:?}",
        told.iter().map(|one| &one.0).collect::<Vec<_>>()
    );
    let mut secrets: Vec<String> = plain
        .iter()
        .map(|value| (*value).to_owned())
        .chain([dry.to_owned()])
        .collect();
    secrets.extend([plain[0], plain[3], dry].map(|value| STANDARD.encode(value)));
    secrets.push("Zk4\\u0026literal".to_owned());
    secrets.push("Zk4&amp;literal".to_owned());
    secrets.push(STANDARD.encode(std::fs::read(pages.path().join("key.pem")).unwrap()));
    for (name, text) in &told {
        for secret in &secrets {
            if let Some(at) = text.find(secret.as_str()) {
                let from = text[..at].rfind('\n').map_or(0, |from| from + 1);
                panic!(
                    "{name} tells {secret}: {}",
                    text[from..].lines().next().unwrap_or_default()
                );
            }
        }
    }
    // What is no secret stays readable.
    assert!(
        ended.stdout.contains("trouble-secrets") && ended.stdout.contains("kind: Secret"),
        "{}",
        ended.all()
    );
}
