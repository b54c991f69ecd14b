//! The baseline that `--setup` asks for: applied before the labs, taken away after them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use crate::cluster::{Connection, Settled, moving, settle};

/// How long the baseline may take until its workloads are up.
const WITHIN: Duration = Duration::from_secs(120);

/// A manifest that was applied, and which of its objects were not there before.
#[derive(Debug)]
pub struct Setup {
    manifest: PathBuf,
    created: bool,
}

/// Why the baseline is not there.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// kubectl refused the manifest.
    #[error("{}: the baseline cannot be applied: {cause}", manifest.display())]
    Apply {
        /// The manifest.
        manifest: PathBuf,
        /// What kubectl said.
        cause: String,
    },
    /// Its workloads did not come up.
    #[error("{}: the baseline is not up after {} s; still moving: {still}", manifest.display(), WITHIN.as_secs())]
    NotUp {
        /// The manifest.
        manifest: PathBuf,
        /// What was still moving, or why that is not known.
        still: String,
    },
    /// There is no cluster to apply it to.
    #[error("--setup needs a cluster, and this run has none (--cluster none)")]
    NoCluster,
}

impl Setup {
    /// Applies a manifest and waits until its workloads are up.
    ///
    /// # Errors
    /// When kubectl refuses it, or its workloads do not come up in two minutes.
    pub async fn apply(manifest: &Path, connection: &Connection) -> Result<Self, SetupError> {
        let client = connection.client.as_ref().ok_or(SetupError::NoCluster)?;
        let failed = |cause: String| SetupError::Apply {
            manifest: manifest.to_owned(),
            cause,
        };
        let before = moving(client).await.unwrap_or_default();
        let existing = kubectl(
            connection,
            &["get", "--ignore-not-found", "-o", "name"],
            manifest,
        )
        .await;
        kubectl(connection, &["apply"], manifest)
            .await
            .map_err(failed)?;
        let still = match settle(client, &before, WITHIN).await.ended {
            Settled::Quiet => None,
            Settled::TimeUp(objects) => Some(objects.join(", ")),
            Settled::Unknown(cause) => Some(cause),
        };
        match still {
            None => Ok(Self {
                manifest: manifest.to_owned(),
                // Where it is not known that nothing was there before, nothing is deleted after.
                created: existing.is_ok_and(|names| names.trim().is_empty()),
            }),
            Some(still) => Err(SetupError::NotUp {
                manifest: manifest.to_owned(),
                still,
            }),
        }
    }

    /// Deletes what [`Setup::apply`] created; a baseline of which something was there before stays.
    ///
    /// # Errors
    /// What kubectl said, when it could not.
    pub async fn remove(self, connection: &Connection) -> Result<(), String> {
        if !self.created {
            return Ok(());
        }
        let words = ["delete", "--ignore-not-found", "--timeout=60s"];
        kubectl(connection, &words, &self.manifest).await.map(drop)
    }
}

/// Runs kubectl on a manifest; stdout, or what it said on stderr.
async fn kubectl(
    connection: &Connection,
    words: &[&str],
    manifest: &Path,
) -> Result<String, String> {
    let output = Command::new("kubectl")
        .args(words)
        .arg("-f")
        .arg(manifest)
        .env("PATH", connection.path())
        .env("KUBECONFIG", connection.kubeconfig())
        .env("KUBECACHEDIR", connection.kubectl_cache())
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| format!("kubectl cannot be run: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
