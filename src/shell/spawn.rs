//! Starts a bash with the driver in it.
//!
//! Entry point: [`spawn`]. The driver's text is in `driver.bash`; only its loop is given on the
//! command line, on one line, so that error messages of a lab count lines from 1.

use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::SessionOptions;
use super::error::{During, ShellError};
use super::reader::Channels;

/// The name of the variable by which processes of a session are known.
const MARKER: &str = "LABPROOF_SESSION";

/// The last line of a complete dump of a shell's state.
pub(super) const COMPLETE: &str = "#labproof: complete";

/// What the driver does at exit; a lab's own trap comes after it.
pub(super) const EXIT_TRAP: &str = "__labproof_exit && :";

/// A running bash.
#[derive(Debug)]
pub(super) struct Shell {
    /// Its process; the id is also that of its session and of its process group.
    pub(super) child: Child,
    /// Counts the shells of a session.
    pub(super) number: u64,
    /// Becomes readable when it ends; kept open for the epoll that watches it.
    pub(super) pidfd: OwnedFd,
}

impl Shell {
    /// Its process id.
    pub(super) fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }
}

/// The environment entry by which processes of the session `name` are known.
pub(super) fn marker(name: &str) -> String {
    format!("{MARKER}={name}")
}

/// Starts a bash that reports with `nonce` when it is ready. With `fresh`, it gets the environment
/// of the options, else nearly none: a dump of the former shell's state will bring it.
pub(super) fn spawn(
    options: &SessionOptions,
    channels: &Channels,
    name: &str,
    nonce: &str,
    number: u64,
    fresh: bool,
) -> Result<Shell, ShellError> {
    let proc = format!("/proc/{}/fd", std::process::id());
    let setup = setup(&proc, channels, nonce);
    super::wire::fill(&channels.text, setup.as_bytes())?;
    let driver = format!(
        ". {proc}/{text}; {looping}",
        text = channels.text.as_raw_fd(),
        looping = looping(&proc, channels),
    );
    let mut command = Command::new("setsid");
    command
        .args(["bash", "--noprofile", "--norc", "-c", &driver, "bash"])
        .stdin(Stdio::null())
        .stdout(inherited(&channels.stdout_write)?)
        .stderr(inherited(&channels.stderr_write)?);
    if !fresh {
        command.env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    } else {
        command.envs(options.env.iter().map(|(name, value)| (name, value)));
        for name in &options.env_remove {
            command.env_remove(name);
        }
        // They would change the driver's bash before its first command.
        for name in ["BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS"] {
            command.env_remove(name);
        }
    }
    command.env(MARKER, name);
    let directory = if fresh {
        options.directory.as_path()
    } else {
        Path::new("/")
    };
    command.current_dir(directory);
    let child = command.spawn().map_err(|source| {
        if std::fs::read_dir(directory).is_ok() {
            ShellError::Spawn(source)
        } else {
            let path = directory.to_path_buf();
            ShellError::Directory { path, source }
        }
    })?;
    let pid = Pid::from_child(&child);
    let pidfd = pidfd_open(pid, PidfdFlags::empty()).during("watch bash")?;
    Ok(Shell {
        child,
        number,
        pidfd,
    })
}

fn inherited(fd: &OwnedFd) -> Result<OwnedFd, ShellError> {
    fd.try_clone().during("copy a descriptor")
}

fn setup(proc: &str, channels: &Channels, nonce: &str) -> String {
    let setup = include_str!("driver.bash")
        .replace("@PROC@", proc)
        .replace("@NONCE@", nonce)
        .replace("@TEXT@", &channels.text.as_raw_fd().to_string())
        .replace("@DUMP@", &channels.dump.as_raw_fd().to_string())
        .replace("@EXIT_TRAP@", EXIT_TRAP)
        .replace("@COMPLETE@", COMPLETE);
    format!("{setup}\n__labproof_loop='{}'\n", looping(proc, channels))
}

/// Evaluates one command after the other. A `break` of a lab, or our own at a deadline, leaves
/// the loop; then it is entered anew, one level deeper.
fn looping(proc: &str, channels: &Channels) -> String {
    format!(
        "while {{ __labproof_next; }} <{proc}/{control} >{proc}/{status} \
         2>&${{__labproof_trace[n${{-//[^x]/}}]}}; \
         do __labproof_last && :; eval \"$__labproof_text\"; done; \
         {{ __labproof_again && eval \"$__labproof_loop\"; }}",
        control = channels.control_read.as_raw_fd(),
        status = channels.status_write.as_raw_fd(),
    )
}
