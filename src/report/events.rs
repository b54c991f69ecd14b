//! `--events`: one JSON object a line, as things happen.

use std::io::Write;

use crate::event::{Event, Sink};

/// Writes every event as a line of JSON.
#[derive(Debug)]
pub struct EventLog<W> {
    out: W,
}

impl<W: Write> EventLog<W> {
    /// A log into `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write + Send> Sink for EventLog<W> {
    fn receive(&mut self, event: &Event) {
        let line = serde_json::to_string(event).expect("events are plain data");
        // A log that can no longer be written (a full disk, a closed pipe) must not end the run.
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }
}
