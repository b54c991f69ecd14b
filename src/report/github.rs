//! `run --format github`: what did not pass as annotations at the lines of the pages.

use crate::event::{CheckRecord, RunRecord};
use crate::source::{Severity, annotation};

/// One workflow command for each command and check that did not pass, and for what kept labs from running.
pub fn render(record: &RunRecord) -> String {
    let mut text = String::new();
    for step in record
        .labs
        .iter()
        .flat_map(|lab| &lab.pages)
        .flat_map(|page| &page.steps)
    {
        let title = format!("labproof: step {}", step.id);
        let commands = step
            .commands
            .iter()
            .filter_map(|command| command.telling().next());
        let checks = step.checks.iter().filter(|check| check.is_bad());
        for check in commands.chain(checks) {
            text.push_str(&of_check(check, &title));
        }
    }
    for lab in &record.labs {
        if let Some(broken) = &lab.broken {
            let title = Some("labproof: the lab could not be run");
            text.push_str(&annotation(
                Severity::Error,
                &lab.path,
                None,
                None,
                title,
                broken,
            ));
        }
    }
    text
}

fn of_check(check: &CheckRecord, title: &str) -> String {
    let mut lines = check.reasons.clone();
    if lines.is_empty() {
        lines.push(check.name.clone());
    }
    lines.extend(
        check
            .likely_cause
            .iter()
            .map(|cause| format!("likely cause: {cause}")),
    );
    let line = Some(check.line);
    annotation(
        Severity::Error,
        &check.path,
        line,
        None,
        Some(title),
        &lines.join("\n"),
    )
}
