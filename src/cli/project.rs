//! The `labproof.toml` that holds for the paths of a command line.

use std::path::PathBuf;

use super::output;
use crate::plan::project::{self, Project};
use crate::source::SourceFile;

/// Reads the project file nearest to the first path that has one; nothing set where there is none.
/// `None`: it is wrong, and has been told so.
pub(super) fn of(paths: &[PathBuf]) -> Option<Project> {
    let Some(path) = paths.iter().find_map(|path| project::find(path)) else {
        return Some(Project::default());
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            output::error(&format!("{}: cannot be read: {error}", path.display()));
            return None;
        }
    };
    let (project, problems) = project::read(&SourceFile::new(path, text));
    (!output::diagnostics(&problems)).then_some(project)
}
