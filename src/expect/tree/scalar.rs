//! Values at the leaves of a tree, by the name of their key.

use super::{Leave, Node, compare, get};
use crate::expect::bindings::Binder;
use crate::expect::elision::Glob;
use crate::expect::json;
use crate::expect::outcome::short;
use crate::expect::table::cells::{restarts, restarts_agree, status};
use crate::expect::text::{Extent, read_actual, read_shown, search};
use crate::expect::volatile::{Scan, canon};

/// Whether two leaves agree; the reason if not.
pub(super) fn agree(
    key: &str,
    shown: &Node,
    actual: &Node,
    binder: &mut Binder<'_>,
) -> Result<(), String> {
    let agrees = match (shown, actual) {
        (Node::Number(s), Node::Number(a)) => s == a || numbers_agree(key, s, a),
        (Node::Text(s), Node::Text(a)) => texts_agree(key, s, a, binder),
        // A mask in the place of a number: `"port": xxxx`.
        (Node::Text(s), Node::Number(a)) => Glob::of(s).is_some_and(|glob| glob.fits(a)),
        (s, a) => s == a,
    };
    if agrees {
        return Ok(());
    }
    if let (Node::Text(s), Node::Text(a)) = (shown, actual)
        && canon(s, Scan::FIXED).text == canon(a, Scan::FIXED).text
        && let Some(clash) = &binder.clash
    {
        return Err(format!("does not fit: {}", clash.words()));
    }
    Err(format!(
        "is {}, the page shows {}",
        show(actual),
        show(shown)
    ))
}

/// Numbers that the cluster chooses.
fn numbers_agree(key: &str, shown: &str, actual: &str) -> bool {
    match key {
        "generation" | "observedGeneration" => true,
        "nodePort" | "healthCheckNodePort" => actual.len() == 5 && actual.starts_with('3'),
        "restartCount" => restarts_agree(restarts(shown), restarts(actual)),
        _ => tells_time(key) && is_epoch(shown) && is_epoch(actual),
    }
}

/// Whether a key says that its number is a time: `createdAt`, `startTime`, `ts`.
fn tells_time(key: &str) -> bool {
    ["At", "Time", "Date", "Timestamp", "timestamp"]
        .iter()
        .any(|end| key.ends_with(end))
        || matches!(key, "ts" | "time" | "date" | "epoch")
}

/// Seconds since 1970 with ten digits before the point (2001 to 2286), or their thousandths with thirteen.
fn is_epoch(number: &str) -> bool {
    let whole = number.split('.').next().unwrap_or_default();
    matches!(whole.len(), 10 | 13) && whole.bytes().all(|b| b.is_ascii_digit())
}

fn texts_agree(key: &str, shown: &str, actual: &str, binder: &mut Binder<'_>) -> bool {
    match key {
        "resourceVersion" | "continue" if !shown.is_empty() => return !actual.is_empty(),
        // The runtime's name for what runs; its form differs by runtime and by how the image came.
        "containerID" | "imageID" => return shown.is_empty() == actual.is_empty(),
        "nodeName" | "kubernetes.io/hostname" => return !actual.is_empty(),
        "kubectl.kubernetes.io/last-applied-configuration" => {
            return applied_agrees(shown, actual, binder);
        }
        "reason" if status(shown) == status(actual) => return true,
        _ => {}
    }
    if shown.contains('\n') || actual.contains('\n') {
        let (s, a) = (shown.trim_end(), actual.trim_end());
        return search(
            &read_shown(s, a, Scan::FIXED),
            &read_actual(a, Scan::FIXED),
            Extent::Whole,
            binder,
        );
    }
    let scan = if matches!(key, "message" | "note") {
        Scan::LOOSE
    } else {
        Scan::FIXED
    };
    let (s, a) = (canon(shown, scan), canon(actual, scan));
    if s.text == a.text {
        return binder.bind_all(&s.values, &a.values);
    }
    // Nothing but an elision as a value stands for any value.
    let by_notation = |shown: &str, actual: &str| {
        Glob::of(shown).is_some_and(|glob| {
            (glob.is_bare_elision() || !glob.is_bare() || !glob.elides) && glob.fits(actual)
        })
    };
    // A masked account before an id that differs: what is volatile beside the notation stays so.
    by_notation(shown, actual) || by_notation(&s.text, &a.text)
}

/// The annotation holds the manifest as JSON: a tree inside a string.
fn applied_agrees(shown: &str, actual: &str, binder: &mut Binder<'_>) -> bool {
    match (
        json::parse(shown).as_deref(),
        json::parse(actual).as_deref(),
    ) {
        (Some([shown]), Some([actual])) => {
            compare(shown, actual, Leave::default(), binder).is_empty()
        }
        _ => {
            shown.trim() == actual.trim()
                || Glob::of(shown.trim()).is_some_and(|glob| glob.fits(actual.trim()))
        }
    }
}

/// Whether two elements of an array are about the same thing.
pub(super) fn same_identity(a: &Node, b: &Node) -> bool {
    ["name", "key", "type", "id", "Name", "Key", "Id"]
        .iter()
        .any(|key| match (get(a, key), get(b, key)) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        })
        || match (get(a, "metadata"), get(b, "metadata")) {
            (Some(a), Some(b)) => get(a, "name").is_some() && get(a, "name") == get(b, "name"),
            _ => false,
        }
}

/// A node for people, in one short line.
pub(super) fn show(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Bool(value) => value.to_string(),
        Node::Number(value) => value.clone(),
        Node::Text(value) => format!("\"{}\"", short(value.lines().next().unwrap_or_default())),
        Node::Array { items, .. } => format!("an array of {}", items.len()),
        Node::Object { entries, .. } => match get(node, "name") {
            Some(Node::Text(name)) => format!("an object named \"{}\"", short(name)),
            _ => format!(
                "an object of {}",
                crate::expect::outcome::count(entries.len(), "key")
            ),
        },
        Node::Any => "anything".to_owned(),
    }
}
