//! Exit statuses that get lost, and blocks that would pass whatever happens.

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::source::Severity;
use crate::syntax::{Joint, Simple, simple_commands};

pub(super) const HIDDEN_IN_SHELL: Rule = Rule {
    code: "LP014",
    title: "an exit status that a pipe hides",
    severity: Severity::Warning,
    explanation: "labproof's own shell has `pipefail`; a shell that the command starts (`sh -c`, in a container) has not: there the last \
                  program of a pipe decides, and this one never fails.",
    example: "```bash\n$ kubectl exec deploy/web -- sh -c 'cat /data/report | head -1'\n```\n",
    check: hidden_in_shell,
};

fn hidden_in_shell(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        for part in &view.parts {
            let words = part.command();
            let script = words.windows(3).find(|three| {
                matches!(
                    three[0].text.rsplit('/').next(),
                    Some("sh" | "bash" | "ash")
                ) && three[1].text == "-c"
            });
            let Some([_, _, script]) = script else {
                continue;
            };
            if script.text.contains("pipefail") {
                continue;
            }
            let inner = simple_commands(&script.text);
            let hides = inner.windows(2).any(|two| {
                two[0].joint == Joint::Pipe
                    && two[0].depth == 0
                    && !matches!(two[0].name(), "echo" | "printf" | "yes" | "seq")
                    && matches!(
                        two[1].name(),
                        "cat" | "head" | "tail" | "tee" | "wc" | "sort" | "column" | "less"
                    )
            });
            if hides {
                let span = view.word_span(page.file(), script);
                findings.add(
                    page.file(),
                    span,
                    "the pipe in this shell hides the exit status of what is before it",
                );
            }
        }
    }
}

pub(super) const EXPORT_HIDES: Rule = Rule {
    code: "LP015",
    title: "`export X=$(...)` hides a failure",
    severity: Severity::Note,
    explanation: "The status is that of `export`, which succeeds: when the command in `$(...)` fails, the variable is empty and the lab goes on.",
    example: "```bash\n$ export VPC=$(aws ec2 describe-vpcs)\n```\n",
    check: export_hides,
};

fn export_hides(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        for part in &view.parts {
            let words = part.command();
            if !matches!(
                part.name(),
                "export" | "declare" | "readonly" | "local" | "typeset"
            ) {
                continue;
            }
            let Some(word) = words.iter().find(|word| {
                word.text.split_once('=').is_some_and(|(_, value)| {
                    value.starts_with("$(") && !value.starts_with("$((") || value.starts_with('`')
                })
            }) else {
                continue;
            };
            let name = word.text.split('=').next().unwrap_or("X");
            let span = view.word_span(page.file(), word);
            findings
                .add(
                    page.file(),
                    span,
                    format!(
                        "`{}` hides a failure of the command in `$(...)`",
                        part.name()
                    ),
                )
                .help = Some(format!(
                "assign first, `{name}=$(...)`, then `export {name}`"
            ));
        }
    }
}

pub(super) const CHECKS_NOTHING: Rule = Rule {
    code: "LP019",
    title: "a block that checks nothing",
    severity: Severity::Note,
    explanation: "Its commands only look, the page shows nothing of what they print, and there is no hook and no check: it passes \
                  whatever the cluster answers.",
    example: "```bash\n$ kubectl get pods -n shop\n```\n",
    check: checks_nothing,
};

fn checks_nothing(lab: &LabView<'_>, findings: &mut Findings) {
    for page in &lab.pages {
        for view in &page.steps {
            let step = view.step;
            let options = &step.options;
            let asserts = options.hook.is_some()
                || options.verify.is_some()
                || options.expect_error
                || options.exit.is_some()
                || options.absent.is_some()
                || options.until.is_some()
                || lab.lab.verifier.as_ref().is_some_and(|verifier| {
                    verifier
                        .checks
                        .iter()
                        .any(|check| check.after.as_deref() == Some(step.id.as_str()))
                })
                || step
                    .commands
                    .iter()
                    .any(|command| command.expected.is_some());
            let looks = view
                .commands
                .iter()
                .flat_map(|command| &command.parts)
                .all(only_prints);
            if step.skip.is_none() && !asserts && looks {
                let span = page.file().line_span(step.line);
                findings
                    .add(page.file(), span, "nothing in this block is checked")
                    .help = Some(
                    "show the output, or what matters of it with `[...]` for the rest".to_owned(),
                );
            }
        }
    }
}

/// Whether a command does nothing but print what is there.
fn only_prints(part: &Simple) -> bool {
    if part.redirects {
        return false;
    }
    let words: Vec<&str> = part
        .command()
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    match part.name() {
        "kubectl" => words
            .iter()
            .skip(1)
            .find(|word| {
                matches!(
                    **word,
                    "get"
                        | "describe"
                        | "logs"
                        | "top"
                        | "explain"
                        | "apply"
                        | "create"
                        | "delete"
                        | "exec"
                        | "wait"
                        | "rollout"
                )
            })
            .is_some_and(|verb| matches!(*verb, "get" | "describe" | "logs" | "top" | "explain")),
        "cat" | "ls" | "jq" | "yq" | "grep" | "head" | "tail" | "sort" => true,
        _ => false,
    }
}
