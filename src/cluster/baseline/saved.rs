//! The baseline of a cluster in a file, for `cluster reset`.

use std::fs::OpenOptions;
use std::io::{BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::Snapshot;

/// Writes a baseline for this user's eyes only: it holds Secrets. The file is there at once, whole.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, baseline: &Snapshot) -> std::io::Result<()> {
    let draft = path.with_extension("draft");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    let mut file = BufWriter::new(file);
    serde_json::to_writer(&mut file, baseline)?;
    file.flush()?;
    std::fs::rename(&draft, path)
}

/// Reads a baseline.
///
/// # Errors
/// When there is none, or it is none.
pub fn read(path: &Path) -> std::io::Result<Snapshot> {
    let file = std::fs::File::open(path)?;
    Ok(serde_json::from_reader(BufReader::new(file))?)
}
