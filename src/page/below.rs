//! The lines below a command with a prompt → what the page shows that it printed.

use super::blocks::Line;
use super::prompt::{Prompt, is_remark};
use super::{Expected, lead};
use crate::source::{Diagnostic, Severity, SourceFile, Span};

/// Words with which a remark to the reader begins and a program's message does not.
const REMARKS: [&str; 5] = ["But", "However", "Notice", "Note", "Remember"];

/// Whether a line is a remark to the reader: a sentence of plain words that begins as only a remark does.
fn is_sentence(line: &str) -> bool {
    let mut words = line.trim().trim_end_matches(['.', '!']).split(' ');
    words.next().is_some_and(|word| REMARKS.contains(&word))
        && words.clone().count() >= 3
        && words.all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// What the page shows between a command and the next prompt (`more`: there is one).
pub(super) fn expected(
    file: &SourceFile,
    lines: &[Line<'_>],
    prompt: &Prompt,
    more: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expected> {
    let lines = without_frame(lines, prompt);
    let blank = |line: &Line<'_>| line.text.trim().is_empty();
    let remark = |line: &Line<'_>| is_remark(&line.text);
    let mut from = 0;
    let mut to = lines.len();
    while to > 0 && blank(&lines[to - 1]) {
        to -= 1;
    }
    // A remark on the next command, set apart by a blank line, is no output.
    if more {
        let mut before = to;
        while before > 0 && remark(&lines[before - 1]) {
            before -= 1;
        }
        if before < to && (before == 0 || blank(&lines[before - 1])) {
            to = before;
        }
    }
    while to > 0 && blank(&lines[to - 1]) {
        to -= 1;
    }
    // So is a sentence at the very end that speaks to the reader, set apart in the same way.
    if !more && to > 1 && blank(&lines[to - 2]) && is_sentence(&lines[to - 1].text) {
        to -= 1;
        diagnostics.push(
            Diagnostic::at(
                Severity::Warning,
                file,
                lines[to].span,
                "a remark inside the block; it is not compared with the output",
            )
            .with_help("write it below the block, or begin it with `# `"),
        );
        while to > 0 && blank(&lines[to - 1]) {
            to -= 1;
        }
    }
    while from < to && blank(&lines[from]) {
        from += 1;
    }
    let shown = &lines[from..to];
    if shown.is_empty() || shown.iter().all(|line| remark(line) || blank(line)) {
        return None;
    }
    Some(shown_text(file, shown))
}

/// The lines below a command without what is no output for certain: prompts with nothing typed at their end, and a
/// remark at their beginning that says that output follows.
fn without_frame<'a, 'b>(mut lines: &'a [Line<'b>], prompt: &Prompt) -> &'a [Line<'b>] {
    let blank = |line: &Line<'_>| line.text.trim().is_empty();
    while let [rest @ .., last] = lines
        && (blank(last) || prompt.is_alone(&last.text))
    {
        lines = rest;
    }
    let first = lines.iter().position(|line| !blank(line));
    match first {
        Some(at) if is_remark(&lines[at].text) && lead::names_output(&lines[at].text) => {
            &lines[at + 1..]
        }
        _ => lines,
    }
}

/// Lines as shown output.
pub(super) fn shown_text(file: &SourceFile, lines: &[Line<'_>]) -> Expected {
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_ref()).collect();
    let span = match (lines.first(), lines.last()) {
        (Some(first), Some(last)) => Span::new(first.span.start, last.span.end),
        _ => Span::default(),
    };
    Expected {
        text: texts.join("\n"),
        line: file.line_of(span.start),
        span,
    }
}
