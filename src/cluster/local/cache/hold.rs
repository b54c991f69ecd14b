//! Entries of the cache that must stay: whoever uses one holds a shared lock on it, and only what nobody holds is
//! removed.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

/// How often, and how soon again, a lock is tried: somebody may only have looked whether it is held.
const TRIES: usize = 20;
const EVERY: Duration = Duration::from_millis(5);

/// An entry that stays for as long as this value, or its process, lives.
#[derive(Debug)]
pub(crate) struct Hold {
    _file: File,
}

impl Hold {
    /// Holds a folder or file; `None` where it is not there, or is being removed.
    pub(crate) fn take(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        let mut tries = 0;
        while flock(&file, FlockOperation::NonBlockingLockShared).is_err() {
            tries += 1;
            if tries == TRIES {
                return None;
            }
            std::thread::sleep(EVERY);
        }
        // It may have been moved away between the two.
        path.exists().then_some(Self { _file: file })
    }

    /// Takes an entry that nobody holds, to remove it; `None` while somebody does.
    pub(crate) fn alone(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
        Some(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_hold_a_folder_and_nobody_has_it_alone_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (Hold::take(folder.path()), Hold::take(folder.path()));
        assert!(one.is_some() && two.is_some());
        assert!(Hold::alone(folder.path()).is_none());
        drop((one, two));
        let alone = Hold::alone(folder.path());
        assert!(alone.is_some());
        assert!(Hold::take(folder.path()).is_none());
    }
}
