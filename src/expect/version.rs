//! `kubectl version`: which release the machine and the cluster run is not the page's to say, whether both answer is.
//!
//! Entry point: [`judge`].

use super::bindings::Binder;
use super::outcome::{Outcome, Task, short};
use super::text;

/// Judges the answer: who is shown to tell its version must tell it, and nobody else.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let (shown, actual) = (sides(task.shown), sides(task.actual));
    let is_plain = |text: &str| {
        text.lines()
            .all(|line| line.trim().is_empty() || side(line).is_some())
    };
    if shown.is_empty() || !is_plain(task.shown) {
        return text::judge(task, binder);
    }
    let mut out = Outcome::default();
    for name in shown.iter().filter(|name| !actual.contains(name)) {
        out.reasons.push(format!(
            "the page shows the {name} version, the output does not"
        ));
    }
    for name in actual.iter().filter(|name| !shown.contains(name)) {
        out.reasons.push(format!(
            "the {name} version is printed, the page does not show it"
        ));
    }
    if let Some(line) = task
        .actual
        .lines()
        .find(|line| !line.trim().is_empty() && side(line).is_none())
    {
        out.reasons.push(format!(
            "`{}` is printed, the page does not show it",
            short(line)
        ));
    }
    let told = |text: &str| {
        text.lines()
            .map(str::trim)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    if out.agrees() && told(task.shown) != told(task.actual) {
        out.warnings
            .push("another release than on the page".to_owned());
    }
    out
}

/// Who tells a version: client and server.
fn sides(text: &str) -> Vec<&'static str> {
    text.lines()
        .filter_map(side)
        .filter(|name| *name != "Kustomize")
        .collect()
}

/// Whose version a line tells. Kustomize's came with kubectl 1.24.
fn side(line: &str) -> Option<&'static str> {
    ["Client", "Server", "Kustomize"].into_iter().find(|name| {
        line.trim()
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(" Version: "))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fails, passes};

    #[test]
    fn who_answers_counts() {
        let shown = "Client Version: v1.27.3\nKustomize Version: v5.0.1\nServer Version: v1.27.1";
        let actual = "Client Version: v1.20.2\nServer Version: v1.20.2";
        passes("version", "kubectl version --short", shown, actual);
        fails(
            "Server",
            "kubectl version",
            shown,
            "Client Version: v1.20.2\nThe connection to the server localhost:8080 was refused",
        );
        fails(
            "Server",
            "kubectl version --client",
            "Client Version: v1.27.3",
            actual,
        );
        fails("v1.20.2", "echo", "v1.27.3", "v1.20.2");
    }
}
