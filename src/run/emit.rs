//! The one way events leave the runner: masked, then to the record and every sink in the same order.

use std::sync::Mutex;

use crate::cluster::SecretReader;
use crate::event::{Event, Recorder, Redactor, RunRecord, Sink, StepAt, StepRecord};

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

    /// Masks from now on the credentials of another cluster too.
    pub fn learn_credentials(&self, secrets: &[String]) {
        let values = secrets.iter().map(|secret| ("", secret.as_bytes()));
        self.redactor.learn(values);
    }

    /// The gate: what it masks in events it masks in files too.
    pub(super) fn gate(&self) -> &Redactor {
        &self.redactor
    }

    /// Learns the Secrets that are new in a cluster; why not, where they cannot be read.
    pub(super) async fn learn(&self, secrets: &SecretReader) -> Option<String> {
        match secrets.news().await {
            Ok(values) => {
                let values = values
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_slice()));
                self.redactor.learn(values);
                None
            }
            Err(why) => Some(why),
        }
    }

    /// What was told of a step so far.
    pub(super) fn step(&self, at: StepAt) -> Option<StepRecord> {
        let mut told = self.told.lock().expect("no sink panics");
        told.recorder.step(at).cloned()
    }

    /// The record of all that was told.
    pub fn finish(self) -> RunRecord {
        let told = self.told.into_inner().expect("no sink panics");
        let mut record = told.recorder.finish();
        self.redactor.redact_record(&mut record);
        record
    }
}
