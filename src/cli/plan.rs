//! `labproof plan`: what would run, in order.

use super::args::{PlanArgs, PlanFormat};
use super::exit::Exit;
use super::{output, project};
use crate::cluster::{is_on, local};
use crate::plan;

/// Shows the plan of the paths.
pub(super) fn main(args: &PlanArgs) -> Exit {
    let Some(project) = project::of(&args.paths) else {
        return Exit::Invalid;
    };
    let plan = plan::build(&args.paths, &args.select.options(None, &project));
    let last = match args.record.as_deref().map(plan::last::read).transpose() {
        Ok(last) => last,
        Err(problem) => {
            output::diagnostics(&[*problem]);
            return Exit::Invalid;
        }
    };
    let last = last.as_ref();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_here = |tool: &str| is_on(tool, &path) || local::brings(tool);
    match args.format {
        // What is wrong with the paths says it all.
        PlanFormat::Text if plan.labs.is_empty() && plan.has_errors() => {}
        PlanFormat::Text => output::stdout(&plan::text::render(&plan, last, &is_here, true)),
        PlanFormat::Json => output::stdout(&plan::json::to_json(&plan, last)),
    }
    if output::diagnostics(&plan.diagnostics) {
        Exit::Invalid
    } else {
        Exit::Good
    }
}
