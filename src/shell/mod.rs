//! One persistent bash: commands go in one by one, exit status and output come out.
//!
//! Entry point: [`Session::start`], then [`Session::run`] for each command, [`Session::end`] at the
//! end. Knows nothing of pages, clusters or verdicts.
//!
//! How a command goes through:
//! 1. `session` writes its text to a file in memory and a token to the control pipe;
//! 2. the driver inside bash (`driver.bash`, put there by `spawn`) evaluates the text at top level
//!    and reports the status with the token on a pipe of its own;
//! 3. `reader` takes output and report in the order of writing; `capture` keeps both ends;
//! 4. where the command must be ended before it ends, `ending` does so, with the help of `process`;
//! 5. where bash itself ended, `rebirth` starts another with the state that was kept.
//!
//! `guard` is a process beside bash that ends it when labproof is killed.
//!
//! Known limits: bytes that two writes of one stream bring in through a *reopened* `/dev/stdout` or
//! `/dev/stderr` can meet unread and then count as one write; a DEBUG trap of a lab also sees the
//! driver's three commands, and an ERR trap fires once more for the driver's `eval`; a process that leaves the session,
//! its parents and its environment behind, all three, is not found.

mod capture;
mod deadline;
mod ending;
mod error;
mod guard;
mod process;
mod reader;
mod rebirth;
mod session;
mod spawn;
mod wire;

pub use error::ShellError;
pub use session::Session;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How a session starts.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// Working directory of the first command.
    pub directory: PathBuf,
    /// Variables set on top of the inherited environment.
    pub env: Vec<(String, OsString)>,
    /// Names of inherited variables that are taken away.
    pub env_remove: Vec<String>,
    /// Bytes of output kept for a command: this many of its beginning and this many of its end.
    pub output_limit: usize,
    /// How long a process group has between SIGTERM and SIGKILL.
    pub grace: Duration,
}

impl SessionOptions {
    /// Starts in `directory` with the inherited environment, keeps 1 MiB of either end of each
    /// stream, and gives processes 2 s to end.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        SessionOptions {
            directory: directory.into(),
            env: Vec::new(),
            env_remove: Vec::new(),
            output_limit: 1 << 20,
            grace: Duration::from_secs(2),
        }
    }
}

/// Takes bytes as they are written.
pub type Sink<'a> = dyn FnMut(Stream, &[u8]) + Send + 'a;

/// What ends a command before it ends by itself, and who hears of its output at once.
pub struct Limits<'a> {
    /// How long the command may take, while labproof itself can run.
    pub deadline: Duration,
    /// The command is ended once its merged output shows this text.
    pub until: Option<&'a str>,
    /// Ends the command when it is cancelled.
    pub interrupt: Option<&'a CancellationToken>,
    /// Gets all bytes as they are written.
    pub on_output: Option<&'a mut Sink<'a>>,
}

impl<'a> Limits<'a> {
    /// A deadline and nothing else.
    pub fn within(deadline: Duration) -> Self {
        Limits {
            deadline,
            until: None,
            interrupt: None,
            on_output: None,
        }
    }

    /// Ends the command once `text` appears.
    pub fn until(self, text: &'a str) -> Self {
        Limits {
            until: Some(text),
            ..self
        }
    }
}

/// Where bytes were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What was left when a session ended.
#[derive(Debug, Clone, Default)]
pub struct Leftovers {
    /// How many processes, besides the shell, had to be ended.
    pub processes: usize,
    /// What was written after the last command.
    pub output: Output,
}

/// What one command did.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What it wrote until it ended.
    pub output: Output,
    /// Wall time.
    pub duration: Duration,
    /// How much of it labproof itself stood still; its deadline does not count that.
    pub stood_still: Duration,
    /// What became of the shell, where it did not simply go on.
    pub shell: ShellFate,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With this exit status (128 + N for a signal, as bash says it). A pipeline whose reader had enough (`| head`) ends with
    /// 0, as in a shell without `pipefail`.
    Exited(i32),
    /// The deadline passed; its process group was ended.
    TimedOut,
    /// The text that was waited for appeared; its process group was ended.
    SawText,
    /// The run was interrupted; its process group was ended.
    Interrupted,
    /// The shell was killed under it; no status is known.
    ShellKilled,
}

/// What became of the shell during a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShellFate {
    /// It goes on.
    Alive,
    /// It ended (`exit`, `set -e`, `exec`) and a new one goes on with the state that could be kept:
    /// working directory, variables, functions, options, aliases.
    Restored,
    /// It ended and a new one goes on with nothing but the starting environment and the working directory.
    Lost,
}

/// Captured output, bounded in memory.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// stdout and stderr in the order in which they were written.
    pub merged: Captured,
    /// stdout alone.
    pub stdout: Captured,
    /// stderr alone.
    pub stderr: Captured,
}

impl Output {
    /// Adds what was written later.
    pub(super) fn extend(&mut self, later: Output) {
        for (all, more) in [
            (&mut self.merged, later.merged),
            (&mut self.stdout, later.stdout),
            (&mut self.stderr, later.stderr),
        ] {
            all.text.push_str(&more.text);
            all.total_bytes += more.total_bytes;
            all.truncated |= more.truncated;
        }
    }
}

/// A stream of bytes of which beginning and end are kept.
#[derive(Debug, Clone, Default)]
pub struct Captured {
    /// The kept bytes as text: invalid UTF-8 replaced, and a line that says how many bytes were
    /// left out where that happened.
    pub text: String,
    /// How many bytes were written in all.
    pub total_bytes: u64,
    /// Whether bytes were left out.
    pub truncated: bool,
}
