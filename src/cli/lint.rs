//! `labproof lint`: mistakes in pages, found without a cluster.

use super::args::{LintArgs, LintFormat};
use super::exit::Exit;
use super::output;
use crate::lint::{self, LintOptions};
use crate::plan;
use crate::source::Severity;

/// Shows what is wrong with the pages of the paths, or repairs it.
pub(super) fn main(args: &LintArgs) -> Exit {
    let (plan, project) = match plan::project(&args.paths) {
        Ok(project) => (plan::build(&args.paths, &args.select.options(None)), project),
        Err(problem) => {
            output::diagnostics(&[*problem]);
            return Exit::Invalid;
        }
    };
    let options = LintOptions {
        off: project.lint_off,
        render: args.render,
    };
    let mut found = plan.diagnostics.clone();
    found.extend(lint::check(&plan, &options));
    if args.fix {
        return fix(&found);
    }
    match args.format {
        LintFormat::Text => output::stdout(&lint::render_text(&found, true)),
        LintFormat::Json => output::stdout(&lint::render_json(&found)),
        LintFormat::Github => output::stdout(&lint::render_github(&found)),
    }
    if found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        Exit::Failed
    } else {
        Exit::Good
    }
}
