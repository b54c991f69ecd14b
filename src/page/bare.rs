//! A fence without prompts → its commands: every line is one, as far as bash takes lines together.

use super::Command;
use super::blocks::Line;
use crate::source::{Diagnostic, Severity, SourceFile, Span};
use crate::syntax;

/// Reads the lines of a bare fence.
pub(super) fn read(
    file: &SourceFile,
    lines: &[Line<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Command> {
    syntax::split(lines.iter().map(|line| line.text.as_ref()))
        .into_iter()
        .map(|unit| {
            let part = &lines[unit.lines];
            let first = part[0].span;
            if let Some(open) = unit.open {
                diagnostics.push(Diagnostic::at(
                    Severity::Error,
                    file,
                    first,
                    format!("the command is not finished: bash waits for {open}"),
                ));
            }
            Command {
                text: joined(part),
                line: file.line_of(first.start),
                span: Span::new(first.start, part[part.len() - 1].span.end),
                expected: None,
            }
        })
        .collect()
}

/// A `raw=true` fence: one script, given to bash as it is.
pub(super) fn raw(file: &SourceFile, lines: &[Line<'_>]) -> Vec<Command> {
    let blank = |line: &Line<'_>| line.text.trim().is_empty();
    let Some(from) = lines.iter().position(|line| !blank(line)) else {
        return Vec::new();
    };
    let to = lines.iter().rposition(|line| !blank(line)).unwrap_or(from);
    let part = &lines[from..=to];
    vec![Command {
        text: joined(part),
        line: file.line_of(part[0].span.start),
        span: Span::new(part[0].span.start, part[part.len() - 1].span.end),
        expected: None,
    }]
}

/// The text of the lines; indentation that all of them share goes away, or `<<EOF` would not find its end.
fn joined(lines: &[Line<'_>]) -> String {
    let indent = lines[0].text.len() - lines[0].text.trim_start_matches([' ', '\t']).len();
    let prefix = &lines[0].text[..indent];
    let shared = lines
        .iter()
        .all(|line| line.text.starts_with(prefix) || line.text.trim().is_empty());
    let texts: Vec<&str> = lines
        .iter()
        .map(|line| {
            if shared {
                line.text.strip_prefix(prefix).unwrap_or("")
            } else {
                line.text.as_ref()
            }
        })
        .collect();
    texts.join("\n")
}
