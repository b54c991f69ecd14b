//! A folder of a run's own, for what only this user may read: it goes with the run, and where that was killed, with the next one.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use tempfile::TempDir;

use super::local::{Lock, is_held};

const PREFIX: &str = "labproof-";
/// Held for as long as the folder is somebody's.
const LOCK: &str = "lock";

/// A folder that goes when this is dropped.
#[derive(Debug)]
pub(super) struct PrivateFolder {
    folder: TempDir,
    _lock: Lock,
}

impl PrivateFolder {
    /// A new one, where temporary files are kept. Those of runs that were killed are cleared away.
    pub(super) fn new() -> io::Result<Self> {
        let place = std::env::temp_dir();
        sweep(&place);
        loop {
            let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&place)?;
            let lock = Lock::try_take(&folder.path().join(LOCK)).map_err(io::Error::other)?;
            // Without a lock it was taken for one that a killed run left, and is gone.
            if let Some(lock) = lock {
                return Ok(Self {
                    folder,
                    _lock: lock,
                });
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes this user's folders that nobody holds.
fn sweep(place: &Path) {
    let user = rustix::process::geteuid().as_raw();
    for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
        let named = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX));
        let ours = || {
            entry
                .metadata()
                .is_ok_and(|about| about.is_dir() && about.uid() == user)
        };
        let lock = entry.path().join(LOCK);
        if named && ours() && lock.is_file() && !is_held(&lock) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_goes_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        for (name, file) in [
            ("labproof-dead", LOCK),
            ("labproof-held", LOCK),
            ("labproof-other", "notes"),
            ("others", LOCK),
        ] {
            std::fs::create_dir(place.path().join(name)).unwrap();
            std::fs::write(place.path().join(name).join(file), "").unwrap();
        }
        let held = Lock::try_take(&place.path().join("labproof-held").join(LOCK)).unwrap();
        assert!(held.is_some());
        sweep(place.path());
        let is_there = |name: &str| place.path().join(name).exists();
        assert!(!is_there("labproof-dead"));
        assert!(is_there("labproof-held") && is_there("labproof-other") && is_there("others"));
    }
}
