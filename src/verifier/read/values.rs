//! Values that several kinds of check take: paths, selectors, comparisons, trees.

use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use serde_json::Value as Json;

use super::super::compare::Comparison;
use super::super::fields::{Fields, Problems, suggestion, text_of};
use super::super::kind::{PodsOf, Workload};
use super::super::node::{Entry, Node, Value};
use super::super::text::TextIs;
use super::super::tree::Expected;

/// Labels as `kubectl -l` takes them.
static SELECTOR: LazyLock<Regex> = LazyLock::new(|| {
    let name = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?";
    let key = format!("(?:{name}/)?{name}");
    let one = format!(
        r"(?:!?\s*{key}|{key}\s*(?:==?|!=)\s*(?:{name})?|{key}\s*[<>]\s*\d+|{key}\s+(?:in|notin)\s*\(\s*(?:{name})?(?:\s*,\s*(?:{name})?)*\s*\))"
    );
    Regex::new(&format!(r"^\s*{one}(?:\s*,\s*{one})*\s*$")).expect("the pattern is valid")
});

/// `app=assets`, or a map of labels.
pub(super) fn selector_of(entry: &Entry, problems: &mut Problems<'_>) -> Option<String> {
    let selector = match &entry.value.value {
        Value::Map(labels) => {
            let mut parts = Vec::new();
            for label in labels {
                let value = text_of(&label.key, &label.value, problems)?;
                parts.push(format!("{}={value}", label.key));
            }
            parts.join(",")
        }
        _ => text_of("selector", &entry.value, problems)?,
    };
    if !SELECTOR.is_match(&selector) {
        let message = match selector.is_empty() {
            true => "`selector` says nothing, so it would find everything".to_owned(),
            false => format!("`{selector}` selects nothing: it is no label selector"),
        };
        let help = "write it as for `kubectl -l`, such as `app=web,tier in (a, b),!old`, or as a map of labels";
        problems.error_with_help(entry.value.span, message, help.to_owned());
        return None;
    }
    Some(selector)
}

/// `deployment/assets`.
pub(super) fn workload(node: &Node, problems: &mut Problems<'_>) -> Option<PodsOf> {
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

pub(super) fn path(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let entry = fields.need("path", problems)?;
    let path = text_of("path", &entry.value, problems)?;
    if !path.starts_with('/') {
        let message = format!("`path` must be absolute, `{path}` is not");
        problems.error(entry.value.span, message);
        return None;
    }
    Some(path)
}

/// The keys that ask something of a text.
pub(super) fn text_is(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> TextIs {
    let matches = fields.take("matches").and_then(|entry| {
        let text = text_of("matches", &entry.value, problems)?;
        // As in `match`, slashes around it are allowed, and not needed.
        let inner = text
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'));
        let built = RegexBuilder::new(inner.unwrap_or(&text))
            .multi_line(true)
            .build();
        if let Err(error) = &built {
            let reason = super::super::compare::reason_of(error);
            let message = format!("`matches` is not a regular expression: {reason}");
            problems.error(entry.value.span, message);
        }
        built.ok()
    });
    TextIs {
        contains: fields.text("contains", problems),
        equals: whole_text(fields, "equals", problems),
        matches,
        lacks: fields.text("lacks", problems),
    }
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

/// What is asked of a number that there always is, such as how many objects there are: of it `present` says nothing, and a word is
/// never so.
pub(super) fn number(node: &Node, problems: &mut Problems<'_>) -> Option<Comparison> {
    let read = match &node.value {
        // In quotes or not, it is the same number.
        Value::Text(text) => match text.trim().parse() {
            Ok(number) => Comparison::number(number),
            Err(_) => comparison(node, problems)?,
        },
        _ => comparison(node, problems)?,
    };
    let is_good = match &read {
        Comparison::Equal(value) | Comparison::NotEqual(value) => value.is_u64(),
        Comparison::Size(..) | Comparison::Matches(_) | Comparison::MatchesNot(_) => true,
        Comparison::Present | Comparison::Absent => false,
    };
    if !is_good {
        let message = "a number is asked for here, such as `2`, `\">= 1\"` or `\"!= 0\"`";
        problems.error(node.span, message);
        return None;
    }
    Some(read)
}

/// The tree of a `match`.
pub(super) fn tree(node: &Node, problems: &mut Problems<'_>) -> Option<Expected> {
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
