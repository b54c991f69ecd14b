//! The record of a run, and the fold that makes it from events.

use std::path::Path;

use serde::Serialize;

use super::coverage::{self, Coverage, Unproven};
use super::settling::{self, SettlingRecord};
use super::{Event, FORMAT_VERSION, LeftoverRecord, Sink, StepAt, Verdict};

/// Everything that a run did and found.
#[derive(Debug, Clone, Serialize)]
pub struct RunRecord {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// Version of labproof.
    pub labproof: String,
    /// Start, RFC 3339; empty if the run never started.
    pub time: String,
    /// The worst verdict of the run.
    pub verdict: Verdict,
    /// Whether somebody interrupted it.
    pub interrupted: bool,
    /// What kept the run from being made at all.
    pub broken: Option<String>,
    /// What was noticed beside the labs, such as an image that cannot be had.
    pub warnings: Vec<String>,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    /// What it was on.
    pub cluster: ClusterInfo,
    /// Labs in plan order.
    pub labs: Vec<LabRecord>,
    /// How much was verified.
    pub coverage: Coverage,
    /// Milliseconds that fixed waits would have taken beyond what settling took.
    pub settling_saved_ms: u64,
    /// What was skipped or checked by nothing but its exit status, and so not proven.
    pub unproven: Vec<Unproven>,
}

/// The cluster of a run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ClusterInfo {
    /// `local`, `context`, `none`, ...
    pub profile: String,
    /// Name of the cluster or context.
    pub name: String,
    /// Names of the others, where labs run side by side: each job has a cluster of its own.
    pub others: Vec<String>,
    /// Who the cluster takes labproof for, where that is known: account, region and identity on EKS.
    pub identity: Option<String>,
    /// Version of the API server, if there is one.
    pub server_version: Option<String>,
    /// Version of the kubectl that the lab's commands find.
    pub client_version: Option<String>,
    /// Why the cluster's Secrets cannot be read: their values are then masked only where a page gives them away.
    pub secrets_unread: Option<String>,
}

/// A lab of a run.
#[derive(Debug, Clone, Serialize)]
pub struct LabRecord {
    /// Its title.
    pub title: String,
    /// Its directory or page.
    pub path: String,
    /// Name of the cluster or context that it ran on; `None` if it was not begun.
    pub cluster: Option<String>,
    /// The worst verdict of its pages.
    pub verdict: Verdict,
    /// What kept it from running as a whole.
    pub broken: Option<String>,
    /// Things worth knowing that are no failure.
    pub warnings: Vec<String>,
    /// How the cluster differed from what it was before.
    pub leftovers: Vec<LeftoverRecord>,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    /// Pages in order.
    pub pages: Vec<PageRecord>,
}

/// A page of a run.
#[derive(Debug, Clone, Serialize)]
pub struct PageRecord {
    /// Its title.
    pub title: String,
    /// Its file.
    pub path: String,
    /// The worst verdict of its steps.
    pub verdict: Verdict,
    /// Steps in order.
    pub steps: Vec<StepRecord>,
}

/// A step of a run.
#[derive(Debug, Clone, Serialize)]
pub struct StepRecord {
    /// Its id.
    pub id: String,
    /// Line of its opening fence.
    pub line: usize,
    /// Heading above it.
    pub section: Option<String>,
    /// The worst verdict of its commands and checks.
    pub verdict: Verdict,
    /// Why it was skipped or broken.
    pub reason: Option<String>,
    /// The folder with its failure bundle.
    pub artifacts: Option<String>,
    /// How many commands the page has in it.
    pub command_count: usize,
    /// How many lines of output the page shows in it.
    pub lines_shown: usize,
    /// How many outputs the page shows in it, and texts that it says are absent.
    pub claims: usize,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
    /// What its `wait=` came to.
    pub settling: Option<SettlingRecord>,
    /// Commands that ran.
    pub commands: Vec<CommandRecord>,
    /// Cluster-state checks and hooks made after it.
    pub checks: Vec<CheckRecord>,
}

/// A command that ran.
#[derive(Debug, Clone, Serialize)]
pub struct CommandRecord {
    /// Its line in the page.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// URLs that the page has where the text names files of this disk.
    pub from_disk: Vec<FromDiskRecord>,
    /// The worst verdict of its checks.
    pub verdict: Verdict,
    /// Its exit status; `None` if none is known.
    pub exit_code: Option<i32>,
    /// How often it was asked.
    pub attempts: u32,
    /// Wall time of all attempts in milliseconds.
    pub duration_ms: u64,
    /// What the page shows, if it shows something.
    pub expected: Option<String>,
    /// What it printed, as a terminal shows it; beginning and end of it where it is very long.
    pub output: String,
    /// How many bytes it printed in all.
    pub output_bytes: u64,
    /// What was checked.
    pub checks: Vec<CheckRecord>,
}

impl CommandRecord {
    /// The checks that say why it did not pass, each saying something of its own: a command that failed did not print what
    /// the page shows for the same reason.
    pub fn telling(&self) -> impl Iterator<Item = &CheckRecord> {
        let bad = || self.checks.iter().filter(|check| check.is_bad());
        let ended_badly = bad().any(|check| check.kind == "exit");
        bad().filter(move |check| !ended_badly || check.kind != "output")
    }
}

/// A URL of a page that is read from the disk.
#[derive(Debug, Clone, Serialize)]
pub struct FromDiskRecord {
    /// As the page has it.
    pub url: String,
    /// The file or folder that was read.
    pub path: String,
}

impl FromDiskRecord {
    /// What people are told beside the command.
    pub fn remark(&self) -> String {
        format!("read from the disk; on the page: {}", self.url)
    }
}

/// One assertion that was made.
#[derive(Debug, Clone, Serialize)]
pub struct CheckRecord {
    /// `exit`, `output`, `absent`, `state`, `hook`.
    pub kind: &'static str,
    /// What it proves, in words.
    pub name: String,
    /// Page or verifier file that claims it.
    pub path: String,
    /// Line of the claim in `path`.
    pub line: usize,
    /// What was found.
    pub verdict: Verdict,
    /// Why, most telling first; may be empty on a pass.
    pub reasons: Vec<String>,
    /// What most likely lies behind a failure.
    pub likely_cause: Option<String>,
    /// What the cluster shows of it: the most telling events, the last log line of what crashed.
    pub evidence: Vec<String>,
    /// Differences that are no failure.
    pub warnings: Vec<String>,
    /// The rule that compared output.
    pub rule: Option<&'static str>,
    /// Lines of shown output that were compared.
    pub lines_compared: usize,
    /// Expected against actual: lines that begin with ` `, `-` (only on the page) or `+` (only printed).
    pub diff: Vec<String>,
    /// Wall time in milliseconds.
    pub duration_ms: u64,
}

impl CheckRecord {
    /// Whether it does not hold, or could not be made.
    pub fn is_bad(&self) -> bool {
        matches!(self.verdict, Verdict::Fail | Verdict::Broken)
    }

    /// A check of that kind and name at a place, not yet made.
    pub fn new(kind: &'static str, name: impl Into<String>, path: &Path, line: usize) -> Self {
        Self {
            kind,
            name: name.into(),
            path: path.display().to_string(),
            line,
            verdict: Verdict::Skipped,
            reasons: Vec::new(),
            likely_cause: None,
            evidence: Vec::new(),
            warnings: Vec::new(),
            rule: None,
            lines_compared: 0,
            diff: Vec::new(),
            duration_ms: 0,
        }
    }
}

/// Makes the [`RunRecord`] from events.
#[derive(Debug)]
pub struct Recorder {
    record: RunRecord,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            record: RunRecord {
                version: FORMAT_VERSION,
                labproof: env!("CARGO_PKG_VERSION").to_owned(),
                time: String::new(),
                verdict: Verdict::Skipped,
                interrupted: false,
                broken: None,
                warnings: Vec::new(),
                duration_ms: 0,
                cluster: ClusterInfo::default(),
                labs: Vec::new(),
                coverage: Coverage::default(),
                settling_saved_ms: 0,
                unproven: Vec::new(),
            },
        }
    }
}

impl Recorder {
    /// The record of what was told so far, with verdicts and coverage worked out.
    pub fn finish(mut self) -> RunRecord {
        let record = &mut self.record;
        for lab in &mut record.labs {
            for page in &mut lab.pages {
                for step in &mut page.steps {
                    // The script of a directory may have failed beside a step that is skipped.
                    let checks = step.checks.iter().map(|check| check.verdict);
                    step.verdict = step.verdict.max(worst(checks));
                }
                page.verdict = worst(page.steps.iter().map(|step| step.verdict));
            }
            let own = lab.broken.as_ref().map(|_| Verdict::Broken);
            lab.verdict = worst(lab.pages.iter().map(|page| page.verdict).chain(own));
        }
        let own = record.broken.as_ref().map(|_| Verdict::Broken);
        record.verdict = worst(record.labs.iter().map(|lab| lab.verdict).chain(own));
        record.coverage = coverage::of(&record.labs);
        record.unproven = coverage::unproven(&record.labs);
        record.settling_saved_ms = settling::saved(&record.labs);
        self.record
    }

    /// What was told of a step so far.
    pub fn step(&mut self, at: StepAt) -> Option<&mut StepRecord> {
        self.record
            .labs
            .get_mut(at.lab)?
            .pages
            .get_mut(at.page)?
            .steps
            .get_mut(at.step)
    }
}

impl Sink for Recorder {
    fn receive(&mut self, event: &Event) {
        match event {
            Event::RunStarted {
                time,
                cluster,
                labs,
                ..
            } => {
                self.record.time.clone_from(time);
                self.record.cluster = cluster.clone();
                self.record.labs.clone_from(labs);
            }
            Event::LabStarted { lab, cluster } => {
                if let Some(lab) = self.record.labs.get_mut(*lab) {
                    lab.cluster = Some(cluster.clone());
                }
            }
            Event::CommandFinished { at, record } => {
                if let Some(step) = self.step(*at) {
                    step.commands.push(record.clone());
                }
            }
            Event::CheckFinished { at, record } => {
                if let Some(step) = self.step(*at) {
                    step.checks.push(record.clone());
                }
            }
            Event::Settled { at, record } => {
                if let Some(step) = self.step(*at) {
                    step.settling = Some(record.clone());
                }
            }
            Event::StepFinished {
                at,
                verdict,
                reason,
                artifacts,
                duration_ms,
            } => {
                if let Some(step) = self.step(*at) {
                    step.verdict = *verdict;
                    step.reason.clone_from(reason);
                    step.artifacts.clone_from(artifacts);
                    step.duration_ms = *duration_ms;
                }
            }
            Event::LabFinished {
                lab,
                broken,
                warnings,
                leftovers,
                duration_ms,
            } => {
                if let Some(lab) = self.record.labs.get_mut(*lab) {
                    lab.broken.clone_from(broken);
                    lab.warnings.clone_from(warnings);
                    lab.leftovers.clone_from(leftovers);
                    lab.duration_ms = *duration_ms;
                }
            }
            Event::RunFinished {
                interrupted,
                broken,
                duration_ms,
            } => {
                self.record.interrupted = *interrupted;
                self.record.broken.clone_from(broken);
                self.record.duration_ms = *duration_ms;
            }
            Event::Warning { what } => self.record.warnings.push(what.clone()),
            Event::Progress { .. }
            | Event::StepStarted { .. }
            | Event::CommandStarted { .. }
            | Event::CommandRepeated { .. }
            | Event::CommandTried { .. } => {}
        }
    }
}

/// The worst of some verdicts; [`Verdict::Skipped`] of none.
pub(super) fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts.max().unwrap_or(Verdict::Skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_wins_and_a_broken_check_is_not_a_pass() {
        let all = [Verdict::Pass, Verdict::Skipped, Verdict::Broken];
        assert_eq!(worst(all.into_iter()), Verdict::Broken);
        assert_eq!(
            worst([Verdict::Broken, Verdict::Fail].into_iter()),
            Verdict::Fail
        );
        assert_eq!(worst(std::iter::empty()), Verdict::Skipped);
    }

    #[test]
    fn a_run_that_never_started_is_not_a_pass() {
        let mut recorder = Recorder::default();
        recorder.receive(&Event::RunFinished {
            interrupted: false,
            broken: Some("no cluster".to_owned()),
            duration_ms: 1,
        });
        assert_eq!(recorder.finish().verdict, Verdict::Broken);
    }
}
