//! Tools that the pages need and the machine lacks, said before anything runs.
//!
//! Entry points: [`missing_tools`] before a run; [`missing_command`] for what only shows then.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use crate::plan::Plan;
use crate::source::{Diagnostic, Severity, Span};
use crate::syntax;

/// Programs that labs use, and how to get each. Only these are looked for before a run: any other
/// word may be a function, or be made by the lab itself.
const TOOLS: [(&str, &str); 12] = [
    ("aws", "install the AWS CLI version 2"),
    ("curl", "apt-get install curl"),
    ("docker", "install Docker, or give the fence `test=false`"),
    ("eksctl", "install eksctl"),
    ("envsubst", "apt-get install gettext-base"),
    ("git", "apt-get install git"),
    ("helm", "install Helm"),
    ("jq", "apt-get install jq"),
    (
        "kubectl",
        "install kubectl of your cluster's version (Debian: apt-get install kubernetes-client)",
    ),
    ("kustomize", "install kustomize, or use `kubectl kustomize`"),
    (
        "python3",
        "apt-get install python3, or give python fences `test=false`",
    ),
    ("yq", "apt-get install yq"),
];

/// Known tools that a command of the plan needs and that are not on `path`, each at the first
/// command that needs it.
///
/// A tool that an earlier command of the lab names as an argument counts as one that the lab
/// installs by itself.
pub fn missing_tools(plan: &Plan, path: &OsStr) -> Vec<Diagnostic> {
    let missing: Vec<(&str, &str)> = TOOLS
        .into_iter()
        .filter(|(tool, _)| !is_on_path(tool, path))
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

fn is_on_path(tool: &str, path: &OsStr) -> bool {
    std::env::split_paths(path).any(|folder| {
        // The shell decides what it may execute; here it is enough that there is a file.
        folder.join(tool).is_file()
    })
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
    let (tool, get) = TOOLS.into_iter().find(|(tool, _)| *tool == name)?;
    Some(format!("`{tool}` is not on PATH: {get}"))
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
