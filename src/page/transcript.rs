//! A recorded session → its commands and what each printed.
//!
//! A line that begins with the prompt begins a command. The command goes on while bash would wait for more;
//! whatever follows, up to the next prompt, is its output.

use std::collections::HashMap;

use super::Command;
use super::below::expected;
use super::blocks::Line;
use super::prompt::Prompt;
use crate::source::{Diagnostic, Severity, SourceFile, Span};
use crate::syntax::{Open, Scanner};

/// Reads the lines of a transcript fence.
pub(super) fn read(
    file: &SourceFile,
    lines: &[Line<'_>],
    prompt: &Prompt,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Command> {
    let last = last_lines(lines);
    let mut commands = Vec::new();
    let mut attempts = MOST_LOOPS;
    let mut at = lines
        .iter()
        .position(|line| prompt.strip(&line.text).is_some())
        .unwrap_or(lines.len());
    while at < lines.len() {
        let first = at;
        let mut taken = take(lines, first, prompt, &last);
        let looks = matches!(taken.open, Some(Open::Compound(_))) && attempts > 0;
        attempts -= usize::from(looks);
        if looks && let Some(whole) = take_through_prompts(lines, first, prompt) {
            diagnostics.push(
                Diagnostic::at(
                    Severity::Warning,
                    file,
                    lines[taken.next].span,
                    "a prompt in the middle of a command",
                )
                .with_help("write the lines of one command without `$ ` before them; it is read as if they were"),
            );
            taken = whole;
        }
        at = taken.next;
        let span = Span::new(lines[first].span.start, lines[at - 1].span.end);
        if let Some(open) = taken.open {
            diagnostics.push(
                Diagnostic::at(
                    Severity::Error,
                    file,
                    lines[first].span,
                    format!("the command is not finished: bash waits for {open}"),
                )
                .with_help("it ends where the block ends or the next prompt begins"),
            );
        }
        let output = at;
        while at < lines.len() && prompt.strip(&lines[at].text).is_none() {
            at += 1;
        }
        commands.push(Command {
            text: taken.text,
            line: file.line_of(lines[first].span.start),
            span,
            expected: expected(
                file,
                &lines[output..at],
                prompt,
                at < lines.len(),
                diagnostics,
            ),
        });
    }
    commands
}

/// A command, whole or as far as it goes.
struct Taken {
    text: String,
    /// The line after it.
    next: usize,
    open: Option<Open>,
}

/// For every text of a line, the last line that holds it: tells in one look whether a here-document will end.
fn last_lines<'a>(lines: &'a [Line<'_>]) -> HashMap<&'a str, usize> {
    lines
        .iter()
        .enumerate()
        .map(|(index, line)| (line.text.trim_start_matches('\t'), index))
        .collect()
}

fn take(lines: &[Line<'_>], first: usize, prompt: &Prompt, last: &HashMap<&str, usize>) -> Taken {
    let mut scanner = Scanner::new();
    let start = prompt
        .strip(&lines[first].text)
        .unwrap_or(&lines[first].text);
    scanner.feed(start);
    let mut text = start.to_owned();
    let mut at = first + 1;
    let mut continuation = None;
    while let Some(open) = scanner.open() {
        let Some(line) = lines.get(at) else {
            break;
        };
        if let Open::HereDocument(delimiter) = &open {
            // A here-document whose end is not there would take the rest of the block with it.
            let ends = |text: &str| last.get(text).is_some_and(|index| *index >= at);
            if !ends(delimiter) && !ends(&format!("> {delimiter}")) {
                break;
            }
        } else if prompt.strip(&line.text).is_some() {
            break;
        }
        let prompted = *continuation
            .get_or_insert_with(|| continuation_prompt(&lines[at..], prompt, &open, last, at));
        let line = if prompted {
            without_continuation(&line.text, prompt)
        } else {
            &line.text
        };
        scanner.feed(line);
        text.push('\n');
        text.push_str(line);
        at += 1;
    }
    Taken {
        text,
        next: at,
        open: scanner
            .open()
            .filter(|open| *open != Open::Backslash || at < lines.len()),
    }
}

/// How many unfinished loops of one fence are looked at for prompts inside them.
const MOST_LOOPS: usize = 20;

/// How far to look for the end of a loop that has prompts in it.
const LONGEST_LOOP: usize = 60;

/// A compound command whose author put a prompt before each of its lines; `None` where that makes no whole.
fn take_through_prompts(lines: &[Line<'_>], first: usize, prompt: &Prompt) -> Option<Taken> {
    let mut scanner = Scanner::new();
    let mut text = String::new();
    for (offset, line) in lines[first..].iter().take(LONGEST_LOOP).enumerate() {
        // Blanks after the prompt are the loop's own indentation, save on the first line.
        let line = match prompt.strip(&line.text) {
            Some(command) if offset == 0 => command,
            Some(_) => prompt.strip_keeping_blanks(&line.text)?,
            None => &line.text,
        };
        if offset > 0 {
            text.push('\n');
        }
        text.push_str(line);
        scanner.feed(line);
        if scanner.open().is_none() {
            return Some(Taken {
                text,
                next: first + offset + 1,
                open: None,
            });
        }
    }
    None
}

/// Whether the lines that continue a command begin with bash's own `> `.
fn continuation_prompt(
    rest: &[Line<'_>],
    prompt: &Prompt,
    open: &Open,
    last: &HashMap<&str, usize>,
    at: usize,
) -> bool {
    let Some(line) = prompt.unindent(&rest[0].text) else {
        return false;
    };
    if line != ">" && !line.starts_with("> ") {
        return false;
    }
    let body = line[1..].trim();
    match open {
        // In a here-document the closing line decides: `> EOF`, or `EOF` below lines that quote something.
        Open::HereDocument(delimiter) => {
            let plain = last.get(delimiter.as_str()).copied().unwrap_or(0);
            plain < at
        }
        // `> file` after a backslash is a redirection, `> --flag` is not.
        Open::Backslash => {
            let alone = rest
                .get(1)
                .and_then(|next| prompt.unindent(&next.text))
                .is_none_or(|next| !next.starts_with('>'));
            let one_word = !body.contains(' ') && !body.starts_with('-');
            !(alone && one_word)
        }
        _ => true,
    }
}

fn without_continuation<'a>(line: &'a str, prompt: &Prompt) -> &'a str {
    let Some(rest) = prompt.unindent(line) else {
        return line;
    };
    match rest.strip_prefix('>') {
        Some(rest) => rest.strip_prefix(' ').unwrap_or(rest),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands of a fence's content as `command => output`, then the messages.
    fn check(content: &str, expected: &[&str]) {
        let page = format!("```bash\n{content}\n```\n");
        let file = SourceFile::new("a.md", page.as_str());
        let blocks = super::super::blocks::find(&file, 0);
        let mut diagnostics = Vec::new();
        let lines = &blocks.fences[0].lines;
        let commands = Prompt::of(lines, false)
            .map(|prompt| read(&file, lines, &prompt, &mut diagnostics))
            .unwrap_or_default();
        let mut found: Vec<String> = commands
            .iter()
            .map(|command| {
                assert!(file.slice(command.span).trim_start().starts_with('$'));
                match &command.expected {
                    Some(shown) => {
                        assert_eq!(file.slice(shown.span), shown.text);
                        format!("{} => {}", command.text, shown.text)
                    }
                    None => command.text.clone(),
                }
            })
            .collect();
        found.extend(diagnostics.iter().map(|d| d.message.clone()));
        assert_eq!(found, expected, "{content}");
    }

    #[test]
    fn commands_and_their_output() {
        check("$ a\nb\n$ c", &["a => b", "c"]);
        check("$ a\n\nb\n\nc\n\n$ d", &["a => b\n\nc", "d"]);
        check("  $ a\n  b", &["a =>   b"]);
        check("$ a\n$5 is\n$ b", &["a => $5 is", "b"]);
        check("before\n$ a", &["a"]);
        check("no prompt", &[]);
        check("$\ta  ", &["a  "]);
        check("$ a\n  $ b", &["a =>   $ b"]);
    }

    #[test]
    fn commands_over_lines() {
        check("$ a \\\n  b\nc", &["a \\\n  b => c"]);
        check("$ a |\n b\nc", &["a |\n b => c"]);
        check(
            "$ cat <<EOF\n$ x\n\nEOF\ny",
            &["cat <<EOF\n$ x\n\nEOF => y"],
        );
        check(
            "$ for i in 1; do\n  a\ndone\nb\n$ c",
            &["for i in 1; do\n  a\ndone => b", "c"],
        );
        check("$ echo 'a\nb'\na\nb", &["echo 'a\nb' => a\nb"]);
    }

    #[test]
    fn continuation_prompts() {
        check("$ a \\\n> --b \\\n> c\nd", &["a \\\n--b \\\nc => d"]);
        check("$ a \\\n> out.txt\nd", &["a \\\n> out.txt => d"]);
        check(
            "$ cat <<EOF\n> x\n>   y\n> EOF\nz",
            &["cat <<EOF\nx\n  y\nEOF => z"],
        );
        check("$ cat <<EOF\n> x\nEOF\nz", &["cat <<EOF\n> x\nEOF => z"]);
        check(
            "$ for i in 1\n> do\n> a\n> done\nz",
            &["for i in 1\ndo\na\ndone => z"],
        );
        check(
            "$ curl -v x\n> GET /\n< 200",
            &["curl -v x => > GET /\n< 200"],
        );
    }

    #[test]
    fn remarks_are_no_output() {
        check("$ a\n# why\n$ b", &["a", "b"]);
        check("$ a\nx\n\n# why\n$ b", &["a => x", "b"]);
        check("$ a\n# HELP x\ny 1\n$ b", &["a => # HELP x\ny 1", "b"]);
        check("$ a\n# nothing more", &["a"]);
        check("$ a\nx\n\n#为什么\n$ b", &["a => x", "b"]);
        check("$ a\n# Output:\nx", &["a => x"]);
        check("$ a\nx\n$\n$ b\ny\n$ ", &["a => x", "b => y"]);
        let said = "a remark inside the block; it is not compared with the output";
        check("$ a\nb\n\nBut not on a friday", &["a => b", said]);
        check("$ a\n\nNote that it takes long.", &["a", said]);
        check("$ a\nBut not on a friday", &["a => But not on a friday"]);
        check("$ a\n\nBut exit code 3", &["a => But exit code 3"]);
    }

    #[test]
    fn commands_that_never_end() {
        check(
            "$ cat <<EOF\nx\n$ b",
            &[
                "cat <<EOF => x",
                "b",
                "the command is not finished: bash waits for the line `EOF` that ends a here-document",
            ],
        );
        check(
            "$ echo 'a\n$ b",
            &[
                "echo 'a",
                "b",
                "the command is not finished: bash waits for a closing '",
            ],
        );
        check("$ a \\", &["a \\"]);
        check(
            "$ for i in 1; do\n$   a\n$ done\nx",
            &[
                "for i in 1; do\n  a\ndone => x",
                "a prompt in the middle of a command",
            ],
        );
    }
}
