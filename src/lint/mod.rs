//! Mistakes on pages that can be found without a cluster.
//!
//! Entry point: [`check`]. Steps: `view` lays every lab out as the rules need it, commands cut into words, and `known`
//! gathers what it makes; each rule of
//! [`RULES`] looks at a lab by itself; `off` drops what a page, a line or the project has switched off, with a reason.
//! [`render_text`], [`render_json`] and [`render_github`] show findings, [`fix()`] repairs what can be repaired safely.
//!
//! A linter that cries wolf is switched off. A rule is only here if nearly everything it says is
//! true; what is true and no mistake is a note. `RULES.md` beside this file lists the rules, and a test holds it to the code.

use std::collections::HashMap;
use std::path::Path;

use crate::plan::Plan;
use crate::source::{Diagnostic, Severity, SourceFile, Span};

mod assigned;
mod fix;
mod known;
mod off;
mod render;
mod rules;
mod slips;
mod view;

pub use fix::fix;
pub use off::{LintOptions, project_switches};
pub use render::{render_github, render_json, render_text};
pub use rules::RULES;

use assigned::Assigned;
use view::LabView;

/// A rule: what it finds and why that matters.
#[derive(Debug)]
pub struct Rule {
    /// Stable name: `LP001`.
    pub code: &'static str,
    /// A few words for lists.
    pub title: &'static str,
    /// How bad a finding is.
    pub severity: Severity,
    /// Why it matters and what to do.
    pub explanation: &'static str,
    /// Text that the rule finds fault with.
    pub example: &'static str,
    check: fn(&LabView<'_>, &mut Findings),
}

/// What the rules have found so far.
#[derive(Debug, Default)]
struct Findings {
    rule: Option<&'static Rule>,
    all: Vec<Diagnostic>,
}

impl Findings {
    /// Adds a finding of the rule that is looking; the caller may add help or a fix to it.
    fn add(
        &mut self,
        file: &SourceFile,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Diagnostic {
        let (severity, code) = self
            .rule
            .map_or((Severity::Warning, ""), |rule| (rule.severity, rule.code));
        self.all
            .push(Diagnostic::at(severity, file, span, message).with_code(code));
        let last = self.all.len() - 1;
        &mut self.all[last]
    }

    /// The same for a file that has no text to show.
    fn add_path(&mut self, path: &Path, message: impl Into<String>) -> &mut Diagnostic {
        let (severity, code) = self
            .rule
            .map_or((Severity::Warning, ""), |rule| (rule.severity, rule.code));
        self.all
            .push(Diagnostic::of_path(severity, path, message).with_code(code));
        let last = self.all.len() - 1;
        &mut self.all[last]
    }
}

/// Every finding on the pages of a plan, in page order. What the plan itself has to say is in its own diagnostics.
pub fn check(plan: &Plan, options: &LintOptions) -> Vec<Diagnostic> {
    let mut all = Vec::new();
    if options.render {
        all.extend(rules::cannot_render());
    }
    let assigned = Assigned::of(plan);
    for lab in &plan.labs {
        let view = LabView::of(lab, options.render, &assigned);
        let mut findings = Findings::default();
        for rule in RULES {
            findings.rule = Some(rule);
            (rule.check)(&view, &mut findings);
        }
        let mut found = off::filter(&view, findings.all, options);
        let order: HashMap<&Path, usize> = lab
            .pages
            .iter()
            .enumerate()
            .map(|(index, page)| (page.file.path(), index))
            .collect();
        found.sort_by_key(|diagnostic| {
            (
                order.get(diagnostic.path.as_path()).copied(),
                diagnostic.place.as_ref().map_or(0, |(_, span)| span.start),
                diagnostic.code,
            )
        });
        all.extend(found);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a rule says about its own example, and that others have no complaint of that kind.
    #[test]
    fn every_rule_finds_its_example() {
        for rule in RULES {
            let root = tempfile::tempdir().expect("a directory");
            let page = root.path().join("page.md");
            std::fs::write(&page, rule.example).expect("a page");
            if rule.code == "LP006" {
                std::fs::create_dir(root.path().join("tests")).expect("a directory");
                std::fs::write(root.path().join("tests/hook-old.sh"), "").expect("a hook");
            }
            if matches!(rule.code, "LP029" | "LP035") {
                let manifest = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n";
                std::fs::write(root.path().join("web.yaml"), manifest).expect("a manifest");
            }
            let options = LintOptions {
                render: true,
                ..LintOptions::default()
            };
            let plan = crate::plan::build(
                &[root.path().to_owned()],
                &crate::plan::PlanOptions::default(),
            );
            let codes: Vec<_> = check(&plan, &options)
                .into_iter()
                .filter_map(|diagnostic| diagnostic.code)
                .collect();
            assert!(
                codes.contains(&rule.code),
                "{}: {codes:?}\n{}",
                rule.code,
                rule.example
            );
        }
    }

    #[test]
    fn the_list_of_rules_is_as_the_code_says() {
        let mut expected = String::from(include_str!("RULES.head.md"));
        for rule in RULES {
            expected += &format!(
                "\n## {} {}\n\n{}. {}\n\n````markdown\n{}\n````\n",
                rule.code,
                rule.title,
                rule.severity.word(),
                rule.explanation,
                rule.example.trim_end()
            );
        }
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lint/RULES.md");
        if std::env::var_os("LABPROOF_WRITE_RULES").is_some() {
            std::fs::write(&path, &expected).expect("the list is written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == expected,
            "run the tests with LABPROOF_WRITE_RULES=1 to write src/lint/RULES.md anew"
        );
    }
}
