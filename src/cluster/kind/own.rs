//! Which kind clusters labproof created, so that one whose run was killed is deleted by the next run.

use std::path::PathBuf;

use super::{DELETE, Engine, delete, list};
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

    /// The cluster is made: the mark now says which one of that name it is.
    pub(super) async fn made(&self, engine: &Engine, name: &str) {
        if let Some(nodes) = nodes(engine, name).await {
            // A mark that cannot be written says less, and then less is deleted.
            let _ = std::fs::write(&self.path, nodes);
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

/// The containers of a cluster's nodes, by their ids in order; `None` where the engine does not say.
async fn nodes(engine: &Engine, name: &str) -> Option<String> {
    // The label by which kind itself finds them.
    let label = format!("label=io.x-k8s.kind.cluster={name}");
    let ask = ["ps", "--all", "--quiet", "--no-trunc", "--filter", &label];
    let answer = engine.ask(&ask, DELETE).await.ok()?;
    let mut ids: Vec<&str> = answer.stdout.split_whitespace().collect();
    ids.sort_unstable();
    (answer.good && !ids.is_empty()).then(|| ids.join("\n"))
}

/// Whether the cluster of that name is the one that the mark was made for: a name that the user chose may belong to a
/// cluster of the user's by now.
async fn is_marked(engine: &Engine, name: &str, mark: &std::path::Path) -> bool {
    if name.starts_with(PREFIX) {
        return true;
    }
    let marked = std::fs::read_to_string(mark).unwrap_or_default();
    nodes(engine, name).await.is_some_and(|ids| ids == marked)
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
        let gone = !there.iter().any(|one| *one == name)
            || !is_marked(engine, &name, &mark).await
            || delete(engine, &name).await.is_ok();
        if gone {
            let _ = std::fs::remove_file(&mark);
        }
    }
}
