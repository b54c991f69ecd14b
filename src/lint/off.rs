//! Rules switched off, each time with a reason: in the project's `labproof.toml`, in a page's front matter, or in a comment
//! above a line or a fence.
//!
//! ```markdown
//! <!-- labproof: off LP019 the reader only looks around here -->
//! ```

use std::collections::HashMap;

use super::RULES;
use super::view::{LabView, PageView};
use crate::page::FrontMatter;
use crate::plan::Project;
use crate::source::{Diagnostic, Severity, SourceFile, Span, nearest};

/// What lint depends on besides the pages.
#[derive(Debug, Clone, Default)]
pub struct LintOptions {
    /// Codes of rules that are off, and why.
    pub off: Vec<(String, String)>,
    /// Whether manifests may be rendered with the `kubectl` on this machine, to hold shown lists against them.
    pub render: bool,
}

/// What is wrong with the switches of a project: codes that no rule has.
pub fn project_switches(project: &Project) -> Vec<Diagnostic> {
    let Some(file) = &project.file else {
        return Vec::new();
    };
    project
        .lint_off
        .iter()
        .filter_map(|(code, _)| {
            let at = file.text().find(code.as_str()).unwrap_or(0);
            unknown(file, Span::new(at, at + code.len()), code)
        })
        .collect()
}

fn unknown(file: &SourceFile, span: Span, code: &str) -> Option<Diagnostic> {
    let codes = || RULES.iter().map(|rule| rule.code);
    if codes().any(|known| known == code) {
        return None;
    }
    let problem = Diagnostic::at(
        Severity::Warning,
        file,
        span,
        format!("there is no rule `{code}`"),
    );
    Some(match nearest(code, codes()) {
        Some(near) => problem.with_help(format!("did you mean `{near}`?")),
        None => problem,
    })
}

/// Drops what is switched off, and adds what is wrong with the switches.
pub(super) fn filter(
    view: &LabView<'_>,
    found: Vec<Diagnostic>,
    options: &LintOptions,
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut switches: HashMap<&std::path::Path, Vec<Switch>> = HashMap::new();
    for page in &view.pages {
        for (code, _) in &page.page.front.lint_off {
            problems.extend(unknown(page.file(), page.file().line_span(1), code));
        }
        switches.insert(page.file().path(), comments(page, &mut problems));
    }
    let fronts: HashMap<&std::path::Path, &FrontMatter> = view
        .lab
        .pages
        .iter()
        .map(|page| (page.file.path(), &page.front))
        .collect();
    let mut kept: Vec<Diagnostic> = found
        .into_iter()
        .filter(|diagnostic| {
            let Some(code) = diagnostic.code else {
                return true;
            };
            let named = |off: &[(String, String)]| off.iter().any(|(off, _)| off == code);
            let at = diagnostic.place.as_ref().map_or(0, |(_, span)| span.start);
            let by_comment = switches.get(diagnostic.path.as_path()).is_some_and(|all| {
                all.iter()
                    .any(|switch| switch.code == code && switch.covers(at))
            });
            !named(&options.off)
                && !fronts
                    .get(diagnostic.path.as_path())
                    .is_some_and(|front| named(&front.lint_off))
                && !by_comment
        })
        .collect();
    kept.extend(problems);
    kept
}

/// A comment's switch, and the bytes that it is for: the next fence, or the next line.
struct Switch {
    code: String,
    span: Span,
}

impl Switch {
    fn covers(&self, at: usize) -> bool {
        self.span.start <= at && at <= self.span.end
    }
}

/// The switches in the comments of a page.
fn comments(page: &PageView<'_>, problems: &mut Vec<Diagnostic>) -> Vec<Switch> {
    let file = page.file();
    let text = file.text();
    let mut found = Vec::new();
    for (at, _) in text.match_indices("labproof: off") {
        let number = file.line_of(at);
        let line = file.line_span(number);
        let content = file.slice(line).trim();
        let inner = content
            .strip_prefix("<!--")
            .and_then(|rest| rest.strip_suffix("-->"))
            .or_else(|| {
                content
                    .strip_prefix("{/*")
                    .and_then(|rest| rest.strip_suffix("*/}"))
            });
        let Some(words) = inner.and_then(|inner| inner.trim().strip_prefix("labproof: off")) else {
            continue;
        };
        let words = words.trim();
        let (codes, reason) = match words.find(|c: char| c.is_whitespace()) {
            Some(end) => (&words[..end], words[end..].trim()),
            None => (words, ""),
        };
        if reason.is_empty() {
            problems.push(
                Diagnostic::at(
                    Severity::Warning,
                    file,
                    line,
                    "a rule is switched off without a reason and stays on",
                )
                .with_help("write `<!-- labproof: off LP000 why -->`"),
            );
            continue;
        }
        let mut next = number + 1;
        while next < file.line_count() && file.slice(file.line_span(next)).trim().is_empty() {
            next += 1;
        }
        let below = file.line_span(next);
        let span = page
            .blocks
            .iter()
            .map(|block| block.span)
            .find(|span| below.start <= span.start && span.start <= below.end)
            .unwrap_or(below);
        for code in codes.split(',') {
            problems.extend(unknown(file, line, code));
            found.push(Switch {
                code: code.to_owned(),
                span: Span::new(below.start, span.end),
            });
        }
    }
    found
}
