//! Output that cannot follow from what was done just before.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::source::Severity;

pub(super) const CONFIGURED_AFTER_DELETE: Rule = Rule {
    code: "LP016",
    title: "`configured` right after a delete",
    severity: Severity::Warning,
    explanation: "The page deletes an object and then shows an apply that changes it. It would be `created`: the output is from another run, or \
                  the delete is not what the author thinks.",
    example: "```bash\n$ kubectl delete deployment web\ndeployment.apps \"web\" deleted\n$ kubectl apply -f web.yaml\ndeployment.apps/web configured\n```\n",
    check: configured,
};

static DELETED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^([a-z][a-z0-9.-]*) "([^"]+)" (?:force )?deleted"#).ok());
static APPLIED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^([a-z][a-z0-9.-]*)/(\S+) (created|configured|unchanged)").ok());

fn configured(lab: &LabView<'_>, findings: &mut Findings) {
    let (Some(deleted), Some(applied)) = (DELETED.as_ref(), APPLIED.as_ref()) else {
        return;
    };
    let mut gone: HashSet<(String, String)> = HashSet::new();
    for (page, _, view) in lab.commands() {
        for (line, span) in view.shown_lines(page.file()) {
            if let Some(found) = deleted.captures(line) {
                gone.insert((kind(&found[1]), found[2].to_owned()));
            } else if let Some(found) = applied.captures(line) {
                let object = (kind(&found[1]), found[2].to_owned());
                if gone.remove(&object) && &found[3] != "created" {
                    findings.add(
                        page.file(),
                        span,
                        format!(
                            "`{}`, but the page has just deleted it: it would be created",
                            &found[3]
                        ),
                    );
                }
            }
        }
        // Without output nobody knows what was made again.
        let silent = view.command.expected.is_none();
        if silent
            && view.parts.iter().any(|part| {
                matches!(
                    part.name(),
                    "kubectl" | "helm" | "prepare-environment" | "reset-environment"
                )
            })
        {
            let makes = [
                "apply",
                "create",
                "install",
                "run",
                "replace",
                "prepare-environment",
                "reset-environment",
            ];
            if makes.iter().any(|verb| view.command.text.contains(verb)) {
                gone.clear();
            }
        }
    }
}

/// A kind without its group: `deployment.apps` is `deployment`.
fn kind(text: &str) -> String {
    text.split('.').next().unwrap_or(text).to_owned()
}
