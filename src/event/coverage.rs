//! How much of a run was verified: shares, and what nothing verified.
//!
//! Entry points: [`of`] and [`unproven`].

use serde::Serialize;

use super::Verdict;
use super::record::{CheckRecord, LabRecord, PageRecord, StepRecord};

/// How much of a run was verified, in counts.
///
/// A **command** is verified where something more than its exit status was decided: its shown output was compared, a
/// text was looked for in it, or a check or hook of its step came to an answer. A shown **line** is verified where it
/// was compared; lines that only stand for what is left out are none. A **claim** is an output that a page shows, a
/// text that it says is absent (`absent=`), a check of its verifier or a hook; it is verified where it was decided.
/// Whatever was skipped or not reached counts as not verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Commands on the pages, those of skipped steps included.
    pub commands: usize,
    /// Commands that ran.
    pub commands_run: usize,
    /// Commands of which more than the exit status was decided.
    pub commands_verified: usize,
    /// Commands whose output was compared.
    pub commands_compared: usize,
    /// Lines of output that the pages show.
    pub lines: usize,
    /// Lines of shown output that were compared.
    pub lines_compared: usize,
    /// Claims of the pages and their verifiers.
    pub claims: usize,
    /// Claims that were decided.
    pub claims_verified: usize,
    /// Cluster-state checks that were made.
    pub cluster_checks: usize,
    /// The lowest of the three shares in percent, rounded down; 0 where there is nothing to verify.
    pub percent: usize,
}

impl Coverage {
    /// The share of commands, of shown lines and of claims that was verified, in percent, rounded down; `None` where
    /// there are none.
    pub fn shares(&self) -> [(&'static str, Option<usize>); 3] {
        let share = |part: usize, all: usize| (all > 0).then(|| part * 100 / all);
        [
            ("commands", share(self.commands_verified, self.commands)),
            ("lines", share(self.lines_compared, self.lines)),
            ("claims", share(self.claims_verified, self.claims)),
        ]
    }
}

/// Something that a run did not prove.
#[derive(Debug, Clone, Serialize)]
pub struct Unproven {
    /// The page.
    pub path: String,
    /// The line.
    pub line: usize,
    /// The step's id.
    pub step: String,
    /// Why.
    pub reason: String,
}

/// Lines of shown output that say something: blank ones do not, nor those that stand for what is left out.
pub fn shown_lines(shown: &str) -> usize {
    let says = |line: &&str| !matches!(line.trim(), "" | "..." | "…" | "[...]");
    shown.lines().filter(says).count()
}

/// The coverage of labs.
pub(super) fn of(labs: &[LabRecord]) -> Coverage {
    let mut all = Coverage::default();
    for (_, step) in steps(labs) {
        all.commands += step.command_count;
        all.commands_run += step.commands.len();
        all.lines += step.lines_shown;
        all.claims += step.claims + step.checks.len();
        let by_step = checks_something(step);
        for command in &step.commands {
            let verified = command.checks.iter().filter(|check| is_verified(check));
            all.commands_verified += usize::from(by_step || verified.clone().next().is_some());
            all.claims_verified += verified.filter(|check| check.kind != "exit").count();
            let compared = command.checks.iter().filter(|check| compared_output(check));
            let lines: usize = compared.map(|check| check.lines_compared).sum();
            if lines > 0 {
                all.commands_compared += 1;
                all.lines_compared += lines;
                // What was compared is what the matcher takes for lines, whatever they look like.
                let shown = command.expected.as_deref().map_or(0, shown_lines);
                all.lines = (all.lines + lines).saturating_sub(shown);
            }
        }
        let decided = step.checks.iter().filter(|check| was_decided(check));
        all.claims_verified += decided.clone().count();
        all.cluster_checks += decided.filter(|check| check.kind == "state").count();
    }
    let lowest = all
        .shares()
        .into_iter()
        .filter_map(|(_, share)| share)
        .min();
    all.percent = lowest.unwrap_or(0);
    all
}

/// Whether a check or hook of a step came to an answer.
fn checks_something(step: &StepRecord) -> bool {
    step.checks.iter().any(was_decided)
}

/// Whether a check of a command decided something that its exit status does not tell by itself.
fn is_verified(check: &CheckRecord) -> bool {
    match check.kind {
        "exit" => false,
        "output" => compared_output(check),
        _ => was_decided(check),
    }
}

/// Whether shown output was held against what was printed; remarks alone are nothing to compare.
fn compared_output(check: &CheckRecord) -> bool {
    check.kind == "output" && was_decided(check) && check.lines_compared > 0
}

/// Whether a check came to an answer.
fn was_decided(check: &CheckRecord) -> bool {
    matches!(check.verdict, Verdict::Pass | Verdict::Fail)
}

/// What was skipped, and what nothing but an exit status was checked of.
pub(super) fn unproven(labs: &[LabRecord]) -> Vec<Unproven> {
    let mut found = Vec::new();
    for (page, step) in steps(labs) {
        let mut say = |line, reason: String| {
            found.push(Unproven {
                path: page.path.clone(),
                line,
                step: step.id.clone(),
                reason,
            });
        };
        if step.verdict == Verdict::Skipped {
            let reason = step.reason.as_deref().unwrap_or("not reached");
            say(step.line, format!("skipped: {reason}"));
            continue;
        }
        // A step with a check on the cluster proves more than its commands' exit status.
        if checks_something(step) {
            continue;
        }
        let bare: Vec<_> = step
            .commands
            .iter()
            .filter(|command| !command.checks.iter().any(is_verified))
            .filter(|command| command.verdict == Verdict::Pass)
            .collect();
        if bare.len() > 1 && bare.len() == step.command_count {
            let reason = format!(
                "checks nothing: only the exit statuses of its {} commands",
                bare.len()
            );
            say(step.line, reason);
            continue;
        }
        for command in bare {
            say(command.line, "only the exit status was checked".to_owned());
        }
    }
    found
}

fn steps(labs: &[LabRecord]) -> impl Iterator<Item = (&PageRecord, &StepRecord)> {
    labs.iter()
        .flat_map(|lab| &lab.pages)
        .flat_map(|page| page.steps.iter().map(move |step| (page, step)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_share_counts_and_what_is_not_there_does_not() {
        let coverage = Coverage {
            commands: 3,
            commands_verified: 2,
            lines: 10,
            lines_compared: 10,
            ..Coverage::default()
        };
        assert_eq!(
            coverage.shares(),
            [
                ("commands", Some(66)),
                ("lines", Some(100)),
                ("claims", None)
            ]
        );
    }

    #[test]
    fn blanks_and_elisions_are_no_lines() {
        assert_eq!(shown_lines("NAME\n\n...\na   1\n"), 2);
    }
}
