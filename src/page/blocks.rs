//! Markdown → the fenced blocks of a page, wherever they stand.
//!
//! Steps: pulldown-cmark finds the fences that CommonMark knows, list items and block quotes included;
//! then [`super::gaps`] looks through what is left, because admonitions, tabs and JSX hold
//! fences that CommonMark takes for HTML, indented code or prose.
//!
//! This is the one place that sets the markdown parser's options.

use std::borrow::Cow;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::{execute, gaps};
use crate::source::{SourceFile, Span};

/// A fenced block.
#[derive(Debug, Clone)]
pub(super) struct Fence<'a> {
    /// Both fences included, up to the end of the closing one's line.
    pub span: Span,
    /// The info string.
    pub info: Span,
    /// The content, the container's indentation removed.
    pub lines: Vec<Line<'a>>,
    /// Whether its closing fence is there.
    pub closed: bool,
    /// Whether it says behind its closing fence that a click runs it.
    pub executed: bool,
    /// Whether it is no fence at all but code by its indentation.
    pub indented: bool,
    /// Index into [`Blocks::headings`] of the nearest heading above.
    pub section: Option<usize>,
}

/// A line of a fence's content.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    /// Without indentation of the container, without its line break.
    pub text: Cow<'a, str>,
    /// The same bytes in the file.
    pub span: Span,
}

/// What a page is made of, as far as labproof cares.
#[derive(Debug, Default)]
pub(super) struct Blocks<'a> {
    /// Code in page order, fenced and indented.
    pub fences: Vec<Fence<'a>>,
    /// Headings: where each begins, and its text.
    pub headings: Vec<(usize, String)>,
    /// The text of the first first-level heading.
    pub first_title: Option<String>,
}

/// Finds the code of a page whose text proper begins at `start`.
pub(super) fn find(file: &SourceFile, start: usize) -> Blocks<'_> {
    let mut blocks = Blocks::default();
    let plain = execute::without_marks(file.text());
    // Starting over costs a pass over the rest; beyond this many bytes the rest is read line by line only.
    let mut budget = file.text().len().saturating_mul(8);
    let mut at = start;
    loop {
        let part = commonmark(file, &plain, at);
        let (indented, fenced) = part.fences.into_iter().partition(|fence| fence.indented);
        let (fences, restart) = gaps::fill(file, at, fenced, &mut budget);
        let end = restart.unwrap_or(file.text().len());
        let fences = with_indented(fences, indented, end);
        blocks.fences.extend(fences);
        blocks.first_title = blocks.first_title.or(part.first_title);
        blocks
            .headings
            .extend(part.headings.into_iter().filter(|(at, _)| *at < end));
        match restart {
            Some(next) => at = next,
            None => break,
        }
    }
    // What looks like a heading in a shortcode is code.
    let fences = &blocks.fences;
    blocks.headings.retain(|(at, _)| {
        let next = fences.partition_point(|fence| fence.span.start <= *at);
        next == 0 || fences[next - 1].span.end <= *at
    });
    let headings = &blocks.headings;
    for fence in &mut blocks.fences {
        fence.section = headings
            .partition_point(|(at, _)| *at < fence.span.start)
            .checked_sub(1);
    }
    blocks
}

/// Fences up to `end`, and the indented code between them: in what is part of a fence it is none.
fn with_indented<'a>(
    fences: Vec<Fence<'a>>,
    indented: Vec<Fence<'a>>,
    end: usize,
) -> Vec<Fence<'a>> {
    let apart = |block: &Fence<'_>| {
        let next = fences.partition_point(|fence| fence.span.end <= block.span.start);
        block.span.end <= end
            && fences
                .get(next)
                .is_none_or(|fence| block.span.end <= fence.span.start)
    };
    let mut all: Vec<Fence<'a>> = indented.into_iter().filter(apart).collect();
    all.extend(fences);
    all.sort_by_key(|fence| fence.span.start);
    all
}

/// Fences, indented code and headings as CommonMark sees the text from `start` on. `plain` is the text without what it does not allow.
fn commonmark<'a>(file: &'a SourceFile, plain: &str, start: usize) -> Blocks<'a> {
    let text = &plain[start..];
    let mut blocks = Blocks::default();
    let mut heading: Option<(usize, String)> = None;
    let mut open: Option<Fence<'_>> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        let at = start + range.start;
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let span = Span::new(at, start + range.end);
                open = Some(match kind {
                    CodeBlockKind::Fenced(_) => fence(file, span),
                    CodeBlockKind::Indented => indented(span),
                });
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some(mut fence) = open.take() {
                    // The text ends with the line break of its last line; what follows is no line.
                    fence.lines.pop_if(|line| line.text.is_empty());
                    if fence.indented {
                        dedent(&mut fence.lines);
                    }
                    blocks.fences.push(fence);
                }
            }
            Event::Text(content) => {
                if let Some(fence) = &mut open {
                    append(
                        fence,
                        content.as_ref(),
                        &file.text()[at..start + range.end],
                        at,
                    );
                } else if let Some((_, title)) = &mut heading {
                    title.push_str(&content);
                }
            }
            Event::Code(content) => {
                if let Some((_, title)) = &mut heading {
                    title.push_str(&content);
                }
            }
            Event::Start(Tag::Heading { .. }) => heading = Some((at, String::new())),
            Event::End(TagEnd::Heading(level)) => {
                if let Some((at, title)) = heading.take() {
                    let title = title.trim().to_owned();
                    if blocks.first_title.is_none() && level == pulldown_cmark::HeadingLevel::H1 {
                        blocks.first_title = Some(title.clone());
                    }
                    blocks.headings.push((at, title));
                }
            }
            _ => {}
        }
    }
    blocks
}

/// A fence without its content yet: where its info string is and whether it is closed.
fn fence<'a>(file: &SourceFile, span: Span) -> Fence<'a> {
    let block = file.slice(span);
    let first = block.split('\n').next().unwrap_or("");
    let marks = marks(first);
    let info = Span::new(
        span.start + marks,
        span.start + first.trim_end().len().max(marks),
    );
    let last = block.trim_end_matches(['\n', '\r']);
    let closing = last.rsplit_once('\n').map_or("", |(_, line)| {
        line.trim_start_matches([' ', '\t', '>']).trim_end()
    });
    let count = self::marks(closing);
    let rest = closing.get(count..).unwrap_or("");
    let closed = count >= marks
        && marks > 0
        && closing.as_bytes()[0] == block.as_bytes()[0]
        && (rest.is_empty() || execute::is_mark(rest));
    let executed = closed && is_executed_at(file, span);
    Fence {
        span,
        info,
        lines: Vec::new(),
        closed,
        executed,
        indented: false,
        section: None,
    }
}

/// Indented code without its content yet.
fn indented<'a>(span: Span) -> Fence<'a> {
    Fence {
        span,
        info: Span::new(span.start, span.start),
        lines: Vec::new(),
        closed: true,
        executed: false,
        indented: true,
        section: None,
    }
}

/// Takes away the blanks that all lines begin with: in a list, code is often set in by more than its four.
fn dedent(lines: &mut [Line<'_>]) {
    let depth = |line: &Line<'_>| line.text.len() - line.text.trim_start_matches(' ').len();
    let filled = lines.iter().filter(|line| !line.text.trim().is_empty());
    let common = filled.map(depth).min().unwrap_or(0);
    for line in lines {
        let cut = common.min(depth(line));
        line.span.start = (line.span.start + cut).min(line.span.end);
        line.text = match &line.text {
            Cow::Borrowed(text) => Cow::Borrowed(&text[cut..]),
            Cow::Owned(text) => Cow::Owned(text[cut..].to_owned()),
        };
    }
}

/// Whether the line on which a fence ends says that a click runs it.
pub(super) fn is_executed_at(file: &SourceFile, span: Span) -> bool {
    let line = file.text()[..span.end.min(file.text().len())].trim_end_matches(['\n', '\r']);
    let begin = line.rfind('\n').map_or(0, |newline| newline + 1);
    let rest = file.text()[begin..].lines().next().unwrap_or("");
    execute::is_executed(rest)
}

/// How many backticks or tildes a fence begins with.
pub(super) fn marks(line: &str) -> usize {
    let first = line.bytes().next().unwrap_or(0);
    if first != b'`' && first != b'~' {
        return 0;
    }
    line.bytes().take_while(|byte| *byte == first).count()
}

/// Adds a piece of content; pieces end anywhere, lines at line breaks.
fn append<'a>(fence: &mut Fence<'a>, content: &str, source: &'a str, at: usize) {
    let mut offset = 0;
    for (index, piece) in content.split('\n').enumerate() {
        let piece = piece.strip_suffix('\r').unwrap_or(piece);
        // Where the parser made the text up (a tab cut in two by indentation) it is not in the source.
        let verbatim = source.get(offset..offset + piece.len()) == Some(piece);
        let start = at + offset.min(source.len());
        let end = if verbatim {
            start + piece.len()
        } else {
            at + source.len()
        };
        let text = if verbatim {
            Cow::Borrowed(&source[offset..offset + piece.len()])
        } else {
            Cow::Owned(piece.to_owned())
        };
        let first_of_all = fence.lines.is_empty();
        if index > 0 || first_of_all {
            fence.lines.push(Line {
                text,
                span: Span::new(start, end),
            });
        } else if let Some(last) = fence.lines.last_mut() {
            if last.text.is_empty() {
                *last = Line {
                    text,
                    span: Span::new(start, end),
                };
            } else if !piece.is_empty() {
                last.text.to_mut().push_str(piece);
                last.span.end = end;
            }
        }
        offset += piece.len();
        if verbatim && source[offset..].starts_with('\r') {
            offset += 1;
        }
        offset += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fences of a page as `language-and-rest|line|line...`, `!` before one that is not closed.
    fn check(page: &str, expected: &[&str]) {
        let file = SourceFile::new("a.md", page);
        let found: Vec<String> = find(&file, 0)
            .fences
            .iter()
            .map(|fence| {
                for line in &fence.lines {
                    let source = file.slice(line.span);
                    assert!(
                        source == line.text || line.text.starts_with(' '),
                        "{source:?} {line:?}"
                    );
                }
                let lines: Vec<&str> = fence.lines.iter().map(|line| line.text.as_ref()).collect();
                let mark = if fence.closed { "" } else { "!" };
                format!("{mark}{}|{}", file.slice(fence.info), lines.join("|"))
            })
            .collect();
        assert_eq!(found, expected, "{page}");
    }

    #[test]
    fn fences_of_commonmark() {
        check("```bash\n$ a\n\nb\n```\n", &["bash|$ a||b"]);
        check("~~~sh x=1\na\n~~~", &["sh x=1|a"]);
        check("````md\n```bash\na\n```\n````\n", &["md|```bash|a|```"]);
        check(
            "1. x\n\n   ```shell\n   a\n     b\n   ```\n",
            &["shell|a|  b"],
        );
        check("> ```bash\n> a\n>\n> b\n> ```\n", &["bash|a||b"]);
        check("```bash\r\n$ a\r\nb\r\n```\r\n", &["bash|$ a|b"]);
        check("- ```bash\n  a\n  ```\n- x\n", &["bash|a"]);
        check("```bash\n```\n", &["bash|"]);
        check("```bash\na\n\n\n```\n", &["bash|a||"]);
        check(" ``` shell\n a\n ```\n", &[" shell|a"]);
        check("text\n```bash\na\n```\ntext\n", &["bash|a"]);
    }

    #[test]
    fn fences_that_are_not_closed() {
        check("```bash\n$ a\n", &["!bash|$ a"]);
        check("- ```bash\n  a\n\ntext\n", &["!bash|a|"]);
        check("```bash\na\n``\n", &["!bash|a|``"]);
    }

    #[test]
    fn tabs_of_the_container_are_removed() {
        check("1. x\n\n\t```bash\n\ta\n\t```\n", &["bash|a"]);
        check("```bash\n\ta\n```\n", &["bash|\ta"]);
    }
}
