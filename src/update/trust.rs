//! Whether what a command printed may become what the page shows.
//!
//! Entry points: [`Trust::against`] for a stale block, [`Trust::note`] for what happened before it. A page is rewritten from a
//! healthy run: output of a command that failed, that came after something failed, or that tells of trouble is no
//! truth, unless somebody says so (`--accept`).

use crate::event::{CheckRecord, CommandRecord, Verdict};
use crate::expect::trouble;
use crate::page::{MatchKind, Step};

/// Characters of a likely cause that are told: the report of `run` has all of it.
const LONGEST_CAUSE: usize = 120;

/// What is known of a lab up to a command.
#[derive(Debug)]
pub(super) struct Trust {
    accept: bool,
    /// Where the lab first failed in something other than its shown output.
    failed_at: Option<String>,
}

impl Trust {
    /// Nothing has failed yet. `accept`: nothing that fails matters.
    pub(super) fn new(accept: bool) -> Self {
        Trust {
            accept,
            failed_at: None,
        }
    }

    /// Notes a command that has run.
    pub(super) fn note(&mut self, path: &str, ran: &CommandRecord) {
        if failed(ran) {
            self.fail(format!("{path}:{}", ran.line));
        }
    }

    /// Notes checks on the cluster and hooks.
    pub(super) fn note_checks(&mut self, path: &str, checks: &[CheckRecord]) {
        let wrong = |check: &&CheckRecord| is_wrong(check.verdict);
        if let Some(check) = checks.iter().find(wrong) {
            self.fail(format!("{path}:{} ({})", check.line, check.name));
        }
    }

    fn fail(&mut self, place: String) {
        self.failed_at.get_or_insert(place);
    }

    /// Why a command failed apart from its output, if it did.
    pub(super) fn failure(&self, ran: &CommandRecord) -> Option<String> {
        let check = ran
            .checks
            .iter()
            .find(|check| check.kind != "output" && is_wrong(check.verdict))?;
        Some(match check.reasons.first() {
            Some(reason) => reason.clone(),
            None => format!("it does not hold that it {}", check.name),
        })
    }

    /// Why what a command printed is not to be written into the page, if so.
    pub(super) fn against(&self, step: &Step, ran: &CommandRecord, shown: &str) -> Option<String> {
        match step.options.match_kind {
            MatchKind::Regex => {
                return Some("match=regex: the expression is the author's".to_owned());
            }
            MatchKind::Contains => {
                return Some("match=contains: the text is the author's choice".to_owned());
            }
            _ => {}
        }
        if self.accept {
            return None;
        }
        let reason = self.doubt(ran, shown)?;
        Some(format!("{reason} (--accept takes it all the same)"))
    }

    fn doubt(&self, ran: &CommandRecord, shown: &str) -> Option<String> {
        if let Some(reason) = self.failure(ran) {
            return Some(reason);
        }
        if let Some(place) = &self.failed_at {
            return Some(format!("the lab had failed before it, at {place}"));
        }
        let output = ran.checks.iter().find(|check| check.kind == "output")?;
        if output.rule == Some("error") {
            return Some("the page shows an error, the command succeeded".to_owned());
        }
        if let Some(cause) = &output.likely_cause {
            let cause: String = cause.chars().take(LONGEST_CAUSE).collect();
            return Some(format!("the run was not healthy: {cause}"));
        }
        let printed = ran.output.trim();
        if printed.is_empty() || printed.starts_with("No resources found") {
            return Some("there was nothing, and the page shows something".to_owned());
        }
        let word = trouble(printed).find(|word| !trouble(shown).any(|other| other == *word))?;
        Some(format!("what was printed tells of trouble (`{word}`)"))
    }
}

fn is_wrong(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Broken)
}

/// Whether a command failed in something other than its shown output.
pub(super) fn failed(ran: &CommandRecord) -> bool {
    ran.checks
        .iter()
        .any(|check| check.kind != "output" && is_wrong(check.verdict))
}

/// Whether the shown output was found to be stale.
pub(super) fn output_failed(ran: &CommandRecord) -> bool {
    ran.checks
        .iter()
        .any(|check| check.kind == "output" && is_wrong(check.verdict))
}
