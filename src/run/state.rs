//! The checks on cluster state that hang on a step: noted before it, made after it.

use std::collections::HashMap;
use std::time::Instant;

use super::fault::Rests;
use super::lab::{Carried, Here, LabRun};
use super::{failure, millis};
use crate::cluster::check::{self, Armed, Earlier, Finding};
use crate::event::{CheckRecord, Event, Verdict};
use crate::verifier::Check;

/// What checks noted before their lab and before their step, by their place in the verifier.
pub(super) struct StateChecks {
    earlier: HashMap<usize, Earlier>,
    armed: HashMap<usize, Armed>,
}

impl StateChecks {
    /// Notes what the checks of a lab need from before it.
    pub(super) async fn begin(run: &LabRun<'_>) -> Self {
        let mut earlier = HashMap::new();
        let checks = run
            .lab
            .verifier
            .iter()
            .flat_map(|verifier| &verifier.checks);
        if let Some(client) = &run.connection.client {
            for (index, check) in checks.enumerate() {
                let noted = check::earlier(client, check).await;
                earlier.extend(noted.map(|noted| (index, noted)));
            }
        }
        let armed = HashMap::new();
        Self { earlier, armed }
    }

    /// What a check noted.
    fn noted(&mut self, index: usize) -> Option<Armed> {
        let earlier = || self.earlier.get(&index).cloned().map(Armed::from);
        self.armed.remove(&index).or_else(earlier)
    }

    /// Notes what the checks of a step need from before it.
    pub(super) async fn arm(&mut self, run: &LabRun<'_>, here: Here<'_>) {
        let Some(client) = &run.connection.client else {
            return;
        };
        for (index, check) in checks_of(run, here) {
            if check.needs_arming()
                && let Some(armed) = check::arm(client, check).await
            {
                self.armed.insert(index, armed);
            }
        }
    }
}

/// The checks that are made after a step, each with its place in the verifier.
fn checks_of<'a>(
    run: &LabRun<'a>,
    here: Here<'a>,
) -> impl Iterator<Item = (usize, &'a Check)> + use<'a> {
    let verifier = run.lab.verifier.as_ref();
    let checks = verifier.into_iter().flat_map(|verifier| &verifier.checks);
    checks
        .enumerate()
        .filter(move |(_, check)| match (&check.after, &check.page) {
            _ if here.step.options.verify.as_ref() == Some(&check.name) => true,
            (Some(after), _) => *after == here.step.id,
            (None, Some(page)) => here.last_of_page && page == here.page.file.path(),
            (None, None) => here.last_of_lab,
        })
}

/// Makes the checks of a step; the worst of their verdicts.
pub(super) async fn make(run: &LabRun<'_>, here: Here<'_>, carried: &mut Carried<'_>) -> Verdict {
    let mut verdict = Verdict::Skipped;
    for (index, check) in checks_of(run, here) {
        run.emitter.emit(Event::Progress {
            lab: Some(run.index),
            what: format!("checking: {}", check.name),
        });
        let started = Instant::now();
        let mut record = blank(check);
        match &run.connection.client {
            Some(client) => {
                let armed = carried.checks.noted(index);
                let stop = run.cancel.cancelled();
                match check::make_until(client, check, armed, stop).await {
                    Some(finding) => fill(&mut record, finding),
                    None => {
                        record.verdict = Verdict::Broken;
                        record.reasons = vec!["interrupted before it was decided".to_owned()];
                    }
                }
            }
            None => {
                record.verdict = Verdict::Broken;
                record.reasons = vec!["there is no cluster to look at (--cluster none)".to_owned()];
            }
        }
        record.duration_ms = millis(started.elapsed());
        let weighed = std::slice::from_mut(&mut record);
        // What is absent was so on two readings of an API server that answered.
        run.faults.weigh(weighed, Rests::Seen, "").await;
        verdict = verdict.max(record.verdict);
        if failure::is_bad(record.verdict) {
            failure::explain_check(run, here, check, &mut record, &mut carried.bundle).await;
        }
        run.learn_secrets().await;
        run.emitter.emit(Event::CheckFinished {
            at: here.at,
            record,
        });
    }
    verdict
}

/// Tells that the checks of a step are not made because the step is not run.
pub(super) fn skip(run: &LabRun<'_>, here: Here<'_>) {
    for (_, check) in checks_of(run, here) {
        let mut record = blank(check);
        record.reasons = vec!["its step is skipped".to_owned()];
        run.emitter.emit(Event::CheckFinished {
            at: here.at,
            record,
        });
    }
}

fn blank(check: &Check) -> CheckRecord {
    CheckRecord {
        rule: Some(check.kind.word()),
        ..CheckRecord::new("state", check.name.as_str(), check.file.path(), check.line)
    }
}

fn fill(record: &mut CheckRecord, finding: Finding) {
    record.verdict = match finding.verdict {
        check::Verdict::Pass => Verdict::Pass,
        check::Verdict::Fail => Verdict::Fail,
        check::Verdict::Broken => Verdict::Broken,
    };
    record.reasons = vec![finding.reason];
    if record.verdict != Verdict::Pass {
        record
            .reasons
            .push(format!("expected: {}", finding.expected));
        if let Some(seen) = finding.last_seen {
            let seen = match seen == record.reasons[0] {
                true => "the same".to_owned(),
                false => seen,
            };
            let unchanged = match finding.unchanged_for {
                Some(unchanged) => format!(", unchanged for {} s", unchanged.as_secs()),
                None => String::new(),
            };
            record.reasons.push(format!("last seen: {seen}{unchanged}"));
        }
        let events = finding.events.iter().map(|event| format!("event: {event}"));
        record.reasons.extend(events);
    }
}
