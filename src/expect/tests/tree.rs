//! JSON and YAML.

use super::{fails, passes};

const POD: &str = r#"apiVersion: v1
kind: Pod
metadata:
  annotations:
    note: first
  creationTimestamp: "2026-11-21T00:50:30Z"
  labels:
    app: web
  name: web-0
  namespace: a
  resourceVersion: "14479"
  uid: 46e3ff59-ef60-496d-b4d2-5f28cc6b1e08
spec:
  containers:
  - args:
    - -g
    - daemon off;
    env:
    - name: MODE
      value: fast
    - name: LEVEL
      value: "3"
    image: nginx:1.14.2
    name: web
    resources:
      limits:
        memory: 64Mi
    terminationMessagePath: /dev/termination-log
  - image: busybox:1.36
    name: side
  nodeName: node1
  tolerationSeconds: 300
status:
  conditions:
  - status: "True"
    type: Ready
  - status: "True"
    type: PodScheduled
  phase: Running
  podIP: 10.244.0.207"#;

fn other() -> String {
    [
        ("14479", "99"),
        ("46e3ff59", "00e3ff59"),
        ("2026-11-21", "2027-01-01"),
        ("node1", "node7"),
        ("10.244.0.207", "10.244.0.9"),
    ]
    .iter()
    .fold(POD.to_owned(), |text, (from, to)| text.replace(from, to))
}

const YAML: &str = "kubectl get pod web-0 -o yaml";

#[test]
fn yaml_of_another_run() {
    passes("yaml", YAML, POD, &other());
    passes(
        "yaml",
        YAML,
        POD,
        &other().replace(
            "  - status: \"True\"\n    type: Ready\n  - status: \"True\"\n    type: PodScheduled",
            "  - status: \"True\"\n    type: PodScheduled\n  - status: \"True\"\n    type: Ready",
        ),
    );
    passes(
        "yaml",
        YAML,
        POD,
        &other().replace("  podIP:", "  podIPs:\n  - ip: 10.244.0.9\n  podIP:"),
    );
}

#[test]
fn yaml_that_differs() {
    let say =
        |words: &str, from: &str, to: &str| fails(words, YAML, POD, &other().replacen(from, to, 1));
    say(
        ".spec.containers[0].image is \"nginx:1.16.1\", the page shows \"nginx:1.14.2\"",
        "nginx:1.14.2",
        "nginx:1.16.1",
    );
    say(".memory", "64Mi", "128Mi");
    say(".value is \"4\"", "\"3\"", "\"4\"");
    say(".metadata.labels.app", "app: web", "app: wep");
    say(
        ".metadata.labels.tier is \"x\", the page does not show it",
        "    app: web",
        "    app: web\n    tier: x",
    );
    say(
        "livenessProbe",
        "    image: nginx:1.14.2",
        "    image: nginx:1.14.2\n    livenessProbe: {}",
    );
    say(".spec.tolerationSeconds", "300", "30");
    say(
        ".spec.containers has 1 element, the page shows 2",
        "  - image: busybox:1.36\n    name: side\n",
        "",
    );
    say(".status.phase", "Running", "Pending");
    say(
        ".args[0]",
        "    - -g\n    - daemon off;",
        "    - daemon off;\n    - -g",
    );
    say(
        ".status.conditions[0].status is \"False\"",
        "\"True\"",
        "\"False\"",
    );
    say(".annotations.note", "first", "second");
}

#[test]
fn yaml_that_was_trimmed() {
    let trimmed: String = POD
        .lines()
        .filter(|line| {
            ![
                "resourceVersion",
                "uid:",
                "terminationMessagePath",
                "creationTimestamp",
            ]
            .iter()
            .any(|key| line.contains(key))
        })
        .collect::<Vec<_>>()
        .join("\n");
    passes("yaml", YAML, &trimmed, &other());
    fails(
        "limits",
        YAML,
        &trimmed,
        &other().replace("memory: 64Mi", "memory: 64Mi\n        cpu: 1"),
    );
    fails(
        "image",
        YAML,
        &trimmed,
        &other().replace("1.14.2", "1.16.1"),
    );
    let part = "  containers:\n  - args:\n    - -g\n    - daemon off;";
    passes("yaml", YAML, part, &other());
    passes(
        "yaml",
        YAML,
        &format!("[...]\nspec:\n{part}\n[...]"),
        &other(),
    );
    fails("", YAML, &part.replace("-g", "-x"), &other());
    passes(
        "yaml",
        YAML,
        "spec:\n  nodeName: xyz\n...\nstatus:\n  phase: Running   # <---- here\n",
        &other(),
    );
    fails("phase", YAML, "status:\n  phase: Failed\n", &other());
    passes(
        "yaml",
        YAML,
        &POD.replace(
            "uid: 46e3ff59-ef60-496d-b4d2-5f28cc6b1e08",
            "uid: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        ),
        &other(),
    );
    fails(
        "",
        YAML,
        &POD.replace(
            "uid: 46e3ff59-ef60-496d-b4d2-5f28cc6b1e08",
            "uid: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
        ),
        &other().replace("64Mi", "1Gi"),
    );
}

const LIST: &str = r#"[
  {
    "name": "MODE",
    "value": "fast"
  },
  {
    "name": "LEVEL",
    "value": "3"
  }
]"#;
const JSON: &str = "kubectl get pod web-0 -o json | jq '.spec.containers[0].env'";

#[test]
fn yaml_from_one_root() {
    let one = "- mountPath: /tmp\n  name: tmp";
    let two = "- mountPath: /data\n  name: data\n- mountPath: /tmp\n  name: tmp";
    fails(
        "has 2 elements, the page shows 1",
        "kubectl get deploy a -o yaml | yq .x",
        one,
        two,
    );
    fails(
        "has 1 element, the page shows 2",
        "kubectl get deploy a -o yaml | yq .x",
        two,
        one,
    );
    passes(
        "yaml",
        "kubectl get deploy a -o yaml | yq .x",
        "a: b\n[...]",
        "a: b\nc: d",
    );
}

#[test]
fn json_layout_is_layout() {
    passes(
        "json",
        JSON,
        LIST,
        r#"[{"value":"fast","name":"MODE"},{"name":"LEVEL","value":"3"}]"#,
    );
    passes(
        "json",
        JSON,
        r#"[{"value":"fast","name":"MODE"},{"name":"LEVEL","value":"3"}]"#,
        LIST,
    );
    fails(
        "[0].name",
        JSON,
        LIST,
        r#"[{"name":"LEVEL","value":"3"},{"name":"MODE","value":"fast"}]"#,
    );
    fails(
        "[1].value is 3, the page shows \"3\"",
        JSON,
        LIST,
        r#"[{"name":"MODE","value":"fast"},{"name":"LEVEL","value":3}]"#,
    );
    fails(
        "has 1 element",
        JSON,
        LIST,
        r#"[{"name":"MODE","value":"fast"}]"#,
    );
    fails(
        "[0].x is 1, the page does not show it",
        JSON,
        LIST,
        &LIST.replacen("\"fast\"", "\"fast\", \"x\": 1", 1),
    );
    fails(
        "[0].value is not there",
        JSON,
        LIST,
        r#"[{"name":"MODE"},{"name":"LEVEL","value":"3"}]"#,
    );
    fails("the page shows JSON", JSON, LIST, "null");
    fails("nothing was printed", JSON, LIST, "");
    passes("json", JSON, "[]", "[]");
    fails("has 0 elements", JSON, LIST, "[]");
}

#[test]
fn json_with_parts_left_out() {
    passes(
        "json",
        JSON,
        "[\n  {\n    \"name\": \"MODE\",\n    ...\n  },\n  ...\n]",
        LIST,
    );
    passes(
        "json",
        JSON,
        "[\n  ...\n  {\n    \"name\": \"LEVEL\",\n    \"value\": \"3\" <<<---\n  }\n]",
        LIST,
    );
    passes(
        "json",
        JSON,
        "[\n  {\n    \"name\": \"MODE\",\n[...]\n    \"value\": \"3\"\n  }\n]",
        LIST,
    );
    fails(
        "",
        JSON,
        "[\n  {\n    \"name\": \"MODE\",\n[...]\n    \"value\": \"4\"\n  }\n]",
        LIST,
    );
    fails(
        "",
        JSON,
        "[\n  {\n    \"name\": \"MOOD\",\n    ...\n  },\n  ...\n]",
        LIST,
    );
    passes(
        "json",
        "aws sts get-caller-identity",
        r#"{"Account": "1234567890", "Arn": "arn:aws:iam::1234567890:role/x"}"#,
        r#"{"UserId": "AROA", "Account": "210987654321", "Arn": "arn:aws:iam::210987654321:role/x"}"#,
    );
    fails(
        ".Arn",
        "aws sts get-caller-identity",
        r#"{"Account": "1234567890", "Arn": "arn:aws:iam::1234567890:role/x"}"#,
        r#"{"UserId": "AROA", "Account": "210987654321", "Arn": "arn:aws:iam::210987654321:role/y"}"#,
    );
    passes(
        "json",
        "curl -s a/cert",
        r#"{"cert": "LS0tL(...)LQo=", "n": ...}"#,
        r#"{"cert": "LS0tLabcLQo=", "n": {"a": 1}}"#,
    );
}

#[test]
fn several_documents() {
    passes(
        "json",
        "kubectl get pods -o json | jq -c '.items[] | {n: .metadata.name}'",
        "{\"n\":\"web-5774b8d5f4-cv89c\"}\n{\"n\":\"web-5774b8d5f4-nclqv\"}",
        "{\"n\":\"web-dbbdc96d6-xlrhl\"}\n{\"n\":\"web-dbbdc96d6-58mgh\"}",
    );
    fails(
        "",
        "kubectl get pods -o json | jq -c '.items[] | {n: .metadata.name}'",
        "{\"n\":\"web-5774b8d5f4-cv89c\"}\n{\"n\":\"web-5774b8d5f4-nclqv\"}",
        "{\"n\":\"web-dbbdc96d6-xlrhl\"}\n{\"n\":\"web-5774b8d5f4-58mgh\"}",
    );
    let kustomized = "apiVersion: v1\ndata:\n  LOG: debug\nkind: ConfigMap\nmetadata:\n  name: app-config-ttchg99576\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web";
    passes(
        "yaml",
        "kubectl kustomize app",
        kustomized,
        &kustomized.replace("ttchg99576", "tkkdd9fftc"),
    );
    fails(
        "LOG",
        "kubectl kustomize app",
        kustomized,
        &kustomized.replace("debug", "info"),
    );
    fails(
        "1 document printed, the page shows 2",
        "kubectl kustomize app",
        kustomized,
        kustomized.split("---").next().unwrap_or_default(),
    );
}

#[test]
fn parts_left_out_of_an_answer() {
    let page = "{\"items\": [{\"name\": \"a\", ...}, ...], \"total\": 2}";
    let run = "{\"items\": [{\"name\": \"a\", \"n\": 1}, {\"name\": \"b\"}], \"total\": 2}";
    passes("json", "curl -s http://a", page, run);
    fails("total", "curl -s http://a", page, &run.replace("2}", "3}"));
    fails(
        "error",
        "curl -s http://a",
        page,
        &run.replace("2}", "2, \"error\": \"partial\"}"),
    );
    fails(
        "admin",
        "curl -s http://a",
        "{\"token\": \"...\", \"role\": \"user\"}",
        "{\"token\": \"abc\", \"role\": \"user\", \"admin\": true}",
    );
    // An account that the author masked beside an id that is another in each run.
    let arn = "{\"arn\": \"arn:aws:eks:us-west-2:1234567890:addon/c/cni/30c6b5f8-1111-2222-3333-444455556666\"}";
    let other = arn
        .replace("1234567890", "555566667777")
        .replace("30c6b5f8", "aaa6b5f8");
    passes("json", "aws eks describe-addon", arn, &other);
    fails(
        "coredns",
        "aws eks describe-addon",
        arn,
        &other.replace("/cni/", "/coredns/"),
    );
}

#[test]
fn a_kubeconfig_is_that_of_another_cluster() {
    let config = "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: DATA+OMITTED\n    server: https://127.0.0.1:34567\n  name: dev\nusers:\n- name: dev\n  user:\n    client-key-data: REDACTED";
    let run = config
        .replace("127.0.0.1:34567", "10.0.0.7:6443")
        .replace("REDACTED", "DATA+OMITTED");
    passes("yaml", "kubectl config view --minify", config, &run);
    fails(
        "prod",
        "kubectl config view --minify",
        config,
        &run.replace("name: dev\nusers", "name: prod\nusers"),
    );
}
