//! Exit codes, the same for every command.

use std::process::ExitCode;

use crate::event::{RunRecord, Verdict};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// 0: all good.
    Good,
    /// 1: a check failed, or a lint error was found.
    Failed,
    /// 2: the command line, a page or a verifier is invalid.
    Invalid,
    /// 3: the tool or the cluster could not do its job.
    Broken,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// What the record of a run comes to.
    pub(super) fn of(record: &RunRecord) -> Self {
        if record.interrupted {
            return Exit::Interrupted;
        }
        match record.verdict {
            // A run in which every step was skipped on purpose has nothing to complain about; its
            // report says that nothing was proven.
            Verdict::Pass | Verdict::Skipped => Exit::Good,
            Verdict::Fail => Exit::Failed,
            Verdict::Broken => Exit::Broken,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Good => 0,
            Exit::Failed => 1,
            Exit::Invalid => 2,
            Exit::Broken => 3,
            Exit::Interrupted => 130,
        })
    }
}
