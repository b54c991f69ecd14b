//! Fences that CommonMark does not see: in HTML and JSX without blank lines around, in the indented body of
//! an `!!! info` admonition or a tab, in `<details>`.
//!
//! Steps: [`fill`] goes through the lines that stand in no known fence, leaves comments out, and takes every line
//! that opens a fence together with the lines up to the one that closes it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::blocks::{Fence, Line, marks};
use super::execute;
use crate::source::{SourceFile, Span};

/// The known fences and those in the gaps between them, in page order. Fences in `{/* */}` go away:
/// CommonMark does not know that comment.
///
/// A fence found in a gap may reach over fences that CommonMark thought it saw: it took the closing
/// line for an opening one. Then everything below is wrong too, and the second value is where to start over.
/// `budget` bounds how often that happens.
pub(super) fn fill<'a>(
    file: &'a SourceFile,
    start: usize,
    known: Vec<Fence<'a>>,
    budget: &mut usize,
) -> (Vec<Fence<'a>>, Option<usize>) {
    let mut walk = Walk {
        file,
        comment: None,
        found: Vec::with_capacity(known.len()),
    };
    let mut at = start;
    for fence in known {
        if let Some(open) = walk.gap(at, fence.span.start) {
            let cost = file.text().len() - open.start;
            if *budget < cost {
                // Too often wrong: the rest is read line by line.
                if let Some(open) = walk.gap(open.line_start, file.text().len()) {
                    walk.never_closed(open);
                }
                return (walk.found, None);
            }
            *budget -= cost;
            if let Some(end) = walk.reach(open, fence.span.start) {
                return (walk.found, Some(end));
            }
        }
        at = next_line(file.text(), fence.span.end);
        if walk.comment.is_none() {
            walk.found.push(fence);
        }
    }
    if let Some(open) = walk.gap(at, file.text().len()) {
        walk.never_closed(open);
    }
    (walk.found, None)
}

fn next_line(text: &str, at: usize) -> usize {
    if at == 0 || text.as_bytes()[at - 1] == b'\n' {
        return at;
    }
    text[at..]
        .find('\n')
        .map_or(text.len(), |offset| at + offset + 1)
}

/// A fence whose end has not been seen yet.
struct Candidate<'a> {
    start: usize,
    line_start: usize,
    info: Span,
    closer: Closer,
    lines: Vec<Line<'a>>,
}

/// What ends a fence.
enum Closer {
    /// At least so many of that byte.
    Marks(u8, usize),
    /// The end of a Hugo shortcode of that name.
    Shortcode(&'static str),
}

/// Hugo shortcodes that hold code or output, as Istio's, eks-workshop's first and others' pages write them:
/// `{{< text bash >}}`, `{{< output >}}`.
const SHORTCODES: [&str; 3] = ["text", "highlight", "output"];

struct Walk<'a> {
    file: &'a SourceFile,
    /// What closes the comment that is open.
    comment: Option<&'static str>,
    found: Vec<Fence<'a>>,
}

impl<'a> Walk<'a> {
    /// Goes through the lines of a gap; gives the fence that is open at its end.
    fn gap(&mut self, from: usize, to: usize) -> Option<Candidate<'a>> {
        let text = self.file.text().get(from..to)?;
        let mut at = from;
        let mut open: Option<Candidate<'a>> = None;
        for raw in text.split_inclusive('\n') {
            let line = raw.trim_end_matches(['\n', '\r']);
            let line_start = at;
            at += raw.len();
            match &mut open {
                Some(candidate) if candidate.is_closed_by(line) => {
                    let end = line_start + line.len();
                    let executed = execute::is_executed(line);
                    self.found
                        .extend(open.take().map(|open| open.closed(end, executed)));
                }
                Some(candidate) => candidate.take(self.file.text(), line, line_start),
                None => open = self.outside(line, line_start),
            }
        }
        open
    }

    /// A line outside of fences: does it open one, or a comment, or close a comment?
    fn outside(&mut self, line: &str, line_start: usize) -> Option<Candidate<'a>> {
        if let Some(closer) = self.comment {
            if line.contains(closer) {
                self.comment = None;
            }
            return None;
        }
        let bare = unindented(line);
        for (opener, closer) in [("<!--", "-->"), ("{/*", "*/}")] {
            if let Some(rest) = bare.strip_prefix(opener) {
                self.comment = (!rest.contains(closer)).then_some(closer);
                return None;
            }
        }
        if bare.starts_with("{{") {
            return shortcode(bare, line_start + line.len() - bare.len(), line_start);
        }
        let count = marks(bare);
        let info = bare.get(count..).unwrap_or("");
        if count < 3 || (bare.starts_with('`') && info.contains('`')) {
            return None;
        }
        let start = line_start + line.len() - bare.len();
        Some(Candidate {
            start,
            line_start,
            info: Span::new(start + count, start + bare.trim_end().len().max(count)),
            closer: Closer::Marks(bare.as_bytes()[0], count),
            lines: Vec::new(),
        })
    }

    /// Looks for the end of an open fence from `at` on, beyond its gap. Gives where the next line begins.
    fn reach(&mut self, mut open: Candidate<'a>, mut at: usize) -> Option<usize> {
        let text = self.file.text();
        // The gap ended where the next fence's marks begin, which may be after indentation.
        let line_begin = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        if line_begin < at {
            open.lines.pop();
            at = line_begin;
        }
        for raw in text[at..].split_inclusive('\n') {
            let line = raw.trim_end_matches(['\n', '\r']);
            if open.is_closed_by(line) {
                let executed = execute::is_executed(line);
                self.found.push(open.closed(at + line.len(), executed));
                return Some(at + raw.len());
            }
            open.take(text, line, at);
            at += raw.len();
        }
        None
    }

    fn never_closed(&mut self, open: Candidate<'a>) {
        self.found.push(Fence {
            span: Span::new(open.start, self.file.text().len()),
            info: open.info,
            lines: open.lines,
            closed: false,
            executed: false,
            indented: false,
            section: None,
        });
    }
}

impl<'a> Candidate<'a> {
    fn is_closed_by(&self, line: &str) -> bool {
        let bare = unindented(line);
        match self.closer {
            Closer::Marks(mark, least) => {
                let count = marks(bare);
                let rest = bare.get(count..).unwrap_or("");
                count >= least
                    && bare.as_bytes()[0] == mark
                    && (rest.trim().is_empty() || execute::is_mark(rest))
            }
            Closer::Shortcode(name) => {
                inside_shortcode(bare).is_some_and(|inner| inner.strip_prefix('/') == Some(name))
            }
        }
    }

    /// Adds a content line, without the indentation (or the quote marks) that the opening fence has.
    fn take(&mut self, text: &'a str, line: &str, start: usize) {
        let opening = &text[self.line_start..self.start];
        let mut at = 0;
        for mark in opening.chars() {
            match (mark, line[at..].chars().next()) {
                ('>', Some('>')) | (' ' | '\t', Some(' ' | '\t')) => at += 1,
                _ => break,
            }
        }
        let span = Span::new(start + at, start + line.len());
        let line = &text[span.start..span.end];
        self.lines.push(Line {
            text: match self.closer {
                Closer::Shortcode("text") => without_links(line),
                _ => Cow::Borrowed(line),
            },
            span,
        });
    }

    fn closed(self, end: usize, executed: bool) -> Fence<'a> {
        Fence {
            span: Span::new(self.start, end),
            info: self.info,
            lines: self.lines,
            closed: true,
            executed,
            indented: false,
            section: None,
        }
    }
}

/// Istio's pages mark files of theirs, which become links: `-f @samples/sleep.yaml@`.
static LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"@([\w/.-]*[/.][\w/.-]*)@").ok());

/// A line without such marks.
fn without_links(line: &str) -> Cow<'_, str> {
    match LINK.as_ref() {
        Some(link) if line.contains('@') => link.replace_all(line, "$1"),
        _ => Cow::Borrowed(line),
    }
}

/// What stands between `{{<` and `>}}`.
fn inside_shortcode(line: &str) -> Option<&str> {
    let line = line.trim_end();
    let inner = line
        .strip_prefix("{{<")
        .and_then(|rest| rest.strip_suffix(">}}"))
        .or_else(|| {
            line.strip_prefix("{{%")
                .and_then(|rest| rest.strip_suffix("%}}"))
        })?;
    Some(inner.trim())
}

/// A shortcode that holds code, with its info string: what follows its name.
fn shortcode<'a>(line: &str, start: usize, line_start: usize) -> Option<Candidate<'a>> {
    let inner = inside_shortcode(line)?;
    let first = inner.split_whitespace().next();
    let name = SHORTCODES.into_iter().find(|name| first == Some(name))?;
    // Its name says what `output` holds; `syntax=bash` names a language as `bash` does.
    let info = match name {
        "output" => name,
        _ => inner[name.len()..].trim(),
    };
    let info = info.strip_prefix("syntax=").unwrap_or(info);
    let at = start + line.find(inner)? + inner.rfind(info)?;
    Some(Candidate {
        start,
        line_start,
        info: Span::new(at, at + info.len()),
        closer: Closer::Shortcode(name),
        lines: Vec::new(),
    })
}

/// A line without indentation and quote marks.
fn unindented(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '>'])
}

#[cfg(test)]
mod tests {
    use super::super::blocks::find;
    use super::*;

    fn check(page: &str, expected: &[&str]) {
        let file = SourceFile::new("a.mdx", page);
        let found: Vec<String> = find(&file, 0)
            .fences
            .iter()
            .map(|fence| {
                let lines: Vec<&str> = fence.lines.iter().map(|line| line.text.as_ref()).collect();
                let mark = if fence.closed { "" } else { "!" };
                format!("{mark}{}|{}", file.slice(fence.info), lines.join("|"))
            })
            .collect();
        assert_eq!(found, expected, "{page}");
    }

    #[test]
    fn fences_in_markup() {
        check(
            "<details>\n<summary>x</summary>\n```bash\n$ a\n\nb\n```\n</details>\n",
            &["bash|$ a||b"],
        );
        check(
            "<Tabs>\n  <TabItem value=\"a\">\n    ```bash\n    $ a\n      b\n    ```\n  </TabItem>\n</Tabs>\n",
            &["bash|$ a|  b"],
        );
        check(
            "!!! info\n    text\n    ```bash\n    a\n    ```\n\nend\n",
            &["bash|a"],
        );
        check(
            "!!! info\n\n    text\n\n    ```bash\n    a\n\n    b\n    ```\n\nend\n",
            &["bash|a||b"],
        );
        check(
            "<details>\n```bash\na\n\nb\n```\n</details>\n\n```bash\nc\n```\n",
            &["bash|a||b", "bash|c"],
        );
        check(":::tip x\n```bash\na\n```\n:::\n", &["bash|a"]);
        check("=== \"Linux\"\n\n    ~~~sh\n    a\n    ~~~\n", &["sh|a"]);
        check(
            "{{< tabs >}}\n{{% tab %}}\n```bash\na\n```\n{{% /tab %}}\n",
            &["bash|a"],
        );
    }

    #[test]
    fn shortcodes_that_hold_code() {
        check(
            "{{< text bash >}}\n$ a\n\nb\n{{< /text >}}\n",
            &["bash|$ a||b"],
        );
        check(
            "1. x\n\n    {{< text bash >}}\n    $ a\n    {{< /text >}}\n",
            &["bash|$ a"],
        );
        check(
            "{{< highlight sh >}}\na\n{{< /highlight >}}\n\n{{< note >}}\nb\n{{< /note >}}\n",
            &["sh|a"],
        );
    }

    #[test]
    fn shortcodes_of_other_sites() {
        check(
            "```bash\na\n```\n{{< output >}}\n# x\n{{< /output >}}\n",
            &["bash|a", "output|# x"],
        );
        check("{{<output>}}\nx\n{{</output>}}\n", &["output|x"]);
        check(
            "{{< text syntax=bash snip_id=none >}}\n$ kubectl apply -f @samples/a.yaml@ -n x@y\n{{< /text >}}\n",
            &["bash snip_id=none|$ kubectl apply -f samples/a.yaml -n x@y"],
        );
    }

    #[test]
    fn comments_hold_nothing() {
        check("<!--\n```bash\na\n```\n-->\n```bash\nb\n```\n", &["bash|b"]);
        check(
            "{/*\n\n```bash\na\n```\n\n*/}\n\n```bash\nb\n```\n",
            &["bash|b"],
        );
        check("<!-- one line -->\n```bash\nb\n```\n", &["bash|b"]);
    }

    #[test]
    fn inline_code_opens_nothing() {
        check("```not a fence``` text\n\nmore\n", &[]);
        check("<p>\n``` a `b` ```\n</p>\n", &[]);
    }
}
