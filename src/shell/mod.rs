//! One persistent bash: commands go in one by one, exit status and output come out.
//!
//! Entry point: [`Session::start`], then [`Session::run`] for each command.
//! Knows nothing of pages, clusters or verdicts.

use std::path::PathBuf;
use std::time::Duration;

/// How a session starts.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// Working directory of the first command.
    pub directory: PathBuf,
    /// Variables set on top of the inherited environment.
    pub env: Vec<(String, String)>,
    /// Names of inherited variables that are taken away.
    pub env_remove: Vec<String>,
    /// Bytes of output kept for a command: this many of its beginning and this many of its end.
    pub output_limit: usize,
    /// How long a process group has between SIGTERM and SIGKILL.
    pub grace: Duration,
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
    /// What became of the shell, where it did not simply go on.
    pub shell: ShellFate,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With this exit status (128 + N for a signal, as bash says it).
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
