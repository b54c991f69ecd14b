//! One command: handed to the shell, judged, and asked again where that is safe and may help.

use std::time::{Duration, Instant};

use super::fault::Rests;
use super::judge::{Judged, Place, judge};
use super::lab::{Carried, Here, LabRun};
use super::last_word::is_last;
use super::{failure, millis, terminal};
use crate::cluster::{Watch, Watched};
use crate::event::{CommandRecord, Event, FromDiskRecord, Verdict};
use crate::expect::{self, Bindings, Defined, Happened, Shown};
use crate::shell::{End, Limits, Outcome, Session, ShellError, ShellFate};
use crate::syntax::{self, Joint};

/// First pause before a command is asked again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Longest pause before a command is asked again.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// How long a command that only looks at this machine is asked again: the time that a background
/// job of the lab may need, not that of a cluster.
const LOCAL_RETRY: Duration = Duration::from_secs(1);
/// How long a list of objects must stay the same, with nothing in it on its way, until it counts as settled.
const SETTLED: Duration = Duration::from_secs(4);
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
/// Pause before a reading that says that something is not there is made a second time.
const SECOND_READING: Duration = Duration::from_millis(300);
/// Shortest pause after a change of the objects that a command names: changes come in swarms.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

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
    here: Here<'_>,
    place: Place<'_>,
    carried: &mut Carried<'_>,
) -> Result<Ran, ShellError> {
    let at = here.at;
    let options = &place.step.options;
    let command = place.command;
    run.emitter.emit(Event::CommandStarted {
        at,
        line: command.line,
        text: command.text.clone(),
        timeout_ms: millis(options.timeout),
    });
    let started = Instant::now();
    // Found out only where it matters: it takes a parser.
    let mut may_repeat = None;
    let mut may_repeat =
        || *may_repeat.get_or_insert_with(|| repeatable(&command.text, &carried.ran));
    let mut again = Again::new(started + run.options.retry.min(options.timeout));
    let mut attempts = 1;
    let mut stood_still = Duration::ZERO;
    let text = terminal::without(&command.text);
    let (outcome, mut judged) = loop {
        let mut outcome = session.run(&text, limits(run, place)).await?;
        // What was read late is old: it is asked again for as long as if nothing had happened.
        stood_still += outcome.stood_still;
        again.until += outcome.stood_still;
        let is_cut_off = run
            .connection
            .cut_off(&outcome.output.merged.text)
            .is_some();
        if is_cut_off {
            again.forgive(run.options.retry.min(options.timeout));
        }
        let mut judged = judge(place, &outcome, &carried.bindings);
        while judged.verdict() == Verdict::Fail && may_say_more(place, &outcome) {
            if !again.is_time_left() || run.cancel.is_cancelled() {
                break;
            }
            session.linger(&mut outcome.output, FIRST_PAUSE).await;
            judged = judge(place, &outcome, &carried.bindings);
        }
        let unsettled = match judged.verdict() {
            Verdict::Fail if run.options.stale && again.has_settled(&command.text, &outcome) => {
                false
            }
            Verdict::Fail => {
                outcome.end != End::TimedOut
                    && again.is_time_left()
                    && (started.elapsed().saturating_sub(stood_still) < LOCAL_RETRY
                        || run.connection.client.is_some() && asks_elsewhere(&command.text))
            }
            // Not there yet and not there any more look the same: only a second reading tells.
            Verdict::Pass => {
                !again.seen_absent && claims_absence(place)
                    || again.is_time_left()
                        && rests(place, &outcome, &judged) == Rests::Absent
                        && is_cut_off
            }
            Verdict::Broken | Verdict::Skipped => false,
        };
        if !unsettled || run.cancel.is_cancelled() || !may_repeat() {
            break (outcome, judged);
        }
        if judged.verdict() == Verdict::Fail
            && is_last(run.connection, &outcome.output.merged.text).await
        {
            break (outcome, judged);
        }
        attempts += 1;
        again.seen_absent = judged.verdict() == Verdict::Pass;
        learn_secrets(run, &outcome).await;
        run.emitter.emit(Event::CommandRepeated {
            at,
            line: command.line,
            attempt: attempts,
            reason: if again.seen_absent {
                "what is not there must be so on two readings".to_owned()
            } else {
                judged.first_reason()
            },
        });
        tokio::select! {
            () = again.pause(run, &command.text) => {}
            () = run.cancel.cancelled() => break (outcome, judged),
        }
    };
    let rests = rests(place, &outcome, &judged);
    let said = &outcome.output.merged.text;
    run.faults.weigh(&mut judged.checks, rests, said).await;
    let ran = Ran {
        verdict: judged.verdict(),
        failed: outcome.end != End::Exited(0),
        output: match options.hook_script {
            Some(_) => outcome.output.merged.text.clone(),
            None => String::new(),
        },
    };
    carried.bindings = judged.bindings.clone();
    let trail = &mut carried.trail;
    tokio::join!(
        learn_secrets(run, &outcome),
        trail.command(run.connection, at, command.line, &command.text, said),
    );
    let duration = started.elapsed();
    if failure::is_bad(judged.verdict()) && !run.cancel.is_cancelled() {
        failure::explain_command(run, here, place, &outcome, &mut judged, carried).await;
    }
    let mut record = record(place, outcome, judged, attempts, duration);
    record.from_disk = from_disk(run, here, command.line);
    run.emitter.emit(Event::CommandFinished { at, record });
    Ok(ran)
}

/// Whether a job that a command began in the background may yet print what the page shows below it.
fn may_say_more(place: Place<'_>, outcome: &Outcome) -> bool {
    let begins_a_job = || {
        let commands = syntax::simple_commands(&place.command.text);
        commands
            .iter()
            .any(|one| one.depth == 0 && one.joint == Joint::Background)
    };
    place.command.expected.is_some() && outcome.end == End::Exited(0) && begins_a_job()
}

/// What a command printed is told next, and Secrets may be in it.
async fn learn_secrets(run: &LabRun<'_>, outcome: &Outcome) {
    if outcome.output.merged.total_bytes > 0 {
        run.learn_secrets().await;
    }
}

/// Whether what the page says of a command is that something is not there.
fn claims_absence(place: Place<'_>) -> bool {
    let shown = place.command.expected.as_ref();
    place.step.options.absent.is_some()
        || shown.is_some_and(|shown| expect::shows_absence(&shown.text))
}

/// What a command's passing would rest on. An error that is as the page shows it was seen.
fn rests(place: Place<'_>, outcome: &Outcome, judged: &Judged) -> Rests {
    let printed = judged.checks.iter().any(|check| check.kind == "output");
    let failed = !matches!(outcome.end, End::Exited(0) | End::SawText);
    match place.step.options.absent.is_some() || failed && !printed {
        true => Rests::Absent,
        false => Rests::Seen,
    }
}

/// When a command is asked again.
struct Again {
    until: Instant,
    pause: Duration,
    /// The last reading agreed that something is not there.
    seen_absent: bool,
    /// The first of the last readings that agree with each other, and when it was made.
    settled: Option<(String, Instant)>,
    /// Changes of what the command names; begun with the first pause.
    watch: Option<Watch>,
    /// The API server was away, and the time that this took is given once more.
    forgiven: bool,
}

impl Again {
    fn new(until: Instant) -> Self {
        Again {
            until,
            pause: FIRST_PAUSE,
            seen_absent: false,
            settled: None,
            watch: None,
            forgiven: false,
        }
    }

    /// Begins the time anew, once: a program that waited for an API server that was away may have used up all of it.
    fn forgive(&mut self, time: Duration) {
        if !self.forgiven {
            self.forgiven = true;
            self.until = self.until.max(Instant::now() + time);
        }
    }

    /// Whether a list of objects has been the same, ages apart, for [`SETTLED`], and tells of nothing on its way.
    fn has_settled(&mut self, command: &str, outcome: &Outcome) -> bool {
        let text = &outcome.output.merged.text;
        if outcome.end != End::Exited(0)
            || !expect::lists_objects(command)
            || expect::trouble(text).next().is_some()
        {
            self.settled = None;
            return false;
        }
        let happened = Happened {
            text,
            stdout: None,
            exit_code: 0,
        };
        match &self.settled {
            Some((first, since))
                if expect::judge(Shown::new(command, first), happened, &Bindings::default())
                    .agrees =>
            {
                since.elapsed() >= SETTLED
            }
            _ => {
                self.settled = Some((text.clone(), Instant::now()));
                false
            }
        }
    }

    fn is_time_left(&self) -> bool {
        Instant::now() + self.pause < self.until
    }

    /// Waits for the time between two readings, or until what the command names has changed.
    async fn pause(&mut self, run: &LabRun<'_>, command: &str) {
        if self.seen_absent {
            return tokio::time::sleep(SECOND_READING).await;
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        if self.watch.is_none()
            && let Some(client) = &run.connection.client
            && let Some(watched) = Watched::of(command)
        {
            self.watch = Some(Watch::start(client, &watched));
        }
        let Some(watch) = &self.watch else {
            return tokio::time::sleep(pause).await;
        };
        tokio::time::sleep(SHORTEST_PAUSE).await;
        tokio::select! {
            () = tokio::time::sleep(pause.saturating_sub(SHORTEST_PAUSE)) => {}
            () = watch.changed() => {}
        }
    }
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

fn limits<'a>(run: &'a LabRun<'_>, place: Place<'a>) -> Limits<'a> {
    Limits {
        deadline: place.step.options.timeout,
        until: place.until(),
        interrupt: Some(run.cancel),
        on_output: None,
    }
}

fn record(
    place: Place<'_>,
    outcome: Outcome,
    mut judged: Judged,
    attempts: u32,
    duration: Duration,
) -> CommandRecord {
    let verdict = judged.verdict();
    if let Some(exit) = judged.checks.first_mut() {
        exit.warnings.extend(fate(outcome.shell));
    }
    CommandRecord {
        line: place.command.line,
        text: place.command.text.clone(),
        from_disk: Vec::new(),
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

/// What a command reads from the disk and the page from the web.
fn from_disk(run: &LabRun<'_>, here: Here<'_>, line: usize) -> Vec<FromDiskRecord> {
    let read = run.lab.from_disk.iter();
    read.filter(|read| (read.page, read.line) == (here.at.page, line))
        .map(|read| FromDiskRecord {
            url: read.url.clone(),
            path: read.path.display().to_string(),
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_api_server_that_was_away_took_is_given_once_more() {
        let mut again = Again::new(Instant::now());
        assert!(!again.is_time_left());
        again.forgive(Duration::from_secs(60));
        assert!(again.is_time_left());
        again.until = Instant::now();
        again.forgive(Duration::from_secs(60));
        assert!(!again.is_time_left());
    }
}
