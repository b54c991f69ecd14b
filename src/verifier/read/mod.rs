//! The tree of a verifier file → [`Verifier`], with every problem on the way.

mod kinds;
mod pods;
mod service;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use crate::source::{Diagnostic, SourceFile, Span};

use super::fields::{Fields, Problems, nearest, text_of};
use super::node::{Node, Value};
use super::{Check, Kind, Verifier, find};

/// How long the cluster may take where a check does not say.
const DEFAULT_WITHIN: Duration = Duration::from_secs(30);

/// Reads a whole file.
pub(super) fn verifier(file: &SourceFile, root: &Node) -> Result<Verifier, Vec<Diagnostic>> {
    let mut problems = Problems::new(file);
    let read = read_verifier(file, root, &mut problems);
    match read {
        Some(verifier) if problems.count() == 0 => Ok(verifier),
        _ => Err(problems.into_sorted()),
    }
}

fn read_verifier(file: &SourceFile, root: &Node, problems: &mut Problems<'_>) -> Option<Verifier> {
    if let Value::Null = root.value {
        problems.error(
            Span::new(0, 0),
            "the verifier is empty: it needs `lab` and `checks`",
        );
        return None;
    }
    let mut fields = Fields::of(root, "a verifier", problems)?;
    let lab = fields.need("lab", problems).and_then(|entry| {
        let lab = text_of("lab", &entry.value, problems)?;
        match find::lab_of(file.path()) {
            Some(stands_for) if stands_for != lab => {
                let message = format!("this file stands for the lab `{stands_for}`, not `{lab}`");
                let help =
                    format!("write `lab: {stands_for}`, or move it to `verifiers/{lab}.yaml`");
                problems.error_with_help(entry.value.span, message, help);
                None
            }
            _ => Some(lab),
        }
    });
    let checks = fields.need("checks", problems).map(|entry| {
        let mut checks = Vec::new();
        match &entry.value.value {
            Value::List(items) if !items.is_empty() => {
                for item in items {
                    checks.extend(check(file, item, &checks, problems));
                }
            }
            Value::List(_) | Value::Null => {
                problems.error(
                    entry.key_span,
                    "`checks` is empty: nothing would be verified",
                );
            }
            _ => {
                let message = format!("`checks` must be a list, this is {}", entry.value.kind());
                problems.error(entry.value.span, message);
            }
        }
        checks
    });
    fields.finish(problems);
    Some(Verifier {
        path: PathBuf::from(file.path()),
        lab: lab?,
        checks: checks?,
    })
}

/// Reads one check. `before` are those above it in the file: names must differ, as a fence asks
/// for a check by name.
fn check(
    file: &SourceFile,
    node: &Node,
    before: &[Check],
    problems: &mut Problems<'_>,
) -> Option<Check> {
    let mut fields = Fields::of(node, "a check", problems)?;
    let start = fields.span();
    let name = fields.need("name", problems);
    let span = name.map_or(start, |entry| entry.value.span);
    let name = name.and_then(|entry| text_of("name", &entry.value, problems));
    if let Some(same) = before
        .iter()
        .find(|check| name.as_ref() == Some(&check.name))
    {
        let message = format!("another check, in line {}, has this name", same.line);
        problems.error(span, message);
    }
    let after = fields.take("after");
    let after_span = after.map_or(Span::default(), |entry| entry.value.span);
    let after = after.and_then(|entry| text_of("after", &entry.value, problems));
    let within = fields.time("within", problems);
    let kind = kind(&mut fields, problems);
    fields.finish(problems);
    Some(Check {
        name: name?,
        after,
        line: file.line_of(span.start),
        file: file.clone(),
        span,
        after_span,
        page: None,
        within: within.unwrap_or(DEFAULT_WITHIN),
        kind: kind?,
    })
}

/// The one kind that a check has.
fn kind(fields: &mut Fields<'_>, problems: &mut Problems<'_>) -> Option<Kind> {
    let words = kinds::WORDS.map(|(word, _)| word);
    let mut read = None;
    let mut first = None;
    // All kinds are asked for, so that a misspelt one is told what there is.
    for (word, reader) in kinds::WORDS {
        let Some(entry) = fields.take(word) else {
            continue;
        };
        if let Some(first) = first {
            let message = format!("a check is of one kind: this one has `{first}` and `{word}`");
            let help = "make two checks of it".to_owned();
            problems.error_with_help(entry.key_span, message, help);
            continue;
        }
        first = Some(word);
        read = reader(entry, fields, problems);
    }
    if first.is_none() && fields.left().all(|key| nearest(key, &words).is_none()) {
        let message = "this check asks nothing of the cluster: it has no kind";
        let help = format!("the kinds are: {}", words.join(", "));
        problems.error_with_help(fields.span(), message, help);
    }
    // Only `resource` and `count` take it; elsewhere it would be silently nothing.
    if let (Some(word), true) = (first, fields.has("match")) {
        let entry = fields.take("match");
        let span = entry.map_or(fields.span(), |entry| entry.key_span);
        let message = format!("`match` goes with `resource` or `count`, not with `{word}`");
        problems.error(span, message);
    }
    read
}
