//! What `wait=` came to: how long the cluster took to become quiet, and what was waited for.

use serde::Serialize;

use super::record::LabRecord;

/// The settling after a step.
#[derive(Debug, Clone, Serialize)]
pub struct SettlingRecord {
    /// `wait=` of the fence, in milliseconds: how long it might have taken.
    pub bound_ms: u64,
    /// How long it took, in milliseconds.
    pub waited_ms: u64,
    /// Whether the cluster was quiet at the end. `false` also where the time was slept out because nobody could tell.
    pub quiet: bool,
    /// Objects that still had something to do at some moment (`Deployment shop/web`).
    pub waited_for: Vec<String>,
    /// Those that had when the bound was reached.
    pub still_moving: Vec<String>,
    /// Why it is not known whether the cluster was quiet, where it is not.
    pub unknown: Option<String>,
}

impl SettlingRecord {
    /// What is wrong with it, if something is: the bound was reached, or the cluster could not be read.
    pub fn warning(&self) -> Option<String> {
        let seconds = self.bound_ms / 1000;
        if let Some(cause) = &self.unknown {
            return Some(format!(
                "it is not known whether the cluster settled (wait={seconds}): {cause}"
            ));
        }
        (!self.still_moving.is_empty()).then(|| {
            format!(
                "not settled after {seconds} s (wait={seconds}): {}",
                self.still_moving.join(", ")
            )
        })
    }
}

/// Milliseconds that fixed waits would have taken beyond what the settling took.
pub(super) fn saved(labs: &[LabRecord]) -> u64 {
    labs.iter()
        .flat_map(|lab| &lab.pages)
        .flat_map(|page| &page.steps)
        .filter_map(|step| step.settling.as_ref())
        .map(|settling| settling.bound_ms.saturating_sub(settling.waited_ms))
        .sum()
}
