//! Several outputs one after another: tables under each other, a message above a table, JSON after text.
//!
//! Entry points: [`split`] and [`judge`]. Steps: cut both texts into parts by their look; match the shown parts to printed
//! ones in order; judge each pair by its own rule; a part without partner is a difference.

use super::bindings::Binder;
use super::choose;
use super::outcome::{Outcome, Task, short};
use super::table::parse::Header;
use super::{action, elision, error, json};

/// What a part looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Table,
    Json,
    Text,
    /// A line that stands for parts left out.
    Elision,
}

/// A part of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) look: Look,
    pub(super) text: String,
    /// What tells it from others of its look: a table's first name's kind (`pod/`) or its columns.
    sign: String,
}

/// Lines after which brackets are no longer searched for their end.
const MAX_JSON_LINES: usize = 100_000;

/// Cuts a text into parts. `printed` is the output where the text is a page's: remarks that are not in it are left out.
pub(super) fn split(text: &str, printed: Option<&str>) -> Vec<Part> {
    let remark = |line: &&str| {
        elision::is_comment(line) && printed.is_some_and(|printed| !printed.contains(line.trim()))
    };
    let lines: Vec<&str> = text.lines().filter(|line| !remark(line)).collect();
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if line.trim().is_empty() {
            at += 1;
            continue;
        }
        if let Some(header) = Header::of(elision::without_marker(line).unwrap_or(line), false) {
            let start = at;
            at += 1;
            while at < lines.len() && is_row(&header, lines[at]) {
                at += 1;
            }
            let rows = &lines[start..at];
            let sign = rows
                .get(1)
                .and_then(|row| row.trim_start().split_once('/'))
                .map(|(kind, _)| kind)
                .filter(|kind| !kind.contains(' '));
            let sign = sign.map_or_else(|| header.names[0].clone(), str::to_owned);
            parts.push(Part {
                look: Look::Table,
                text: rows.join("\n"),
                sign,
            });
            continue;
        }
        let opens = json::looks_like(line)
            || (line.trim() == "["
                && lines
                    .get(at + 1)
                    .is_some_and(|next| json::may_be_element(next)));
        if opens
            && !elision::is_elision(line)
            && let Some(end) = json_end(&lines[at..])
        {
            parts.push(Part {
                look: Look::Json,
                text: lines[at..at + end].join("\n"),
                sign: String::new(),
            });
            at += end;
            continue;
        }
        if elision::is_elision(line) && parts.last().is_none_or(|part| part.look != Look::Text) {
            parts.push(Part {
                look: Look::Elision,
                text: line.to_owned(),
                sign: String::new(),
            });
            at += 1;
            continue;
        }
        match parts.last_mut() {
            Some(part) if part.look == Look::Text => {
                part.text.push('\n');
                part.text.push_str(line);
            }
            _ => parts.push(Part {
                look: Look::Text,
                text: line.to_owned(),
                sign: String::new(),
            }),
        }
        at += 1;
    }
    parts
}

/// Whether a line goes on with a table.
fn is_row(header: &Header, line: &str) -> bool {
    if line.trim().is_empty() {
        return false;
    }
    if elision::is_elision(line) || elision::is_comment(line) {
        return true;
    }
    let line = elision::without_marker(line).unwrap_or(line);
    // What kubectl did is said in few words; so a long row need not be held against that expression.
    let few = line.split_whitespace().nth(5).is_none();
    let ends = error::is_error(line) || few && action::is_action(line);
    !ends && Header::of(line, false).is_none() && header.row(line, 0).is_some()
}

/// Lines up to the one that closes the first bracket; `None` if none does.
fn json_end(lines: &[&str]) -> Option<usize> {
    let mut depth = 0usize;
    let mut in_string = false;
    for (n, line) in lines.iter().take(MAX_JSON_LINES).enumerate() {
        let mut bytes = line.bytes();
        while let Some(b) = bytes.next() {
            match b {
                b'\\' if in_string => {
                    bytes.next();
                }
                b'"' => in_string = !in_string,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(n + 1);
                    }
                }
                _ => {}
            }
        }
        in_string = false;
    }
    None
}

/// Judges parts against parts, in order.
pub(super) fn judge(
    task: &Task<'_>,
    shown: &[Part],
    actual: &[Part],
    binder: &mut Binder<'_>,
) -> (&'static str, Outcome) {
    let mut out = Outcome::default();
    let mut rule = "parts";
    let mut from = 0;
    let mut gap = false;
    let sides = shown
        .iter()
        .filter(|part| part.look != Look::Elision)
        .count();
    for part in shown {
        if part.look == Look::Elision {
            gap = true;
            continue;
        }
        let like = |other: &&Part| {
            other.look == part.look && (part.sign == other.sign || part.look != Look::Table)
        };
        let found = actual[from..]
            .iter()
            .position(|other| like(&other))
            .map(|at| from + at);
        let Some(at) = found else {
            out.reasons.push(format!(
                "the page shows {}, the output does not",
                name(part)
            ));
            continue;
        };
        if !gap {
            out.reasons.extend(
                actual[from..at]
                    .iter()
                    .map(|other| format!("{} is printed, the page does not show it", name(other))),
            );
        }
        // Rows left out at the end of a table may be tables left out as well.
        gap = part.text.lines().last().is_some_and(elision::is_elision);
        from = at + 1;
        let (used, outcome) = choose::part(&task.with(&part.text, &actual[at].text), binder);
        if sides == 1 {
            rule = used;
        }
        out.reasons.extend(outcome.reasons);
        out.warnings.extend(outcome.warnings);
    }
    if !gap {
        out.reasons.extend(
            actual[from..]
                .iter()
                .map(|other| format!("{} is printed, the page does not show it", name(other))),
        );
    }
    (rule, out)
}

fn name(part: &Part) -> String {
    let first = part.text.lines().next().unwrap_or_default();
    match part.look {
        Look::Table
            if part
                .sign
                .chars()
                .all(|c| c.is_ascii_uppercase() || c == ' ') =>
        {
            format!("a table (`{}`)", short(first))
        }
        Look::Table => format!("a table of {}", part.sign),
        Look::Json => "JSON".to_owned(),
        Look::Text | Look::Elision => format!("`{}`", short(first)),
    }
}
