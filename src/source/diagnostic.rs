//! Problems in what authors wrote, and the one renderer that shows them.

use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Position, SourceFile, Span};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Probably a mistake; the page still runs.
    Warning,
    /// The page, or a part of it, cannot be used as it is.
    Error,
}

impl Severity {
    /// The word that people and reports see.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// An edit that would repair a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Bytes of the file that go away.
    pub span: Span,
    /// Text that comes in their place.
    pub replacement: String,
    /// Whether it can be applied without anybody looking.
    pub safe: bool,
}

/// A problem at a place in a file, or with a file as a whole.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable code of a lint rule (`LP001`); `None` for what is not a lint rule.
    pub code: Option<&'static str>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// File as people named it.
    pub path: PathBuf,
    /// Where, if the file could be read at all.
    pub place: Option<(SourceFile, Span)>,
    /// What to do about it.
    pub help: Option<String>,
    /// An edit that repairs it.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A problem at a span of a file that was read.
    pub fn at(
        severity: Severity,
        file: &SourceFile,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity,
            code: None,
            message: message.into(),
            path: file.path().to_owned(),
            place: Some((file.clone(), span)),
            help: None,
            fix: None,
        }
    }

    /// A problem with a file or folder that has no text to show.
    pub fn of_path(severity: Severity, path: &Path, message: impl Into<String>) -> Self {
        Self {
            severity,
            code: None,
            message: message.into(),
            path: path.to_owned(),
            place: None,
            help: None,
            fix: None,
        }
    }

    /// The same, with the next step for the author.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, as the finding of a lint rule.
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// The same, with an edit that repairs it.
    pub fn with_fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Line and column, where there is a place.
    pub fn position(&self) -> Option<Position> {
        self.place
            .as_ref()
            .map(|(file, span)| file.position(span.start))
    }
}

/// Shows diagnostics with the source line each one is about, in the order given.
///
/// `color` turns ANSI colours on.
pub fn render(diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Note => Level::NOTE,
            Severity::Warning => Level::WARNING,
            Severity::Error => Level::ERROR,
        };
        let path = diagnostic.path.display().to_string();
        let message = match &diagnostic.place {
            Some(_) => diagnostic.message.clone(),
            None => format!("{path}: {}", diagnostic.message),
        };
        let mut title = level.primary_title(message);
        if let Some(code) = diagnostic.code {
            title = title.id(code);
        }
        let mut group = match &diagnostic.place {
            Some((file, span)) => {
                // Only the lines concerned are handed over: a page may be very large.
                let first = file.line_of(span.start);
                let line = file.line_span(first);
                let shown = file.slice(line);
                let clip = |at: usize| {
                    shown.floor_char_boundary(at.saturating_sub(line.start).min(shown.len()))
                };
                let local = clip(span.start)..clip(span.end.max(span.start));
                group_of(title, shown, first, path, local)
            }
            None => Group::with_title(title),
        };
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help.clone()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push('\n');
    }
    out
}

fn group_of<'a>(
    title: annotate_snippets::Title<'a>,
    line: &'a str,
    number: usize,
    path: String,
    range: std::ops::Range<usize>,
) -> Group<'a> {
    title.element(
        Snippet::source(line)
            .line_start(number)
            .path(path)
            .annotation(AnnotationKind::Primary.span(range)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_names_file_line_and_column_and_shows_the_line() {
        let file = SourceFile::new("labs/a.md", "one\ntwo three\n");
        let diagnostic = Diagnostic::at(Severity::Error, &file, Span::new(8, 13), "no such number")
            .with_help("write `2`");
        let text = render(&[diagnostic], false);
        assert!(text.contains("error: no such number"), "{text}");
        assert!(text.contains("labs/a.md:2:5"), "{text}");
        assert!(text.contains("two three"), "{text}");
        assert!(text.contains("help: write `2`"), "{text}");
    }

    #[test]
    fn spans_outside_the_file_do_not_panic() {
        let file = SourceFile::new("a.md", "ö");
        for span in [Span::new(0, 99), Span::new(1, 1), Span::new(50, 3)] {
            render(&[Diagnostic::at(Severity::Note, &file, span, "x")], true);
        }
    }
}
