//! `--events`: one JSON object a line, as things happen.

use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

use crate::event::{Event, Sink};

/// Writes every event as a line of JSON.
#[derive(Debug)]
pub struct EventLog<W> {
    out: W,
    trouble: Arc<OnceLock<io::Error>>,
}

impl<W: Write> EventLog<W> {
    /// A log into `out`.
    pub fn new(out: W) -> Self {
        Self {
            out,
            trouble: Arc::default(),
        }
    }

    /// Where it is told later why the log ends early, if it does: one that can no longer be written (a full disk, a closed pipe)
    /// must not end the run.
    pub fn trouble(&self) -> Arc<OnceLock<io::Error>> {
        self.trouble.clone()
    }
}

impl<W: Write + Send> Sink for EventLog<W> {
    fn receive(&mut self, event: &Event) {
        // After half a line no other may follow.
        if self.trouble.get().is_some() {
            return;
        }
        let line = serde_json::to_string(event).expect("events are plain data");
        if let Err(error) = writeln!(self.out, "{line}").and_then(|()| self.out.flush()) {
            let _ = self.trouble.set(error);
        }
    }
}
