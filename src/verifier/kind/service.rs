//! Checks that ask a Service over the network, through the API server's proxy: so they work the
//! same on every kind of cluster, and need no port of this machine.

use std::time::Duration;

use super::super::compare::Comparison;
use super::super::text::TextIs;

/// A path of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `service`: its name.
    pub service: String,
    /// Namespace; `default` where the author names none.
    pub namespace: String,
    /// `port`: a number or a name; `None`: the Service's only one.
    pub port: Option<String>,
    /// `scheme: https`; otherwise plain HTTP.
    pub https: bool,
    /// `path`, with its query. Default `/`.
    pub path: String,
}

/// `http`: what a Service answers.
#[derive(Debug, Clone)]
pub struct Http {
    /// What is asked.
    pub endpoint: Endpoint,
    /// `status`: of the answer. Default 200.
    pub status: Comparison,
    /// What the answer says.
    pub body: TextIs,
}

/// `availability`: whether a Service answers for as long as the step that `after` names runs.
///
/// Requests begin just before the step and end after it. An answer with a status below 500
/// counts as served; a 503 of the API server's own, where the Service has no endpoints, does not.
#[derive(Debug, Clone)]
pub struct Availability {
    /// What is asked.
    pub endpoint: Endpoint,
    /// `failed`: how many requests may fail. Default 0.
    pub failed: Comparison,
    /// `gap`: how long the longest time without an answer is.
    pub gap: Option<Gap>,
    /// `rate`: requests a second, 1 to 50. Default 10.
    pub rate: u32,
}

/// What is asked of the longest time without an answer. It always holds the time between two requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// `gap: 1s`, or `gap: "<= 1s"`.
    AtMost(Duration),
    /// `gap: ">= 1s"`: an interruption is what the page claims.
    AtLeast(Duration),
}

impl Gap {
    /// Whether a gap is as asked.
    pub fn holds(self, longest: Duration) -> bool {
        match self {
            Self::AtMost(most) => longest <= most,
            Self::AtLeast(least) => longest >= least,
        }
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "no gap over {:.1} s", most.as_secs_f64()),
            Self::AtLeast(least) => write!(f, "a gap of {:.1} s or more", least.as_secs_f64()),
        }
    }
}
