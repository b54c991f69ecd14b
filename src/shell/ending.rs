//! Ends what must be ended: a command at its deadline, everything at the end of a session.
//!
//! A command is ended in steps: its processes get SIGTERM and the driver is told to skip what is
//! left of the text; after the grace its processes get SIGKILL; a shell that does not answer even
//! then gets SIGTERM, on which it leaves its state, and at last SIGKILL.

use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, timeout};

use super::error::ShellError;
use super::process::{Moment, Process, signal, signal_one, started_since};
use super::session::{Answer, Session};

/// How often processes are looked for.
const ROUND: Duration = Duration::from_millis(10);

/// How long a shell without processes may take to skip the rest of a command.
const SHELL_ANSWERS: Duration = Duration::from_millis(500);

/// How long killed processes may take to vanish; one in an endless system call does not.
const KILLED: Duration = Duration::from_secs(3);

impl Session {
    /// Ends the command that began at `moment`, and only that.
    pub(super) async fn stop(&mut self, nonce: &str, moment: Moment) -> Result<Answer, ShellError> {
        let shell = self.shell.pid();
        // The driver skips the rest as soon as the process that it waits for is gone; a stopped
        // shell goes on.
        signal_one(shell, Signal::POWER);
        signal_one(shell, Signal::CONT);
        let grace = self.options.grace;
        let mut answer = self
            .end_command(nonce, moment, Signal::TERM, grace, None)
            .await;
        if answer.is_none() || !self.started_since(moment).is_empty() {
            answer = self
                .end_command(nonce, moment, Signal::KILL, KILLED, answer)
                .await;
        }
        for last in [Signal::TERM, Signal::KILL] {
            if answer.is_none() {
                signal_one(shell, last);
                signal_one(shell, Signal::CONT);
                answer = timeout(grace.max(SHELL_ANSWERS), self.next_answer(nonce))
                    .await
                    .ok();
            }
        }
        Ok(answer.unwrap_or(Answer::ShellEnded))
    }

    /// Signals the command's processes until there are none and the shell has answered; gives up
    /// after `limit`, or earlier when only the shell is busy.
    async fn end_command(
        &mut self,
        nonce: &str,
        moment: Moment,
        with: Signal,
        limit: Duration,
        mut answer: Option<Answer>,
    ) -> Option<Answer> {
        let until = Instant::now() + limit;
        let mut alone_since = None;
        let mut told: Vec<Process> = Vec::new();
        loop {
            let found = self.started_since(moment);
            let fresh: Vec<Process> = found
                .iter()
                .filter(|p| with == Signal::KILL || !told.contains(p))
                .copied()
                .collect();
            signal(&fresh, self.shell.pid(), with);
            signal(&fresh, self.shell.pid(), Signal::CONT);
            told.extend(fresh);
            if found.is_empty() {
                let alone = *alone_since.get_or_insert_with(Instant::now);
                if answer.is_some() || alone.elapsed() > SHELL_ANSWERS {
                    return answer;
                }
            } else {
                alone_since = None;
            }
            if Instant::now() >= until {
                return answer;
            }
            if answer.is_none() {
                answer = timeout(ROUND, self.next_answer(nonce)).await.ok();
            } else {
                tokio::time::sleep(ROUND).await;
            }
        }
    }

    /// Ends all processes of the session; says how many there were besides the shell.
    pub(super) async fn end_all(&mut self) -> usize {
        let shell = self.shell.pid();
        let mut ended: Vec<i32> = Vec::new();
        for (with, limit) in [(Signal::TERM, self.options.grace), (Signal::KILL, KILLED)] {
            let until = Instant::now() + limit;
            let mut told: Vec<Process> = Vec::new();
            loop {
                let found = self.members();
                if found.is_empty() {
                    break;
                }
                let fresh: Vec<Process> = found
                    .into_iter()
                    .filter(|p| with == Signal::KILL || !told.contains(p))
                    .collect();
                ended.extend(fresh.iter().map(|p| p.pid));
                signal(&fresh, shell, with);
                signal(&fresh, shell, Signal::CONT);
                told.extend(fresh);
                if Instant::now() >= until {
                    break;
                }
                tokio::time::sleep(ROUND).await;
            }
        }
        ended.sort_unstable();
        ended.dedup();
        ended.retain(|&pid| pid != shell);
        ended.len()
    }

    fn started_since(&self, moment: Moment) -> Vec<Process> {
        started_since(&self.members(), self.shell.pid(), moment)
    }
}
