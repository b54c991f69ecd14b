//! Trees: what JSON and YAML have in common, and how a shown tree is held against a printed one.
//!
//! Entry point: [`compare`]. Object keys have no order, arrays have one (args, env, containers), conditions and the like
//! have none. What the page shows must be there. What it does not show must not, unless it left parts out: by an
//! elision, or by trimming what every full dump has (uid, resourceVersion, status). Maps that people fill
//! (labels, data, limits) are never trimmed.

mod dump;
mod scalar;

use super::bindings::Binder;
use super::releases;

pub(super) use dump::{is_trimmed, more_containers};

/// A JSON or YAML value with the author's elisions.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    /// As written: `1.0` and `1` differ for a reader too.
    Number(String),
    Text(String),
    Array {
        items: Vec<Node>,
        elided: bool,
    },
    Object {
        entries: Vec<(String, Node)>,
        elided: bool,
    },
    /// `...` in the place of a value.
    Any,
}

/// How a comparison goes about what the page does not show.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leave {
    /// The page trimmed the tree: keys may be missing, but in maps that people fill.
    pub(super) trimmed: bool,
    /// Arrays have no order: a cloud's answers.
    pub(super) unordered: bool,
}

/// Comparisons after which arrays without order are no longer searched.
const MAX_WORK: usize = 2_000_000;
/// Reasons that are kept: more say nothing new.
const MAX_REASONS: usize = 5;

/// Compares; gives reasons with the path of what differs. Binds tokens.
pub(super) fn compare(
    shown: &Node,
    actual: &Node,
    leave: Leave,
    binder: &mut Binder<'_>,
) -> Vec<String> {
    let mut walk = Walk {
        leave,
        binder,
        reasons: Vec::new(),
        work: 0,
        quiet: false,
    };
    walk.node(shown, actual, &mut Vec::new());
    walk.reasons
}

/// The value under a key.
pub(super) fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match node {
        Node::Object { entries, .. } => entries
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value),
        _ => None,
    }
}

/// Maps that people fill: what is in them is the point, so nothing in them is trimmed silently.
const FILLED: [&str; 16] = [
    "labels",
    "data",
    "stringData",
    "binaryData",
    "matchLabels",
    "nodeSelector",
    "selector",
    "limits",
    "requests",
    "hard",
    "used",
    "capacity",
    "allocatable",
    "parameters",
    "resources",
    "annotations",
];

/// Arrays whose order is chance: controllers append to them as things happen.
const UNORDERED: [&str; 9] = [
    "conditions",
    "addresses",
    "images",
    "ownerReferences",
    "finalizers",
    "endpoints",
    "ingress",
    "volumesAttached",
    "volumesInUse",
];

struct Walk<'w, 'b> {
    leave: Leave,
    binder: &'w mut Binder<'b>,
    reasons: Vec<String>,
    work: usize,
    /// Only whether it agrees is asked, while elements are tried one against another.
    quiet: bool,
}

impl Walk<'_, '_> {
    fn fail(&mut self, path: &[String], reason: &str) {
        if self.quiet {
            self.reasons.push(String::new());
        } else if self.reasons.len() < MAX_REASONS {
            let path = if path.is_empty() {
                "the document".to_owned()
            } else {
                path.concat()
            };
            self.reasons.push(format!("{path} {reason}"));
        }
    }

    fn node(&mut self, shown: &Node, actual: &Node, path: &mut Vec<String>) {
        self.work += 1;
        if self.quiet && !self.reasons.is_empty() {
            return;
        }
        match (shown, actual) {
            (Node::Any, _) => {}
            (
                Node::Object { entries, elided },
                Node::Object {
                    entries: others, ..
                },
            ) => self.object(entries, *elided, others, path),
            (
                Node::Array {
                    items,
                    elided: true,
                },
                _,
            ) if items.is_empty() => {}
            (Node::Array { items, elided }, Node::Array { items: others, .. }) => {
                self.array(items, *elided, others, path)
            }
            (Node::Object { .. } | Node::Array { .. }, _)
            | (_, Node::Object { .. } | Node::Array { .. }) => {
                let reason = format!(
                    "is {}, the page shows {}",
                    scalar::show(actual),
                    scalar::show(shown)
                );
                self.fail(path, &reason);
            }
            _ => {
                let key = path
                    .iter()
                    .rev()
                    .find(|part| !part.starts_with('['))
                    .map(|part| part.trim_start_matches('.').to_owned());
                if let Err(reason) = scalar::agree(
                    key.as_deref().unwrap_or_default(),
                    shown,
                    actual,
                    self.binder,
                ) {
                    self.fail(path, &reason);
                }
            }
        }
    }

    fn object(
        &mut self,
        shown: &[(String, Node)],
        elided: bool,
        actual: &[(String, Node)],
        path: &mut Vec<String>,
    ) {
        // Keys may hold generated names; most are found as they are.
        let index: std::collections::HashMap<&str, &Node> = actual
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        for (key, value) in shown {
            if releases::is_bookkeeping(key) {
                continue;
            }
            path.push(format!(".{key}"));
            match index.get(key.as_str()) {
                Some(other) => self.node(value, other, path),
                None if releases::is_added_field(key) => {}
                None => self.fail(
                    path,
                    &format!("is not there, the page shows {}", scalar::show(value)),
                ),
            }
            path.pop();
        }
        let filled = path
            .last()
            .is_some_and(|key| FILLED.contains(&key.trim_start_matches('.')));
        if elided || (self.leave.trimmed && !filled) {
            return;
        }
        let known: std::collections::HashSet<&str> =
            shown.iter().map(|(key, _)| key.as_str()).collect();
        for (key, value) in actual
            .iter()
            .filter(|(key, _)| !known.contains(key.as_str()))
        {
            let by_itself =
                releases::is_added_field(key) || releases::is_added_label(&format!("{key}="));
            let annotated = self.leave.trimmed
                && path.last().is_some_and(|last| last == ".annotations")
                && key.contains("kubernetes.io/");
            if !by_itself && !annotated {
                path.push(format!(".{key}"));
                self.fail(
                    path,
                    &format!("is {}, the page does not show it", scalar::show(value)),
                );
                path.pop();
            }
        }
    }

    fn array(&mut self, shown: &[Node], elided: bool, actual: &[Node], path: &mut Vec<String>) {
        if !elided && shown.len() != actual.len() {
            let mut reason = format!(
                "has {}, the page shows {}",
                super::outcome::count(actual.len(), "element"),
                shown.len()
            );
            if let Some(extra) = actual.get(shown.len()) {
                reason.push_str(&format!("; the first more is {}", scalar::show(extra)));
            }
            return self.fail(path, &reason);
        }
        let free = self.leave.unordered
            || path
                .last()
                .is_some_and(|key| UNORDERED.contains(&key.trim_start_matches('.')));
        // A list of the cluster's objects stands in the order of their names, which may be generated. What any other
        // server calls items has an order.
        let named = path.last().is_some_and(|key| key == ".items")
            && actual.iter().all(|item| get(item, "metadata").is_some());
        if !elided && !free && !named {
            for (i, (shown, actual)) in shown.iter().zip(actual).enumerate() {
                path.push(format!("[{i}]"));
                self.node(shown, actual, path);
                path.pop();
            }
            return;
        }
        let mut used = vec![false; actual.len()];
        let mut from = 0;
        for (i, item) in shown.iter().enumerate() {
            let start = if free || named { 0 } else { from };
            // The same place first: that is where it is in nearly every case.
            let candidates = (i..=i).filter(|j| *j >= start).chain(start..actual.len());
            let found = candidates
                .filter(|j| *j < actual.len())
                .find(|j| !used[*j] && self.tries(item, &actual[*j], path));
            match found {
                Some(j) => {
                    used[j] = true;
                    from = j + 1;
                }
                None => {
                    path.push(format!("[{i}]"));
                    // The nearest by name or type says best what differs.
                    let like = actual
                        .iter()
                        .enumerate()
                        .find(|(j, other)| !used[*j] && scalar::same_identity(item, other))
                        .map(|(j, _)| j);
                    match like.or_else(|| (i < actual.len() && !used[i] && !elided).then_some(i)) {
                        Some(j) => {
                            used[j] = true;
                            self.node(item, &actual[j], path);
                            if self.reasons.is_empty() {
                                self.fail(path, "does not fit what the page showed before");
                            }
                        }
                        None => self.fail(
                            path,
                            &format!("of the page, {}, is not there", scalar::show(item)),
                        ),
                    }
                    path.pop();
                }
            }
        }
    }

    /// Whether two nodes agree; binds if so, leaves nothing behind if not.
    fn tries(&mut self, shown: &Node, actual: &Node, path: &mut Vec<String>) -> bool {
        if self.work > MAX_WORK {
            return false;
        }
        let mark = self.binder.mark();
        let reasons = std::mem::take(&mut self.reasons);
        let quiet = std::mem::replace(&mut self.quiet, true);
        self.node(shown, actual, path);
        let agrees = self.reasons.is_empty();
        self.reasons = reasons;
        self.quiet = quiet;
        if !agrees {
            self.binder.rollback(mark);
        }
        agrees
    }
}
