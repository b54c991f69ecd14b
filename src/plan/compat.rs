//! `--compat eks-workshop`: pages mean what that workshop's own harness takes them to mean.

use super::Plan;
use crate::page::{Step, is_shell};
use crate::source::Span;
use crate::syntax::simple_commands;

/// There, nothing but what is labelled as bash runs, and a blank line ends a command's output: what stands below it is a remark and is not compared. Nor is what
/// stands below a command that writes a file and can print nothing.
pub(super) fn eks_workshop(plan: &mut Plan) {
    for page in plan.labs.iter_mut().flat_map(|lab| &mut lab.pages) {
        let file = &page.file;
        let others =
            |step: &&mut Step| !is_shell(&step.language) || !is_labelled(file.slice(step.span));
        for step in page.steps.iter_mut().filter(others) {
            step.skip
                .get_or_insert_with(|| "not run by eks-workshop's harness".to_owned());
        }
        for command in page.steps.iter_mut().flat_map(|step| &mut step.commands) {
            let Some(mut shown) = command.expected.take() else {
                continue;
            };
            if writes_file(&command.text) {
                continue;
            }
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

/// Whether a block is a fence that names a language.
fn is_labelled(block: &str) -> bool {
    let first = block.lines().next().unwrap_or("");
    let info = first.trim_start_matches(['`', '~']);
    info.len() < first.len() && !info.trim().is_empty()
}

/// Whether a command is `cat` with its output in a file.
fn writes_file(text: &str) -> bool {
    matches!(simple_commands(text).as_slice(), [only] if only.name() == "cat" && only.redirects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_has_a_label() {
        assert!(is_labelled("```bash\n$ a\n```"));
        assert!(is_labelled("~~~ sh\na\n~~~"));
        assert!(!is_labelled("```\n$ a\n```"));
        assert!(!is_labelled("$ a"));
    }

    #[test]
    fn a_file_is_written() {
        assert!(writes_file("cat <<EOF > /tmp/a\nx\nEOF"));
        assert!(!writes_file("cat <<EOF\nx\nEOF"));
        assert!(!writes_file("cat <<EOF | tee /tmp/a\nx\nEOF"));
        assert!(!writes_file("make > /tmp/a"));
    }
}
