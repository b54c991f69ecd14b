//! What can keep a session from doing its work. A command that fails is an outcome, not an error.

use std::io;
use std::path::PathBuf;

/// Why the shell could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// The directory to start in cannot be entered.
    #[error("cannot start a shell in {}", path.display())]
    Directory {
        /// The directory that was asked for.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// bash or setsid could not be started.
    #[error("cannot start bash (it is run as `setsid bash`; both must be on the PATH)")]
    Spawn(#[source] io::Error),
    /// A pipe, the epoll or /proc failed.
    #[error("cannot {what}")]
    System {
        /// What was being done.
        what: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A new bash ended before it took its first command.
    #[error("bash ended before it took a command")]
    StillBorn,
}

/// Adds to a failed system call what it was for.
pub(super) trait During<T> {
    /// Names what was being done.
    fn during(self, what: &'static str) -> Result<T, ShellError>;
}

impl<T, E: Into<io::Error>> During<T> for Result<T, E> {
    fn during(self, what: &'static str) -> Result<T, ShellError> {
        self.map_err(|error| ShellError::System {
            what,
            source: error.into(),
        })
    }
}
