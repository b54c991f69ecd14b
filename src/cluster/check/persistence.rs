//! `persistence`: whether what is at a path outlives its pods.
//!
//! Entry points: [`arm`] before the step, [`make`] after it. Steps of [`make`]: what the step
//! itself did to the pods is judged by UIDs (`fate`); where it did nothing and the claim allows
//! it, labproof ends the pods (`replace`) and judges that.

use std::time::{Duration, Instant};

use kube::Client;

use crate::verifier::{Across, By, Persistence};

use super::fate::{self, Outcome};
use super::file::{InPod, in_settled_pods};
use super::look::Unable;
use super::owed::Owed;
use super::path::{self, AtPath};
use super::pods::Member;
use super::poll::reach;
use super::{Finding, Verdict, replace};

/// How long arming waits for pods to be ready: the step before it has settled already.
const ARM_LIMIT: Duration = Duration::from_secs(10);

/// What was there before a step. Made by `arm`, used once by `make`.
#[derive(Debug, Clone)]
pub struct Armed {
    before: Result<Before, String>,
}

/// The pods before their end, with what they had.
#[derive(Debug, Clone)]
struct Before {
    watched: Watched,
    pods: Vec<InPod>,
}

/// The path that is watched across the end of the pods.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Watched {
    path: String,
    /// labproof wrote it and takes it away again.
    marker: bool,
}

/// How a check ended.
struct End {
    verdict: Verdict,
    reason: String,
}

/// Notes the pods and what they have, and writes the marker where the step is to be the one that
/// deletes.
pub(super) async fn arm(client: &Client, claim: &Persistence) -> Armed {
    let (wait, may_mark) = match claim.by {
        // The lab's own world is left alone as long as labproof can still do it all later.
        By::Labproof => (Duration::ZERO, false),
        By::Lab => (ARM_LIMIT, true),
    };
    let mut test = Test::new(client, claim, wait);
    let before = match may_mark {
        true => test.before().await,
        false => test.view(&claim.path).await.map(|pods| Before {
            watched: Watched {
                path: claim.path.clone(),
                marker: false,
            },
            pods,
        }),
    };
    Armed {
        before: before.map_err(|unable| unable.reason),
    }
}

/// Makes the check.
pub(super) async fn make(
    client: &Client,
    claim: &Persistence,
    armed: Option<Armed>,
    within: Duration,
    owed: &Owed,
) -> Finding {
    let start = Instant::now();
    let mut test = Test::new(client, claim, within);
    let before = armed.map(|armed| armed.before);
    let end = test.run(before, owed).await.unwrap_or_else(|unable| End {
        verdict: Verdict::Broken,
        reason: unable.reason,
    });
    Finding {
        verdict: end.verdict,
        reason: end.reason,
        expected: format!(
            "{} is {} across {} of {} in {}",
            claim.path,
            claim.expect.word(),
            claim.across.word(),
            claim.pods.of,
            claim.pods.namespace
        ),
        last_seen: test.seen,
        unchanged_for: None,
        attempts: test.attempts,
        duration: start.elapsed(),
        events: Vec::new(),
    }
}

/// A check under way.
struct Test<'a> {
    client: &'a Client,
    claim: &'a Persistence,
    within: Duration,
    deadline: Instant,
    attempts: u32,
    seen: Option<String>,
}

impl<'a> Test<'a> {
    fn new(client: &'a Client, claim: &'a Persistence, within: Duration) -> Self {
        Self {
            client,
            claim,
            within,
            deadline: Instant::now() + within,
            attempts: 0,
            seen: None,
        }
    }

    async fn run(
        &mut self,
        before: Option<Result<Before, String>>,
        owed: &Owed,
    ) -> Result<End, Unable> {
        let by_lab = self.claim.by == By::Lab;
        match before {
            None if by_lab => {
                return Err(Unable::for_good(
                    "`by: lab` needs `after`: the pods are compared with those before that step",
                ));
            }
            Some(Err(reason)) if by_lab => {
                return Err(Unable::for_good(format!("before the step, {reason}")));
            }
            Some(Ok(before)) => {
                let outcome = self.after_step(&before).await?;
                if before.watched.marker {
                    self.remove_marker(&before.watched.path).await;
                }
                match outcome {
                    Outcome::Became(..) => return self.end(outcome),
                    Outcome::Untouched | Outcome::Unclear(_) if by_lab => return self.end(outcome),
                    // The step put nothing to the test: labproof does.
                    Outcome::Untouched | Outcome::Unclear(_) => {}
                }
            }
            None | Some(Err(_)) => {}
        }
        self.by_own_hand(owed).await
    }

    /// What the step did. A step that is to delete the pods may be slow about it.
    async fn after_step(&mut self, before: &Before) -> Result<Outcome, Unable> {
        loop {
            let now = self.view(&before.watched.path).await?;
            let outcome = fate::judge(self.claim.across, &before.watched.path, &before.pods, &now);
            let may_come = outcome == Outcome::Untouched && self.claim.by == By::Lab;
            if !may_come || Instant::now() >= self.deadline {
                return Ok(outcome);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Ends every pod of the workload, or its container, and judges what its successors have.
    async fn by_own_hand(&mut self, owed: &Owed) -> Result<End, Unable> {
        let before = self.before().await?;
        // Those that have it come first: where not all are ended, it is theirs that tells.
        let (with, without): (Vec<&InPod>, Vec<&InPod>) = before
            .pods
            .iter()
            .partition(|one| one.at != AtPath::Nothing);
        let pods: Vec<Member> = with
            .iter()
            .chain(&without)
            .map(|one| one.pod.clone())
            .collect();
        if let Some(bare) = pods.iter().find(|pod| !pod.is_controlled)
            && self.claim.across != Across::ContainerRestart
        {
            return Err(Unable::for_good(format!(
                "nothing controls pod {}, so nothing would bring it back: labproof does not end it",
                bare.name
            )));
        }
        // They may take the time they were given to stop, and their successors that of the check.
        let grace = pods.iter().map(|pod| pod.grace).max().unwrap_or_default();
        self.deadline = Instant::now() + self.within + Duration::from_secs(grace);
        replace::end(self.client, self.claim, &pods, self.deadline, owed).await?;
        let now = self.view(&before.watched.path).await?;
        let path = &before.watched.path;
        let outcome = fate::judge(self.claim.across, path, &before.pods, &now);
        if before.watched.marker {
            self.remove_marker(path).await;
        }
        match outcome {
            // Ours to bring about: not the lab's fault, and nothing is known.
            Outcome::Untouched => Err(Unable::for_good(format!(
                "{} changed nothing: {}",
                self.claim.across.word(),
                self.seen.as_deref().unwrap_or("the pods are the same")
            ))),
            outcome => self.end(outcome),
        }
    }

    /// The pods with what they have at the path that is to be watched, a marker written where
    /// the lab left nothing that could be.
    async fn before(&mut self) -> Result<Before, Unable> {
        let mut pods = self.view(&self.claim.path).await?;
        let watched = watched(self.claim, &pods, &marker_name())?;
        if watched.marker {
            let namespace = &self.claim.pods.namespace;
            let text = "labproof was here to see whether this file outlives its pod";
            for one in &pods {
                let container = one.pod.container(namespace)?;
                let write = || path::write(self.client, &container, &watched.path, text);
                reach(self.deadline, write).await?;
            }
            pods = self.view(&watched.path).await?;
            if let Some(one) = pods.iter().find(|one| one.at == AtPath::Nothing) {
                return Err(Unable::for_good(format!(
                    "the marker {} was written, but pod {} does not have it",
                    watched.path, one.pod.name
                )));
            }
        }
        Ok(Before { watched, pods })
    }

    /// What the pods have at a path, once all are there and ready.
    async fn view(&mut self, path: &str) -> Result<Vec<InPod>, Unable> {
        let (client, pods) = (self.client, &self.claim.pods);
        let attempts = &mut self.attempts;
        let seen = reach(self.deadline, || {
            *attempts += 1;
            in_settled_pods(client, pods, path)
        })
        .await?;
        let each: Vec<String> = seen
            .iter()
            .map(|one| format!("{} in pod {}", one.at.words(), one.pod.label()))
            .collect();
        self.seen = Some(each.join(", "));
        Ok(seen)
    }

    /// Best effort: a marker that stays is a hidden file, and says itself what it is.
    async fn remove_marker(&self, path: &str) {
        let pods = &self.claim.pods;
        let Ok(now) = in_settled_pods(self.client, pods, path).await else {
            return;
        };
        for one in now.iter().filter(|one| one.at != AtPath::Nothing) {
            if let Ok(container) = one.pod.container(&pods.namespace) {
                path::remove(self.client, &container, path).await;
            }
        }
    }

    fn end(&self, outcome: Outcome) -> Result<End, Unable> {
        match outcome {
            Outcome::Became(fate, proof) if fate == self.claim.expect => Ok(End {
                verdict: Verdict::Pass,
                reason: proof,
            }),
            Outcome::Became(_, proof) => Ok(End {
                verdict: Verdict::Fail,
                reason: format!(
                    "{proof}; the claim is that it is {}",
                    self.claim.expect.word()
                ),
            }),
            Outcome::Untouched => Ok(End {
                verdict: Verdict::Fail,
                reason: format!(
                    "{}, so the claim was not put to the test: {}",
                    match self.claim.across {
                        Across::PodDeletion => "nothing was deleted",
                        Across::Rollout => "no new pods were rolled out",
                        Across::ScaleToZero => "the pods did not go",
                        Across::NodeDrain => "no pod was driven off its node",
                        Across::ContainerRestart => "no container was started again",
                    },
                    self.seen.as_deref().unwrap_or("the pods are the same")
                ),
            }),
            Outcome::Unclear(reason) => Err(Unable::for_good(reason)),
        }
    }
}

/// What to watch: the lab's own file, else a marker where one may be written.
fn watched(claim: &Persistence, pods: &[InPod], marker: &str) -> Result<Watched, Unable> {
    let path = &claim.path;
    let any = |is: fn(&AtPath) -> bool| pods.iter().any(|one| is(&one.at));
    if any(|at| matches!(at, AtPath::File(_))) {
        return Ok(Watched {
            path: path.clone(),
            marker: false,
        });
    }
    let is_folder = any(|at| matches!(at, AtPath::Folder(_)));
    if !claim.marker.unwrap_or(is_folder) {
        let what = match is_folder {
            true => "it is a folder, and `marker: false` forbids a file in it",
            false => "`marker: true` would have labproof write a file there",
        };
        return Err(Unable::for_good(format!(
            "no pod has a file at {path} that could be kept or lost; {what}"
        )));
    }
    Ok(Watched {
        path: match is_folder {
            true => format!("{}/{marker}", path.trim_end_matches('/')),
            false => path.clone(),
        },
        marker: true,
    })
}

/// A name that no lab uses, hidden from a plain `ls`.
fn marker_name() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!(".labproof-{:x}", now.unwrap_or_default().as_nanos())
}

#[cfg(test)]
mod tests {
    use super::super::path::file_of;
    use super::super::pods::member_of;
    use super::*;
    use crate::verifier::{Fate, Pods, PodsOf, Workload};

    /// What is watched, or a part of why nothing can be.
    fn check(marker: Option<bool>, at: &[AtPath], expected: Result<(&str, bool), &str>) {
        let claim = Persistence {
            pods: Pods {
                namespace: "n".into(),
                of: PodsOf::Workload(Workload::Deployment, "web".into()),
                container: None,
            },
            path: "/x".into(),
            across: Across::PodDeletion,
            expect: Fate::Lost,
            by: By::Labproof,
            marker,
        };
        let pods: Vec<InPod> = at
            .iter()
            .map(|at| InPod {
                pod: member_of("p", "1"),
                at: at.clone(),
            })
            .collect();
        match (watched(&claim, &pods, ".m"), expected) {
            (Ok(watched), Ok(expected)) => assert_eq!((&*watched.path, watched.marker), expected),
            (Err(unable), Err(words)) => assert!(unable.reason.contains(words), "{unable:?}"),
            (got, _) => panic!("{got:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn the_labs_own_file_comes_before_a_marker() {
        let (file, nothing) = (file_of("hi"), AtPath::Nothing);
        let AtPath::File(content) = file.clone() else {
            panic!("a file");
        };
        let folder = AtPath::Folder(content);
        check(None, std::slice::from_ref(&file), Ok(("/x", false)));
        check(Some(true), &[file, nothing.clone()], Ok(("/x", false)));
        check(None, std::slice::from_ref(&folder), Ok(("/x/.m", true)));
        check(Some(true), std::slice::from_ref(&nothing), Ok(("/x", true)));
        check(None, &[nothing], Err("`marker: true` would have"));
        check(Some(false), &[folder], Err("`marker: false` forbids"));
    }
}
