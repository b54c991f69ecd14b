//! Why the shown lines are not found, in words.
//!
//! Entry point: [`explain`].

use std::collections::HashMap;

use super::bindings::Binder;
use super::line::{Line, agree_by_notation};
use super::outcome::{count, short, short_apart};
use super::text::{Extent, Shown};

/// What is missing, what is extra, or that the order or a binding is wrong.
pub(super) fn explain(
    shown: &[Shown],
    actual: &[Line],
    extent: Extent,
    binder: &Binder<'_>,
) -> Vec<String> {
    let lines: Vec<&Line> = shown.iter().filter_map(Shown::line).collect();
    let elided = extent == Extent::Part || lines.len() < shown.len();
    let mut left: HashMap<&str, Vec<&Line>> = HashMap::new();
    for line in actual {
        left.entry(line.canon.text.as_str()).or_default().push(line);
    }
    let mut missing = Vec::new();
    for line in &lines {
        match left.get_mut(line.canon.text.as_str()) {
            Some(same) if !same.is_empty() => {
                same.pop();
            }
            _ => {
                let noted = left
                    .values_mut()
                    .find(|same| same.first().is_some_and(|a| agree_by_notation(line, a)));
                match noted {
                    Some(same) => {
                        same.pop();
                    }
                    None => missing.push(*line),
                }
            }
        }
        if missing.len() > 50 {
            break;
        }
    }
    let extra: usize = left.values().flatten().map(|line| line.stands_for).sum();
    let mut reasons = Vec::new();
    if actual.is_empty()
        && let Some(first) = missing.first()
    {
        return vec![format!(
            "the page shows `{}`, nothing was printed",
            short(&first.words)
        )];
    }
    if let [line] = missing[..]
        && extra == 1
        && !elided
        && let Some(other) = left.values().flatten().find(|line| !line.words.is_empty())
    {
        let (printed, shown) = short_apart(&other.words, &line.words);
        return vec![format!("`{printed}` is printed, the page shows `{shown}`")];
    }
    for line in missing.iter().take(3) {
        let other = left
            .values()
            .flatten()
            .find_map(|other| value_of_key(line, other));
        reasons.push(other.unwrap_or_else(|| {
            format!(
                "the page shows `{}`, the output does not",
                short(&line.words)
            )
        }));
    }
    if missing.len() > 3 {
        reasons.push(format!(
            "{} more of the page are not in the output",
            count(missing.len() - 3, "line")
        ));
    }
    if !elided && extra > 0 {
        let first = actual.iter().find(|line| {
            left.get(line.canon.text.as_str())
                .is_some_and(|same| !same.is_empty())
        });
        let first = first
            .map(|line| match line.words.as_str() {
                "" => short(line.raw.trim()),
                words => short(words),
            })
            .map(|line| format!(", such as `{line}`"))
            .unwrap_or_default();
        reasons.push(format!(
            "{} more than the page shows{first}",
            count(extra, "line")
        ));
    }
    if reasons.is_empty()
        && let Some(clash) = &binder.clash
    {
        reasons.push(clash.words());
    }
    if reasons.is_empty() {
        reasons.push(
            "the same lines as on the page, in another order or with others between them"
                .to_owned(),
        );
    }
    reasons
}

/// `Replicas is 2, the page shows 3`: two lines of one key that say different things about it.
fn value_of_key(shown: &Line, actual: &Line) -> Option<String> {
    let (key, value) = shown.words.split_once(": ")?;
    let (other_key, other) = actual.words.split_once(": ")?;
    if key != other_key {
        return None;
    }
    let (value, other) = short_apart(value, other);
    Some(format!("{key} is {other}, the page shows {value}"))
}
