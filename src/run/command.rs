//! One command: handed to the shell, judged, and asked again where that is safe and may help.

use std::time::{Duration, Instant};

use super::judge::{Judged, Place, judge};
use super::lab::{Carried, LabRun};
use super::{cause, millis};
use crate::event::{CommandRecord, Event, StepAt, Verdict};
use crate::expect::{self, Defined};
use crate::page::StepOptions;
use crate::shell::{End, Limits, Outcome, Session, ShellError, ShellFate};
use crate::syntax;

/// First pause before a command is asked again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Longest pause before a command is asked again.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// How long a command that only looks at this machine is asked again: the time that a background
/// job of the lab may need, not that of a cluster.
const LOCAL_RETRY: Duration = Duration::from_secs(1);
/// Programs whose answers come from a cluster or a server, and so may change by themselves.
const ELSEWHERE: [&str; 7] = [
    "aws",
    "curl",
    "eksctl",
    "helm",
    "kubectl",
    "kustomize",
    "wget",
];

/// What a command leaves behind for those after it.
pub(super) struct Ran {
    pub(super) verdict: Verdict,
    /// It did not exit with 0.
    pub(super) failed: bool,
    /// What it printed, where a hook wants to see it.
    pub(super) output: String,
}

/// Runs a command until it is judged for good, and tells what came of it.
///
/// # Errors
/// When there is no shell to run it in any more.
pub(super) async fn run(
    run: &LabRun<'_>,
    session: &mut Session,
    at: StepAt,
    place: Place<'_>,
    carried: &mut Carried<'_>,
) -> Result<Ran, ShellError> {
    let options = &place.step.options;
    let command = place.command;
    run.emitter.emit(Event::CommandStarted {
        at,
        line: command.line,
        text: command.text.clone(),
        timeout_ms: millis(options.timeout),
    });
    let started = Instant::now();
    // Found out only for a command that did not do: it takes a parser.
    let mut may_repeat = None;
    let retry = run.options.retry.min(options.timeout);
    let mut pause = FIRST_PAUSE;
    let mut attempts = 1;
    let (outcome, judged) = loop {
        let outcome = session.run(&command.text, limits(run, options)).await?;
        let judged = judge(place, &outcome, &carried.bindings);
        let again = judged.verdict() == Verdict::Fail
            && outcome.end != End::TimedOut
            && *may_repeat.get_or_insert_with(|| repeatable(&command.text, &carried.ran))
            && (started.elapsed() < LOCAL_RETRY
                || run.connection.client.is_some() && asks_elsewhere(&command.text))
            && started.elapsed() + pause < retry
            && !run.cancel.is_cancelled();
        if !again {
            break (outcome, judged);
        }
        attempts += 1;
        run.emitter.emit(Event::CommandRepeated {
            at,
            line: command.line,
            attempt: attempts,
            reason: judged.first_reason(),
        });
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = run.cancel.cancelled() => break (outcome, judged),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    };
    let ran = Ran {
        verdict: judged.verdict(),
        failed: outcome.end != End::Exited(0),
        output: match options.hook_script {
            Some(_) => outcome.output.merged.text.clone(),
            None => String::new(),
        },
    };
    carried.bindings = judged.bindings.clone();
    let record = record(run, place, outcome, judged, attempts, started.elapsed()).await;
    run.emitter.emit(Event::CommandFinished { at, record });
    Ok(ran)
}

/// Whether asking a command again surely changes nothing, after what the lab has defined so far.
fn repeatable(command: &str, ran: &[&str]) -> bool {
    let mut defined = Defined::default();
    ran.iter().for_each(|earlier| defined.note(earlier));
    expect::may_repeat_after(command, &defined)
}

/// Whether a command asks something that is not on this machine.
fn asks_elsewhere(command: &str) -> bool {
    let names = syntax::command_names(command);
    ELSEWHERE.iter().any(|program| names.contains(*program))
}

fn limits<'a>(run: &'a LabRun<'_>, options: &'a StepOptions) -> Limits<'a> {
    Limits {
        deadline: options.timeout,
        until: options.until.as_deref(),
        interrupt: Some(run.cancel),
        on_output: None,
    }
}

async fn record(
    run: &LabRun<'_>,
    place: Place<'_>,
    outcome: Outcome,
    mut judged: Judged,
    attempts: u32,
    duration: Duration,
) -> CommandRecord {
    let verdict = judged.verdict();
    if verdict == Verdict::Fail {
        let likely = cause::likely(run.connection, &place.command.text).await;
        if let Some(failed) = judged
            .checks
            .iter_mut()
            .find(|check| check.verdict == Verdict::Fail)
        {
            failed.likely_cause = likely;
        }
    }
    if let Some(exit) = judged.checks.first_mut() {
        exit.warnings.extend(fate(outcome.shell));
    }
    CommandRecord {
        line: place.command.line,
        text: place.command.text.clone(),
        verdict,
        exit_code: match outcome.end {
            End::Exited(code) => Some(code),
            End::TimedOut | End::SawText | End::Interrupted | End::ShellKilled => None,
        },
        attempts,
        duration_ms: millis(duration),
        expected: place
            .command
            .expected
            .as_ref()
            .map(|shown| shown.text.clone()),
        output_bytes: outcome.output.merged.total_bytes,
        output: outcome.output.merged.text,
        checks: judged.checks,
    }
}

fn fate(fate: ShellFate) -> Option<String> {
    match fate {
        ShellFate::Alive => None,
        ShellFate::Restored => Some(
            "it ended the shell; a new one goes on in the same place, without its background jobs"
                .to_owned(),
        ),
        ShellFate::Lost => Some(
            "it ended the shell; a new one goes on, without the variables and functions set before"
                .to_owned(),
        ),
    }
}
