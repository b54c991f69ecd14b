//! A new shell where the old one ended, with as much of its state as it left.

use std::os::fd::AsRawFd;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use tokio::time::timeout;

use super::error::{During, ShellError};
use super::session::{Answer, Session};
use super::spawn::{self, COMPLETE, EXIT_TRAP};
use super::wire::{self, Mode, Report};
use super::{End, ShellFate};

/// How long a shell may take for the driver's own commands.
const READY: Duration = Duration::from_secs(30);

/// How bash begins when it shows a trap.
const TRAP_LINE: &[u8] = b"trap -- '";

/// The signal that leaves no state behind.
const SIGKILL: i32 = 9;

impl Session {
    /// Waits until a new shell takes commands.
    pub(super) async fn await_ready(&mut self, nonce: &str) -> Result<(), ShellError> {
        self.directory = self.exchange(nonce).await?.directory;
        Ok(())
    }

    /// Starts a new shell after the current one has ended. Says how that one ended.
    pub(super) async fn replace_shell(&mut self) -> Result<(End, ShellFate), ShellError> {
        let status = self.shell.child.wait().during("wait for bash")?;
        let dump = wire::contents(&self.channels.dump)?;
        let killed = status.signal() == Some(SIGKILL);
        let kept = !killed && dump.ends_with(format!("{COMPLETE}\n").as_bytes());
        let nonce = wire::nonce();
        let number = self.shell.number + 1;
        self.shell = spawn::spawn(
            &self.options,
            &self.channels,
            &self.name,
            &nonce,
            number,
            !kept,
        )?;
        self.sessions.push(self.shell.pid());
        self.reader.watch_shell(&self.shell.pidfd, number)?;
        let directory = std::mem::take(&mut self.directory);
        self.exchange(&nonce).await?;
        let state = if kept {
            format!(
                ". /proc/{}/fd/{}",
                std::process::id(),
                self.channels.dump.as_raw_fd()
            )
            .into_bytes()
        } else {
            [b"builtin cd -- ", &wire::quote(&directory)[..]].concat()
        };
        let nonce = wire::nonce();
        self.own_command(&after_restoring(&state, &nonce), &nonce)
            .await?;
        wire::fill(&self.channels.dump, b"")?;
        let end = status.code().map_or(End::ShellKilled, End::Exited);
        let fate = if kept {
            ShellFate::Restored
        } else {
            ShellFate::Lost
        };
        Ok((end, fate))
    }

    /// Has the driver's own EXIT trap run before the one that the lab has set.
    pub(super) async fn guard_exit(&mut self, trap: &[u8]) -> Result<(), ShellError> {
        // A DEBUG trap of the lab's may have written before it.
        let start = trap
            .windows(TRAP_LINE.len())
            .position(|window| window == TRAP_LINE);
        let trap = trap[start.unwrap_or(trap.len())..].trim_ascii_end();
        let ours = format!("trap -- '{EXIT_TRAP}");
        if trap.starts_with(ours.as_bytes()) {
            return Ok(());
        }
        let labs = trap.strip_prefix(TRAP_LINE).unwrap_or(b"' EXIT");
        let text = [
            b"builtin ",
            ours.as_bytes(),
            b"\n",
            labs,
            b"; __labproof_last && :",
        ]
        .concat();
        let nonce = wire::nonce();
        self.own_command(&text, &nonce).await
    }

    /// Runs text of the driver's own, which leaves no output.
    async fn own_command(&mut self, text: &[u8], nonce: &str) -> Result<(), ShellError> {
        wire::send(&self.channels, nonce, Mode::Plain, text)?;
        let report = self.exchange(nonce).await?;
        self.directory = report.directory;
        Ok(())
    }

    async fn exchange(&mut self, nonce: &str) -> Result<Report, ShellError> {
        match timeout(READY, self.next_answer(nonce)).await {
            Ok(Answer::Report(report)) => Ok(report),
            Ok(Answer::ShellEnded) | Err(_) => Err(ShellError::StillBorn),
        }
    }
}

/// Text that restores a state and then sets right what of the driver's own came with it.
fn after_restoring(state: &[u8], nonce: &str) -> Vec<u8> {
    let own = format!(
        "; __labproof_nonce={nonce} __labproof_mode=- __labproof_abort= __labproof_over= \
         __labproof_busy=1; builtin trap '{EXIT_TRAP}' EXIT; builtin trap \"$__labproof_stop\" PWR; \
         }} >/dev/null 2>&1"
    );
    [b"{ ", state, own.as_bytes()].concat()
}
