//! The JSON Schema of verifier files, held against files that labproof reads and refuses.
//!
//! The validator here knows the words of JSON Schema that the file uses, and panics at any other: a crate for all of
//! them changes how serde_json is built for every other test.

use std::path::{Path, PathBuf};

use labproof::source::SourceFile;
use labproof::verifier::{load, parse};
use regex::Regex;
use serde_json::Value;

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifiers/schema.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The places where a value is not as a schema says; `root` is what `$ref` points into.
fn errors(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (word, asked) in schema.as_object().unwrap() {
        let holds = |schema: &Value| errors(root, schema, value, at).is_empty();
        let among = |all: &Value| {
            all.as_array()
                .unwrap()
                .iter()
                .filter(|one| holds(one))
                .count()
        };
        let good = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let pointer = asked.as_str().unwrap().strip_prefix('#').unwrap();
                found.extend(errors(root, root.pointer(pointer).unwrap(), value, at));
                true
            }
            "type" => match asked {
                Value::Array(types) => types.iter().any(|one| is_of(one, value)),
                one => is_of(one, value),
            },
            "enum" => asked.as_array().unwrap().contains(value),
            "pattern" => {
                let pattern = Regex::new(asked.as_str().unwrap()).unwrap();
                value.as_str().is_none_or(|text| pattern.is_match(text))
            }
            "minimum" => value
                .as_i64()
                .is_none_or(|number| number >= asked.as_i64().unwrap()),
            "maximum" => value
                .as_i64()
                .is_none_or(|number| number <= asked.as_i64().unwrap()),
            "minItems" => value
                .as_array()
                .is_none_or(|all| all.len() as u64 >= asked.as_u64().unwrap()),
            "minProperties" => value
                .as_object()
                .is_none_or(|all| all.len() as u64 >= asked.as_u64().unwrap()),
            "anyOf" => among(asked) > 0,
            "oneOf" => among(asked) == 1,
            "not" => !holds(asked),
            "required" => value.as_object().is_none_or(|map| {
                let keys = asked.as_array().unwrap();
                keys.iter()
                    .all(|key| map.contains_key(key.as_str().unwrap()))
            }),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(errors(root, asked, item, &format!("{at}/{index}")));
                }
                true
            }
            "properties" => {
                for (key, schema) in asked.as_object().unwrap() {
                    if let Some(value) = value.get(key) {
                        found.extend(errors(root, schema, value, &format!("{at}/{key}")));
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties");
                let more = value.as_object().into_iter().flatten();
                let more: Vec<_> = more
                    .filter(|(key, _)| known.is_none_or(|known| known.get(key).is_none()))
                    .collect();
                if asked.is_object() {
                    for (key, value) in &more {
                        found.extend(errors(root, asked, value, &format!("{at}/{key}")));
                    }
                }
                asked.is_object() || more.is_empty()
            }
            unknown => panic!("the schema says `{unknown}`, which this validator does not know"),
        };
        if !good {
            found.push(format!("{at}: not as `{word}: {asked}` says"));
        }
    }
    found
}

fn is_of(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        unknown => panic!("no type `{unknown}`"),
    }
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Every `.yaml` below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            found.push(path);
        }
    }
}

#[test]
fn every_verifier_of_the_repository_is_as_the_schema_says() {
    let schema = schema();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifiers");
    let mut found = Vec::new();
    files(&root, &mut found);
    assert!(!found.is_empty());
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        let errors = errors(&schema, &schema, &yaml(&text), "");
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        assert!(load(&path).is_ok(), "{}", path.display());
        // Editors find the schema by this line.
        let depth = path.strip_prefix(&root).unwrap().components().count();
        let line = format!(
            "# yaml-language-server: $schema={}schema.json\n",
            "../".repeat(depth - 1)
        );
        assert!(text.starts_with(&line), "{} has no {line}", path.display());
    }
}

/// Whether labproof and the schema agree that a check is good, or that it is not.
fn check(good: bool, check: &str) {
    let text = format!("lab: lab\nchecks:\n  - {{name: a, {check}}}\n");
    let read = parse(&SourceFile::new("verifiers/lab.yaml", text.as_str()));
    assert_eq!(read.is_ok(), good, "{check}: {read:#?}");
    let schema = schema();
    let errors = errors(&schema, &schema, &yaml(&text), "");
    assert_eq!(errors.is_empty(), good, "{check}: {errors:#?}");
}

const POD: &str = "apiVersion: v1, kind: Pod";

#[test]
fn the_schema_takes_what_labproof_reads() {
    for text in [
        "absent: {apiVersion: v1, kind: Pod, selector: {app: web}}",
        "within: 1m30s, count: {apiVersion: v1, kind: Pod, is: '>= 2'}, match: {spec: {nodeName: present}}",
        "resource: {apiVersion: v1, kind: Pod, name: a, which: one}, match: {spec: {containers: [{name: a, image: /x/}]}}",
        "resource: {apiVersion: v1, kind: Pod}, match: {status: {conditions: {Ready: 'True'}}, a: [1, b], b: {any: {c: null}}}",
        "owner: {apiVersion: v1, kind: Pod, chain: [ReplicaSet, Deployment/web]}",
        "rollout: {workload: deployment/web, is: complete, revision: 2}",
        "events: {on: Pod/web, reason: Killing, type: Warning, contains: x, is: 0}",
        "file: {workload: deployment/web, path: /x, mode: 644, replicas: same}",
        "persistence: {workload: sts/web, path: /x, across: node-drain, expect: kept, by: lab}",
        "exec: {workload: pod/web, command: [ls, /], exit: 0, lacks: x}",
        "logs: {selector: app=web, contains: x, previous: true}",
        "http: {service: web, port: 80, path: /x, status: '< 500'}",
        "http: {service: web, status: '/^2/'}",
        "count: {apiVersion: v1, kind: Pod, selector: 'app in (a, b),!old,tier!=x', is: '2'}",
        "after: b, availability: {service: web, port: http, gap: 2s, rate: 5, failed: '<= 3'}",
    ] {
        check(true, text);
    }
}

#[test]
fn the_schema_refuses_what_labproof_refuses() {
    for text in [
        "within: 30",
        "within: 30, absent: {apiVersion: v1, kind: Pod}",
        "absent: {apiVersion: v1}",
        "absent: {apiVersion: v1, kind: Pod, nmespace: x}",
        "absent: {apiVersion: v1, kind: Pod}, match: {a: 1}",
        "resource: {apiVersion: v1, kind: Pod}",
        "count: {apiVersion: v1, kind: Pod}",
        "count: {apiVersion: v1, kind: Pod, is: present}",
        "count: {apiVersion: v1, kind: Pod, is: '!= two'}",
        "count: {apiVersion: v1, kind: Pod, is: -1}",
        "absent: {apiVersion: v1, kind: Pod, selector: {}}",
        "availability: {service: web}",
        "after: b, availability: {service: web, rate: 500}",
        "http: {service: web, scheme: ftp}",
        "file: {workload: web, path: /x}",
        "file: {workload: deployment/web, path: x}",
        "persistence: {workload: deployment/web, path: /x, across: reboot, expect: kept}",
        "owner: {apiVersion: v1, kind: Pod, chain: [web]}",
        "exec: {workload: pod/web}",
        "events: {type: Odd}",
    ] {
        check(false, text);
    }
    check(
        false,
        &format!("absent: {{{POD}}}, count: {{{POD}, is: 1}}"),
    );
}
