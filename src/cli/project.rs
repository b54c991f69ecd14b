//! The `labproof.toml` that holds for the paths of a command line.

use std::path::PathBuf;

use super::output;
use crate::plan::{self, Project};

/// What the project says; `None` where it is wrong, and has been told so.
pub(super) fn of(paths: &[PathBuf]) -> Option<Project> {
    match plan::project(paths) {
        Ok(project) => Some(project),
        Err(problem) => {
            output::diagnostics(&[*problem]);
            None
        }
    }
}
