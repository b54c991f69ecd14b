//! `labproof lint`: mistakes in pages, found without a cluster.

use std::path::PathBuf;

use super::args::{LintArgs, LintFormat, SelectArgs};
use super::exit::Exit;
use super::replace::replace;
use super::{output, project};
use crate::lint::{self, LintOptions};
use crate::plan::{self, Plan, PlanOptions};
use crate::report::style::printable;
use crate::source::{Diagnostic, Severity};

/// Shows what is wrong with the pages of the paths, or repairs it.
pub(super) fn main(args: &LintArgs) -> Exit {
    let Some((plan, found)) = look(&args.paths, &args.select, args.render) else {
        return Exit::Invalid;
    };
    // There is nothing to look at: the paths are wrong, not a page.
    let is_lost = plan.labs.is_empty() && plan.has_errors();
    if args.fix && !is_lost {
        return fix(&found);
    }
    match args.format {
        LintFormat::Text => output::stdout(&lint::render_text(&found, true)),
        LintFormat::Json => output::stdout(&lint::render_json(&found)),
        LintFormat::Github => output::stdout(&lint::render_github(&found)),
    }
    let wrong = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
    if is_lost {
        Exit::Invalid
    } else if found.iter().any(wrong) {
        Exit::Failed
    } else {
        Exit::Good
    }
}

/// The plan of the paths, and all that is found in their pages; `None` where the project is wrong, and has been told so.
fn look(paths: &[PathBuf], select: &SelectArgs, render: bool) -> Option<(Plan, Vec<Diagnostic>)> {
    let project = project::of(paths)?;
    // What is wrong with a page is told, and repaired, as the page has it.
    let options = PlanOptions {
        urls: None,
        ..select.options(None, &project)
    };
    let plan = plan::build(paths, &options);
    let mut found = plan.diagnostics.clone();
    found.extend(lint::project_switches(&project));
    let options = LintOptions {
        off: project.lint_off,
        render,
    };
    found.extend(lint::check(&plan, &options));
    Some((plan, found))
}

/// What is found in pages that a run has found wrong, a line each: it may be why.
pub(super) fn of_run(paths: &[PathBuf], select: &SelectArgs) -> String {
    const SHOWN: usize = 3;
    let found = look(paths, select, false).map_or_else(Vec::new, |(_, found)| found);
    let telling: Vec<&Diagnostic> = found
        .iter()
        .filter(|diagnostic| diagnostic.severity > Severity::Note)
        .collect();
    let mut out = String::new();
    for diagnostic in telling.iter().take(SHOWN) {
        let line = diagnostic.position().map_or(0, |at| at.line);
        let code = diagnostic.code.unwrap_or("lint");
        let path = diagnostic.path.display();
        let text = format!("lint: {path}:{line}: {} ({code})", diagnostic.message);
        out.push_str(&format!("  {}\n", printable(&text)));
    }
    if telling.len() > SHOWN {
        let more = telling.len() - SHOWN;
        out.push_str(&format!(
            "  lint: and {more} more; `labproof lint` shows them\n"
        ));
    }
    out
}

/// Writes the files with every safe repair made.
fn fix(found: &[Diagnostic]) -> Exit {
    let mut exit = Exit::Good;
    let repaired = lint::fix(found);
    if repaired.is_empty() {
        output::stdout("nothing to repair\n");
    }
    for (path, text) in repaired {
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
