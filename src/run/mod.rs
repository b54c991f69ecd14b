//! A plan and connections → events: the one place that knows both pages and clusters.
//!
//! Entry points: [`begin`], [`labs`], [`end`]. Labs are taken from a queue by one worker for each connection, so a
//! sequential run is a parallel one with one worker. Within a lab everything is in page order:
//! step → its commands (`command`) → settling → checks.
//! A failed check is data; only what keeps a lab from running at all ends it early.

mod absent;
mod bundle;
mod command;
mod complaint;
mod emit;
mod failure;
mod fault;
mod home;
mod hook;
mod judge;
mod lab;
mod last_word;
mod leftovers;
mod pace;
mod preflight;
mod python;
mod setup;
mod state;
mod step;
mod terminal;

pub use bundle::prepare as prepare_artifacts;
pub use emit::Emitter;
pub use pace::{Pace, Wish};
pub use preflight::missing_tools;
pub use python::{missing_modules, needs_client};
pub use setup::{Setup, SetupError};

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::cluster::{Connection, SecretReader};
use crate::event::{
    ClusterInfo, Event, FORMAT_VERSION, LabRecord, PageRecord, StepRecord, Verdict, shown_lines,
};
use crate::plan::{Lab, Plan};

/// What a run does apart from what the pages say.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Stop at the first step that does not pass.
    pub fail_fast: bool,
    /// How long a read-only command is asked again while its output does not match, where the
    /// fence gives no `timeout=` of its own that is shorter.
    pub retry: Duration,
    /// `--compat eks-workshop`: `expectError=true` allows a failure without asking for one, and `wait=` is
    /// slept out.
    pub compat_eks_workshop: bool,
    /// Cancelled when there is no time left even to bring the cluster back to its baseline.
    pub leave: CancellationToken,
    /// Shown output is expected to be stale (`labproof update`): a list of objects that has settled is not asked for again.
    pub stale: bool,
    /// Where the bundles of steps that did not pass go.
    pub artifacts: Option<PathBuf>,
    /// Who says when a command may run (`labproof learn`); `None`: each as soon as the one before it has ended.
    pub pace: Option<Arc<dyn Pace>>,
}

/// The labs of a run that have not begun.
#[derive(Debug)]
pub struct Queue<'a> {
    labs: Mutex<VecDeque<(usize, &'a Lab)>>,
    started: Instant,
}

impl<'a> Queue<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.labs().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn labs(&self) -> MutexGuard<'_, VecDeque<(usize, &'a Lab)>> {
        self.labs
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Tells `emitter` what is about to be rehearsed, and where; all labs of the plan are still to run.
pub async fn begin<'a>(
    plan: &'a Plan,
    connections: &[&Connection],
    emitter: &Emitter,
) -> Queue<'a> {
    let started = Instant::now();
    // What any command gives away is known before the first one is told.
    for command in commands(plan) {
        emitter.gate().learn_from_command(command);
    }
    emitter.emit(Event::RunStarted {
        version: FORMAT_VERSION,
        labproof: env!("CARGO_PKG_VERSION"),
        time: jiff::Timestamp::now().to_string(),
        cluster: match connections {
            [first, others @ ..] => cluster_info(first, others, emitter).await,
            [] => ClusterInfo::default(),
        },
        labs: outline(plan),
    });
    Queue {
        labs: Mutex::new(plan.labs.iter().enumerate().collect()),
        started,
    }
}

/// Rehearses labs until none is left, or no cluster that one may run on ([`Connection::unusable`]), and tells `emitter` all that
/// happens.
///
/// One worker runs for each connection. `cancel` ends the commands that run and starts no others.
pub async fn labs(
    queue: &Queue<'_>,
    connections: &[&Connection],
    options: &RunOptions,
    cancel: &CancellationToken,
    emitter: &Emitter,
) {
    let workers = connections.iter().map(|connection| async {
        while !cancel.is_cancelled() && connection.unusable().is_none() {
            // The lock is released before the lab runs.
            let next = queue.labs().pop_front();
            let Some((index, lab)) = next else { break };
            let passed = lab::run(index, lab, connection, options, cancel, emitter).await;
            if options.fail_fast && !passed {
                queue.labs().clear();
            }
        }
    });
    futures::future::join_all(workers).await;
}

/// Ends a run; `why` its clusters cannot be used any more is why what is left does not run.
pub fn end(queue: Queue<'_>, why: Option<&str>, cancel: &CancellationToken, emitter: &Emitter) {
    if let Some(why) = why.filter(|_| !cancel.is_cancelled()) {
        for (index, _) in queue.labs().drain(..) {
            lab::not_run(index, why, emitter);
        }
    }
    emitter.emit(Event::RunFinished {
        interrupted: cancel.is_cancelled(),
        broken: None,
        duration_ms: millis(queue.started.elapsed()),
    });
}

fn commands(plan: &Plan) -> impl Iterator<Item = &str> {
    let pages = plan.labs.iter().flat_map(|lab| &lab.pages);
    let steps = pages.flat_map(|page| &page.steps);
    steps
        .flat_map(|step| &step.commands)
        .map(|command| command.text.as_str())
}

async fn cluster_info(
    connection: &Connection,
    others: &[&Connection],
    emitter: &Emitter,
) -> ClusterInfo {
    ClusterInfo {
        secrets_unread: match &connection.client {
            Some(client) => emitter.learn(&SecretReader::new(client)).await,
            None => None,
        },
        profile: connection.profile.to_owned(),
        name: connection.name.clone(),
        others: others.iter().map(|other| other.name.clone()).collect(),
        identity: connection.access.identity.clone(),
        server_version: connection.server_version.clone(),
        // Only where there is a cluster is it worth a process to know.
        client_version: match connection.client {
            Some(_) => connection.client_version().await,
            None => None,
        },
    }
}

/// The plan as a record of which nothing has happened yet.
fn outline(plan: &Plan) -> Vec<LabRecord> {
    let step = |step: &crate::page::Step| StepRecord {
        id: step.id.clone(),
        line: step.line,
        section: step.section.clone(),
        verdict: Verdict::Skipped,
        reason: None,
        artifacts: None,
        command_count: step.commands.len(),
        lines_shown: shown(step).map(|shown| shown_lines(&shown.text)).sum(),
        claims: shown(step).count() + step.options.absent.iter().count() * step.commands.len(),
        settling: None,
        duration_ms: 0,
        commands: Vec::new(),
        checks: Vec::new(),
    };
    let page = |page: &crate::page::Page| PageRecord {
        title: page.title.clone(),
        path: page.file.path().display().to_string(),
        verdict: Verdict::Skipped,
        steps: page.steps.iter().map(step).collect(),
    };
    let lab = |lab: &Lab| LabRecord {
        title: lab.title.clone(),
        path: lab.path.display().to_string(),
        cluster: None,
        verdict: Verdict::Skipped,
        broken: None,
        warnings: Vec::new(),
        leftovers: Vec::new(),
        duration_ms: 0,
        pages: lab.pages.iter().map(page).collect(),
    };
    plan.labs.iter().map(lab).collect()
}

/// The outputs that the page shows for the commands of a step.
fn shown(step: &crate::page::Step) -> impl Iterator<Item = &crate::page::Expected> {
    let commands = step.commands.iter();
    commands.filter_map(|command| command.expected.as_ref())
}

/// Whole milliseconds of a duration.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
