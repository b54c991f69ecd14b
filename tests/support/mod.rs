//! What the end-to-end tests share: a folder with pages, and the program run on it.

// Each test program is compiled with all of it and uses a part.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A folder of pages that goes with the test.
pub struct Pages {
    folder: TempDir,
}

/// What a run of the program gave.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Both streams, for messages.
    pub fn all(&self) -> String {
        format!(
            "exit {}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }

    /// Fails unless the program exited with that code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.all());
        self
    }

    /// Fails unless one of the streams holds the text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let found = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(found, "not said: {text}\n{}", self.all());
        self
    }

    /// Fails if one of the streams holds the text.
    #[track_caller]
    pub fn does_not_say(self, text: &str) -> Self {
        let found = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(!found, "said: {text}\n{}", self.all());
        self
    }
}

impl Pages {
    /// An empty folder.
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder with one page, `page.md`.
    pub fn with(text: &str) -> Self {
        let pages = Self::new();
        pages.write("page.md", text);
        pages
    }

    /// Writes a file, folders included.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Text of a file in it.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// The program with those arguments, in the folder.
    pub fn labproof(&self, arguments: &[&str]) -> Ended {
        ended(
            Command::cargo_bin("labproof")
                .unwrap()
                .current_dir(self.path())
                .args(arguments),
        )
    }

    /// `labproof run page.md --cluster none` and more arguments.
    pub fn run(&self, more: &[&str]) -> Ended {
        let mut arguments = vec!["run", "page.md", "--cluster", "none"];
        arguments.extend(more);
        self.labproof(&arguments)
    }
}

/// Runs a command to its end.
pub fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
