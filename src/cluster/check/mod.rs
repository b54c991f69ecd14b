//! Verifier checks made against a live cluster.
//!
//! Entry points: [`client`] once, [`earlier`] when a lab begins, [`arm`] before the step that a check names, [`make`] after it.
//! Steps: a check takes one look at the cluster (a file for each kind); `poll` repeats the look
//! until it holds or the time is over; the outcome is a [`Finding`]. What takes more than looks,
//! `persistence`, `availability` and `bounds`, begins before the step.
//! A failed check is data. What could not be looked at is [`Verdict::Broken`], never a pass.
//!
//! What is decided is kept apart from how it is seen: the `judge` functions are pure.

mod availability;
mod bounds;
mod count;
mod drain;
mod events;
mod exec;
mod fate;
mod file;
mod happened;
mod http;
mod logs;
mod look;
mod moments;
mod objects;
mod owed;
mod owner;
mod path;
mod persistence;
mod pods;
mod poll;
mod problem;
mod program;
mod replace;
mod resource;
mod rollout;
mod state;
mod workload;

use std::time::Duration;

use kube::{Client, Config};

use crate::verifier::{Check, Kind};

pub use happened::Earlier;
use owed::Owed;
pub use state::state;

/// What a check noted before a step, or set going. Made by [`arm`], used once by [`make`];
/// dropped, it stops what it set going.
#[derive(Debug)]
pub struct Armed(Noted);

/// What there is to note, by the kind of check.
#[derive(Debug)]
enum Noted {
    /// The pods and what they have.
    Persistence(persistence::Armed),
    /// The requests that are being made.
    Availability(availability::Probe),
    /// The watch on the pods.
    Bounds(bounds::Watch),
    /// What happened before the lab.
    Events(Earlier),
}

impl From<Earlier> for Armed {
    fn from(earlier: Earlier) -> Self {
        Self(Noted::Events(earlier))
    }
}

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
    /// For how long that had not changed when the check ended; `None` where it was not watched for changes.
    pub unchanged_for: Option<Duration>,
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

/// A client as checks need it: one that does not try again by itself.
///
/// kube's own default repeats what is answered with 429, 503 or 504, for minutes if need be. That
/// would hide each request that a Service did not serve from the checks that are after exactly
/// those, and hold a look up for longer than the check may take. Looks are repeated here anyway.
///
/// # Errors
/// The configuration is of no use: see [`Client::try_from`].
pub fn client(mut config: Config) -> Result<Client, kube::Error> {
    config.default_retry = false;
    Client::try_from(config)
}

/// Notes what a check needs from before the step that its `after` names: call it just before
/// that step runs, for the checks of which [`Check::needs_arming`] is true, and give what comes
/// back to [`make`]. It never fails: what it could not see, [`make`] says.
///
/// For a persistence check `by: lab` with a marker, it writes the marker; for an availability
/// check it begins to ask the Service, for a bounds check to watch the pods.
pub async fn arm(client: &Client, check: &Check) -> Option<Armed> {
    match &check.kind {
        Kind::Persistence(persistence) => {
            let armed = persistence::arm(client, persistence).await;
            Some(Armed(Noted::Persistence(armed)))
        }
        Kind::Availability(availability) => {
            let probe = availability::begin(client, availability).await;
            Some(Armed(Noted::Availability(probe)))
        }
        Kind::Bounds(bounds) => {
            let watch = bounds::begin(client, bounds).await;
            Some(Armed(Noted::Bounds(watch)))
        }
        _ => None,
    }
}

/// Notes what a check must not take for the lab's doing: call it when a lab begins, and give what comes back to each [`make`] of
/// the check. `None` for a check that needs nothing of the kind.
pub async fn earlier(client: &Client, check: &Check) -> Option<Earlier> {
    match &check.kind {
        Kind::Events(events) => Some(happened::earlier(client, events).await),
        _ => None,
    }
}

/// Makes a check with a client of [`client`]: looks at the cluster until the claim holds or [`Check::within`] is over.
///
/// An API server that does not answer for a while is asked again until then. A persistence check
/// may take longer, by the time that the pods it deletes have to stop.
pub async fn make(client: &Client, check: &Check, armed: Option<Armed>) -> Finding {
    let never = std::future::pending::<()>();
    let made = make_until(client, check, armed, never).await;
    made.expect("nothing stops it")
}

/// The same, until `stop` ends: then there is no finding. What the check changed in the cluster for the time that it
/// takes (replicas, cordoned nodes) is put back either way.
pub async fn make_until(
    client: &Client,
    check: &Check,
    armed: Option<Armed>,
    stop: impl Future<Output = ()>,
) -> Option<Finding> {
    let owed = Owed::default();
    let finding = tokio::select! {
        finding = look(client, check, armed, &owed) => Some(finding),
        () = stop => None,
    };
    let settled = owed.settle(client).await;
    finding.map(|finding| match settled {
        Ok(()) => finding,
        Err(unable) => Finding {
            verdict: match finding.verdict {
                Verdict::Fail => Verdict::Fail,
                Verdict::Pass | Verdict::Broken => Verdict::Broken,
            },
            reason: format!("{}; {}", finding.reason, unable.reason),
            ..finding
        },
    })
}

async fn look(client: &Client, check: &Check, armed: Option<Armed>, owed: &Owed) -> Finding {
    let mut finding = match &check.kind {
        Kind::Resource(resource) => resource::make(client, resource, check.within).await,
        Kind::Absent(objects) => resource::make_absent(client, objects, check.within).await,
        Kind::Count(count) => count::make(client, count, check.within).await,
        Kind::File(file) => file::make(client, file, check.within).await,
        Kind::Owner(owner) => owner::make(client, owner, check.within).await,
        Kind::Rollout(rollout) => rollout::make(client, rollout, check.within).await,
        Kind::Events(events) => {
            let earlier = match armed {
                Some(Armed(Noted::Events(earlier))) => Some(earlier),
                Some(Armed(_)) | None => None,
            };
            happened::make(client, events, earlier, check.within).await
        }
        Kind::Exec(exec) => program::make(client, exec, check.within).await,
        Kind::Logs(logs) => logs::make(client, logs, check.within).await,
        Kind::Http(http) => http::make(client, http, check.within).await,
        Kind::Persistence(persistence) => {
            let armed = match armed {
                Some(Armed(Noted::Persistence(armed))) => Some(armed),
                Some(Armed(_)) | None => None,
            };
            persistence::make(client, persistence, armed, check.within, owed).await
        }
        Kind::Availability(availability) => {
            let probe = match armed {
                Some(Armed(Noted::Availability(probe))) => Some(probe),
                Some(Armed(_)) | None => None,
            };
            availability::end(availability, probe).await
        }
        Kind::Bounds(bounds) => {
            let watch = match armed {
                Some(Armed(Noted::Bounds(watch))) => Some(watch),
                Some(Armed(_)) | None => None,
            };
            bounds::end(bounds, watch).await
        }
    };
    if finding.verdict != Verdict::Pass {
        finding.events = events::explaining(client, &check.kind).await;
    }
    finding
}
