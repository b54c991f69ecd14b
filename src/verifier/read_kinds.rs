//! The tree of one check → its [`Kind`].
//!
//! [`WORDS`] says which key leads to which reader; a reader may take more keys of the check,
//! such as `match`.

use serde_json::Value as Json;

use super::compare::Comparison;
use super::fields::{Fields, Problems, suggestion, text_of};
use super::kind::{
    Across, By, Count, Fate, File, FileIs, Kind, Objects, Persistence, Pods, PodsOf, Replicas,
    Resource, Target, Which, Workload,
};
use super::node::{Entry, Node, Value};
use super::tree::Expected;

/// Reads the kind that stands at an entry of a check.
type Reader = fn(&Entry, &mut Fields<'_>, &mut Problems<'_>) -> Option<Kind>;

/// The keys that make a check, one of them each.
pub(super) const WORDS: [(&str, Reader); 5] = [
    ("resource", resource),
    ("absent", absent),
    ("count", count),
    ("file", file),
    ("persistence", persistence),
];

fn resource(entry: &Entry, check: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut which = Which::Every;
    let objects = Fields::of(&entry.value, "`resource`", problems).and_then(|mut fields| {
        let words = [("every", Which::Every), ("one", Which::One)];
        which = fields.word("which", &words, problems).unwrap_or(which);
        objects(fields, problems)
    });
    let expected = check
        .need("match", problems)
        .and_then(|entry| tree(&entry.value, problems));
    Some(Kind::Resource(Resource {
        objects: objects?,
        which,
        expected: expected?,
    }))
}

fn absent(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let fields = Fields::of(&entry.value, "`absent`", problems)?;
    objects(fields, problems).map(Kind::Absent)
}

fn count(entry: &Entry, check: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut is = None;
    let objects = Fields::of(&entry.value, "`count`", problems).and_then(|mut fields| {
        is = fields
            .need("is", problems)
            .and_then(|entry| comparison(&entry.value, problems));
        objects(fields, problems)
    });
    let expected = check
        .take("match")
        .map(|entry| tree(&entry.value, problems));
    Some(Kind::Count(Count {
        objects: objects?,
        expected: match expected {
            Some(read) => Some(read?),
            None => None,
        },
        is: is?,
    }))
}

fn file(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`file`", problems)?;
    let pods = pods(&mut fields, problems);
    let path = path(&mut fields, problems);
    let exists = fields.flag("exists", problems).unwrap_or(true);
    let is = FileIs {
        absent: !exists,
        contains: fields.text("contains", problems),
        equals: whole_text(&mut fields, "equals", problems),
        sha256: checksum(&mut fields, problems),
        mode: mode(&mut fields, problems),
    };
    let asks = [
        is.contains.is_some(),
        is.equals.is_some(),
        is.sha256.is_some(),
        is.mode.is_some(),
    ];
    if is.absent && asks.contains(&true) {
        problems.error(
            fields.span(),
            "a file that is not there has neither content nor mode",
        );
    }
    let words = [
        ("every", Replicas::Every),
        ("some", Replicas::Some),
        ("same", Replicas::Same),
        ("different", Replicas::Different),
    ];
    let replicas = fields.word("replicas", &words, problems);
    fields.finish(problems);
    Some(Kind::File(File {
        pods: pods?,
        path: path?,
        is,
        replicas: replicas.unwrap_or(Replicas::Every),
    }))
}

fn persistence(entry: &Entry, _: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let mut fields = Fields::of(&entry.value, "`persistence`", problems)?;
    let span = fields.span();
    let pods = pods(&mut fields, problems);
    if let Some(PodsOf::Pod(name)) = pods.as_ref().map(|pods| &pods.of) {
        problems.error(
            span,
            format!("nothing brings the bare pod `{name}` back: name the workload that keeps it"),
        );
    }
    let path = path(&mut fields, problems);
    let across = fields.need("across", problems).and_then(|entry| {
        let words = [("pod-deletion", Across::PodDeletion)];
        super::fields::word_of("across", &entry.value, &words, problems)
    });
    let expect = fields.need("expect", problems).and_then(|entry| {
        let words = [("kept", Fate::Kept), ("lost", Fate::Lost)];
        super::fields::word_of("expect", &entry.value, &words, problems)
    });
    let words = [("labproof", By::Labproof), ("lab", By::Lab)];
    let by = fields.word("by", &words, problems).unwrap_or(By::Labproof);
    let marker = fields.flag("marker", problems);
    fields.finish(problems);
    Some(Kind::Persistence(Persistence {
        pods: pods?,
        path: path?,
        across: across?,
        expect: expect?,
        by,
        marker,
    }))
}

/// The keys that name objects; takes the rest of the map to be none of anybody's.
fn objects(mut fields: Fields<'_>, problems: &mut Problems<'_>) -> Option<Objects> {
    let api_version = fields.need_text("apiVersion", problems);
    let kind = fields.need_text("kind", problems);
    let namespace = fields.text("namespace", problems);
    let name = fields.take("name");
    let selector = fields.take("selector");
    let target = match (name, selector) {
        (Some(_), Some(selector)) => {
            let message = "objects are named by `name` or by `selector`, not by both";
            problems.error(selector.key_span, message);
            None
        }
        (Some(name), None) => text_of("name", &name.value, problems).map(Target::Name),
        (None, Some(entry)) => selector_of(entry, problems).map(Target::Selector),
        (None, None) => Some(Target::All),
    };
    fields.finish(problems);
    Some(Objects {
        api_version: api_version?,
        kind: kind?,
        namespace,
        target: target?,
    })
}

/// `app=assets`, or a map of labels.
fn selector_of(entry: &Entry, problems: &mut Problems<'_>) -> Option<String> {
    let Value::Map(labels) = &entry.value.value else {
        return text_of("selector", &entry.value, problems);
    };
    let mut parts = Vec::new();
    for label in labels {
        let value = text_of(&label.key, &label.value, problems)?;
        parts.push(format!("{}={value}", label.key));
    }
    Some(parts.join(","))
}

/// The keys that name pods and a container in them.
fn pods(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Pods> {
    let namespace = fields.text("namespace", problems);
    let container = fields.text("container", problems);
    let selector = fields.take("selector");
    let of = match selector {
        Some(entry) if fields.has("workload") => {
            fields.take("workload");
            let message = "pods are named by `workload` or by `selector`, not by both";
            problems.error(entry.key_span, message);
            None
        }
        Some(entry) => selector_of(entry, problems).map(PodsOf::Selector),
        None => fields
            .need("workload", problems)
            .and_then(|entry| workload(&entry.value, problems)),
    };
    Some(Pods {
        namespace: namespace.unwrap_or_else(|| "default".to_owned()),
        of: of?,
        container,
    })
}

/// `deployment/assets`.
fn workload(node: &Node, problems: &mut Problems<'_>) -> Option<PodsOf> {
    let text = text_of("workload", node, problems)?;
    let Some((kind, name)) = text.split_once('/').filter(|(_, name)| !name.is_empty()) else {
        problems.error_with_help(
            node.span,
            format!("`{text}` names no workload"),
            format!("write `deployment/{text}`, or statefulset/, daemonset/, replicaset/, pod/"),
        );
        return None;
    };
    let name = name.to_owned();
    match kind.to_lowercase().as_str() {
        "deployment" | "deployments" | "deploy" => {
            Some(PodsOf::Workload(Workload::Deployment, name))
        }
        "statefulset" | "statefulsets" | "sts" => {
            Some(PodsOf::Workload(Workload::StatefulSet, name))
        }
        "daemonset" | "daemonsets" | "ds" => Some(PodsOf::Workload(Workload::DaemonSet, name)),
        "replicaset" | "replicasets" | "rs" => Some(PodsOf::Workload(Workload::ReplicaSet, name)),
        "pod" | "pods" | "po" => Some(PodsOf::Pod(name)),
        _ => {
            let known = [
                "deployment",
                "statefulset",
                "daemonset",
                "replicaset",
                "pod",
            ];
            let message = format!("`{kind}` is no workload that keeps pods");
            problems.error_with_help(node.span, message, suggestion(kind, &known));
            None
        }
    }
}

fn path(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let entry = fields.need("path", problems)?;
    let path = text_of("path", &entry.value, problems)?;
    if !path.starts_with('/') {
        let message = format!("`path` must be absolute, `{path}` is not");
        problems.error(entry.value.span, message);
        return None;
    }
    Some(path)
}

/// Text that may also be empty: the content of an empty file.
fn whole_text(
    fields: &mut Fields<'_>,
    key: &'static str,
    problems: &mut Problems<'_>,
) -> Option<String> {
    let entry = fields.take(key)?;
    match &entry.value.value {
        Value::Text(text) => Some(text.clone()),
        _ => text_of(key, &entry.value, problems),
    }
}

fn checksum(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let entry = fields.take("sha256")?;
    let text = text_of("sha256", &entry.value, problems)?;
    if text.len() != 64 || !text.chars().all(|c| c.is_ascii_hexdigit()) {
        problems.error(entry.value.span, "`sha256` must be 64 hex digits");
        return None;
    }
    Some(text.to_lowercase())
}

fn mode(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<u32> {
    let entry = fields.take("mode")?;
    let digits = match &entry.value.value {
        Value::Text(text) => text.clone(),
        // `mode: 644` is read as a number; its digits are what was meant.
        Value::Int(number) => number.to_string(),
        _ => String::new(),
    };
    let mode = u32::from_str_radix(digits.trim_start_matches("0o"), 8);
    match mode {
        Ok(mode) if mode <= 0o7777 => Some(mode),
        _ => {
            problems.error(entry.value.span, "`mode` must be octal, such as \"0644\"");
            None
        }
    }
}

/// What is asked of one value.
pub(super) fn comparison(node: &Node, problems: &mut Problems<'_>) -> Option<Comparison> {
    let value = match &node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::from(*flag),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => Json::from(*number),
        Value::Text(text) => {
            let read = Comparison::parse(text);
            return read
                .map_err(|reason| problems.error(node.span, reason))
                .ok();
        }
        Value::List(_) | Value::Map(_) => {
            let message = format!("one value is asked for here, this is {}", node.kind());
            problems.error(node.span, message);
            return None;
        }
    };
    Some(Comparison::Equal(value))
}

/// The tree of a `match`.
fn tree(node: &Node, problems: &mut Problems<'_>) -> Option<Expected> {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => keys(entries, problems),
        _ => {
            let message = format!(
                "`match` must be a map of what to check, this is {}",
                node.kind()
            );
            problems.error(node.span, message);
            None
        }
    }
}

fn keys(entries: &[Entry], problems: &mut Problems<'_>) -> Option<Expected> {
    // Every entry is read before any is given up on, so that each has its problems noted.
    let read: Vec<_> = entries
        .iter()
        .map(|entry| Some((entry.key.clone(), below(&entry.value, problems)?)))
        .collect();
    read.into_iter().collect::<Option<_>>().map(Expected::Keys)
}

fn below(node: &Node, problems: &mut Problems<'_>) -> Option<Expected> {
    match &node.value {
        Value::Map(entries) => keys(entries, problems),
        Value::List(items) => {
            let maps = items
                .iter()
                .filter(|item| matches!(item.value, Value::Map(_)))
                .count();
            if maps == items.len() && maps > 0 {
                let read: Vec<_> = items.iter().map(|item| below(item, problems)).collect();
                return read.into_iter().collect::<Option<_>>().map(Expected::Items);
            }
            if maps > 0 {
                let message = "a list in `match` holds maps or single values, not both";
                problems.error(node.span, message);
                return None;
            }
            let read: Vec<_> = items
                .iter()
                .map(|item| comparison(item, problems))
                .collect();
            read.into_iter().collect::<Option<_>>().map(Expected::Same)
        }
        _ => comparison(node, problems).map(Expected::Is),
    }
}
