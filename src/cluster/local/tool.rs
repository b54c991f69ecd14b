//! Runs the machine's own programs (apt-get, dpkg-deb, tar, go) so that none outlives the caller.

use std::ffi::OsStr;

use tokio::process::Command;

use super::error::{LocalError, tail};
pub(crate) use crate::cluster::program::command;

/// Like [`command`], in a PID namespace of its own: when it is dropped, or when labproof itself is
/// killed, every process that it started is gone too.
pub(crate) fn contained(program: impl AsRef<OsStr>) -> Command {
    let mut command = command("setpriv");
    command.args([
        "--pdeathsig",
        "KILL",
        "unshare",
        "--pid",
        "--fork",
        "--kill-child",
        "--",
    ]);
    command.arg(program);
    command
}

/// Runs to the end and gives what it printed on stdout; what it printed at all is the error.
pub(crate) async fn output(command: &mut Command, doing: &str) -> Result<String, LocalError> {
    let failed = |tail: String| LocalError::Tool {
        program: doing.to_owned(),
        tail,
    };
    let output = command
        .output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    Err(failed(format!("{}\n{}", output.status, tail(&said, 12))))
}
