//! `labproof plan`: what would run, in order.

use super::args::{PlanArgs, PlanFormat};
use super::exit::Exit;
use super::output;
use crate::plan;

/// Shows the plan of the paths.
pub(super) fn main(args: &PlanArgs) -> Exit {
    let plan = plan::build(&args.paths, &args.select.options(None));
    match args.format {
        PlanFormat::Text => output::stdout(&plan::text::render(&plan, true)),
        PlanFormat::Json => output::stdout(&plan::json::to_json(&plan)),
    }
    if output::diagnostics(&plan.diagnostics) {
        Exit::Invalid
    } else {
        Exit::Good
    }
}
