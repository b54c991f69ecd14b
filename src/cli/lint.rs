//! `labproof lint`: mistakes in pages, found without a cluster.

use super::args::{LintArgs, LintFormat};
use super::exit::Exit;
use super::replace::replace;
use super::{output, project};
use crate::lint::{self, LintOptions};
use crate::plan::{self, PlanOptions};
use crate::source::{Diagnostic, Severity};

/// Shows what is wrong with the pages of the paths, or repairs it.
pub(super) fn main(args: &LintArgs) -> Exit {
    let Some(project) = project::of(&args.paths) else {
        return Exit::Invalid;
    };
    // What is wrong with a page is told, and repaired, as the page has it.
    let options = PlanOptions {
        urls: None,
        ..args.select.options(None, &project)
    };
    let plan = plan::build(&args.paths, &options);
    let mut found = plan.diagnostics.clone();
    found.extend(lint::project_switches(&project));
    let options = LintOptions {
        off: project.lint_off,
        render: args.render,
    };
    found.extend(lint::check(&plan, &options));
    if args.fix {
        return fix(&found);
    }
    match args.format {
        LintFormat::Text => output::stdout(&lint::render_text(&found, true)),
        LintFormat::Json => output::stdout(&lint::render_json(&found)),
        LintFormat::Github => output::stdout(&lint::render_github(&found)),
    }
    let wrong = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    if plan.labs.is_empty() && plan.has_errors() {
        // There was nothing to look at: the paths are wrong, not a page.
        Exit::Invalid
    } else if found.iter().any(wrong) {
        Exit::Failed
    } else {
        Exit::Good
    }
}

/// Writes the files with every safe repair made.
fn fix(found: &[Diagnostic]) -> Exit {
    let mut exit = Exit::Good;
    for (path, text) in lint::fix(found) {
        match replace(&path, &text) {
            Ok(()) => output::stdout(&format!("{}: repaired\n", path.display())),
            Err(error) => {
                output::error(&format!("{}: cannot be written: {error}", path.display()));
                exit = Exit::Broken;
            }
        }
    }
    exit
}
