//! Findings as text, as JSON, and as GitHub's workflow commands.

use std::fmt::Write as _;

use serde::Serialize;

use crate::plan::json::{DiagnosticDto, diagnostic, to_text};
use crate::source::{self, Diagnostic, Severity};

/// For people: every finding with its line, then the count of each severity. `color` turns ANSI colours on.
pub fn render_text(diagnostics: &[Diagnostic], color: bool) -> String {
    let mut text = source::render(diagnostics, color);
    let count = |severity| {
        diagnostics
            .iter()
            .filter(|found| found.severity == severity)
            .count()
    };
    let counted = |severity: Severity| match count(severity) {
        1 => format!("1 {}", severity.word()),
        number => format!("{number} {}s", severity.word()),
    };
    let _ = writeln!(
        text,
        "{}, {}, {}",
        counted(Severity::Error),
        counted(Severity::Warning),
        counted(Severity::Note)
    );
    text
}

#[derive(Serialize)]
struct LintDto {
    version: u32,
    diagnostics: Vec<DiagnosticDto>,
}

/// For editors: version 1, fields are only ever added; byte ranges and fixes included.
pub fn render_json(diagnostics: &[Diagnostic]) -> String {
    to_text(&LintDto {
        version: 1,
        diagnostics: diagnostics.iter().map(diagnostic).collect(),
    })
}

/// For GitHub Actions: one annotation a finding.
pub fn render_github(diagnostics: &[Diagnostic]) -> String {
    let line = |found: &Diagnostic| {
        let position = found.position();
        // GitHub knows a file by its path from the repository's top and takes no `./` before it.
        let path = found.path.strip_prefix(".").unwrap_or(&found.path);
        let mut message = found.message.clone();
        if let Some(help) = &found.help {
            let _ = write!(message, "\n{help}");
        }
        source::annotation(
            found.severity,
            &path.to_string_lossy(),
            position.map(|position| position.line),
            position.map(|position| position.column),
            found.code,
            &message,
        )
    };
    diagnostics.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    #[test]
    fn github_escapes_what_would_end_the_command() {
        let file = SourceFile::new("./a,b.md", "x\ny\n");
        let found = Diagnostic::at(Severity::Warning, &file, Span::new(2, 3), "50% of\nit")
            .with_code("LP001")
            .with_help("help");
        assert_eq!(
            render_github(&[found]),
            "::warning file=a%2Cb.md,line=2,col=1,title=LP001::50%25 of%0Ait%0Ahelp\n"
        );
    }
}
