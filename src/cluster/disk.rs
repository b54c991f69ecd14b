//! Disks without room: which one it is, how large it is, and what of it is used up.

use std::fmt;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// With less than this a file of one line still fits, and nothing that anybody works with.
const NOTHING: u64 = 64 << 10;

/// What the system says where a disk, or what a user may take of it, is full.
const WORDS: [&str; 3] = [
    "No space left on device",
    "no space left on device",
    "Disk quota exceeded",
];

/// How full a disk is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// The topmost folder on it above the one that was asked for.
    place: PathBuf,
    /// Bytes that may still be written.
    free: u64,
    /// Bytes of all of it.
    size: u64,
    /// Files that may still be made; `None` where their number has no limit.
    files: Option<u64>,
}

impl Disk {
    /// The disk that a path is on, or would be; `None` where the system does not tell.
    pub fn of(path: &Path) -> Option<Self> {
        let there = path.ancestors().find(|above| above.exists())?;
        let there = std::fs::canonicalize(there).ok()?;
        let room = rustix::fs::statvfs(&there).ok()?;
        let device = |path: &Path| std::fs::metadata(path).map(|about| about.dev()).ok();
        let own = device(&there);
        let place = there.ancestors().take_while(|above| device(above) == own);
        Some(Self {
            place: place.last().unwrap_or(&there).to_path_buf(),
            free: room.f_bavail.saturating_mul(room.f_frsize),
            size: room.f_blocks.saturating_mul(room.f_frsize),
            files: (room.f_files > 0).then_some(room.f_favail),
        })
    }

    /// The same, only where it is full.
    pub fn full(path: &Path) -> Option<Self> {
        Self::of(path).filter(Self::is_full)
    }

    pub(super) fn is_full(&self) -> bool {
        self.free < NOTHING || self.files == Some(0)
    }

    /// Room in MB.
    pub(super) fn free_mb(&self) -> u64 {
        self.free >> 20
    }

    /// What a full one is.
    pub(super) fn lack(&self) -> &'static str {
        match self.files {
            Some(0) => "out of inodes",
            _ => "full",
        }
    }

    /// How full it is, without its name.
    pub(super) fn state(&self) -> String {
        let room = format!("{} of {} free", size(self.free), size(self.size));
        match self.files {
            Some(0) => format!("no inode free, {room}"),
            _ => room,
        }
    }
}

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "disk {} ({})", self.place.display(), self.state())
    }
}

/// Whether a program said that it could not write for want of room.
pub fn says_full(text: &str) -> bool {
    WORDS.iter().any(|words| text.contains(words))
}

/// An error of writing to a path; where it is for want of room, with the disk.
pub fn explain(path: &Path, error: &io::Error) -> String {
    match Disk::of(path).filter(|_| is_full(error)) {
        Some(disk) => format!("{error}: {disk}"),
        None => error.to_string(),
    }
}

/// Whether an error says that there is no room.
pub(super) fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

/// A size as people say it.
fn size(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{} kB", bytes >> 10),
        _ => format!("{} MB", bytes >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_without_bytes_or_without_files() {
        let disk = |free, files| Disk {
            place: "/mnt".into(),
            free,
            size: 64 << 20,
            files,
        };
        for (one, is_full, state) in [
            (disk(1 << 20, Some(9)), false, "1 MB of 64 MB free"),
            (disk(1 << 20, None), false, "1 MB of 64 MB free"),
            (disk(4096, Some(9)), true, "4 kB of 64 MB free"),
            (disk(1 << 20, Some(0)), true, "no inode free"),
        ] {
            assert_eq!(one.is_full(), is_full, "{one}");
            assert!(one.to_string().starts_with("disk /mnt ("), "{one}");
            assert!(one.to_string().contains(state), "{one}");
        }
    }

    #[test]
    fn a_path_that_is_not_there_yet_is_on_the_disk_above_it() {
        let there = Disk::of(Path::new("/proc")).unwrap();
        assert_eq!(there.place, Path::new("/proc"));
        let folder = tempfile::tempdir().unwrap();
        let one = Disk::of(folder.path()).unwrap();
        let other = Disk::of(&folder.path().join("a/b")).unwrap();
        assert_eq!((one.place, one.size), (other.place, other.size));
    }
}
