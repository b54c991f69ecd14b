//! YAML documents, as kubectl prints them and as authors show parts of them.
//!
//! Entry point: [`judge`]. Steps: documents against documents as trees; where the shown text is a part that does not stand
//! as YAML by itself, its lines must stand together in the output.

use super::bindings::Binder;
use super::outcome::{Outcome, Task, count};
use super::text::{self, Extent};
use super::tree::{self, Leave, Node};
use super::volatile::Scan;
use super::{elision, normalise};

/// Text that is read as YAML; more is compared by lines.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Blanks or brackets that open before a text counts as too deep to be read.
const MAX_DEPTH: usize = 100;

/// Judges YAML.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let elided = task.shown.lines().any(elision::is_elision);
    // Where an elision stands among the keys of a map it is a part of the tree; elsewhere the tree is read without it.
    let shown = documents(&without_notation(task.shown, task.actual, true))
        .or_else(|| documents(&without_notation(task.shown, task.actual, false)));
    let Some((shown, actual)) = shown.zip(documents(task.actual)) else {
        return by_lines(task, Extent::Part, binder, Outcome::default());
    };
    let mark = binder.mark();
    let outcome = by_trees(&shown, &actual, elided, binder);
    if outcome.agrees() {
        return outcome;
    }
    binder.rollback(mark);
    // A part from the middle reads as YAML too, but from its own root. Where the roots are the same, the trees decide,
    // unless lines were left out in a way that trees cannot tell.
    let rooted = shown.len() == actual.len()
        && shown
            .iter()
            .zip(&actual)
            .all(|(shown, actual)| same_root(shown, actual));
    // Lines know nothing of structure: one container more before the end is no part that an author left out.
    let more = shown
        .iter()
        .zip(&actual)
        .find_map(|(shown, actual)| tree::more_containers(shown, actual));
    if rooted && let Some(reason) = more {
        return Outcome::fail(reason);
    }
    match (rooted, elided) {
        (true, false) => outcome,
        (true, true) => by_lines(task, Extent::Whole, binder, outcome),
        (false, _) => by_lines(task, Extent::Part, binder, outcome),
    }
}

/// Whether a text is a kubeconfig, or a part of one.
pub(super) fn looks_like_kubeconfig(shown: &str) -> bool {
    shown.lines().any(|line| {
        matches!(
            line,
            "apiVersion: v1" | "clusters:" | "contexts:" | "users:"
        )
    })
}

/// Judges `kubectl config view`: where the API server listens is the cluster's affair, and kubectl before 1.21 hid keys
/// under another word.
pub(super) fn judge_kubeconfig(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let plain = |text: &str| {
        let line = |line: &str| match line.split_once("server: https://") {
            Some((before, _)) => format!("{before}server: https://HOST"),
            None => line.replace(": REDACTED", ": DATA+OMITTED"),
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    };
    let (shown, actual) = (plain(task.shown), plain(task.actual));
    judge(&task.with(&shown, &actual), binder)
}

/// Whether a shown document begins where the printed one does.
fn same_root(shown: &Node, actual: &Node) -> bool {
    match (shown, actual) {
        (Node::Array { .. }, Node::Array { .. }) => true,
        (Node::Object { entries, .. }, Node::Object { .. }) => entries
            .iter()
            .all(|(key, _)| tree::get(actual, key).is_some()),
        _ => false,
    }
}

fn by_trees(shown: &[Node], actual: &[Node], elided: bool, binder: &mut Binder<'_>) -> Outcome {
    if shown.len() != actual.len() && !elided {
        return Outcome::fail(format!(
            "{} printed, the page shows {}",
            count(actual.len(), "document"),
            shown.len()
        ));
    }
    if shown.len() > actual.len() {
        return Outcome::fail(format!(
            "{} printed, the page shows {}",
            count(actual.len(), "document"),
            shown.len()
        ));
    }
    let mut reasons = Vec::new();
    for (shown, actual) in shown.iter().zip(actual) {
        let leave = Leave {
            trimmed: elided || tree::is_trimmed(shown, actual),
            unordered: false,
        };
        reasons.extend(tree::compare(shown, actual, leave, binder));
    }
    Outcome {
        reasons,
        ..Outcome::default()
    }
}

/// The shown lines as they stand, anywhere in the output; `trees` says what differs where they do not.
fn by_lines(task: &Task<'_>, extent: Extent, binder: &mut Binder<'_>, trees: Outcome) -> Outcome {
    let plain = |text: &str| {
        text.lines()
            .filter(|line| !is_added(line))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (shown, actual) = (plain(task.shown), plain(task.actual));
    let lines = text::judge_lines(&task.with(&shown, &actual), Scan::FIXED, extent, binder);
    if lines.agrees() || trees.reasons.is_empty() {
        lines
    } else {
        trees
    }
}

/// Lines that newer servers print by themselves.
fn is_added(line: &str) -> bool {
    line.trim().split_once(':').is_some_and(|(key, rest)| {
        !rest.is_empty() && super::releases::is_added_field(key.trim_start_matches("- "))
    })
}

/// The key that stands for keys left out, before its number: from a private use area, so no document has it.
const ELISION: char = '\u{E210}';

/// The text without elisions, remarks and markers, so that it may be read. `marked`: an elision among the keys of a map
/// becomes a key.
fn without_notation(text: &str, actual: &str, marked: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        if elision::is_elision(line) {
            if marked && is_among_keys(&lines, at) {
                let indent = " ".repeat(normalise::indent(line));
                out.push_str(&format!("{indent}\"{ELISION}{at}\": ~\n"));
            }
            continue;
        }
        if elision::is_comment(line) && !actual.contains(line) {
            continue;
        }
        out.push_str(elision::without_marker(line).unwrap_or(line));
        out.push('\n');
    }
    out
}

/// Whether the line next to an elision that is as deep, before it or behind it, is a key with its value.
fn is_among_keys(lines: &[&str], at: usize) -> bool {
    let depth = normalise::indent(lines[at]);
    let said = |line: &&&str| !line.trim().is_empty() && !elision::is_elision(line);
    let is_key = |line: &&str| {
        let word = line.trim_start();
        normalise::indent(line) == depth
            && !word.starts_with("- ")
            && word
                .split_once(':')
                .is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with(' '))
    };
    let before = lines[..at]
        .iter()
        .rev()
        .filter(said)
        .find(|line| normalise::indent(line) <= depth);
    let behind = lines[at + 1..].iter().find(said);
    before.is_some_and(is_key)
        && behind.is_none_or(|line| normalise::indent(line) < depth || is_key(line))
}

/// The documents of a text; `None` if one cannot be read.
pub(super) fn documents(text: &str) -> Option<Vec<Node>> {
    if text.len() > MAX_BYTES || is_deep(text) {
        return None;
    }
    let mut out = Vec::new();
    let mut document = String::new();
    for line in text.lines().chain(["---"]) {
        if line.trim_end() == "---" {
            if !document.trim().is_empty() {
                let value: serde_json::Value = serde_saphyr::from_str(&document).ok()?;
                if !value.is_object() && !value.is_array() {
                    return None;
                }
                out.push(node(value));
            }
            document.clear();
        } else {
            document.push_str(line);
            document.push('\n');
        }
    }
    Some(out)
}

fn is_deep(text: &str) -> bool {
    let mut depth = 0usize;
    text.lines().any(|line| {
        for b in line.bytes() {
            match b {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        depth > MAX_DEPTH
            || normalise::indent(line) > MAX_DEPTH * 2
            || line.trim_start().starts_with("- - - - - - - -")
    })
}

fn node(value: serde_json::Value) -> Node {
    match value {
        serde_json::Value::Null => Node::Null,
        serde_json::Value::Bool(value) => Node::Bool(value),
        serde_json::Value::Number(value) => Node::Number(value.to_string()),
        serde_json::Value::String(value) => Node::Text(value),
        serde_json::Value::Array(items) => Node::Array {
            items: items.into_iter().map(node).collect(),
            elided: false,
        },
        serde_json::Value::Object(entries) => {
            let (elisions, entries): (Vec<_>, Vec<_>) = entries
                .into_iter()
                .map(|(key, value)| (key, node(value)))
                .partition(|(key, _)| key.starts_with(ELISION));
            Node::Object {
                entries,
                elided: !elisions.is_empty(),
            }
        }
    }
}
