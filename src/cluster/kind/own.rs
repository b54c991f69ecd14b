//! Which kind clusters labproof created, so that one whose run was killed is deleted by the next run.

use std::path::PathBuf;

use super::{DELETE, Engine, kind, list};
use crate::cluster::ClusterError;
use crate::cluster::local::{Lock, is_held, state_root};

/// How the names of clusters begin that a run made for itself.
pub(super) const PREFIX: &str = "labproof-";

/// The mark of a cluster that this process created: a lock, which a kill cannot leave behind.
#[derive(Debug)]
pub(super) struct Own {
    path: PathBuf,
    _lock: Lock,
}

impl Own {
    /// Marks a cluster as made by this process, before it is.
    pub(super) fn mark(name: &str) -> Result<Self, ClusterError> {
        let folder = folder();
        std::fs::create_dir_all(&folder).map_err(|cause| ClusterError::PrivateFile {
            path: folder.clone(),
            cause,
        })?;
        let path = folder.join(name);
        match Lock::try_take(&path)? {
            Some(lock) => Ok(Self { path, _lock: lock }),
            None => Err(ClusterError::InUse {
                name: name.to_owned(),
            }),
        }
    }

    /// The cluster is gone.
    pub(super) fn forget(self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn folder() -> PathBuf {
    state_root().with_file_name("labproof-kind")
}

/// Deletes clusters whose run ended without deleting them.
pub(super) async fn sweep(engine: &Engine) {
    let entries = std::fs::read_dir(folder()).into_iter().flatten().flatten();
    let dead: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| !is_held(path))
        .collect();
    if dead.is_empty() {
        return;
    }
    let Ok(there) = list(engine).await else {
        return;
    };
    for mark in dead {
        let name = mark.file_name().unwrap_or_default().to_string_lossy();
        // Taken, so that two labproofs do not delete the same one.
        let Ok(Some(_lock)) = Lock::try_take(&mark) else {
            continue;
        };
        let gone = !there.contains(&name.clone().into_owned())
            || kind(engine, &["delete", "cluster", "--name", &name], DELETE)
                .await
                .is_ok();
        if gone {
            let _ = std::fs::remove_file(&mark);
        }
    }
}
