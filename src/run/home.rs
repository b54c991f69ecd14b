//! The HOME of a lab's commands: the user's, or one that goes with the lab.

use std::ffi::OsString;
use std::path::PathBuf;

use tempfile::TempDir;

use super::lab::LabRun;

/// Files of the AWS CLI that are found through HOME, with the variables that name them elsewhere. Without
/// them a private HOME would take away the credentials that the cluster itself is reached with.
const AWS_FILES: [(&str, &str); 2] = [
    ("AWS_CONFIG_FILE", ".aws/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
];

/// Where `~` is for a lab.
pub(super) enum Home {
    /// Where it is for the user.
    Own,
    /// An empty folder.
    Private(TempDir),
}

impl Home {
    /// What the pages of the lab ask for: `labproof: {home: private}` on one of them is enough.
    ///
    /// # Errors
    /// In words: there is no room for a folder.
    pub(super) fn of(run: &LabRun<'_>) -> Result<Self, String> {
        if !run.lab.pages.iter().any(|page| page.front.private_home) {
            return Ok(Home::Own);
        }
        tempfile::Builder::new()
            .prefix("home-")
            .tempdir_in(run.connection.private_dir())
            .map(Home::Private)
            .map_err(|error| format!("the lab's private HOME cannot be made: {error}"))
    }

    /// The variables that say so.
    pub(super) fn env(&self) -> Vec<(String, OsString)> {
        let Home::Private(folder) = self else {
            return Vec::new();
        };
        let mut env = vec![("HOME".to_owned(), folder.path().into())];
        let user = std::env::var_os("HOME").map(PathBuf::from);
        for (variable, file) in AWS_FILES {
            let file = user.as_ref().map(|home| home.join(file));
            if let Some(file) =
                file.filter(|file| file.is_file() && std::env::var_os(variable).is_none())
            {
                env.push((variable.to_owned(), file.into()));
            }
        }
        env
    }
}
