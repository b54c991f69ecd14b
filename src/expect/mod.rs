//! Does what happened agree with what the page shows? Pure functions from text to [`Judgement`].
//!
//! Entry point: [`judge`]. Steps: `normalise` both texts; hold the exit status against what is shown (`status`);
//! take out what the client says about itself (`warnings`); choose a rule from command and text (`choose`);
//! let it compare, with tokens bound over the page (`bindings`); explain (`diff`, [`explain()`]).
//!
//! There is no score: a rule knows what may differ (`volatile`) and what the author left out (`elision`), and
//! everything else must be there. A wrong pass is worse than a false alarm.

mod action;
mod atoms;
mod bindings;
mod choose;
mod clients;
mod cloud;
mod command;
mod describe;
mod diff;
mod elision;
mod empty;
mod error;
mod events;
mod explain;
mod http;
mod json;
mod line;
pub mod lines;
mod listing;
mod measured;
mod measures;
mod missing;
mod names;
mod normalise;
mod outcome;
pub mod pairs;
mod releases;
mod repeat;
mod rollout;
mod segments;
mod settle;
mod sieve;
mod status;
mod table;
mod text;
mod tree;
mod version;
mod volatile;
mod wait;
mod warnings;
mod yaml;

use regex::Regex;

use crate::page::{MatchKind, Rows, Step};

pub use bindings::Bindings;
pub use empty::shows_absence;
pub use explain::explain;
pub use repeat::{Defined, may_repeat, may_repeat_after};
pub use settle::{lists_objects, trouble};

/// What a page shows for a command, and how it wants it compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// The command, as bash gets it.
    pub command: &'a str,
    /// The shown output. Empty text says that the command prints nothing.
    pub text: &'a str,
    /// `match=` of the fence.
    pub match_kind: MatchKind,
    /// `rows=` of the fence.
    pub rows: Rows,
    /// `expectError=true` of the fence: the status must not be 0. Without it an error in `text` says the same.
    pub expect_error: bool,
    /// `exit=N` of the fence: the status that the command must have.
    pub exit: Option<i32>,
}

impl<'a> Shown<'a> {
    /// Output shown without any annotation.
    pub fn new(command: &'a str, text: &'a str) -> Self {
        Shown {
            command,
            text,
            ..Shown::default()
        }
    }
}

impl<'a> Shown<'a> {
    /// Text shown for a command of a step, with what its fence asks for. `last`: no command of the step follows.
    pub fn of(step: &'a Step, command: &'a str, text: &'a str, last: bool) -> Self {
        let options = &step.options;
        Shown {
            command,
            text,
            match_kind: options.match_kind,
            rows: options.rows,
            expect_error: options.expect_error && last,
            exit: options.exit.filter(|_| last),
        }
    }
}

/// What a run of the command gave.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    /// stdout and stderr merged in the order of arrival, as a terminal shows them.
    pub text: &'a str,
    /// stdout alone, where the runner kept it apart.
    pub stdout: Option<&'a str>,
    /// Exit status of the command.
    pub exit_code: i32,
}

/// The answer, with everything needed to explain it.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Whether they agree.
    pub agrees: bool,
    /// Name of the rule that decided: `table`, `json`, ...
    pub rule: &'static str,
    /// Why not, in words, most telling first. Empty when they agree.
    pub reasons: Vec<String>,
    /// Differences that are no failure but worth a word, such as a stale column.
    pub warnings: Vec<String>,
    /// Shown against actual, aligned so that benign differences are not shown. Empty when they agree.
    pub diff: Vec<DiffLine>,
    /// Lines of the shown text that were held against the output (elisions and comments are not).
    pub lines_compared: usize,
    /// What volatile tokens of the page stand for, as known after this command.
    pub bindings: Bindings,
}

/// A line of a diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// On which side it stands.
    pub side: Side,
    /// The line.
    pub text: String,
    /// Line of the shown text, from 0, for [`Side::Both`] and [`Side::Shown`].
    pub shown_line: Option<usize>,
}

/// On which side of a diff a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Shown on the page and printed.
    Both,
    /// Only shown on the page.
    Shown,
    /// Only printed.
    Actual,
}

/// Judges one output. `bindings` is what earlier commands of the page bound.
///
/// The merged text is judged first. Where that fails only because stderr put noise of the client between, stdout
/// alone decides.
pub fn judge(shown: Shown<'_>, happened: Happened<'_>, bindings: &Bindings) -> Judgement {
    let merged = judge_text(shown, happened.text, happened.exit_code, bindings);
    if merged.agrees {
        return merged;
    }
    if let Some(stdout) = happened.stdout
        && stdout.len() < happened.text.len()
        && warnings::adds_only_noise(&normalise::text(happened.text), &normalise::text(stdout))
    {
        let alone = judge_text(shown, stdout, happened.exit_code, bindings);
        if alone.agrees {
            return alone;
        }
    }
    merged
}

/// Whether a status other than 0 is part of what a command says, as the 1 of `grep -c` and `kubectl auth can-i`: no failure where
/// its output is as the page shows it.
pub fn status_is_an_answer(command: &str, status: i32) -> bool {
    command::Command::read(command).status_is_an_answer(status)
}

/// Whether such a status is none even where the page shows no output: `kubectl diff` that found differences.
pub fn status_is_harmless(command: &str, status: i32) -> bool {
    command::Command::read(command).status_is_harmless(status)
}

/// Whether the last that a page shows of an output is an error: a table, and then what was not found.
pub fn ends_in_error(shown: &str) -> bool {
    let said = |line: &&str| !line.trim().is_empty() && !elision::is_elision(line);
    shown.lines().rfind(said).is_some_and(error::is_error)
}

fn judge_text(shown: Shown<'_>, actual: &str, exit_code: i32, bindings: &Bindings) -> Judgement {
    let command = command::Command::read(shown.command);
    let mut actual = normalise::text(actual);
    let mut text = normalise::shown(shown.text, &actual);
    let (mut reasons, mut remarks) = (Vec::new(), Vec::new());
    let free = matches!(
        shown.match_kind,
        MatchKind::Auto | MatchKind::Table | MatchKind::Json | MatchKind::Yaml | MatchKind::Lines
    );
    if free && let Some(cleaned) = warnings::take_out(&text, &actual, &command) {
        (text, actual) = (cleaned.shown, cleaned.actual);
        (reasons, remarks) = (cleaned.reasons, cleaned.warnings);
    }
    let wanted = status::Wanted {
        expect_error: shown.expect_error,
        exit: shown.exit,
    };
    let status = status::judge(&command, wanted, &text, &actual, exit_code);
    let mut binder = bindings::Binder::new(bindings);
    let task = outcome::Task {
        command: &command,
        shown: &text,
        actual: &actual,
        rows: shown.rows,
    };
    let (rule, outcome) = choose::judge(&task, shown.match_kind, &mut binder);
    // Where an error came instead of the output, the status tells it, and what is missing is everything.
    let failed =
        status.is_some() && exit_code != 0 && actual.lines().next().is_none_or(error::is_error);
    if !failed {
        reasons.splice(0..0, outcome.reasons);
    }
    reasons.splice(0..0, status);
    remarks.extend(outcome.warnings);
    let agrees = reasons.is_empty();
    let diff = if agrees {
        Vec::new()
    } else {
        let (old, new) = outcome
            .sides
            .unwrap_or_else(|| (diff::keyed(&text), diff::keyed(&actual)));
        diff::lines(&old, &new)
    };
    let compared = |line: &&str| {
        !line.trim().is_empty() && !elision::is_elision(line) && !elision::is_comment(line)
    };
    Judgement {
        agrees,
        rule,
        reasons,
        warnings: remarks,
        diff,
        lines_compared: text.lines().filter(compared).count(),
        bindings: if agrees {
            binder.into_page()
        } else {
            bindings.clone()
        },
    }
}

/// A pattern of this room, all of which are constants that its tests compile.
fn constant(expression: &str) -> Regex {
    Regex::new(expression).unwrap_or_else(|error| unreachable!("constant expression: {error}"))
}

#[cfg(test)]
mod tests;
