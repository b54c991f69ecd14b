//! Whether bash takes what stands on the page, as it stands there.

use std::process::{Command, Stdio};

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::source::{Fix, Severity};
use crate::syntax::is_bash;

pub(super) const BASH_REFUSES: Rule = Rule {
    code: "LP002",
    title: "bash refuses the command",
    severity: Severity::Error,
    explanation: "`bash -n` finds a mistake in the syntax: a quote or a parenthesis too many, a reserved word out of place.",
    example: "```bash\n$ echo (a)\n```\n",
    check: bash_refuses,
};

/// Each question to bash is a process; a lab with more mistakes than these is no lab.
const MOST_ASKED: usize = 200;

fn bash_refuses(lab: &LabView<'_>, findings: &mut Findings) {
    let refused = lab
        .commands()
        .filter(|(_, _, view)| !is_bash(&view.command.text));
    let mut last = None;
    for (page, step, view) in refused.take(MOST_ASKED) {
        // A block that is no bash at all is said to be so once.
        let block = Some((page.file().path(), step.step.line));
        if last == block {
            continue;
        }
        // Our parser may be wrong about the language; bash is not.
        let Some(said) = bash_says(&view.command.text) else {
            continue;
        };
        last = block;
        let span = view.first_line(page.file());
        findings.add(
            page.file(),
            span,
            format!("bash refuses this command: {said}"),
        );
    }
}

/// What `bash -n` has against a text; `None`: nothing, or there is no bash to ask.
fn bash_says(text: &str) -> Option<String> {
    let output = Command::new("bash")
        .args(["-n", "-c", "--", text])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    if output.status.success() {
        return None;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("a syntax error");
    Some(
        first
            .rsplit_once("line ")
            .map_or(first, |(_, rest)| {
                rest.split_once(": ").map_or(rest, |(_, said)| said)
            })
            .to_owned(),
    )
}

pub(super) const TRAILING_BLANK: Rule = Rule {
    code: "LP003",
    title: "a blank after a backslash",
    severity: Severity::Warning,
    explanation: "A backslash continues a line only as its very last character. With a blank after it the command ends there, \
                  and the rest is taken for output.",
    example: "```bash\n$ kubectl get pods \\ \n  -n shop\n```\n",
    check: trailing_blank,
};

fn trailing_blank(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        let last = view.command.text.lines().last().unwrap_or("");
        let bare = last.trim_end();
        if bare.len() == last.len() || !bare.ends_with('\\') || bare.ends_with("\\\\") {
            continue;
        }
        let end = view.command.text.len();
        let start = end - (last.len() - bare.len());
        let span = view.span(page.file(), start, end);
        let finding = findings.add(
            page.file(),
            span,
            "a blank after the backslash: the command ends here",
        );
        finding.help = Some("remove the blank".to_owned());
        finding.fix = Some(Fix {
            span,
            replacement: String::new(),
            safe: true,
        });
    }
}

pub(super) const TYPOGRAPHY: Rule = Rule {
    code: "LP026",
    title: "typographic quotes or dashes in a command",
    severity: Severity::Warning,
    explanation: "Word processors turn `\"` and `--` into signs that bash does not know: the command gets them as letters.",
    example: "```bash\n$ kubectl get pods –n shop\n```\n",
    check: typography,
};

fn typography(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        let text = &view.command.text;
        if text.contains("<<") {
            continue;
        }
        let quotes = text.contains(['\'', '"']);
        let found = text.char_indices().find(|(at, c)| match c {
            '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => !quotes,
            '\u{2013}' | '\u{2014}' => {
                text[..*at].ends_with(' ')
                    && text[at + c.len_utf8()..]
                        .starts_with(|next: char| next.is_ascii_alphabetic())
            }
            '\u{a0}' => true,
            _ => false,
        });
        if let Some((at, sign)) = found {
            let span = view.span(page.file(), at, at + sign.len_utf8());
            let plain = match sign {
                '\u{2013}' | '\u{2014}' => "-",
                '\u{a0}' => " ",
                '\u{2018}' | '\u{2019}' => "'",
                _ => "\"",
            };
            let finding = findings.add(page.file(), span, format!("`{sign}` is no sign of bash's"));
            finding.help = Some(format!("write `{plain}` (or two of it)"));
        }
    }
}

pub(super) const OUTPUT_BEGINS_WITH_OPERATOR: Rule = Rule {
    code: "LP028",
    title: "a command that goes on without a backslash",
    severity: Severity::Warning,
    explanation: "The line after a command begins with `|`, `&&` or a flag, as only a continued command does: the command \
                  lacks a backslash at its end, and half of it is taken for output.",
    example: "```bash\n$ kubectl get pods\n  | grep web\n```\n",
    check: lacks_backslash,
};

fn lacks_backslash(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        let lines = view.shown_lines(page.file());
        let Some((line, span)) = lines.first() else {
            continue;
        };
        if *span
            != page
                .file()
                .line_span(view.command.line + view.command.text.lines().count())
        {
            continue;
        }
        let bare = line.trim_start();
        let operator = ["| ", "|| ", "&& "]
            .iter()
            .any(|operator| bare.starts_with(operator))
            && !bare.ends_with('|');
        let flag = bare.len() < line.len()
            && bare.strip_prefix("--").is_some_and(|rest| {
                rest.split(['=', ' ']).next().is_some_and(|name| {
                    !name.is_empty()
                        && name
                            .bytes()
                            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
                })
            })
            && !bare.contains("  ");
        if operator || flag {
            findings
                .add(
                    page.file(),
                    *span,
                    "this line belongs to the command above, which lacks a backslash at its end",
                )
                .help = Some("end the line above with ` \\`".to_owned());
        }
    }
}
