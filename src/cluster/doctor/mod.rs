//! What stands between this machine and a run, each finding with the next step.
//!
//! Entry points: [`examine`] looks at the machine for a choice of cluster, [`inspect`] at a cluster that
//! is connected. Nothing is changed: what is tried out is tried in namespaces that end at once.

mod connected;
mod machine;
mod others;

use serde::Serialize;

use super::{Choice, auto};

pub use connected::inspect;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Good,
    /// A run may suffer from it.
    Warning,
    /// No run is possible.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, in a word or two.
    pub area: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// What to do about it, where something is to be done.
    pub next: Option<String>,
}

impl Finding {
    fn good(area: &'static str, found: impl Into<String>) -> Self {
        Self {
            area,
            level: Level::Good,
            found: found.into(),
            next: None,
        }
    }

    /// Something that a run may suffer from.
    pub fn warning(area: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            area,
            level: Level::Warning,
            found: found.into(),
            next: Some(next.into()),
        }
    }

    /// Something that keeps a run from being made.
    pub fn problem(area: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            level: Level::Problem,
            ..Self::warning(area, found, next)
        }
    }
}

/// Looks at the machine with the eyes of that choice.
pub async fn examine(choice: &Choice) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut choice = choice.clone();
    if choice == Choice::Auto {
        match auto::decide(choice.clone()).await {
            Ok(decision) => {
                let why = decision.why.unwrap_or_default();
                choice = decision.choice;
                found.push(Finding::good("auto", format!("takes {choice} ({why})")));
            }
            Err(error) => {
                let text = error.to_string();
                let (cause, next) = text.split_once("\nnext: ").unwrap_or((&text, ""));
                found.push(Finding::problem("auto", cause, next));
                // The local cluster needs least, so what it lacks is worth knowing.
                choice = Choice::Local(None);
            }
        }
    }
    match choice {
        Choice::Local(_) | Choice::Auto => found.extend(machine::local().await),
        Choice::Kind(_) => found.extend(others::kind().await),
        Choice::Eks(_) => found.push(others::aws().await),
        Choice::Context(_) | Choice::Kubeconfig { .. } | Choice::None => {}
    }
    found.extend(others::proxy());
    found.push(others::clock());
    found
}
