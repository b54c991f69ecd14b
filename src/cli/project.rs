//! The `labproof.toml` that holds for the paths of a command line.

use std::path::PathBuf;

use super::args::KubernetesArgs;
use super::output;
use crate::cluster::Choice;
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

/// Where to run: what the command line says, else the project; `None` where that is wrong, and has been
/// told so.
pub(super) fn cluster(given: Option<&Choice>, project: &Project) -> Option<Choice> {
    match (given, &project.cluster) {
        (Some(choice), _) => Some(choice.clone()),
        (None, None) => Some(Choice::Auto),
        (None, Some(text)) => text.parse().map_err(|error| wrong(project, error)).ok(),
    }
}

impl KubernetesArgs {
    /// What the command line says, else the project.
    pub(super) fn or(&self, project: &Project) -> Self {
        let or = |given: &Option<String>, other: &Option<String>| {
            given.as_ref().or(other.as_ref()).cloned()
        };
        Self {
            kubernetes_version: or(&self.kubernetes_version, &project.kubernetes_version),
            mirror: or(&self.mirror, &project.mirror),
        }
    }
}

fn wrong(project: &Project, error: String) {
    let file = project.file.as_ref().map(|file| file.path().display());
    let file = file.map(|path| format!("{path}: ")).unwrap_or_default();
    output::error(&format!("{file}`cluster`: {error}"));
}
