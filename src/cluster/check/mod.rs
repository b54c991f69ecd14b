//! Verifier checks made against a live cluster.
//!
//! Entry points: [`arm`] before the step that a check names, [`make`] after it.
//! Steps: a check takes one look at the cluster (`resource`, `count`, `file`, `persistence`);
//! `poll` repeats the look until it holds or the time is over; the outcome is a [`Finding`].
//! A failed check is data. What could not be looked at is [`Verdict::Broken`], never a pass.
//!
//! What is decided is kept apart from how it is seen: the `judge` functions are pure.

mod count;
mod events;
mod exec;
mod fate;
mod file;
mod look;
mod objects;
mod path;
mod persistence;
mod pods;
mod poll;
mod problem;
mod replace;
mod resource;

use std::time::Duration;

use kube::Client;

use crate::verifier::{Check, Kind};

pub use persistence::Armed;

/// What a check found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The outcome.
    pub verdict: Verdict,
    /// Why, in a sentence; for a persistence check also the proof, by UIDs.
    pub reason: String,
    /// What was asked for.
    pub expected: String,
    /// What was last seen, if anything was.
    pub last_seen: Option<String>,
    /// For how long that had not changed when the check ended.
    pub unchanged_for: Duration,
    /// How many times the cluster was looked at.
    pub attempts: u32,
    /// How long it took.
    pub duration: Duration,
    /// Events of the cluster that may explain it, newest first; none for a pass.
    pub events: Vec<String>,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The claim holds.
    Pass,
    /// The claim is false.
    Fail,
    /// The check could not be made, so nothing is known.
    Broken,
}

/// Notes what a check needs from before the step that its `after` names: call it just before
/// that step runs, for the checks of which [`Check::needs_arming`] is true, and give what comes
/// back to [`make`]. It never fails: what it could not see, [`make`] says.
///
/// For a persistence check `by: lab` with a marker, it writes the marker.
pub async fn arm(client: &Client, check: &Check) -> Option<Armed> {
    match &check.kind {
        Kind::Persistence(persistence) => Some(persistence::arm(client, persistence).await),
        _ => None,
    }
}

/// Makes a check: looks at the cluster until the claim holds or [`Check::within`] is over.
///
/// An API server that does not answer for a while is asked again until then. A persistence check
/// may take longer, by the time that the pods it deletes have to stop.
pub async fn make(client: &Client, check: &Check, armed: Option<Armed>) -> Finding {
    let mut finding = match &check.kind {
        Kind::Resource(resource) => resource::make(client, resource, check.within).await,
        Kind::Absent(objects) => resource::make_absent(client, objects, check.within).await,
        Kind::Count(count) => count::make(client, count, check.within).await,
        Kind::File(file) => file::make(client, file, check.within).await,
        Kind::Persistence(persistence) => {
            persistence::make(client, persistence, armed, check.within).await
        }
    };
    if finding.verdict != Verdict::Pass {
        finding.events = events::explaining(client, &check.kind).await;
    }
    finding
}
