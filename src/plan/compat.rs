//! `--compat eks-workshop`: pages mean what that workshop's own harness takes them to mean.

use super::Plan;
use crate::page::{Step, is_shell};
use crate::source::Span;

/// There, nothing but bash runs, and a blank line ends a command's output: what stands below it is a remark and is not compared.
pub(super) fn eks_workshop(plan: &mut Plan) {
    for page in plan.labs.iter_mut().flat_map(|lab| &mut lab.pages) {
        let scripts = |step: &&mut Step| !is_shell(&step.language);
        for step in page.steps.iter_mut().filter(scripts) {
            step.skip
                .get_or_insert_with(|| "not run by eks-workshop's harness".to_owned());
        }
        for command in page.steps.iter_mut().flat_map(|step| &mut step.commands) {
            let Some(mut shown) = command.expected.take() else {
                continue;
            };
            let between = page
                .file
                .slice(Span::new(command.span.end, shown.span.start));
            if between.lines().skip(1).any(|line| line.trim().is_empty())
                && between.matches('\n').count() > 1
            {
                continue;
            }
            let kept = shown
                .text
                .lines()
                .take_while(|line| !line.trim().is_empty())
                .count();
            shown.text = shown.text.lines().take(kept).collect::<Vec<_>>().join("\n");
            shown.span.end = page.file.line_span(shown.line + kept.saturating_sub(1)).end;
            command.expected = Some(shown);
        }
    }
}
