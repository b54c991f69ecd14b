//! A session: one bash, or one after the other, and the commands that go through it.

use std::borrow::Cow;
use std::pin::pin;
use std::process::Child;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::capture::{Needle, Recorder};
use super::deadline::{self, Standstill};
use super::error::{During, ShellError};
use super::process::{Census, Clock, Moment, Process, signal, signal_one};
use super::reader::{self, Channels, Event, Reader};
use super::spawn::{self, Shell};
use super::wire::{self, Mode, Report};
use super::{
    End, Leftovers, Limits, Outcome, Output, SessionOptions, ShellFate, Sink, Stream, guard,
};
use crate::syntax::{BROKEN_PIPE, BrokenPipe, broken_pipe};
use rustix::process::Signal;

/// A persistent bash. Nothing that was started in it outlives it.
#[derive(Debug)]
pub struct Session {
    pub(super) options: SessionOptions,
    /// Marks the session's processes.
    pub(super) name: String,
    pub(super) channels: Channels,
    pub(super) reader: Reader,
    pub(super) events: mpsc::UnboundedReceiver<Event>,
    clock: Clock,
    pub(super) shell: Shell,
    /// The process sessions of all shells so far: jobs of a former one may live.
    pub(super) sessions: Vec<i32>,
    guard: Child,
    /// The token and the beginning of the command that runs, also when its `run` was dropped.
    running: Option<(String, Moment)>,
    /// Where the shell was when it last reported.
    pub(super) directory: Vec<u8>,
    xtrace: bool,
    /// The last command ended with a writer whose reader had enough.
    reader_stopped: bool,
    /// Whether a command may have set an EXIT trap.
    traps: bool,
    ended: bool,
}

/// Why a run stopped waiting.
enum Wake {
    Event(Event),
    Ended(End),
}

/// How a command went, as far as the shell knows.
pub(super) enum Answer {
    /// It ended and the shell goes on.
    Report(Report),
    /// The shell ended.
    ShellEnded,
}

impl Session {
    /// Starts bash.
    pub async fn start(options: SessionOptions) -> Result<Session, ShellError> {
        let (channels, read_ends) = Channels::open()?;
        let (reader, events) = reader::start(read_ends, options.output_limit)?;
        let name = format!("{}-{}", std::process::id(), wire::nonce());
        let clock = Clock::open().during("open /proc/uptime")?;
        let nonce = wire::nonce();
        let shell = spawn::spawn(&options, &channels, &name, &nonce, 0, true)?;
        // From here on a failure drops the session, which ends what was started.
        let mut session = Session {
            guard: guard::start(&spawn::marker(&name)).map_err(|error| {
                signal_one(shell.pid(), Signal::KILL);
                ShellError::Spawn(error)
            })?,
            sessions: vec![shell.pid()],
            options,
            name,
            channels,
            reader,
            events,
            clock,
            shell,
            running: None,
            directory: Vec::new(),
            xtrace: false,
            reader_stopped: false,
            traps: false,
            ended: false,
        };
        session.reader.watch_shell(&session.shell.pidfd, 0)?;
        session.await_ready(&nonce).await?;
        Ok(session)
    }

    /// Runs a command to its end or to the first of its limits. NUL bytes in it are dropped, as
    /// bash does when it reads a script.
    ///
    /// A run that was dropped half-way is ended when the next one begins.
    pub async fn run(&mut self, command: &str, limits: Limits<'_>) -> Result<Outcome, ShellError> {
        let begun = Instant::now();
        let mut fate = self.settle().await?;
        let (live_sender, mut live) = match &limits.on_output {
            Some(_) => Some(mpsc::channel(64)).unzip(),
            None => (None, None),
        };
        {
            let mut tap = self.reader.tap();
            tap.needle = limits.until.map(Needle::new);
            tap.live = live_sender;
        }
        let (nonce, moment) = self.send_command(command)?;
        let mut on_output = limits.on_output;
        let stood_still = Standstill::default();
        let mut deadline = pin!(deadline::passed(limits.deadline, &stood_still));
        let (end, answer) = loop {
            let wake = tokio::select! {
                biased;
                event = self.events.recv() => Wake::Event(event.ok_or(ShellError::StillBorn)?),
                end = limit_reached(deadline.as_mut(), limits.interrupt) => Wake::Ended(end),
                Some((stream, bytes)) = next_live(&mut live) => {
                    pass_on(&mut on_output, stream, &bytes);
                    continue;
                }
            };
            let end = match wake {
                Wake::Ended(end) => end,
                Wake::Event(Event::SawText) => End::SawText,
                Wake::Event(event) => match self.answer(event, &nonce) {
                    Some(answer) => break (None, answer),
                    None => continue,
                },
            };
            self.reader.tap().muted = true;
            // The reader may wait for room to pass on its last packet.
            drain(&mut live, &mut on_output);
            break (Some(end), self.stop(&nonce, moment).await?);
        };
        drain(&mut live, &mut on_output);
        let output = self.take_output();
        self.running = None;
        let duration = begun.elapsed();
        let (exited, after) = self.conclude(answer).await?;
        let exited = self.heed_readers(exited, command);
        if after != ShellFate::Alive {
            fate = after;
        }
        Ok(Outcome {
            end: end.unwrap_or(exited),
            output: output.finish(),
            duration,
            stood_still: stood_still.total(),
            shell: fate,
        })
    }

    /// Waits, and adds what jobs in the background wrote meanwhile to the output of the last command.
    pub async fn linger(&mut self, output: &mut Output, time: Duration) {
        tokio::time::sleep(time).await;
        let later = self.take_output().finish();
        output.extend(later);
    }

    /// Ends the shell, whose EXIT trap runs, and everything that was started in it.
    pub async fn end(mut self) -> Leftovers {
        if self.running.is_none()
            && wire::send(&self.channels, &wire::nonce(), Mode::Quit, b"").is_ok()
        {
            let grace = self.options.grace;
            // Past its time it is ended with the rest.
            let _ = timeout(grace, self.shell_end()).await;
        }
        let processes = self.end_all().await;
        self.reader.finish();
        self.ended = true;
        Leftovers {
            processes,
            output: self.take_output().finish(),
        }
    }

    /// Brings the session to where a command can be sent: ends one whose run was dropped, replaces
    /// a shell that ended meanwhile, forgets what came too late.
    async fn settle(&mut self) -> Result<ShellFate, ShellError> {
        if let Some((nonce, moment)) = self.running.clone() {
            let answer = self.stop(&nonce, moment).await?;
            self.running = None;
            self.take_output();
            return Ok(self.conclude(answer).await?.1);
        }
        while let Ok(event) = self.events.try_recv() {
            if let Some(answer @ Answer::ShellEnded) = self.answer(event, "") {
                return Ok(self.conclude(answer).await?.1);
            }
        }
        Ok(ShellFate::Alive)
    }

    fn send_command(&mut self, command: &str) -> Result<(String, Moment), ShellError> {
        self.traps |= may_set_traps(command);
        let mode = if has_word(command, "exec") {
            // Nothing can be saved any more once another program is in bash's place.
            self.traps = true;
            Mode::Dump
        } else if self.traps {
            Mode::ReportTrap
        } else {
            Mode::Plain
        };
        let command = if command.contains('\0') {
            Cow::Owned(command.replace('\0', ""))
        } else {
            Cow::Borrowed(command)
        };
        let trace = if self.xtrace {
            "{ builtin set -x; __labproof_last && :; } 2>/dev/null\n"
        } else {
            ""
        };
        let status = match self.reader_stopped {
            true => "{ :; } 2>/dev/null\n",
            false => "",
        };
        // The line end makes a last `\` a continuation, as in a script.
        let text = format!("{trace}{status}{command}\n");
        let moment = self.clock.now().during("read /proc/uptime")?;
        let nonce = wire::nonce();
        wire::send(&self.channels, &nonce, mode, text.as_bytes())?;
        self.running = Some((nonce.clone(), moment));
        Ok((nonce, moment))
    }

    /// What an event says about the command with this token.
    pub(super) fn answer(&self, event: Event, nonce: &str) -> Option<Answer> {
        match event {
            Event::Report(bytes) => wire::parse_report(&bytes, nonce).map(Answer::Report),
            Event::ShellEnded(number) => {
                (number == self.shell.number).then_some(Answer::ShellEnded)
            }
            Event::SawText => None,
        }
    }

    /// Waits for the answer to a command.
    pub(super) async fn next_answer(&mut self, nonce: &str) -> Answer {
        while let Some(event) = self.events.recv().await {
            if let Some(answer) = self.answer(event, nonce) {
                return answer;
            }
        }
        Answer::ShellEnded
    }

    async fn shell_end(&mut self) {
        while !matches!(self.next_answer("").await, Answer::ShellEnded) {}
    }

    /// Takes in what the answer says, and starts a new shell where the old one ended.
    async fn conclude(&mut self, answer: Answer) -> Result<(End, ShellFate), ShellError> {
        match answer {
            Answer::Report(report) => {
                let end = End::Exited(report.status);
                self.take_in(report).await?;
                Ok((end, ShellFate::Alive))
            }
            Answer::ShellEnded => self.replace_shell().await,
        }
    }

    /// Remembers what a report says of the shell's state.
    async fn take_in(&mut self, report: Report) -> Result<(), ShellError> {
        self.directory = report.directory;
        self.xtrace = report.xtrace;
        if self.traps {
            self.guard_exit(&report.exit_trap).await?;
        }
        Ok(())
    }

    /// The status without what `pipefail` makes of a reader that had enough; the next command's `$?` is then 0 too.
    fn heed_readers(&mut self, exited: End, command: &str) -> End {
        self.reader_stopped =
            exited == End::Exited(BROKEN_PIPE) && broken_pipe(command) == BrokenPipe::Harmless;
        match self.reader_stopped {
            true => End::Exited(0),
            false => exited,
        }
    }

    /// Takes the output so far and lets a new recorder begin.
    fn take_output(&mut self) -> Recorder {
        let mut tap = self.reader.tap();
        tap.muted = false;
        tap.needle = None;
        tap.live = None;
        std::mem::replace(&mut tap.recorder, Recorder::new(self.options.output_limit))
    }

    /// The living processes of the session.
    pub(super) fn members(&self) -> Vec<Process> {
        Census::take().members(&self.sessions, &spawn::marker(&self.name))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.ended {
            // What forks while it is killed is caught in the next round.
            for _ in 0..100 {
                let members = self.members();
                if members.is_empty() {
                    break;
                }
                signal(&members, self.shell.pid(), Signal::KILL);
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            self.reader.finish();
        }
        let _ = self.shell.child.kill();
        let _ = self.shell.child.wait();
        // It would act when its stdin ends.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
    }
}

/// Packets on their way to a sink.
type Live = Option<mpsc::Receiver<(Stream, Vec<u8>)>>;

async fn next_live(live: &mut Live) -> Option<(Stream, Vec<u8>)> {
    match live {
        Some(live) => live.recv().await,
        None => None,
    }
}

fn pass_on(on_output: &mut Option<&mut Sink<'_>>, stream: Stream, bytes: &[u8]) {
    if let Some(sink) = on_output {
        sink(stream, bytes);
    }
}

/// Passes on what is there already.
fn drain(live: &mut Live, on_output: &mut Option<&mut Sink<'_>>) {
    while let Some(Ok((stream, bytes))) = live.as_mut().map(mpsc::Receiver::try_recv) {
        pass_on(on_output, stream, &bytes);
    }
}

async fn limit_reached(
    deadline: impl Future<Output = ()>,
    interrupt: Option<&tokio_util::sync::CancellationToken>,
) -> End {
    let interrupted = async {
        match interrupt {
            Some(token) => token.cancelled().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = interrupted => End::Interrupted,
        () = deadline => End::TimedOut,
    }
}

/// Asking for the EXIT trap costs time, so it is done from the first command on that may set one,
/// itself or in a function or a file that it brings in.
fn may_set_traps(command: &str) -> bool {
    has_word(command, "trap")
        || has_word(command, "source")
        || command.split_whitespace().any(|word| word == ".")
}

fn has_word(command: &str, word: &str) -> bool {
    command
        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
        .any(|other| other == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole() {
        assert!(has_word("exec sleep 1", "exec"));
        assert!(has_word("a;exec>out", "exec"));
        assert!(!has_word("run-exec x", "exec"));
        assert!(!has_word("executable", "exec"));
    }

    #[test]
    fn commands_that_may_set_traps_are_known() {
        assert!(may_set_traps("trap 'echo bye' EXIT"));
        assert!(may_set_traps(". ./functions"));
        assert!(may_set_traps("f() { trap x EXIT; }"));
        assert!(!may_set_traps("ls ./strap; echo traps"));
    }
}
