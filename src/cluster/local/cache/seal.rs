//! What an entry of the cache was when it was put there, so that a later change is seen before it is run.
//!
//! A seal lies beside its entry; its own time is when the entry was last used.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cluster::local::error::LocalError;
use crate::cluster::local::image::hex;

/// The ending of a seal's name.
pub(crate) const ENDING: &str = "seal";

/// The record of one entry: a folder, or a single file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seal {
    /// What it was made from: Debian packages with their versions, or an address.
    pub(crate) made_from: Vec<String>,
    /// Each file by its path in the entry; an entry that is a file has the empty path.
    files: BTreeMap<PathBuf, Mark>,
}

/// What is known of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    size: u64,
    /// Seconds and nanoseconds of its last change.
    modified: (i64, i64),
    sha256: String,
}

/// Moves a draft to its place in the cache, sealed: the seal is there before the entry is.
pub(crate) fn put(draft: &Path, entry: &Path, made_from: Vec<String>) -> Result<(), LocalError> {
    let mut files = BTreeMap::new();
    collect(draft, Path::new(""), &mut files).map_err(LocalError::io("read", draft))?;
    let seal = Seal { made_from, files };
    let path = place(entry);
    let text = serde_json::to_vec(&seal)
        .map_err(|error| LocalError::io("written", &path)(error.into()))?;
    std::fs::write(&path, text).map_err(LocalError::io("written", &path))?;
    std::fs::rename(draft, entry).map_err(LocalError::io("moved", draft))
}

/// Where the seal of an entry lies.
pub(crate) fn place(entry: &Path) -> PathBuf {
    let name = entry.file_name().unwrap_or_default().to_string_lossy();
    entry.with_file_name(format!("{name}.{ENDING}"))
}

/// The seal of an entry; one that was made before there were seals has none.
pub(crate) fn read(entry: &Path) -> Option<Seal> {
    serde_json::from_slice(&std::fs::read(place(entry)).ok()?).ok()
}

/// Remembers that an entry is used now.
pub(crate) fn touch(entry: &Path) {
    if let Ok(seal) = File::options().write(true).open(place(entry)) {
        // Only `prune` looks at it.
        let _ = seal.set_modified(SystemTime::now());
    }
}

/// When an entry was last used, as far as that is known.
pub(crate) fn last_used(entry: &Path) -> Option<SystemTime> {
    // The time of an unpacked folder is its package's.
    let known = std::fs::metadata(place(entry)).or_else(|error| match entry.is_dir() {
        true => Err(error),
        false => std::fs::metadata(entry),
    });
    known.ok()?.modified().ok()
}

impl Seal {
    /// The first file that is not what it was. Size and time of change tell it cheaply; content is read where
    /// only the time differs, and of everything with `whole`.
    pub(crate) fn changed(&self, entry: &Path, whole: bool) -> Option<PathBuf> {
        self.files.iter().find_map(|(name, mark)| {
            let path = match name.as_os_str().is_empty() {
                true => entry.to_path_buf(),
                false => entry.join(name),
            };
            let same = std::fs::symlink_metadata(&path).is_ok_and(|file| {
                file.is_file()
                    && file.len() == mark.size
                    && ((!whole && (file.mtime(), file.mtime_nsec()) == mark.modified)
                        || sha256(&path).is_ok_and(|found| found == mark.sha256))
            });
            (!same).then_some(path)
        })
    }
}

fn collect(root: &Path, name: &Path, files: &mut BTreeMap<PathBuf, Mark>) -> std::io::Result<()> {
    let path = match name.as_os_str().is_empty() {
        true => root.to_path_buf(),
        false => root.join(name),
    };
    let metadata = std::fs::symlink_metadata(&path)?;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(&path)? {
            collect(root, &name.join(entry?.file_name()), files)?;
        }
    } else if metadata.is_file() {
        let mark = Mark {
            size: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            sha256: sha256(&path)?,
        };
        files.insert(name.to_path_buf(), mark);
    }
    Ok(())
}

/// The SHA-256 of a file's content, in hexadecimal digits.
pub(crate) fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_a_cut_and_a_missing_file_are_seen_and_a_touched_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (draft, entry) = (folder.path().join("draft"), folder.path().join("entry"));
        std::fs::create_dir_all(draft.join("usr")).unwrap();
        std::fs::write(draft.join("usr/program"), "content").unwrap();
        put(&draft, &entry, vec!["package_1.0".to_owned()]).unwrap();
        let seal = read(&entry).expect("it is sealed");
        let program = entry.join("usr/program");
        assert_eq!(seal.changed(&entry, true), None);
        std::fs::write(&program, "content").unwrap();
        assert_eq!(seal.changed(&entry, false), None, "same content, later");
        std::fs::write(&program, "CONTENT").unwrap();
        assert_eq!(seal.changed(&entry, false), Some(program.clone()));
        std::fs::write(&program, "cont").unwrap();
        assert_eq!(seal.changed(&entry, false), Some(program.clone()));
        std::fs::remove_file(&program).unwrap();
        assert_eq!(seal.changed(&entry, false), Some(program));
    }

    #[test]
    fn a_change_that_keeps_size_and_time_is_found_by_reading_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (draft, entry) = (folder.path().join("draft"), folder.path().join("x.tar"));
        std::fs::write(&draft, "content").unwrap();
        put(&draft, &entry, Vec::new()).unwrap();
        let seal = read(&entry).unwrap();
        let time = std::fs::metadata(&entry).unwrap().modified().unwrap();
        std::fs::write(&entry, "CONTENT").unwrap();
        let file = File::options().write(true).open(&entry).unwrap();
        file.set_modified(time).unwrap();
        assert_eq!(seal.changed(&entry, false), None);
        assert_eq!(seal.changed(&entry, true), Some(entry));
    }
}
