//! Tools that the pages need and the machine lacks, said before anything runs.
//!
//! Entry points: [`missing_tools`] before a run; [`missing_command`] for what only shows then.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use crate::cluster::is_on;
use crate::plan::Plan;
use crate::plan::programs::{self, TO_INSTALL};
use crate::source::{Diagnostic, Severity, Span};
use crate::syntax;

/// Known tools that a command of the plan needs and that are not on `path`, each at the first
/// command that needs it.
///
/// A tool that an earlier command of the lab names as an argument counts as one that the lab
/// installs by itself.
pub fn missing_tools(plan: &Plan, path: &OsStr) -> Vec<Diagnostic> {
    let missing: Vec<(&str, &str)> = TO_INSTALL
        .into_iter()
        .filter(|(tool, _)| !is_on(tool, path))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut said = BTreeSet::new();
    for lab in &plan.labs {
        let mut mentioned = BTreeSet::new();
        for page in &lab.pages {
            for step in page.steps.iter().filter(|step| step.skip.is_none()) {
                for command in &step.commands {
                    let words = syntax::command_names(&command.text);
                    for (tool, get) in &missing {
                        if words.contains(*tool) {
                            if !mentioned.contains(tool) && said.insert(*tool) {
                                let span = Span::new(command.span.start, command.span.end);
                                let message = format!("`{tool}` is needed here and not on PATH");
                                found.push(
                                    Diagnostic::at(Severity::Error, &page.file, span, message)
                                        .with_help(*get),
                                );
                            }
                        } else if command.text.contains(tool) {
                            mentioned.insert(*tool);
                        }
                    }
                }
            }
        }
    }
    found
}

/// What to do where bash says that it does not find a known tool; `None` for any other word, which
/// may as well be a mistake on the page.
pub(super) fn missing_command(stderr: &str) -> Option<String> {
    // The words of a container's shell, passed on by `kubectl exec`, say nothing of this machine.
    if stderr.contains("command terminated with exit code") {
        return None;
    }
    let line = stderr
        .lines()
        .rfind(|line| line.ends_with(": command not found"))?;
    let name = line
        .strip_suffix(": command not found")?
        .rsplit(": ")
        .next()?
        .trim();
    let get = programs::how_to_get(name)?;
    Some(format!("`{name}` is not on PATH: {get}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_tools_are_missed() {
        let hint = missing_command("bash: line 1: jq: command not found\n").unwrap();
        assert!(hint.contains("apt-get install jq"), "{hint}");
        assert_eq!(
            missing_command("bash: line 1: kubetcl: command not found\n"),
            None
        );
        assert_eq!(missing_command("Error: jq\n"), None);
        let inside = "bash: line 1: jq: command not found\ncommand terminated with exit code 127\n";
        assert_eq!(missing_command(inside), None);
    }
}
