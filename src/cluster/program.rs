//! Programs that know about clusters (kind, container engines, aws), asked with a deadline.

use std::ffi::OsStr;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// What a program answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// Whether it ended with 0.
    pub(super) good: bool,
    /// What it printed.
    pub(super) stdout: String,
    /// What it complained about.
    pub(super) stderr: String,
}

impl Answer {
    /// The last lines of what it complained about, else of what it printed; for error messages.
    pub(super) fn last_words(&self) -> String {
        let said = [&self.stderr, &self.stdout]
            .into_iter()
            .find(|text| !text.trim().is_empty());
        let lines: Vec<&str> = said
            .map(|text| text.trim().lines().collect())
            .unwrap_or_default();
        lines[lines.len().saturating_sub(3)..].join("\n")
    }
}

/// A program that reads nothing, speaks English, and is killed when its future is dropped.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .env("LC_ALL", "C")
        .kill_on_drop(true);
    command
}

/// Runs it to its end.
///
/// # Errors
/// In words: it does not start, or does not end within `deadline`.
pub(super) async fn ask(command: &mut Command, deadline: Duration) -> Result<Answer, String> {
    let output = tokio::time::timeout(deadline, command.output());
    match output.await {
        Ok(Ok(output)) => Ok(Answer {
            good: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("it did not answer within {} s", deadline.as_secs())),
    }
}

/// Whether a program of that name is on labproof's own PATH.
pub(super) fn is_on_path(name: &str) -> bool {
    is_on(name, &std::env::var_os("PATH").unwrap_or_default())
}

/// Whether a program of that name is in one of the folders of a PATH.
pub fn is_on(name: &str, path: &OsStr) -> bool {
    std::env::split_paths(path).any(|folder| {
        // Who starts it decides what may be executed; here it is enough that there is a file.
        folder.join(name).is_file()
    })
}
