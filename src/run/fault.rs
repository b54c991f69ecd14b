//! What goes wrong with the cluster itself, held against what the steps of a lab come to.
//!
//! The rule, [`Faults::weigh`]: a cluster that is not well disproves nothing and proves no absence.
//! 1. A *fail* is `broken` where a component of the cluster ended, or its node stood still, during the step or up to [`RECOVERY`]
//!    before it, where a node of a local cluster is not well, and where the command itself says that it could not reach the API server,
//!    or that there was no room, and a disk of this machine that it works on is full.
//! 2. So is a *pass* that rests on a failure (`expectError`, `exit=`) or on what was not printed (`absent=`).
//! 3. Any other pass stays one: it was seen.
//! 4. Where the cluster is gone for good, whatever ran is `broken`, and so is its lab.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;

use super::lab::Here;
use crate::cluster::{Connection, Disk, says_full};
use crate::event::{CheckRecord, Verdict};

/// How long after the end of a component something may fail because of it: the API server is back in some seconds, kubelet and
/// controllers pick their work up again in some more, the one that takes longest being a lease that has to run out (15 s).
const RECOVERY: Duration = Duration::from_secs(30);

/// What went wrong with a lab's cluster so far.
pub(super) struct Faults<'a> {
    connection: &'a Connection,
    /// Where the lab's commands write on this machine.
    directory: &'a Path,
    begun: Timestamp,
    noted: Mutex<Noted>,
}

struct Noted {
    /// What went wrong from here on bears on what is judged.
    since: Timestamp,
    told: BTreeSet<String>,
    warnings: Vec<String>,
}

/// What a verdict rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rests {
    /// Something that was there.
    Seen,
    /// A failure, or something that was not there.
    Absent,
}

impl<'a> Faults<'a> {
    pub(super) fn new(connection: &'a Connection, directory: &'a Path) -> Self {
        let begun = Timestamp::now();
        let noted = Mutex::new(Noted {
            since: before(begun),
            told: BTreeSet::new(),
            warnings: Vec::new(),
        });
        Self {
            connection,
            directory,
            begun,
            noted,
        }
    }

    /// A step begins.
    pub(super) fn begin_step(&self) {
        self.noted().since = before(Timestamp::now());
    }

    /// Holds what is known of the cluster against what was just judged, and against what a command said.
    pub(super) async fn weigh(&self, checks: &mut [CheckRecord], rests: Rests, output: &str) {
        let failed = checks.iter().any(|check| check.verdict != Verdict::Pass);
        if !failed && rests == Rests::Seen {
            return;
        }
        let end = self.connection.end();
        let is_gone = end.is_some();
        let mut why: Vec<String> = end.into_iter().collect();
        if !is_gone {
            let since = self.noted().since;
            why = brief(self.connection.faults_since(since).await);
            why.extend(self.connection.unwell_nodes().await);
            let line = self.connection.cut_off(output);
            why.extend(line.map(|line| format!("the API server did not answer: {}", line.trim())));
            why.extend(self.no_room(output));
        }
        if !why.is_empty() {
            let verdict = checks.iter().map(|check| check.verdict).max();
            for check in checks {
                discount(check, verdict, rests, is_gone, &why);
            }
        }
    }

    /// What a command means that says that there was no room, where that is so: a page may as well show it of a small volume.
    fn no_room(&self, output: &str) -> Option<String> {
        if !says_full(output) {
            return None;
        }
        let folders = [self.directory.to_path_buf(), std::env::temp_dir()];
        let full = folders.iter().find_map(|folder| Disk::full(folder))?;
        Some(format!("there is no room on this machine's {full}"))
    }

    /// Notes what went wrong since the last time, for the lab's warnings.
    pub(super) async fn note(&self, here: Option<Here<'_>>) {
        let faults = self.connection.faults_since(self.begun).await;
        let place = match here {
            Some(here) => format!("{}:{}: ", here.page.file.path().display(), here.step.line),
            None => String::new(),
        };
        let mut noted = self.noted();
        for fault in faults {
            if noted.told.insert(fault.clone()) {
                noted.warnings.push(format!("{place}{fault}"));
            }
        }
    }

    /// All that was noted.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.noted().warnings.clone()
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.noted
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The last faults, the newest first: the nearest cause.
fn brief(faults: Vec<String>) -> Vec<String> {
    const TOLD: usize = 3;
    let more = faults.len().saturating_sub(TOLD);
    let mut told: Vec<String> = faults.into_iter().rev().take(TOLD).collect();
    if more > 0 {
        told.push(format!("and {more} more before"));
    }
    told
}

fn before(moment: Timestamp) -> Timestamp {
    moment.checked_sub(RECOVERY).unwrap_or(Timestamp::MIN)
}

/// Turns a verdict that the cluster's own trouble may have made into `broken`. `worst` is that of all checks of one thing: a check
/// that passes beside one that fails proves nothing less for it.
fn discount(
    check: &mut CheckRecord,
    worst: Option<Verdict>,
    rests: Rests,
    is_gone: bool,
    why: &[String],
) {
    let meaning = match check.verdict {
        Verdict::Fail => "this may be its doing, not the page's",
        Verdict::Broken if is_gone => "nothing more can be seen",
        Verdict::Pass if rests == Rests::Absent && worst == Some(Verdict::Pass) => {
            "what failed or was not there then proves nothing"
        }
        _ => return,
    };
    check.verdict = Verdict::Broken;
    check
        .reasons
        .insert(0, format!("{}; {meaning}", why.join(", ")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(verdict: Verdict, rests: Rests, is_gone: bool) -> (Verdict, usize) {
        let mut check = CheckRecord::new("exit", "ends", std::path::Path::new("page.md"), 1);
        check.verdict = verdict;
        discount(
            &mut check,
            Some(verdict),
            rests,
            is_gone,
            &["etcd ended".to_owned()],
        );
        (check.verdict, check.reasons.len())
    }

    #[test]
    fn only_what_was_seen_stays_a_pass_and_nothing_is_disproved() {
        use Verdict::{Broken, Fail, Pass, Skipped};
        for (verdict, rests, is_gone, weighs) in [
            (Fail, Rests::Seen, false, (Broken, 1)),
            (Fail, Rests::Absent, true, (Broken, 1)),
            (Pass, Rests::Seen, false, (Pass, 0)),
            (Pass, Rests::Seen, true, (Pass, 0)),
            (Pass, Rests::Absent, false, (Broken, 1)),
            (Broken, Rests::Seen, false, (Broken, 0)),
            (Broken, Rests::Seen, true, (Broken, 1)),
            (Skipped, Rests::Seen, true, (Skipped, 0)),
        ] {
            assert_eq!(
                weighed(verdict, rests, is_gone),
                weighs,
                "{verdict:?} {rests:?} {is_gone}"
            );
        }
    }
}
