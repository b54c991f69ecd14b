//! Does what happened agree with what the page shows? Pure functions from text to [`Judgement`].
//!
//! Entry point: [`judge`]. Steps: [`normalise`] both texts; hold the exit status against what is shown ([`status`]);
//! take out what the client says about itself ([`warnings`]); choose a rule from command and text ([`choose`]);
//! let it compare, with tokens bound over the page ([`bindings`]); explain ([`diff`], [`explain()`]).
//!
//! There is no score: a rule knows what may differ ([`volatile`]) and what the author left out ([`elision`]), and
//! everything else must be there. A wrong pass is worse than a false alarm.

mod atoms;
mod bindings;
mod choose;
mod command;
mod diff;
mod elision;
mod explain;
mod line;
mod normalise;
mod outcome;
pub mod pairs;
mod repeat;
mod text;
mod volatile;

use crate::page::{MatchKind, Rows};

pub use bindings::Bindings;
pub use explain::explain;
pub use repeat::may_repeat;

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
pub fn judge(shown: Shown<'_>, happened: Happened<'_>, bindings: &Bindings) -> Judgement {
    let command = command::Command::read(shown.command);
    let text = normalise::text(shown.text);
    let actual = normalise::text(happened.text);
    let mut binder = bindings::Binder::new(bindings);
    let task = outcome::Task {
        command: &command,
        shown: &text,
        actual: &actual,
        rows: shown.rows,
    };
    let (rule, outcome) = choose::judge(&task, shown.match_kind, &mut binder);
    let agrees = outcome.agrees();
    let diff = if agrees {
        Vec::new()
    } else {
        let (old, new) = outcome
            .sides
            .unwrap_or_else(|| (diff::keyed(&text), diff::keyed(&actual)));
        diff::lines(&old, &new)
    };
    Judgement {
        agrees,
        rule,
        reasons: outcome.reasons,
        warnings: outcome.warnings,
        diff,
        lines_compared: text
            .lines()
            .filter(|l| !l.trim().is_empty() && !elision::is_elision(l))
            .count(),
        bindings: if agrees {
            binder.into_page()
        } else {
            bindings.clone()
        },
    }
}
