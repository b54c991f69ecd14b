//! One step: its commands in order, the settling after them, and the checks that hang on it.

use std::time::Instant;

use super::lab::{Carried, Here, LabRun};
use super::{command, judge, millis, state};
use crate::cluster::{Settled, settle};
use crate::event::{Event, Verdict};
use crate::shell::Session;

/// Runs a step, or tells why it does not run; the worst verdict of its parts.
///
/// # Errors
/// When there is no shell to run it in any more.
pub(super) async fn run(
    run: &LabRun<'_>,
    session: &mut Session,
    here: Here<'_>,
    carried: &mut Carried,
) -> Result<Verdict, String> {
    let at = here.at;
    if let Some(reason) = &here.step.skip {
        let verdict = Verdict::Skipped;
        state::skip(run, here);
        run.emitter.emit(Event::StepFinished {
            at,
            verdict,
            reason: Some(reason.clone()),
            duration_ms: 0,
        });
        return Ok(verdict);
    }
    let started = Instant::now();
    run.emitter.emit(Event::StepStarted { at });
    carried.checks.arm(run, here).await;
    let mut verdict = commands(run, session, here, carried).await?;
    if !run.cancel.is_cancelled() {
        wait(run, here, carried).await;
        let checks = state::make(run, here, &mut carried.checks).await;
        verdict = verdict.max(checks);
    }
    run.emitter.emit(Event::StepFinished {
        at,
        verdict,
        reason: None,
        duration_ms: millis(started.elapsed()),
    });
    Ok(verdict)
}

/// Runs the commands; the worst of their verdicts.
async fn commands(
    run: &LabRun<'_>,
    session: &mut Session,
    here: Here<'_>,
    carried: &mut Carried,
) -> Result<Verdict, String> {
    let page_path = here.page.file.path().display().to_string();
    let mut verdict = Verdict::Skipped;
    let mut failed_before = false;
    for (index, command) in here.step.commands.iter().enumerate() {
        let place = judge::Place {
            page_path: &page_path,
            step: here.step,
            command,
            last: index + 1 == here.step.commands.len(),
            failed_before,
        };
        let bindings = std::mem::take(&mut carried.bindings);
        let ran = command::run(run, session, here.at, place, bindings)
            .await
            .map_err(|error| error.to_string())?;
        carried.bindings = ran.bindings;
        verdict = verdict.max(ran.verdict);
        failed_before |= ran.failed;
        if run.cancel.is_cancelled() {
            return Ok(verdict.max(Verdict::Broken));
        }
    }
    Ok(verdict)
}

/// Waits until the cluster is quiet, for as long as `wait=` says at most. Without a cluster nobody
/// can tell when it is enough, so the time is waited out.
async fn wait(run: &LabRun<'_>, here: Here<'_>, carried: &Carried) {
    let within = here.step.options.wait;
    if within.is_zero() {
        return;
    }
    run.emitter.emit(Event::Progress {
        what: format!(
            "waiting for the cluster to settle (wait={})",
            within.as_secs()
        ),
    });
    let settling = async {
        match &run.connection.client {
            Some(client) => settle(client, &carried.unsettled, within).await,
            None => {
                tokio::time::sleep(within).await;
                Settled::Quiet
            }
        }
    };
    tokio::select! {
        _ = settling => {}
        () = run.cancel.cancelled() => {}
    }
}
