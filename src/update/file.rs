//! New blocks → the new text of their file: line ends, indentation and everything around them stay.
//!
//! Entry point: [`place`]. The new text is read as a page again: a block that would be read as something else (a
//! printed line that looks like a prompt, or that closes the fence) is left as it was.

use super::{Piece, text_of};
use crate::page::{self, Expected, Page};
use crate::source::{Fix, SourceFile, Span};

/// A block of a page with its new lines.
#[derive(Debug)]
pub(super) struct New<'a> {
    pub(super) expected: &'a Expected,
    pub(super) lines: &'a [Piece],
}

/// The text of the page with the blocks in it, and which of them (by index) cannot stand there.
pub(super) fn place(page: &Page, blocks: &[New<'_>]) -> (String, Vec<usize>) {
    let file = &page.file;
    let all: Vec<usize> = (0..blocks.len()).collect();
    let text = with(file, blocks, &all);
    if is_read_as(page, blocks, &all, &text) {
        return (text, Vec::new());
    }
    let mut good: Vec<usize> = Vec::new();
    let mut bad = Vec::new();
    for index in all {
        good.push(index);
        if !is_read_as(page, blocks, &good, &with(file, blocks, &good)) {
            good.pop();
            bad.push(index);
        }
    }
    (with(file, blocks, &good), bad)
}

fn with(file: &SourceFile, blocks: &[New<'_>], chosen: &[usize]) -> String {
    let fixes: Vec<Fix> = chosen
        .iter()
        .map(|index| Fix {
            span: blocks[*index].expected.span,
            replacement: raw(file, &blocks[*index]),
            safe: true,
        })
        .collect();
    crate::source::apply(file.text(), &fixes.iter().collect::<Vec<_>>())
}

/// The block as it stands in the file: lines that stay with every byte of theirs, new ones indented as the first.
fn raw(file: &SourceFile, block: &New<'_>) -> String {
    let span = block.expected.span;
    let line_start = file.text()[..span.start]
        .rfind('\n')
        .map_or(0, |newline| newline + 1);
    let indent = &file.text()[line_start..span.start];
    let line_end = if file.text()[..line_start].ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let old: Vec<&str> = file
        .slice(Span::new(line_start, span.end))
        .split('\n')
        .map(|line| line.trim_end_matches('\r'))
        .collect();
    let mut out = String::new();
    for (at, piece) in block.lines.iter().enumerate() {
        let line = match piece {
            Piece::Kept(line) => old.get(*line).copied().unwrap_or_default().to_owned(),
            Piece::New(text) if text.is_empty() => String::new(),
            Piece::New(text) => format!("{indent}{text}"),
        };
        if at > 0 {
            out.push_str(line_end);
            out.push_str(&line);
        } else {
            // The indentation of the first line stands before the span.
            out.push_str(line.strip_prefix(indent).unwrap_or(line.trim_start()));
        }
    }
    out
}

/// Whether the new text is the same page with other output in those blocks.
fn is_read_as(page: &Page, blocks: &[New<'_>], chosen: &[usize], text: &str) -> bool {
    let read = |text: &str| -> Vec<(usize, String, Option<String>)> {
        let file = SourceFile::new(page.file.path(), text);
        let (read, _) = page::read_as(&file, None, page.front.dialect, &page.front.interpreters);
        let commands = read.steps.into_iter().flat_map(|step| step.commands);
        commands
            .map(|command| {
                let start = command
                    .expected
                    .as_ref()
                    .map_or(0, |expected| expected.span.start);
                (
                    start,
                    command.text,
                    command.expected.map(|shown| shown.text),
                )
            })
            .collect()
    };
    let wanted = read(page.file.text())
        .into_iter()
        .map(|(start, command, shown)| {
            let new = chosen
                .iter()
                .map(|index| &blocks[*index])
                .find(|block| shown.is_some() && block.expected.span.start == start);
            let new = new.map(|block| {
                let old: Vec<&str> = block.expected.text.lines().collect();
                text_of(block.lines, &old)
            });
            (command, new.or(shown))
        });
    let found = read(text)
        .into_iter()
        .map(|(_, command, shown)| (command, shown));
    wanted.eq(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, lines: &[Piece], expected: Option<&str>) {
        let (page, _) = page::read(&SourceFile::new("a.md", text), None);
        let shown = page.steps[0].commands[0].expected.as_ref().unwrap();
        let (new, bad) = place(
            &page,
            &[New {
                expected: shown,
                lines,
            }],
        );
        assert_eq!(bad.is_empty(), expected.is_some());
        assert_eq!(new, expected.unwrap_or(text));
    }

    #[test]
    fn indentation_and_line_ends_stay() {
        let new = |text: &str| Piece::New(text.to_owned());
        check(
            "1. x\r\n\r\n   ```bash\r\n   $ a\r\n   one\r\n   two\r\n   ```\r\nend",
            &[new("ONE"), Piece::Kept(1), new("three")],
            Some(
                "1. x\r\n\r\n   ```bash\r\n   $ a\r\n   ONE\r\n   two\r\n   three\r\n   ```\r\nend",
            ),
        );
        check(
            "> ```bash\n> $ a\n> one\n> ```\n",
            &[new("two"), new("three")],
            Some("> ```bash\n> $ a\n> two\n> three\n> ```\n"),
        );
    }

    #[test]
    fn what_would_be_read_as_something_else_is_left_alone() {
        let page = "```bash\n$ a\none\n```\n";
        check(page, &[Piece::New("$ b".to_owned())], None);
        check(
            page,
            &[Piece::New("```".to_owned()), Piece::New("x".to_owned())],
            None,
        );
    }
}
