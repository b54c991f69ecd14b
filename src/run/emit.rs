//! The one way events leave the runner: masked, then to the record and every sink in the same order.

use std::sync::Mutex;

use crate::event::{Event, Recorder, Redactor, RunRecord, Sink};

/// Hands events to the record and to sinks, secrets masked.
pub struct Emitter {
    redactor: Redactor,
    told: Mutex<Told>,
}

struct Told {
    recorder: Recorder,
    sinks: Vec<Box<dyn Sink>>,
}

impl Emitter {
    /// An emitter for those sinks.
    pub fn new(redactor: Redactor, sinks: Vec<Box<dyn Sink>>) -> Self {
        Self {
            redactor,
            told: Mutex::new(Told {
                recorder: Recorder::default(),
                sinks,
            }),
        }
    }

    /// Tells the record and every sink.
    pub fn emit(&self, mut event: Event) {
        self.redactor.redact(&mut event);
        let mut told = self.told.lock().expect("no sink panics");
        told.recorder.receive(&event);
        for sink in &mut told.sinks {
            sink.receive(&event);
        }
    }

    /// The record of all that was told.
    pub fn finish(self) -> RunRecord {
        let told = self.told.into_inner().expect("no sink panics");
        told.recorder.finish()
    }
}
