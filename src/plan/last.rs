//! The record of an earlier run (`run --json`) → how long each lab and step took then.
//!
//! Entry point: [`read`]. A record belongs to pages as they were: what it does not know stays without a time.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::source::{Diagnostic, Severity};

/// What an earlier run took.
#[derive(Debug, Clone, Default)]
pub struct LastRun {
    labs: HashMap<String, LastLab>,
    /// Milliseconds of steps, by page and id.
    steps: HashMap<(String, String), u64>,
}

/// A lab of an earlier run.
#[derive(Debug, Clone)]
pub struct LastLab {
    /// When the run began, as the record says it.
    pub time: String,
    /// How the lab ended.
    pub verdict: String,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
}

impl LastRun {
    /// The lab of that path, where it was run.
    pub fn lab(&self, path: &Path) -> Option<&LastLab> {
        self.labs.get(&plain(&path.to_string_lossy()))
    }

    /// Milliseconds that a step took, where it was run.
    pub fn step(&self, page: &Path, id: &str) -> Option<u64> {
        let key = (plain(&page.to_string_lossy()), id.to_owned());
        self.steps.get(&key).copied()
    }
}

/// A path as records of other command lines have it: `./labs/` is `labs`.
fn plain(path: &str) -> String {
    path.trim_start_matches("./")
        .trim_end_matches('/')
        .to_owned()
}

/// Reads a record.
///
/// # Errors
/// When the file cannot be read or is no record of a run.
pub fn read(path: &Path) -> Result<LastRun, Box<Diagnostic>> {
    let wrong = |message: String| Box::new(Diagnostic::of_path(Severity::Error, path, message));
    let text =
        std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let record: Value = serde_json::from_str(&text)
        .map_err(|error| wrong(format!("is no record of a run: {error}")))?;
    let labs = record["labs"]
        .as_array()
        .filter(|_| record["duration_ms"].is_u64())
        .ok_or_else(|| wrong("is no record of a run, as `run --json FILE` writes it".to_owned()))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let each = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut last = LastRun::default();
    for lab in labs {
        let known = LastLab {
            time: text(&record["time"]),
            verdict: text(&lab["verdict"]),
            duration_ms: lab["duration_ms"].as_u64().unwrap_or(0),
        };
        if known.verdict != "skipped" {
            last.labs.insert(plain(&text(&lab["path"])), known);
        }
        for page in each(&lab["pages"]) {
            for step in each(&page["steps"]) {
                let ran = step["verdict"] != "skipped";
                if let Some(duration) = step["duration_ms"].as_u64().filter(|_| ran) {
                    let key = (plain(&text(&page["path"])), text(&step["id"]));
                    last.steps.insert(key, duration);
                }
            }
        }
    }
    Ok(last)
}
