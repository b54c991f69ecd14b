//! What happened in a run: the one contract between the runner and every report.
//!
//! The runner emits [`Event`]s; [`fold`](record::Recorder) turns them into a [`RunRecord`];
//! reports are made from either and never judge. The types here are what `--events` and
//! `--json` write, so they change by addition only ([`FORMAT_VERSION`]).

mod coverage;
mod leftover;
mod record;
mod redact;
mod settling;

pub use coverage::{Coverage, Unproven, shown_lines};
pub use leftover::LeftoverRecord;
pub use record::{
    CheckRecord, ClusterInfo, CommandRecord, FromDiskRecord, LabRecord, PageRecord, Recorder,
    RunRecord, StepRecord,
};
pub use redact::{MASK, Redactor};
pub use settling::SettlingRecord;

use serde::Serialize;

/// Version of the formats that `--events` and `--json` write.
pub const FORMAT_VERSION: u32 = 1;

/// What is known about a claim of a page.
///
/// The order is that of severity: the verdict of a whole is the worst of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing was tried; there is a reason.
    Skipped,
    /// It holds; labproof saw it.
    Pass,
    /// The check could not be made.
    Broken,
    /// It does not hold; labproof saw that.
    Fail,
}

impl Verdict {
    /// The word that people and reports see.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Skipped => "skipped",
            Verdict::Pass => "pass",
            Verdict::Broken => "broken",
            Verdict::Fail => "fail",
        }
    }
}

/// Where in the plan something happened; each number counts from 0 within the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StepAt {
    /// Lab of the plan.
    pub lab: usize,
    /// Page of the lab.
    pub page: usize,
    /// Step of the page.
    pub step: usize,
}

/// One fact of a run, told as it happens.
///
/// Events of labs that run side by side interleave; `lab` tells them apart.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The plan is made and the cluster is there.
    RunStarted {
        /// [`FORMAT_VERSION`].
        version: u32,
        /// Version of labproof.
        labproof: &'static str,
        /// Start, RFC 3339.
        time: String,
        /// What the run is on.
        cluster: ClusterInfo,
        /// Every lab, page and step that the run has, none of them run yet.
        labs: Vec<LabRecord>,
    },
    /// Something is going on that takes a while.
    Progress {
        /// Lab of the plan, where it is that lab's.
        lab: Option<usize>,
        /// What it is.
        what: String,
    },
    /// Something went wrong beside the labs, such as a bundle that cannot be written.
    Warning {
        /// What it is.
        what: String,
    },
    /// A lab begins.
    LabStarted {
        /// Lab of the plan.
        lab: usize,
        /// Name of the cluster or context that it runs on.
        cluster: String,
    },
    /// A step begins.
    StepStarted {
        /// Which one.
        at: StepAt,
    },
    /// A command was handed to the shell.
    CommandStarted {
        /// Which step it belongs to.
        at: StepAt,
        /// Its line in the page.
        line: usize,
        /// Its text.
        text: String,
        /// How long it may take, in milliseconds.
        timeout_ms: u64,
    },
    /// A read-only command is asked again because its output does not match yet.
    CommandRepeated {
        /// Which step it belongs to.
        at: StepAt,
        /// Its line in the page.
        line: usize,
        /// Which attempt begins, from 2.
        attempt: u32,
        /// Why the last one did not do.
        reason: String,
    },
    /// Whoever learns ran a command of their own in the lab's shell.
    CommandTried {
        /// The step that is next.
        at: StepAt,
        /// Its text.
        text: String,
        /// What it printed, as a terminal shows it; beginning and end of it where it is very long.
        output: String,
        /// Its exit status; `None` if none is known.
        exit_code: Option<i32>,
    },
    /// A command ended and was judged.
    CommandFinished {
        /// Which step it belongs to.
        at: StepAt,
        /// All about it.
        record: CommandRecord,
    },
    /// A cluster-state check or a hook was made.
    CheckFinished {
        /// The step after which it was made.
        at: StepAt,
        /// All about it.
        record: CheckRecord,
    },
    /// The cluster has settled after a step, or the bound of its `wait=` is reached.
    Settled {
        /// Which step.
        at: StepAt,
        /// All about it.
        record: SettlingRecord,
    },
    /// A step ended, or was passed over.
    StepFinished {
        /// Which one.
        at: StepAt,
        /// The worst of its commands and checks.
        verdict: Verdict,
        /// Why it was skipped or broken as a whole.
        reason: Option<String>,
        /// The folder with its failure bundle.
        artifacts: Option<String>,
        /// Wall time in milliseconds.
        duration_ms: u64,
    },
    /// A lab ended.
    LabFinished {
        /// Lab of the plan.
        lab: usize,
        /// What kept it from running as a whole, if something did.
        broken: Option<String>,
        /// Things worth knowing that are no failure.
        warnings: Vec<String>,
        /// How the cluster differed from what it was before the lab.
        leftovers: Vec<LeftoverRecord>,
        /// Wall time in milliseconds.
        duration_ms: u64,
    },
    /// The run is over.
    RunFinished {
        /// Whether somebody interrupted it.
        interrupted: bool,
        /// What kept the run from being made at all, if something did.
        broken: Option<String>,
        /// Wall time in milliseconds.
        duration_ms: u64,
    },
}

/// Somebody who is told every event, in order.
pub trait Sink: Send {
    /// Takes one event. Secrets are masked already.
    fn receive(&mut self, event: &Event);
}
