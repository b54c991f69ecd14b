//! One lab: a shell, its pages in order, and what the cluster must show after each step.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::bundle::Bundle;
use super::fault::Faults;
use super::home::Home;
use super::hook::{self, Hook, Moment};
use super::leftovers::{self, Found, Trail};
use super::state::StateChecks;
use super::{Emitter, RunOptions, millis, step};
use crate::cluster::baseline::Snapshot;
use crate::cluster::{Connection, SecretReader, moving};
use crate::event::{Event, StepAt, Verdict};
use crate::expect::Bindings;
use crate::page::{Page, Step};
use crate::plan::{Lab, Suite};
use crate::shell::{Session, SessionOptions};

/// Bytes kept of the beginning and of the end of each stream of a command. Six such pieces at most
/// (beginning and end of stdout, stderr and both) stay well under the 64 MB that a run may take.
const OUTPUT_LIMIT: usize = 2 << 20;

/// How long the script of a directory may take: what a hook of a step may by default.
const SUITE_TIMEOUT: Duration = Duration::from_secs(300);

/// What everything in a lab needs.
pub(super) struct LabRun<'a> {
    pub(super) lab: &'a Lab,
    pub(super) index: usize,
    pub(super) connection: &'a Connection,
    pub(super) options: &'a RunOptions,
    pub(super) cancel: &'a CancellationToken,
    pub(super) emitter: &'a Emitter,
    pub(super) faults: Faults<'a>,
    secrets: Option<SecretReader>,
}

impl LabRun<'_> {
    /// Whether somebody wants to leave and the cluster goes as well, so that nothing has to be taken back.
    pub(super) fn goes_with_cluster(&self) -> bool {
        self.cancel.is_cancelled() && self.connection.access.ends_with_run
    }

    /// Teaches the gate what Secrets the cluster has by now: to be called before anything is told that may hold one.
    pub(super) async fn learn_secrets(&self) {
        if let Some(secrets) = &self.secrets {
            // Why they cannot be read is in the record of the run.
            let _ = self.emitter.learn(secrets).await;
        }
    }
}

/// Tells that a lab is not run because there is no cluster any more.
pub(super) fn not_run(index: usize, why: &str, emitter: &Emitter) {
    emitter.emit(Event::LabFinished {
        lab: index,
        broken: Some(format!("not run: {why}")),
        warnings: Vec::new(),
        leftovers: Vec::new(),
        duration_ms: 0,
    });
}

/// Runs a lab; says whether all of it passed.
pub(super) async fn run(
    index: usize,
    lab: &Lab,
    connection: &Connection,
    options: &RunOptions,
    cancel: &CancellationToken,
    emitter: &Emitter,
) -> bool {
    let started = Instant::now();
    let stop = cancel.child_token();
    let run = LabRun {
        lab,
        index,
        connection,
        options,
        cancel: &stop,
        emitter,
        faults: Faults::new(connection, &lab.directory),
        secrets: connection.client.as_ref().map(SecretReader::new),
    };
    emitter.emit(Event::LabStarted {
        lab: index,
        cluster: connection.name.clone(),
    });
    let work = async {
        match leftovers::baseline(&run).await {
            Ok(baseline) => in_shell(&run, baseline).await,
            Err(error) => (Err(error), Vec::new(), Found::default()),
        }
    };
    // Without its cluster nothing of the lab is worth waiting for.
    let watch = async {
        let _ = connection.ended().await;
        stop.cancel();
    };
    let mut work = std::pin::pin!(work);
    let (result, warnings, found) = tokio::select! {
        done = &mut work => done,
        () = watch => work.await,
    };
    run.faults.note(None).await;
    if let Some(why) = &found.broken {
        connection.spoil(format!("after {}, {why}", lab.path.display()));
    }
    let gone = connection.end();
    let passed = result == Ok(true) && found.broken.is_none() && gone.is_none();
    let warnings = warnings.into_iter().chain(found.warnings);
    emitter.emit(Event::LabFinished {
        lab: index,
        broken: gone.or(result.err()).or(found.broken),
        warnings: warnings.chain(run.faults.warnings()).collect(),
        leftovers: found.leftovers,
        duration_ms: millis(started.elapsed()),
    });
    passed
}

/// Runs the pages in a shell, then brings the cluster back to its baseline: whether all passed or what kept it from running, what
/// there is to say of the shell, and what was left in the cluster.
async fn in_shell(
    run: &LabRun<'_>,
    baseline: Option<Snapshot>,
) -> (Result<bool, String>, Vec<String>, Found) {
    let home = match Home::of(run) {
        Ok(home) => home,
        Err(cause) => return (Err(cause), Vec::new(), Found::default()),
    };
    let mut session = match Session::start(session_options(run, &home)).await {
        Ok(session) => session,
        Err(error) => return (Err(error.to_string()), Vec::new(), Found::default()),
    };
    let mut trail = Trail::begin(run.connection).await;
    let result = run_pages(run, &mut session, &mut trail).await;
    // What still runs could go on changing the cluster.
    let ended = session.end().await;
    let found = match &baseline {
        Some(_) if run.connection.end().is_some() => Found::default(),
        Some(baseline) => leftovers::take_back(run, baseline, &trail).await,
        None => Found::default(),
    };
    (
        result,
        left_running(ended.processes).into_iter().collect(),
        found,
    )
}

fn left_running(processes: usize) -> Option<String> {
    match processes {
        0 => None,
        1 => Some("a process that the lab left running was ended".to_owned()),
        many => Some(format!(
            "{many} processes that the lab left running were ended"
        )),
    }
}

fn session_options(run: &LabRun<'_>, home: &Home) -> SessionOptions {
    let connection = run.connection;
    SessionOptions {
        directory: run.lab.directory.clone(),
        env: [
            ("KUBECONFIG".into(), connection.kubeconfig().into()),
            ("KUBECACHEDIR".into(), connection.kubectl_cache().into()),
            ("PATH".into(), connection.path()),
        ]
        .into_iter()
        .chain(connection.access.env.iter().cloned())
        .chain(home.env())
        .collect(),
        env_remove: Vec::new(),
        output_limit: OUTPUT_LIMIT,
        grace: Duration::from_secs(5),
    }
}

/// What a lab carries from step to step.
pub(super) struct Carried<'a> {
    /// Every command that ran, in order: what one defines decides what a later one means.
    pub(super) ran: Vec<&'a str>,
    /// What the volatile tokens of the page stand for.
    pub(super) bindings: Bindings,
    /// Objects that moved before the lab began, and so are nobody's fault here.
    pub(super) unsettled: BTreeSet<String>,
    pub(super) checks: StateChecks,
    /// What the cluster saw of the commands.
    pub(super) trail: &'a mut Trail,
    /// What is kept of the step that runs, once something in it did not pass.
    pub(super) bundle: Option<Bundle>,
}

/// Runs the pages in order; says whether everything passed.
///
/// # Errors
/// What keeps the rest of the lab from running.
async fn run_pages(
    run: &LabRun<'_>,
    session: &mut Session,
    trail: &mut Trail,
) -> Result<bool, String> {
    let mut passed = true;
    let mut carried = Carried {
        ran: Vec::new(),
        bindings: Bindings::default(),
        unsettled: match &run.connection.client {
            Some(client) => moving(client).await.unwrap_or_default(),
            None => BTreeSet::new(),
        },
        checks: StateChecks::begin(run).await,
        trail,
        bundle: None,
    };
    let last_page = run
        .lab
        .pages
        .iter()
        .rposition(|page| last_step(page).is_some());
    for (page_index, page) in run.lab.pages.iter().enumerate() {
        carried.bindings = Bindings::default();
        for (step_index, step) in page.steps.iter().enumerate() {
            if run.cancel.is_cancelled() {
                return Ok(false);
            }
            let at = StepAt {
                lab: run.index,
                page: page_index,
                step: step_index,
            };
            let here = Here {
                at,
                page,
                step,
                last_of_page: last_step(page) == Some(step_index),
                last_of_lab: last_page == Some(page_index) && last_step(page) == Some(step_index),
            };
            let before = suites(run, session, here, Moment::Before).await?;
            if before != Verdict::Skipped {
                carried.trail.step(run.connection, at, step.line).await;
            }
            let verdict = step::run(run, session, here, &mut carried).await?;
            let after = suites(run, session, here, Moment::After).await?;
            if verdict.max(after) != Verdict::Skipped {
                carried.trail.step(run.connection, at, step.line).await;
            }
            let verdict = before.max(verdict).max(after);
            passed &= matches!(verdict, Verdict::Pass | Verdict::Skipped);
            if run.options.fail_fast && !passed {
                return Ok(false);
            }
        }
    }
    Ok(passed)
}

/// The step that runs.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) at: StepAt,
    pub(super) page: &'a Page,
    pub(super) step: &'a Step,
    /// It is the last of its page that runs.
    pub(super) last_of_page: bool,
    /// It is the last of the lab that runs.
    pub(super) last_of_lab: bool,
}

/// Runs the scripts of the directories that begin or end with a step, which need not be one that runs.
async fn suites(
    run: &LabRun<'_>,
    session: &mut Session,
    here: Here<'_>,
    moment: Moment,
) -> Result<Verdict, String> {
    let mut verdict = Verdict::Skipped;
    let at = (here.at.page, here.at.step);
    let starting = |suite: &&Suite| {
        let pages = &run.lab.pages[suite.pages.clone()];
        let edge = match moment {
            Moment::Before => pages.iter().position(has_steps).map(|page| (page, 0)),
            Moment::After => pages
                .iter()
                .rposition(has_steps)
                .map(|page| (page, pages[page].steps.len() - 1)),
        };
        edge.map(|(page, step)| (suite.pages.start + page, step)) == Some(at)
    };
    let mut suites: Vec<&Suite> = run.lab.suites.iter().filter(starting).collect();
    if moment == Moment::After {
        // What was set up first is taken down last.
        suites.reverse();
    }
    for suite in suites {
        let hook = Hook {
            script: &suite.script,
            moment,
            timeout: SUITE_TIMEOUT,
            output: "",
            named_at: (&suite.script, 1),
        };
        verdict = verdict.max(hook::run(run, session, here.at, hook).await?);
    }
    Ok(verdict)
}

fn has_steps(page: &Page) -> bool {
    !page.steps.is_empty()
}

/// The last step of a page that runs.
fn last_step(page: &Page) -> Option<usize> {
    page.steps.iter().rposition(|step| step.skip.is_none())
}
