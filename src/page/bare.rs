//! A fence without prompts → its commands: every line is one, as far as bash takes lines together.
//!
//! Where plain output follows a command in the same fence, it is that command's.

use super::Command;
use super::below::shown_text;
use super::blocks::Line;
use super::printed::{is_output, is_printed};
use super::tools::{first_word, is_command, is_lone_program};
use crate::source::{Diagnostic, Severity, SourceFile, Span};
use crate::syntax::{Open, Scanner};

/// Reads the lines of a bare fence.
pub(super) fn read(
    file: &SourceFile,
    lines: &[Line<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let mut at = 0;
    // The line after the last command: what it printed would begin there.
    let mut printed = 0;
    while at < lines.len() {
        // A lone `>` parts a command from what it printed.
        let parts = at == printed && lines[at].text.trim() == ">" && at + 1 < lines.len();
        if parts && commands.last().is_some() {
            at += 1;
            printed = at;
        }
        if let Some(command) = commands.last_mut()
            && (parts
                || is_printed(&lines[at].text)
                || at == printed
                    && !is_blank(&lines[at])
                    && (shows_file(&command.text) || is_lone_program(&lines[at].text)))
            // What is a command by itself is no output of the one before.
            && let end = end_of_output(lines, at)
            && end > at
        {
            let shown = &lines[at..end];
            let rest = shown.iter().rev().take_while(|line| is_blank(line)).count();
            command.expected = Some(shown_text(file, &shown[..shown.len() - rest]));
            at = end;
            continue;
        }
        let (next, open) = unit(lines, at);
        let begins = lines[at..next]
            .iter()
            .any(|line| !is_blank(line) && !is_remark(line));
        if begins {
            let first = lines[at].span;
            if let Some(open) = open.filter(|open| *open != Open::Backslash) {
                diagnostics.push(Diagnostic::at(
                    Severity::Error,
                    file,
                    first,
                    format!("the command is not finished: bash waits for {open}"),
                ));
            }
            commands.push(command(file, &lines[at..next]));
            printed = next;
        }
        at = next;
    }
    commands
}

/// The line after the output that begins at `at`: the next command's, or that of the remark on it.
fn end_of_output(lines: &[Line<'_>], at: usize) -> usize {
    // The row of a table may be called as a program is.
    let table = is_output(&lines[at].text) && lines[at].text.contains("  ");
    let row = |line: &Line<'_>| table && line.text.trim().contains("  ");
    let end = at
        + lines[at..]
            .iter()
            .take_while(|line| row(line) || !is_command(&line.text) || is_lone_program(&line.text))
            .count();
    let remarks = lines[at..end]
        .iter()
        .rev()
        .take_while(|line| is_remark(line))
        .count();
    let apart = remarks > 0 && end - remarks > at && is_blank(&lines[end - remarks - 1]);
    if end < lines.len() && apart {
        end - remarks
    } else {
        end
    }
}

/// Whether a command prints a file or variables: `NAME=value` below it is what it printed.
fn shows_file(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    match first_word(command) {
        "cat" => words.len() == 2 && !command.contains(['<', '>', '|', ';', '&']),
        "env" | "printenv" => words.len() == 1,
        _ => words.ends_with(&["--", "env"]) || words.ends_with(&["--", "printenv"]),
    }
}

/// The line after the command that begins at `at`, and what it still waits for there.
fn unit(lines: &[Line<'_>], at: usize) -> (usize, Option<Open>) {
    let mut scanner = Scanner::new();
    let prefix = indent(&lines[at]);
    for (offset, line) in lines[at..].iter().enumerate() {
        scanner.feed(dedent(line, prefix));
        if scanner.open().is_none() {
            return (at + offset + 1, None);
        }
    }
    (lines.len(), scanner.open())
}

/// A `raw=true` fence: one script, given to bash as it is.
pub(super) fn raw(file: &SourceFile, lines: &[Line<'_>]) -> Vec<Command> {
    let Some(from) = lines.iter().position(|line| !is_blank(line)) else {
        return Vec::new();
    };
    let to = lines
        .iter()
        .rposition(|line| !is_blank(line))
        .unwrap_or(from);
    vec![command(file, &lines[from..=to])]
}

fn is_blank(line: &Line<'_>) -> bool {
    line.text.trim().is_empty()
}

fn is_remark(line: &Line<'_>) -> bool {
    line.text.trim_start().starts_with('#')
}

fn indent<'a>(line: &'a Line<'_>) -> &'a str {
    &line.text[..line.text.len() - line.text.trim_start_matches([' ', '\t']).len()]
}

fn dedent<'a>(line: &'a Line<'_>, prefix: &str) -> &'a str {
    line.text.strip_prefix(prefix).unwrap_or(&line.text)
}

/// Lines as a command, without the indentation of the first: with it, `<<EOF` would not find its end.
fn command(file: &SourceFile, lines: &[Line<'_>]) -> Command {
    let first = &lines[0];
    let prefix = indent(first);
    let texts: Vec<&str> = lines.iter().map(|line| dedent(line, prefix)).collect();
    Command {
        text: texts.join("\n"),
        line: file.line_of(first.span.start),
        span: Span::new(first.span.start, lines[lines.len() - 1].span.end),
        expected: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: &[&str]) {
        let page = format!("```sh\n{content}\n```\n");
        let file = SourceFile::new("a.md", page.as_str());
        let blocks = super::super::blocks::find(&file, 0);
        let mut diagnostics = Vec::new();
        let mut found: Vec<String> = read(&file, &blocks.fences[0].lines, &mut diagnostics)
            .into_iter()
            .map(|command| match command.expected {
                Some(shown) => format!("{} => {}", command.text, shown.text),
                None => command.text,
            })
            .collect();
        found.extend(diagnostics.into_iter().map(|problem| problem.message));
        assert_eq!(found, expected, "{content}");
    }

    #[test]
    fn every_line_is_a_command() {
        check("a\nb # why", &["a", "b # why"]);
        check("# why\na \\\n  b\n\nc", &["a \\\n  b", "c"]);
        check(
            "  cat <<EOF\n  x\n    y\n  EOF",
            &["cat <<EOF\nx\n  y\nEOF"],
        );
        check(
            "for i in 1; do\n  a\ndone\nb",
            &["for i in 1; do\n  a\ndone", "b"],
        );
    }

    #[test]
    fn a_file_is_shown_and_the_next_command_is_none_of_it() {
        check(
            "cat x\nkubectl get po\nls /",
            &["cat x", "kubectl get po", "ls /"],
        );
        check(
            "cat x\nA=1\nkubectl get po",
            &["cat x => A=1", "kubectl get po"],
        );
    }

    #[test]
    fn plain_output_below_a_command_is_its_output() {
        check(
            "kubectl get po\nNAME   READY\nit's   1/1\n\nkubectl get no",
            &[
                "kubectl get po => NAME   READY\nit's   1/1",
                "kubectl get no",
            ],
        );
    }

    #[test]
    fn output_of_any_kind_below_a_command() {
        check(
            "kubectl exec x -- nslookup y\nServer:    10.0.0.10\n\nName:   y\n\n# again\nkubectl get po",
            &[
                "kubectl exec x -- nslookup y => Server:    10.0.0.10\n\nName:   y",
                "kubectl get po",
            ],
        );
        check(
            "kubectl get deploy\nNAME     READY\nvault    1/1\n\nvault status",
            &[
                "kubectl get deploy => NAME     READY\nvault    1/1",
                "vault status",
            ],
        );
        check("cat a.env\nA=1\nB=2", &["cat a.env => A=1\nB=2"]);
        check("cat a.env\n\nA=1", &["cat a.env", "A=1"]);
        check(
            "for i in 0 1; do kubectl exec web-$i -- hostname; done\nweb-0\nweb-1",
            &["for i in 0 1; do kubectl exec web-$i -- hostname; done => web-0\nweb-1"],
        );
        check("mytool up\nmytool down", &["mytool up", "mytool down"]);
        check("mytool up\n>\nAll done\nx", &["mytool up => All done\nx"]);
    }

    #[test]
    fn commands_that_never_end() {
        check(
            "echo 'a\nb",
            &[
                "echo 'a\nb",
                "the command is not finished: bash waits for a closing '",
            ],
        );
    }
}
