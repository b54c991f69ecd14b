//! Whether a lab cleans up after itself.

use std::sync::LazyLock;

use regex::Regex;

use super::trail::Trail;
use crate::page::{Page, Step};
use crate::plan::Lab;
use crate::syntax;

/// Headings and page titles of a clean-up.
static TITLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(clean(ing)?[ -]?up|tear(ing)?[ -]?down|tid(y|ying)[ -]?up)\b")
        .expect("the pattern is valid")
});

/// Whether the lab has a clean-up and any of it ran: steps under such a heading, or a last step that does
/// nothing but delete.
pub(super) fn ran(lab: &Lab, trail: &Trail) -> bool {
    let steps = lab.pages.iter().enumerate().flat_map(|(page_index, page)| {
        let steps = page.steps.iter().enumerate();
        steps.map(move |(index, step)| (page_index, index, page, step))
    });
    let running: Vec<(usize, usize, &Page, &Step)> =
        steps.filter(|(.., step)| step.skip.is_none()).collect();
    let last = running.len().saturating_sub(1);
    running
        .iter()
        .enumerate()
        .any(|(index, (page_index, step_index, page, step))| {
            let titled = TITLE.is_match(&page.title)
                || step
                    .section
                    .as_deref()
                    .is_some_and(|title| TITLE.is_match(title));
            (titled || index == last && deletes(step)) && trail.reached(*page_index, *step_index)
        })
}

/// Whether the commands of the step delete objects and make none: a step that does both only shows how things go.
fn deletes(step: &Step) -> bool {
    let mut deletes = false;
    for command in &step.commands {
        for one in syntax::simple_commands(&command.text) {
            let mut words = one.command().iter().skip(1).map(|word| word.text.as_str());
            let verb = match one.name() {
                "kubectl" => words
                    .take(4)
                    .find(|word| matches!(*word, "delete" | "apply" | "create" | "run" | "expose")),
                "helm" => words
                    .find(|word| matches!(*word, "uninstall" | "delete" | "install" | "upgrade")),
                _ => None,
            };
            match verb {
                Some("delete" | "uninstall") => deletes = true,
                Some(_) => return false,
                None => {}
            }
        }
    }
    deletes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_a_clean_up() {
        for title in [
            "Clean up",
            "Cleanup",
            "6. Cleaning up",
            "Clean-up the lab",
            "Tear down",
        ] {
            assert!(TITLE.is_match(title), "{title}");
        }
        for title in ["Clean code", "Upload", "Delete the pod"] {
            assert!(!TITLE.is_match(title), "{title}");
        }
    }
}
