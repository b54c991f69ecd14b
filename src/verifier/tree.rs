//! A partial tree against a whole object: what is asked must hold, the rest does not matter.
//!
//! Entry point: [`Expected::mismatches`]. Pure; where the object comes from is not known here.

use std::fmt;

use serde_json::{Map, Value};

use super::compare::{Comparison, shown};

/// What a `match` asks of a value and of what is below it.
#[derive(Debug, Clone)]
pub enum Expected {
    /// Something about the value itself.
    Is(Comparison),
    /// Something about some of its keys. Against a list, see [`Expected::mismatches`].
    Keys(Vec<(String, Expected)>),
    /// A list of scalars: the same ones in the same order.
    Same(Vec<Comparison>),
    /// A list of maps: each is found by a different item of the actual list, which may hold more.
    Items(Vec<Expected>),
}

/// A place where an object is not as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where: `status.readyReplicas`, `spec.containers[name=assets].image`.
    pub path: String,
    /// What is asked for.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            expected,
            actual,
        } = self;
        write!(f, "{path}: expected {expected}, is {actual}")
    }
}

/// Keys by which the items of Kubernetes' lists are told apart, most telling first.
const IDENTITIES: [&str; 8] = [
    "name",
    "type",
    "key",
    "mountPath",
    "containerPort",
    "port",
    "ip",
    "uid",
];

/// Words that ask something of a list as a whole.
const LIST_WORDS: [&str; 4] = ["any", "all", "none", "count"];

impl Expected {
    /// Everything that is not as asked; empty where all is.
    ///
    /// A map against a list means one of two things. With the keys `any`, `all`, `none` and
    /// `count` alone it asks something of the items: one of them is so, every one (of at least
    /// one), no one, how many there are. With other keys, each names an item by its `name`,
    /// `type` or the like, and says something of it: `containers: {assets: {image: x}}`,
    /// `conditions: {Available: "True"}` (a scalar there speaks of the item's `status`).
    pub fn mismatches(&self, actual: &Value) -> Vec<Mismatch> {
        let mut found = Vec::new();
        self.walk("", Some(actual), &mut found);
        found
    }

    /// Whether all is as asked.
    pub fn holds(&self, actual: &Value) -> bool {
        self.mismatches(actual).is_empty()
    }

    /// Whether it asks something of this key of the object, or of what is below it.
    pub fn asks_of(&self, key: &str) -> bool {
        match self {
            Self::Keys(keys) => keys.iter().any(|(name, _)| name == key),
            Self::Is(_) | Self::Same(_) | Self::Items(_) => false,
        }
    }

    fn walk(&self, path: &str, actual: Option<&Value>, found: &mut Vec<Mismatch>) {
        match self {
            Self::Is(comparison) => {
                if !comparison.holds(actual) {
                    found.push(mismatch(path, comparison.to_string(), actual));
                }
            }
            Self::Keys(keys) => match actual {
                Some(Value::Object(object)) => walk_keys(keys, path, object, found),
                Some(Value::Array(items)) => walk_named(keys, path, items, found),
                // Nothing there: let each key say what it misses, `absent` may be right.
                None | Some(Value::Null) => walk_keys(keys, path, &Map::new(), found),
                other => found.push(mismatch(path, "a map".into(), other)),
            },
            Self::Same(wanted) => walk_same(wanted, path, actual, found),
            Self::Items(wanted) => match actual {
                Some(Value::Array(items)) => walk_items(wanted, path, items, found),
                None | Some(Value::Null) if wanted.is_empty() => {}
                other => {
                    let expected = format!("a list with {} such items", wanted.len());
                    found.push(mismatch(path, expected, other));
                }
            },
        }
    }

    /// The value by which the author names an item of a list: `(name, assets)`.
    fn identity(&self) -> Option<(&'static str, &Value)> {
        let Self::Keys(keys) = self else { return None };
        IDENTITIES.iter().find_map(|identity| {
            keys.iter().find_map(|(key, value)| match value {
                Self::Is(Comparison::Equal(value)) if key == identity => Some((*identity, value)),
                _ => None,
            })
        })
    }
}

fn walk_keys(
    keys: &[(String, Expected)],
    path: &str,
    object: &Map<String, Value>,
    found: &mut Vec<Mismatch>,
) {
    for (key, expected) in keys {
        expected.walk(&below(path, key), object.get(key), found);
    }
}

/// A map of the author's against a list.
fn walk_named(keys: &[(String, Expected)], path: &str, items: &[Value], found: &mut Vec<Mismatch>) {
    if keys.iter().all(|(key, _)| LIST_WORDS.contains(&&**key)) {
        for (word, expected) in keys {
            walk_word(word, expected, path, items, found);
        }
        return;
    }
    for (name, expected) in keys {
        let item = items.iter().find_map(|item| {
            let identity = IDENTITIES
                .iter()
                .find(|identity| item.get(identity).is_some_and(|value| is_text(value, name)))?;
            Some((*identity, item))
        });
        match (item, expected) {
            (None, Expected::Is(Comparison::Absent)) => {}
            (Some(_), Expected::Is(Comparison::Present)) => {}
            (Some((identity, item)), Expected::Is(Comparison::Absent)) => {
                let path = format!("{path}[{identity}={name}]");
                found.push(mismatch(&path, "absent".into(), Some(item)));
            }
            (Some((identity, item)), Expected::Is(_)) => {
                let path = format!("{path}[{identity}={name}].status");
                expected.walk(&path, item.get("status"), found);
            }
            (Some((identity, item)), _) => {
                expected.walk(&format!("{path}[{identity}={name}]"), Some(item), found);
            }
            (None, _) => found.push(Mismatch {
                path: path.to_owned(),
                expected: format!("an item called `{name}`"),
                actual: names_of(items),
            }),
        }
    }
}

/// `any`, `all`, `none`, `count` of a list.
fn walk_word(
    word: &str,
    expected: &Expected,
    path: &str,
    items: &[Value],
    found: &mut Vec<Mismatch>,
) {
    let is_so = |item: &Value| {
        let mut below = Vec::new();
        expected.walk("", Some(item), &mut below);
        below.is_empty()
    };
    match word {
        "count" => expected.walk(
            &below(path, "count"),
            Some(&Value::from(items.len())),
            found,
        ),
        "any" if !items.iter().any(is_so) => found.push(Mismatch {
            path: path.to_owned(),
            expected: "any item like that".into(),
            actual: format!("{} items, none like that", items.len()),
        }),
        "none" => {
            if let Some(at) = items.iter().position(is_so) {
                let path = format!("{path}[{at}]");
                found.push(mismatch(&path, "no item like that".into(), items.get(at)));
            }
        }
        "all" if items.is_empty() => found.push(Mismatch {
            path: path.to_owned(),
            expected: "all items like that".into(),
            actual: "an empty list".into(),
        }),
        "all" => {
            for (at, item) in items.iter().enumerate() {
                expected.walk(&format!("{path}[{at}]"), Some(item), found);
            }
        }
        _ => {}
    }
}

fn walk_same(wanted: &[Comparison], path: &str, actual: Option<&Value>, found: &mut Vec<Mismatch>) {
    let items = match actual {
        Some(Value::Array(items)) => items.as_slice(),
        None | Some(Value::Null) => &[],
        _ => return found.push(mismatch(path, "a list".into(), actual)),
    };
    let same = items.len() == wanted.len()
        && wanted
            .iter()
            .zip(items)
            .all(|(comparison, item)| comparison.holds(Some(item)));
    if !same {
        let wanted: Vec<String> = wanted.iter().map(Comparison::to_string).collect();
        found.push(mismatch(path, format!("[{}]", wanted.join(",")), actual));
    }
}

/// Each wanted item needs an item of its own. Items that the author names by an identity are
/// held against the one of that name, so that the explanation is about the right one.
fn walk_items(wanted: &[Expected], path: &str, items: &[Value], found: &mut Vec<Mismatch>) {
    let mut unnamed: Vec<&Expected> = Vec::new();
    for expected in wanted {
        let Some((identity, name)) = expected.identity() else {
            unnamed.push(expected);
            continue;
        };
        let is_named = |item: &&Value| Comparison::Equal(name.clone()).holds(item.get(identity));
        let label = format!("{path}[{identity}={}]", plain_text(name));
        // Several may share the name (a port number for TCP and UDP): one that fits is enough.
        match items.iter().filter(is_named).collect::<Vec<_>>().as_slice() {
            [] => found.push(Mismatch {
                path: path.to_owned(),
                expected: format!("an item with {identity} {}", shown(name)),
                actual: names_of(items),
            }),
            named => {
                if !named.iter().any(|item| expected.holds(item)) {
                    expected.walk(&label, Some(named[0]), found);
                }
            }
        }
    }
    let placed = most_pairs(&unnamed, items);
    if placed < unnamed.len() {
        found.push(Mismatch {
            path: path.to_owned(),
            expected: format!("{} different items like those listed", unnamed.len()),
            actual: format!("{} items, {placed} like that", items.len()),
        });
    }
}

/// How many of the wanted items can have an actual item each (augmenting paths): whether an
/// item is found must not depend on the order in which the lists are written.
fn most_pairs(wanted: &[&Expected], items: &[Value]) -> usize {
    fn place(
        at: usize,
        fits: &[Vec<usize>],
        taken: &mut [Option<usize>],
        seen: &mut [bool],
    ) -> bool {
        for &item in &fits[at] {
            if std::mem::replace(&mut seen[item], true) {
                continue;
            }
            if taken[item].is_none_or(|other| place(other, fits, taken, seen)) {
                taken[item] = Some(at);
                return true;
            }
        }
        false
    }
    let fits: Vec<Vec<usize>> = wanted
        .iter()
        .map(|expected| {
            let fitting = |(at, item)| expected.holds(item).then_some(at);
            items.iter().enumerate().filter_map(fitting).collect()
        })
        .collect();
    let mut taken = vec![None; items.len()];
    (0..wanted.len())
        .filter(|&at| place(at, &fits, &mut taken, &mut vec![false; items.len()]))
        .count()
}

fn mismatch(path: &str, expected: String, actual: Option<&Value>) -> Mismatch {
    Mismatch {
        path: if path.is_empty() { "the object" } else { path }.to_owned(),
        expected,
        actual: actual.map_or_else(|| "not there".to_owned(), shown),
    }
}

fn below(path: &str, key: &str) -> String {
    // Keys with dots, such as annotations, are bracketed: the path stays readable and exact.
    match (path.is_empty(), key.contains('.')) {
        (true, false) => key.to_owned(),
        (true, true) => format!("[{key}]"),
        (false, false) => format!("{path}.{key}"),
        (false, true) => format!("{path}[{key}]"),
    }
}

fn is_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value == text,
        Value::Number(number) => number.to_string() == text,
        _ => false,
    }
}

fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What the items of a list are called, for the author who asked for one that is not there.
fn names_of(items: &[Value]) -> String {
    let names: Vec<String> = items
        .iter()
        .filter_map(|item| IDENTITIES.iter().find_map(|identity| item.get(identity)))
        .map(plain_text)
        .collect();
    match (items.len(), names.is_empty()) {
        (0, _) => "an empty list".to_owned(),
        (count, true) => format!("{count} items without a name"),
        _ => format!("a list of {}", names.join(", ")),
    }
}
