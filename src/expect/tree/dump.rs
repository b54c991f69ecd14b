//! Dumps of the cluster's objects: what their authors left out of them, and what they never leave out.
//!
//! Entry points: [`is_trimmed`] and [`more_containers`].

use super::{Node, get, scalar};
use crate::expect::outcome::count;

/// Whether a shown tree lacks what every full dump of its printed counterpart has: then its author trimmed it.
pub(in crate::expect) fn is_trimmed(shown: &Node, actual: &Node) -> bool {
    if has_elision(shown, 0) {
        // Dumps of objects are cut here and there; in other JSON an author shows where.
        return is_dump(actual);
    }
    let (Some(metadata), shown_metadata) = (get(actual, "metadata"), get(shown, "metadata")) else {
        return false;
    };
    if let Some(Node::Array { items, .. }) = get(actual, "items")
        && let (Some(actual), Some(Node::Array { items: shown, .. })) =
            (items.first(), get(shown, "items"))
    {
        return shown.first().is_none_or(|shown| is_trimmed(shown, actual));
    }
    let lacks = |key: &str| {
        get(metadata, key).is_some() && shown_metadata.is_none_or(|m| get(m, key).is_none())
    };
    ["uid", "resourceVersion", "creationTimestamp"]
        .into_iter()
        .any(lacks)
        || (get(actual, "status").is_some() && get(shown, "status").is_none())
        || (get(actual, "apiVersion").is_some() && get(shown, "apiVersion").is_none())
}

/// Whether a tree is an object of the cluster or a part of one.
fn is_dump(node: &Node) -> bool {
    ["apiVersion", "metadata", "spec", "status", "containers"]
        .iter()
        .any(|key| get(node, key).is_some())
}

fn has_elision(node: &Node, depth: usize) -> bool {
    match node {
        Node::Any => true,
        Node::Array { elided: true, .. } | Node::Object { elided: true, .. } => depth < 2,
        Node::Array { items, .. } => items.iter().any(|item| has_elision(item, depth + 1)),
        Node::Object { entries, .. } => entries
            .iter()
            .any(|(_, value)| has_elision(value, depth + 1)),
        _ => false,
    }
}

/// Why, where the output has containers behind those that the page shows.
pub(in crate::expect) fn more_containers(shown: &Node, actual: &Node) -> Option<String> {
    match (shown, actual) {
        (Node::Object { entries, .. }, Node::Object { .. }) => {
            entries.iter().find_map(|(key, value)| {
                let other = get(actual, key)?;
                let (Node::Array { items, .. }, Node::Array { items: others, .. }) = (value, other)
                else {
                    return more_containers(value, other);
                };
                let prefix = items.len() < others.len()
                    && items
                        .iter()
                        .zip(others)
                        .all(|(s, a)| scalar::same_identity(s, a));
                match others.get(items.len()) {
                    Some(more)
                        if prefix && matches!(key.as_str(), "containers" | "initContainers") =>
                    {
                        Some(format!(
                            ".{key} has {} more than the page shows; the first is {}",
                            count(others.len() - items.len(), "element"),
                            scalar::show(more)
                        ))
                    }
                    _ => items
                        .iter()
                        .zip(others)
                        .find_map(|(s, a)| more_containers(s, a)),
                }
            })
        }
        _ => None,
    }
}
