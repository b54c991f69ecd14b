//! YAML documents, as kubectl prints them and as authors show parts of them.
//!
//! Entry point: [`judge`]. Steps: documents against documents as trees; where the shown text is a part that does not stand
//! as YAML by itself, its lines must stand together in the output.

use super::bindings::Binder;
use super::elision;
use super::outcome::{Outcome, Task, count};
use super::text::{self, Extent};
use super::tree::{self, Leave, Node};
use super::volatile::Scan;

/// Text that is read as YAML; more is compared by lines.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Blanks or brackets that open before a text counts as too deep to be read.
const MAX_DEPTH: usize = 100;

/// Judges YAML.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let elided = task.shown.lines().any(elision::is_elision);
    let trees = documents(&without_notation(task.shown, task.actual)).zip(documents(task.actual));
    let Some((shown, actual)) = trees else {
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
    match (rooted, elided) {
        (true, false) => outcome,
        (true, true) => by_lines(task, Extent::Whole, binder, outcome),
        (false, _) => by_lines(task, Extent::Part, binder, outcome),
    }
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
        !rest.is_empty() && super::warnings::is_added_field(key.trim_start_matches("- "))
    })
}

/// The text without elisions, remarks and markers, so that it may be read.
fn without_notation(text: &str, actual: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        if elision::is_elision(line) || elision::is_comment(line) && !actual.contains(line) {
            continue;
        }
        out.push_str(elision::without_marker(line).unwrap_or(line));
        out.push('\n');
    }
    out
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
            || super::normalise::indent(line) > MAX_DEPTH * 2
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
        serde_json::Value::Object(entries) => Node::Object {
            entries: entries
                .into_iter()
                .map(|(key, value)| (key, node(value)))
                .collect(),
            elided: false,
        },
    }
}
