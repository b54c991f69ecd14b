//! Real workshop pages, where they are: `LABPROOF_CORPUS` names a directory of pages. Without it
//! these tests say so and pass.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use labproof::plan::{self, Plan, PlanOptions};

fn corpus() -> Option<Plan> {
    let Some(path) = std::env::var_os("LABPROOF_CORPUS") else {
        let _ = writeln!(
            std::io::stderr(),
            "LABPROOF_CORPUS is not set: real pages are not read"
        );
        return None;
    };
    Some(plan::build(&[PathBuf::from(path)], &PlanOptions::default()))
}

/// Whether `bash -n` takes a text as it is.
fn bash_accepts(text: &str) -> bool {
    Command::new("bash")
        .args(["-n", "-c", text])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn bash_accepts_every_command_of_the_corpus() {
    let Some(plan) = corpus() else { return };
    let mut refused = Vec::new();
    for (_, page, step) in plan.steps() {
        if step.skip.is_some() {
            continue;
        }
        for command in &step.commands {
            let said = plan.diagnostics.iter().any(|diagnostic| {
                diagnostic.path == page.file.path()
                    && diagnostic
                        .position()
                        .is_some_and(|position| position.line == command.line)
            });
            if !said && !bash_accepts(&command.text) {
                refused.push(format!(
                    "{}:{}\n{}",
                    page.file.path().display(),
                    command.line,
                    command.text
                ));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n\n"));
}
