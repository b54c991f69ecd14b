//! `kubectl rollout status`: how it ended. Which progress was seen on the way is chance.

use super::bindings::Binder;
use super::elision;
use super::outcome::{Outcome, Task, short};
use super::text::{self, Extent};
use super::volatile::Scan;

/// Judges the last lines; progress between is left out on both sides.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let ends = |text: &str| {
        text.lines()
            .filter(|line| !line.trim().is_empty() && !is_progress(line))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let (shown, actual) = (ends(task.shown), ends(task.actual));
    let said = shown
        .lines()
        .any(|line| !elision::is_elision(line) && !elision::is_comment(line));
    if said {
        return text::judge_lines(
            &task.with(&shown, &actual),
            Scan::LOOSE,
            Extent::Whole,
            binder,
        );
    }
    // The page shows progress only: `--watch=false`, or it was cut before the end.
    let cut = shown.lines().any(elision::is_elision);
    match actual.lines().next() {
        None if !task.actual.trim().is_empty() => last_progress(task, binder),
        Some(_) if cut => Outcome::default(),
        Some(line) => Outcome::fail(format!(
            "the rollout ended with `{}`, the page shows it under way",
            short(line)
        )),
        None => Outcome::fail("the page shows a rollout under way, nothing was printed"),
    }
}

/// Both sides stop in the middle: the last word counts.
fn last_progress(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let last = |text: &'_ str| {
        text.lines()
            .rfind(|line| !line.trim().is_empty() && !elision::is_elision(line))
            .unwrap_or_default()
            .to_owned()
    };
    let (shown, actual) = (last(task.shown), last(task.actual));
    text::judge_lines(
        &task.with(&shown, &actual),
        Scan::LOOSE,
        Extent::Whole,
        binder,
    )
}

/// A history under today's heading, `deployment.apps/web`, where the page has an old one: `deployments "web"`.
pub(super) fn modern(history: &str) -> Option<String> {
    let (heading, rest) = history.split_once('\n').unwrap_or((history, ""));
    let (kind, name) = heading.split_once(" \"")?;
    let (name, more) = name.split_once('"')?;
    let kind = kind
        .trim_end_matches(".apps")
        .trim_end_matches(".extensions");
    let kind = kind.strip_suffix('s').unwrap_or(kind);
    matches!(kind, "deployment" | "daemonset" | "statefulset")
        .then(|| format!("{kind}.apps/{name}{more}\n{rest}"))
}

/// Lines that `rollout status` prints while it waits.
pub(super) fn is_progress(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("Waiting for ") && line.contains("...")
        || line.starts_with("waiting for statefulset rolling update")
}
