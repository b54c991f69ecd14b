//! Front matter: the part of a page's head that labproof reads.
//!
//! Steps: [`split`] finds the head's bytes, [`read`] parses them, and `keys` makes a [`FrontMatter`] of what they say. What is broken
//! becomes a diagnostic with its line; the page below is read all the same.

use serde_json::Value;

use super::FrontMatter;
use super::keys::Keys;
use crate::source::{Diagnostic, Severity, SourceFile, Span};

/// Larger heads are not read: no page has one, and a bomb may.
const LARGEST: usize = 64 * 1024;

/// The head of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The text between the two marker lines.
    pub inner: Span,
    /// Where the page proper begins.
    pub end: usize,
    /// `+++` instead of `---`.
    pub toml: bool,
}

/// Finds the head. `Err`: it is opened and never closed.
pub(super) fn split(text: &str) -> Result<Option<Head>, Span> {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut lines = text[start..].split_inclusive('\n');
    let first = lines.next().unwrap_or("");
    let marker = first.trim_end();
    let toml = match marker {
        "---" => false,
        "+++" => true,
        _ => return Ok(None),
    };
    let inner_start = start + first.len();
    let mut at = inner_start;
    for line in lines {
        let trimmed = line.trim_end();
        if trimmed == marker || (!toml && trimmed == "...") {
            return Ok(Some(Head {
                inner: Span::new(inner_start, at),
                end: at + line.len(),
                toml,
            }));
        }
        at += line.len();
    }
    // `---` alone on the first line may also be a rule above prose: only what looks like keys is a head.
    let second = text[inner_start..].lines().next().unwrap_or("");
    let is_key = second
        .split_once([':', '='])
        .is_some_and(|(key, _)| !key.is_empty() && !key.trim().contains(' '));
    if is_key {
        return Err(Span::new(start, start + first.trim_end().len()));
    }
    Ok(None)
}

/// Reads the head.
pub(super) fn read(
    file: &SourceFile,
    head: Head,
    diagnostics: &mut Vec<Diagnostic>,
) -> FrontMatter {
    let text = file.slice(head.inner);
    if text.len() > LARGEST {
        diagnostics.push(Diagnostic::at(
            Severity::Error,
            file,
            line_span_at(file, head.inner.start),
            format!(
                "the front matter is larger than {} KiB and is not read",
                LARGEST / 1024
            ),
        ));
        return FrontMatter::default();
    }
    let value = if head.toml {
        toml::from_str::<Value>(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            (head.inner.start + at, error.message().to_owned())
        })
    } else {
        yaml(text).map_err(|(line, message)| {
            let first = file.line_of(head.inner.start);
            (
                file.line_span(first + line.saturating_sub(1)).start,
                message,
            )
        })
    };
    match value {
        Ok(Value::Object(map)) => Keys {
            file,
            head,
            map,
            diagnostics,
        }
        .read(),
        Ok(Value::Null) => FrontMatter::default(),
        Ok(_) => {
            diagnostics.push(Diagnostic::at(
                Severity::Error,
                file,
                line_span_at(file, head.inner.start),
                "the front matter is not a list of keys and values",
            ));
            FrontMatter::default()
        }
        Err((at, message)) => {
            diagnostics.push(
                Diagnostic::at(
                    Severity::Error,
                    file,
                    line_span_at(file, at),
                    format!("the front matter is not valid: {message}"),
                )
                .with_help("the page is read as if it had no front matter"),
            );
            FrontMatter::default()
        }
    }
}

/// YAML within bounds: aliases cannot multiply it beyond what a front matter may be.
fn yaml(text: &str) -> Result<Value, (usize, String)> {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_events = 20_000;
    budget.max_aliases = 100;
    budget.max_depth = 64;
    budget.max_nodes = 10_000;
    budget.max_recorded_anchor_events = 20_000;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    options.with_snippet = false;
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let line = error
            .location()
            .map_or(1, |location| usize::try_from(location.line()).unwrap_or(1));
        let message = error.to_string();
        (line, message.lines().next().unwrap_or("").to_owned())
    })
}

/// The line that holds a byte.
pub(super) fn line_span_at(file: &SourceFile, at: usize) -> Span {
    file.line_span(file.line_of(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Front matter as read, and the messages with their lines.
    fn check(text: &str, title: Option<&str>, weight: Option<f64>, lab: bool, problems: &[&str]) {
        let file = SourceFile::new("page.md", text);
        let mut diagnostics = Vec::new();
        let front = match split(text) {
            Ok(Some(head)) => read(&file, head, &mut diagnostics),
            _ => FrontMatter::default(),
        };
        let found: Vec<String> = diagnostics
            .iter()
            .map(|d| format!("{}: {}", d.position().map_or(0, |p| p.line), d.message))
            .collect();
        assert_eq!(found.len(), problems.len(), "{found:?}");
        for (found, expected) in found.iter().zip(problems) {
            assert!(found.contains(expected), "{found} / {expected}");
        }
        assert_eq!(front.title.as_deref(), title, "{text}");
        assert_eq!(front.weight, weight, "{text}");
        assert_eq!(front.lab, lab, "{text}");
    }

    #[test]
    fn keys_that_count() {
        check(
            "---\ntitle: A\nweight: 3\n---\n",
            Some("A"),
            Some(3.0),
            false,
            &[],
        );
        check(
            "---\nsidebar_position: 10\nother: [1]\n---\n",
            None,
            Some(10.0),
            false,
            &[],
        );
        check(
            "---\nweight: 1\nsidebar_position: 2\nlab: true\n---\n",
            None,
            Some(1.0),
            true,
            &[],
        );
        check(
            "---\nsidebar_custom_props: { \"module\": true }\n---\n",
            None,
            None,
            true,
            &[],
        );
        check(
            "+++\ntitle = \"A\"\nweight = 2\n+++\n",
            Some("A"),
            Some(2.0),
            false,
            &[],
        );
        check(
            "\u{feff}---\r\ntitle: A\r\n---\r\n",
            Some("A"),
            None,
            false,
            &[],
        );
        check("---\n---\n", None, None, false, &[]);
        check("# no head\n\n---\ntitle: A\n---\n", None, None, false, &[]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        check(
            "---\ntitle: A\nweight: heavy\n---\n",
            Some("A"),
            None,
            false,
            &["3: `weight`"],
        );
        check(
            "---\ntitle: A\nb: [\n---\n",
            None,
            None,
            false,
            &["not valid"],
        );
        check(
            "---\n- a\n---\n",
            None,
            None,
            false,
            &["2: the front matter is not a list"],
        );
        check(
            "---\nlabproof:\n  dialct: bare\n---\n",
            None,
            None,
            false,
            &["3: unknown key `dialct`"],
        );
        check("---\nlab: 3\n---\n", None, None, false, &["2: `lab`"]);
        check(
            "---\nlabproof:\n  nodes: many\n---\n",
            None,
            None,
            false,
            &["3: `nodes`"],
        );
    }

    #[test]
    fn bombs_are_bounded() {
        let mut bomb = String::from("---\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let alias = format!("*a{}", level - 1);
            bomb += &format!(
                "a{level}: &a{level} [{}]\n",
                [alias.as_str(); 10].join(", ")
            );
        }
        bomb += "---\n";
        check(&bomb, None, None, false, &["not valid"]);
        check(
            &format!("---\na: {}\n---\n", "x".repeat(LARGEST)),
            None,
            None,
            false,
            &["larger"],
        );
        check(
            &format!("---\na: {}\n---\n", "[".repeat(5000)),
            None,
            None,
            false,
            &["not valid"],
        );
    }

    #[test]
    fn a_head_that_never_ends_is_found() {
        assert!(split("---\ntitle: A\n\n# Page\n").is_err());
        assert_eq!(split("---\n\nprose\n"), Ok(None));
    }
}
