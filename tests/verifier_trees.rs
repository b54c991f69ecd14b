//! `match`: which objects are as asked, and what is said of those that are not.

use labproof::source::SourceFile;
use labproof::verifier::{Kind, parse};
use serde_json::{Value, json};

/// What is said of `actual`, asked for `tree` (a flow map of YAML).
fn check(tree: &str, actual: &Value, expected: &[&str]) {
    let text = format!(
        "lab: l\nchecks: [{{name: a, resource: {{apiVersion: v1, kind: X}}, match: {tree}}}]\n"
    );
    let verifier = parse(&SourceFile::new("l.yaml", text)).unwrap();
    let Kind::Resource(resource) = &verifier.checks[0].kind else {
        panic!();
    };
    let found: Vec<String> = resource
        .expected
        .mismatches(actual)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found, expected, "{tree}");
}

fn deployment() -> Value {
    json!({
        "metadata": {"annotations": {"deployment.kubernetes.io/revision": "3"}},
        "spec": {"replicas": 2, "paused": false, "template": {"spec": {"containers": [
            {"name": "assets", "image": "x/assets:0.4.0", "command": ["sh", "-c"],
             "resources": {"limits": {"memory": "1Gi"}}},
            {"name": "proxy", "image": "x/proxy:1", "args": []},
        ]}}},
        "status": {"readyReplicas": 2, "conditions": [
            {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
            {"type": "Progressing", "status": "True"},
        ]},
    })
}

#[test]
fn must_match() {
    let actual = deployment();
    for tree in [
        "{status: {readyReplicas: 2}}",
        "{status: {readyReplicas: '>= 2', unavailableReplicas: absent}}",
        "{metadata: {annotations: {deployment.kubernetes.io/revision: '== 3'}}}",
        "{metadata: {annotations: {deployment.kubernetes.io/revision: 3}}}",
        "{metadata: {labels: {app: absent}}}",
        "{spec: {paused: false, template: {spec: {containers: [{name: proxy}]}}}}",
        "{spec: {template: {spec: {containers: [{name: assets, resources: {limits: {memory: 1024Mi}}}]}}}}",
        "{spec: {template: {spec: {containers: {assets: {image: '/:0.4.0$/'}, proxy: {args: []}}}}}}",
        "{spec: {template: {spec: {containers: {proxy: present, sidecar: absent}}}}}",
        "{spec: {template: {spec: {containers: {count: 2, any: {name: proxy}, all: {image: present}, none: {image: '/latest/'}}}}}}",
        "{spec: {template: {spec: {containers: [{command: [sh, '-c']}, {image: '/x/'}]}}}}",
        "{status: {conditions: {Available: 'True'}}}",
        "{status: {conditions: {Available: {status: 'True', reason: /Minimum/}, ReplicaFailure: absent}}}",
        "{status: {conditions: [{type: Progressing, status: 'True'}]}}",
    ] {
        check(tree, &actual, &[]);
    }
}

#[test]
fn must_not_match_and_says_where() {
    let actual = deployment();
    for (tree, said) in [
        (
            "{status: {readyReplicas: '> 2'}}",
            "status.readyReplicas: expected > 2, is 2",
        ),
        (
            "{status: {missing: 1}}",
            "status.missing: expected 1, is not there",
        ),
        (
            "{metadata: {annotations: {deployment.kubernetes.io/revision: '4'}}}",
            "metadata.annotations[deployment.kubernetes.io/revision]: expected \"4\", is \"3\"",
        ),
        (
            "{spec: {template: {spec: {containers: [{name: assets, image: y}]}}}}",
            "spec.template.spec.containers[name=assets].image: expected \"y\", is \"x/assets:0.4.0\"",
        ),
        (
            "{spec: {template: {spec: {containers: [{name: web}]}}}}",
            "spec.template.spec.containers: expected an item with name \"web\", is a list of assets, proxy",
        ),
        (
            "{spec: {template: {spec: {containers: {web: present}}}}}",
            "spec.template.spec.containers: expected an item called `web`, is a list of assets, proxy",
        ),
        (
            "{spec: {template: {spec: {containers: {count: 3}}}}}",
            "spec.template.spec.containers.count: expected 3, is 2",
        ),
        (
            "{spec: {template: {spec: {containers: {all: {image: '/assets/'}}}}}}",
            "spec.template.spec.containers[1].image: expected /assets/, is \"x/proxy:1\"",
        ),
        (
            "{spec: {template: {spec: {containers: {any: {image: nope}}}}}}",
            "spec.template.spec.containers: expected any item like that, is 2 items, none like that",
        ),
        (
            "{spec: {template: {spec: {containers: [{image: '/x/'}, {image: '/assets/'}, {image: '/x/'}]}}}}",
            "spec.template.spec.containers: expected 3 different items like those listed, is 2 items, 2 like that",
        ),
        (
            "{spec: {template: {spec: {containers: {assets: {command: ['-c', sh]}}}}}}",
            "spec.template.spec.containers[name=assets].command: expected [\"-c\",\"sh\"], is [\"sh\",\"-c\"]",
        ),
        (
            "{status: {conditions: {Available: 'False'}}}",
            "status.conditions[type=Available].status: expected \"False\", is \"True\"",
        ),
        (
            "{spec: {replicas: {a: 1}}}",
            "spec.replicas: expected a map, is 2",
        ),
    ] {
        check(tree, &actual, &[said]);
    }
}

#[test]
fn all_that_is_wrong_is_said_and_long_values_are_cut() {
    let actual = json!({"a": 1, "b": 2, "c": "x".repeat(5_000)});
    check(
        "{a: 2, b: 2, d: 1}",
        &actual,
        &["a: expected 2, is 1", "d: expected 1, is not there"],
    );
    let text = "lab: l\nchecks: [{name: a, resource: {apiVersion: v1, kind: X}, match: {c: y}}]\n";
    let verifier = parse(&SourceFile::new("l.yaml", text)).unwrap();
    let Kind::Resource(resource) = &verifier.checks[0].kind else {
        panic!();
    };
    let said = resource.expected.mismatches(&actual)[0].to_string();
    assert!(said.len() < 300, "{}", said.len());
}

#[test]
fn whether_items_are_found_does_not_depend_on_their_order() {
    // The first wanted item fits both, the second only one: taking the first free would fail.
    let actual = json!({"list": [{"x": 1, "y": 1}, {"x": 1}]});
    check("{list: [{x: 1}, {x: 1, y: 1}]}", &actual, &[]);
    check("{list: [{x: 1, y: 1}, {x: 1}]}", &actual, &[]);
}
