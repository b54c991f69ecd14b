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
    let folder = pages.path().join("out/page/wait");
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
    assert_eq!(step["artifacts"], "out/page/wait");
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

/// Troubles of many kinds side by side, each in a namespace of its own: what it is about, what is asked, and the cause, `-` for none.
const TROUBLES: [(&str, &str, &str, &str); 11] = [
    (
        "oom",
        "spec: {containers: [{name: main, image: IMAGE, command: [bash, -c, 'sleep 1; exec tail /dev/zero'], resources: {limits: {memory: 20Mi}}}]}",
        "for i in $(seq 60); do kubectl describe pod web -n NS | grep -q OOMKilled && break; sleep 0.5; done; false",
        "container main was killed because it used too much memory (OOMKilled, limit 20Mi",
    ),
    (
        "live",
        "spec: {containers: [{name: main, image: IMAGE, command: [sleep, '600'], livenessProbe: {exec: {command: [bash, -c, 'echo dead inside; exit 9']}, \
         periodSeconds: 1, failureThreshold: 1}}], terminationGracePeriodSeconds: 0}",
        "for i in $(seq 60); do kubectl describe pod web -n NS | grep -q BackOff && break; sleep 0.5; done; false",
        "container main is killed by its own probe (Liveness probe failed: dead inside",
    ),
    (
        "init",
        "spec: {initContainers: [{name: prepare, image: IMAGE, command: [bash, -c, 'echo no schema; exit 2']}], \
         containers: [{name: main, image: IMAGE}]}",
        "kubectl wait pod/web -n NS --for=condition=Ready --timeout=1s",
        "(exit status 2",
    ),
    (
        "cpu",
        "spec: {containers: [{name: main, image: IMAGE, resources: {requests: {cpu: '640'}}}]}",
        "kubectl wait pod/web -n NS --for=condition=Ready --timeout=1s",
        "web cannot be scheduled (0/1 nodes are available: 1 Insufficient cpu.)",
    ),
    (
        "volume",
        "spec: {volumes: [{name: v, secret: {secretName: creds}}], containers: [{name: main, image: IMAGE, volumeMounts: [{name: v, mountPath: /v}]}]}",
        "kubectl wait pod/web -n NS --for=condition=Ready --timeout=1s",
        "a volume cannot be mounted (MountVolume.SetUp failed for volume \"v\" : secret \"creds\" not found)",
    ),
    (
        "program",
        "spec: {containers: [{name: main, image: IMAGE, command: [/no/such/program]}]}",
        "kubectl get pods -A -l trouble=program; false",
        "container main cannot be started (failed to create",
    ),
    // What follows says itself what is wrong; the pod beside it has nothing to do with it.
    (
        "exists",
        "spec: {containers: [{name: main, image: IMAGE, command: ['false']}]}",
        "kubectl run web -n NS --image=IMAGE",
        "-",
    ),
    (
        "flag",
        "spec: {containers: [{name: main, image: IMAGE, command: ['false']}]}",
        "kubectl get pods -n NS --no-such-flag",
        "-",
    ),
    (
        "spelt",
        "spec: {containers: [{name: main, image: IMAGE, command: [sleep, '600']}], terminationGracePeriodSeconds: 0}",
        "ROOM=NS; kubectl get pod wbe -n $ROOM",
        "there is no pod \"wbe\"; there is one named \"web\"",
    ),
    (
        "ending",
        "finalizers: spec: {containers: [{name: main, image: IMAGE, command: [sleep, '600']}], terminationGracePeriodSeconds: 0}",
        "kubectl delete namespace NS --wait=false; kubectl run late -n NS --image=IMAGE; R=$?; \
         kubectl patch pod web -n NS --type=merge -p '{\"metadata\":{\"finalizers\":null}}'; (exit $R)",
        "is being deleted, so nothing new can be made in it",
    ),
    (
        "well",
        "spec: {containers: [{name: main, image: IMAGE, command: [sleep, '600']}], terminationGracePeriodSeconds: 0}",
        "kubectl wait pod/web -n NS --for=condition=Ready --timeout=20s && kubectl exec web -n NS -- cat /no/such/file",
        "-",
    ),
];

#[test]
fn each_of_many_troubles_is_told_for_what_it_is() {
    if shared::left_out("each_of_many_troubles_is_told_for_what_it_is") {
        return;
    }
    let mut page = "# Page\n\n```bash\n".to_owned();
    for (name, ..) in TROUBLES {
        page += &format!("$ kubectl create namespace many-{name}\n");
    }
    page += &format!("{}\n", ACCOUNT.replace("; wait_for", ""));
    for (name, body, ..) in TROUBLES {
        let (held, spec) = match body.strip_prefix("finalizers: ") {
            Some(spec) => (", finalizers: [example.com/hold]", spec),
            None => ("", body),
        };
        let metadata = format!("metadata: {{name: web, labels: {{trouble: {name}}}{held}}}");
        page += &format!(
            "$ wait_for many-{name}; kubectl apply -n many-{name} -f - <<'EOF'\napiVersion: v1\nkind: Pod\n{metadata}\n{}\nEOF\n",
            spec.replace(
                "image: IMAGE",
                &format!("image: '{IMAGE}', imagePullPolicy: IfNotPresent")
            )
        );
    }
    page += "```\n";
    for (name, _, asked, _) in TROUBLES {
        let asked = asked
            .replace("NS", &format!("many-{name}"))
            .replace("IMAGE", IMAGE);
        page += &format!("\n```bash id={name}\n$ {asked}\n```\n");
    }
    let pages = Pages::with(&page);
    let ended = run(&pages, "many-none", &["--json", "r.json"]).exits(1);
    let record: serde_json::Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    let steps = record["labs"][0]["pages"][0]["steps"].as_array().unwrap();
    for (name, _, _, cause) in TROUBLES {
        let step = steps.iter().find(|step| step["id"] == name).unwrap();
        let told = step["commands"][0]["checks"][0]["likely_cause"].as_str();
        let told = told.unwrap_or("-");
        let right = match cause {
            "-" => told == "-",
            cause => told.contains(cause),
        };
        assert!(right, "{name}: {told}, not {cause}\n{}", ended.all());
    }
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
         $ fold -w 9 pw.txt; echo; fold -w 20 key.pem; echo -n \"joe:$(cat pw.txt)\" | base64; cat pw.txt | base64 -w 8\nsomething else\n\
         $ kubectl get secret db -n {namespace} -o jsonpath='{{.data.pw}}' | base64 -d; false\n\
         $ export COPY=$(cat pw.txt)\n$ env | grep COPY\nCOPY=other\n\
         $ kubectl create secret generic dry --from-file=pw=dry.txt --dry-run=client -o yaml\nsomething else\n```\n\n\
         ```bash id=word\n$ kubectl create secret generic word -n {namespace} --from-literal=state=Active\n\
         $ kubectl get namespace {namespace}\nNAME STATUS AGE\n{namespace} Active 5s\n```\n\n\
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
    let all = plain[..3].iter().chain([&dry]);
    secrets.extend(all.map(|value| STANDARD.encode(format!("joe:{value}"))[6..20].to_owned()));
    for (name, text) in &told {
        // Lines that were broken, also those of a diff.
        let joined: String = text
            .split(|one: char| one.is_whitespace() || "+|".contains(one))
            .collect();
        for value in &plain {
            assert!(
                !joined.contains(value),
                "{name} tells {value} in pieces\n{text}"
            );
        }
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
    // A mask is for those who read: what is judged is what was printed.
    let record: serde_json::Value = serde_json::from_str(&pages.read("r.json")).unwrap();
    let word = &record["labs"][0]["pages"][0]["steps"][2];
    assert_eq!(word["verdict"], "pass", "{}", ended.all());
    let shown = word["commands"][1]["output"].as_str().unwrap();
    assert!(
        shown.contains("[masked]") && !shown.contains("Active"),
        "{shown}"
    );
    // What is no secret stays readable.
    assert!(
        ended.stdout.contains("trouble-secrets") && ended.stdout.contains("kind: Secret"),
        "{}",
        ended.all()
    );
}
