//! Logs that cannot fill a disk: when a file has reached its size, it becomes the `.1` file.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncReadExt};

/// Half of what one component's logs may take.
const LIMIT: u64 = 4 << 20;

/// A log that keeps its last part.
pub(crate) struct BoundedLog {
    path: PathBuf,
    file: Option<File>,
    written: u64,
    limit: u64,
}

impl BoundedLog {
    /// Starts a new log; one that cannot be written is silently none, the node matters more.
    pub(crate) fn create(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            file: File::create(path).ok(),
            written: 0,
            limit: LIMIT,
        }
    }

    /// Adds to the log.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if self.written + bytes.len() as u64 > self.limit {
            let mut older = self.path.clone().into_os_string();
            older.push(".1");
            let _ = std::fs::rename(&self.path, older);
            self.file = File::create(&self.path).ok();
            self.written = 0;
        }
        if let Some(file) = &mut self.file {
            let _ = file.write_all(bytes);
            self.written += bytes.len() as u64;
        }
    }

    /// Adds one line.
    pub(crate) fn line(&mut self, text: &str) {
        self.write(format!("{text}\n").as_bytes());
    }
}

/// Copies what comes into a log that several writers share, to the end.
pub(crate) async fn pump(
    mut from: impl AsyncRead + Unpin,
    log: std::sync::Arc<std::sync::Mutex<BoundedLog>>,
) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count) = from.read(&mut buffer).await {
        if count == 0 {
            return;
        }
        if let Ok(mut log) = log.lock() {
            log.write(&buffer[..count]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_is_kept_and_the_size_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        let mut log = BoundedLog {
            limit: 100,
            ..BoundedLog::create(&path)
        };
        for number in 0..50 {
            log.line(&format!("line {number}"));
        }
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .ends_with("line 49\n")
        );
        let total: u64 = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum();
        assert!(total <= 200);
    }
}
