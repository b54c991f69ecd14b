//! One step: its commands in order, the settling after them, and the checks that hang on it.

use std::time::Instant;

use super::hook::{self, Hook, Moment};
use super::lab::{Carried, Here, LabRun};
use super::{command, failure, judge, millis, pace, state};
use crate::cluster::{Settled, settle};
use crate::event::{Event, SettlingRecord, Verdict};
use crate::shell::Session;

/// Runs a step, or tells why it does not run; the worst verdict of its parts.
///
/// # Errors
/// When there is no shell to run it in any more.
pub(super) async fn run<'a>(
    run: &LabRun<'_>,
    session: &mut Session,
    here: Here<'a>,
    carried: &mut Carried<'a>,
) -> Result<Verdict, String> {
    let at = here.at;
    if let Some(reason) = &here.step.skip {
        let verdict = Verdict::Skipped;
        state::skip(run, here);
        run.emitter.emit(Event::StepFinished {
            at,
            verdict,
            reason: Some(reason.clone()),
            artifacts: None,
            duration_ms: 0,
        });
        return Ok(verdict);
    }
    let started = Instant::now();
    carried.bundle = None;
    run.faults.begin_step();
    run.emitter.emit(Event::StepStarted { at });
    carried.checks.arm(run, here).await;
    let mut verdict = hook(run, session, here, Moment::Before, "").await?;
    let ran = commands(run, session, here, carried).await?;
    verdict = verdict.max(ran.verdict);
    if ran.passed_over {
        state::skip(run, here);
    } else if !run.cancel.is_cancelled() {
        wait(run, here, carried).await;
        verdict = verdict.max(hook(run, session, here, Moment::After, &ran.output).await?);
        verdict = verdict.max(state::make(run, here, carried).await);
    }
    let bundle = carried.bundle.take();
    let artifacts = failure::finish(run, session, here, verdict, bundle).await;
    run.faults.note(Some(here)).await;
    run.emitter.emit(Event::StepFinished {
        at,
        verdict,
        reason: None,
        artifacts: artifacts.map(|folder| folder.display().to_string()),
        duration_ms: millis(started.elapsed()),
    });
    Ok(verdict)
}

/// Runs the step's own hook, where it has one.
async fn hook(
    run: &LabRun<'_>,
    session: &mut Session,
    here: Here<'_>,
    moment: Moment,
    output: &str,
) -> Result<Verdict, String> {
    let options = &here.step.options;
    let script = match (&options.hook, &options.hook_script) {
        (_, Some(script)) => script,
        (Some(name), None) if moment == Moment::Before => {
            return Ok(hook::missing(run, here, name));
        }
        _ => return Ok(Verdict::Skipped),
    };
    let hook = Hook {
        script,
        moment,
        timeout: options.hook_timeout,
        output,
        named_at: (here.page.file.path(), here.step.line),
    };
    hook::run(run, session, here.at, hook).await
}

/// What the commands of a step came to.
struct Ran {
    /// The worst of their verdicts.
    verdict: Verdict,
    /// What they printed, where a hook wants to see it.
    output: String,
    /// Whoever learns did not want all of them.
    passed_over: bool,
}

async fn commands<'a>(
    run: &LabRun<'_>,
    session: &mut Session,
    here: Here<'a>,
    carried: &mut Carried<'a>,
) -> Result<Ran, String> {
    let mut all = Ran {
        verdict: Verdict::Skipped,
        output: String::new(),
        passed_over: false,
    };
    let mut failed_before = false;
    for (index, command) in here.step.commands.iter().enumerate() {
        if !pace::waited(run, session, here, index, carried).await? {
            all.passed_over = true;
            return Ok(all);
        }
        let place = judge::Place {
            page: here.page,
            step: here.step,
            command,
            last: index + 1 == here.step.commands.len(),
            failed_before,
            may_succeed: run.options.compat_eks_workshop,
        };
        let ran = command::run(run, session, here, place, carried)
            .await
            .map_err(|error| error.to_string())?;
        carried.ran.push(&command.text);
        all.verdict = all.verdict.max(ran.verdict);
        all.output.push_str(&ran.output);
        failed_before |= ran.failed;
        if run.cancel.is_cancelled() {
            all.verdict = all.verdict.max(Verdict::Broken);
            return Ok(all);
        }
    }
    Ok(all)
}

/// Waits until the cluster is quiet, for as long as `wait=` says at most. Without a cluster nobody
/// can tell when it is enough, so the time is waited out; eks-workshop's harness always does that.
async fn wait(run: &LabRun<'_>, here: Here<'_>, carried: &Carried<'_>) {
    let within = here.step.options.wait;
    if within.is_zero() {
        return;
    }
    let seconds = within.as_secs();
    run.emitter.emit(Event::Progress {
        lab: Some(run.index),
        what: match run.options.compat_eks_workshop {
            true => format!("waiting {seconds} s (wait={seconds})"),
            false => format!("waiting for the cluster to settle (wait={seconds})"),
        },
    });
    let started = Instant::now();
    let settling = async {
        match &run.connection.client {
            Some(client) if !run.options.compat_eks_workshop => {
                Some(settle(client, &carried.unsettled, within).await)
            }
            _ => {
                tokio::time::sleep(within).await;
                None
            }
        }
    };
    let settling = tokio::select! {
        settling = settling => settling,
        () = run.cancel.cancelled() => return,
    };
    let mut record = SettlingRecord {
        bound_ms: millis(within),
        waited_ms: millis(started.elapsed()),
        quiet: false,
        waited_for: Vec::new(),
        still_moving: Vec::new(),
        unknown: None,
    };
    if let Some(settling) = settling {
        record.waited_for = settling.waited_for.into_iter().collect();
        match settling.ended {
            Settled::Quiet => record.quiet = true,
            Settled::TimeUp(objects) => record.still_moving = objects,
            Settled::Unknown(cause) => record.unknown = Some(cause),
        }
    }
    run.emitter.emit(Event::Settled {
        at: here.at,
        record,
    });
}
