//! A text file with the line index that turns offsets into positions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Position, Span};

/// A file that somebody wrote, kept whole so that every problem can show its line.
///
/// Cheap to clone: the text is shared.
#[derive(Debug, Clone)]
pub struct SourceFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    text: String,
    /// Offset at which each line starts; the first is 0.
    line_starts: Vec<usize>,
}

impl SourceFile {
    /// A file of that path and text. The path is kept as given: it is what people are shown.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            inner: Arc::new(Inner {
                path: path.into(),
                text,
                line_starts,
            }),
        }
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// The text of a span, clipped to the file and to character boundaries.
    pub fn slice(&self, span: Span) -> &str {
        let text = self.text();
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let end = text.floor_char_boundary(span.end.min(text.len()));
        text.get(start..end).unwrap_or("")
    }

    /// Line (from 1) that holds the byte at `offset`.
    pub fn line_of(&self, offset: usize) -> usize {
        self.inner
            .line_starts
            .partition_point(|&start| start <= offset)
            .max(1)
    }

    /// Line and column of the byte at `offset`.
    pub fn position(&self, offset: usize) -> Position {
        let line = self.line_of(offset);
        let start = self.inner.line_starts[line - 1];
        let column = self.slice(Span::new(start, offset)).chars().count() + 1;
        Position { line, column }
    }

    /// Span of a line (from 1), without its line break. Empty past the end.
    pub fn line_span(&self, line: usize) -> Span {
        let text = self.text();
        let starts = &self.inner.line_starts;
        let Some(&start) = line.checked_sub(1).and_then(|index| starts.get(index)) else {
            return Span::new(text.len(), text.len());
        };
        let end = starts.get(line).map_or(text.len(), |next| next - 1);
        let end = if end > start && text.as_bytes()[end - 1] == b'\r' {
            end - 1
        } else {
            end
        };
        Span::new(start, end)
    }

    /// How many lines the file has.
    pub fn line_count(&self) -> usize {
        self.inner.line_starts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let file = SourceFile::new("a.md", "one\nzwö x\n");
        let offset = file.text().find('x').unwrap();
        assert_eq!(file.position(0), Position { line: 1, column: 1 });
        assert_eq!(file.position(offset), Position { line: 2, column: 5 });
        assert_eq!(file.slice(file.line_span(2)), "zwö x");
    }

    #[test]
    fn line_spans_leave_carriage_returns_out() {
        let file = SourceFile::new("a.md", "one\r\ntwo");
        assert_eq!(file.slice(file.line_span(1)), "one");
        assert_eq!(file.slice(file.line_span(2)), "two");
        assert_eq!(file.slice(file.line_span(9)), "");
    }
}
