//! `file`: what the ready pods of a workload have at a path.

use std::time::Duration;

use kube::Client;

use crate::verifier::{File, FileIs, Pods, Replicas};

use super::Finding;
use super::look::{Look, Unable};
use super::path::{AtPath, observe};
use super::pods::{self, Member};
use super::poll::{Poll, until};

/// What one pod has at the path.
#[derive(Debug, Clone)]
pub(super) struct InPod {
    pub pod: Member,
    pub at: AtPath,
}

/// Makes a `file` check.
pub(super) async fn make(client: &Client, file: &File, within: Duration) -> Finding {
    let poll = Poll::new(expected(file), within);
    until(poll, || async {
        let seen = in_settled_pods(client, &file.pods, &file.path).await;
        seen.map_or_else(Look::from, |seen| judge(file, &seen))
    })
    .await
}

/// Looks at the path in every pod, once all are there and ready: what a pod that is not will
/// have cannot be known.
pub(super) async fn in_settled_pods(
    client: &Client,
    pods: &Pods,
    path: &str,
) -> Result<Vec<InPod>, Unable> {
    let set = pods::read(client, pods).await?;
    if let Some(reason) = set.unsettled() {
        return Err(Unable::for_now(format!("{}: {reason}", pods.of)));
    }
    let looks = set.ready().map(|pod| async move {
        let container = pod.container(&pods.namespace)?;
        let at = observe(client, &container, path).await?;
        Ok(InPod {
            pod: pod.clone(),
            at,
        })
    });
    futures::future::try_join_all(looks).await
}

fn judge(file: &File, seen: &[InPod]) -> Look {
    let words: Vec<String> = seen
        .iter()
        .map(|one| format!("{} in pod {}", one.at.words(), one.pod.name))
        .collect();
    let words = words.join(", ");
    if matches!(file.replicas, Replicas::Same | Replicas::Different) && seen.len() < 2 {
        let reason = format!("one pod cannot be compared with others: {words}");
        return Unable::for_now(reason).into();
    }
    let mut wrong = Vec::new();
    for one in seen {
        match wrong_with(&file.is, &one.at) {
            Ok(None) => {}
            Ok(Some(reason)) => wrong.push(format!("pod {}: {reason}", one.pod.name)),
            Err(reason) => {
                return Unable::for_good(format!("pod {}: {reason}", one.pod.name)).into();
            }
        }
    }
    let alike = seen.iter().all(|one| is_alike(&one.at, &seen[0].at));
    let wrong = match file.replicas {
        Replicas::Every if wrong.is_empty() => None,
        Replicas::Same if wrong.is_empty() && alike => None,
        Replicas::Some | Replicas::Different if wrong.len() == seen.len() => Some(wrong.join("; ")),
        Replicas::Some => None,
        Replicas::Different if !alike => None,
        Replicas::Different => Some("every pod has the same".to_owned()),
        Replicas::Same if wrong.is_empty() => Some("the pods do not have the same".to_owned()),
        Replicas::Every | Replicas::Same => Some(wrong.join("; ")),
    };
    match wrong {
        None => Look::Holds(format!("{}: {words}", file.path)),
        Some(wrong) => Look::Not {
            reason: format!("{}: {wrong}", file.path),
            seen: words,
        },
    }
}

/// What is wrong with what is at the path; `None` where nothing is.
///
/// # Errors
/// Why it cannot be judged.
fn wrong_with(is: &FileIs, at: &AtPath) -> Result<Option<String>, String> {
    let content = match at {
        AtPath::Nothing if is.absent => return Ok(None),
        AtPath::Nothing => return Ok(Some("nothing is there".to_owned())),
        AtPath::File(_) | AtPath::Folder(_) if is.absent => {
            return Ok(Some(format!("{} is there", at.words())));
        }
        AtPath::File(content) => content,
        AtPath::Folder(content) => {
            if !is.text.is_empty() || is.sha256.is_some() {
                return Ok(Some("a folder is there, not a file".to_owned()));
            }
            content
        }
    };
    if let Some(wanted) = is.mode {
        match content.mode {
            None => return Err("the container has no `stat` to tell permissions".to_owned()),
            Some(mode) if mode != wanted => {
                return Ok(Some(format!(
                    "its mode is {mode:04o}, expected {wanted:04o}"
                )));
            }
            Some(_) => {}
        }
    }
    if let Some(wanted) = &is.sha256
        && *wanted != content.sha256
    {
        let found = &content.sha256;
        return Ok(Some(format!("its sha256 is {found}, expected {wanted}")));
    }
    let text = String::from_utf8_lossy(&content.head);
    let whole = content.head.len() as u64 == content.length;
    is.text.wrong_with(&text, whole)
}

fn is_alike(one: &AtPath, other: &AtPath) -> bool {
    match (one, other) {
        (AtPath::Nothing, AtPath::Nothing) => true,
        (AtPath::File(one), AtPath::File(other)) | (AtPath::Folder(one), AtPath::Folder(other)) => {
            one.sha256 == other.sha256
        }
        _ => false,
    }
}

fn expected(file: &File) -> String {
    let is = &file.is;
    let mut parts = Vec::new();
    if is.absent {
        parts.push("nothing".to_owned());
    }
    if !is.text.is_empty() {
        parts.push(format!("a file {}", is.text));
    }
    if let Some(sha256) = &is.sha256 {
        parts.push(format!("a file with sha256 {sha256}"));
    }
    if let Some(mode) = is.mode {
        parts.push(format!("mode {mode:04o}"));
    }
    if parts.is_empty() {
        parts.push("something".to_owned());
    }
    let replicas = match file.replicas {
        Replicas::Every => "in every pod",
        Replicas::Some => "in at least one pod",
        Replicas::Same => "the same in every pod",
        Replicas::Different => "in a pod, and not the same in every pod",
    };
    format!(
        "at {}: {}, {replicas} of {} in {}",
        file.path,
        parts.join(" with "),
        file.pods.of,
        file.pods.namespace
    )
}

#[cfg(test)]
mod tests {
    use super::super::path::file_of;
    use super::super::pods::member_of;
    use super::*;
    use crate::verifier::{PodsOf, TextIs};

    /// `expected`: `holds`, `not` or `unable`, and a part of the words.
    fn check(is: FileIs, replicas: Replicas, seen: &[AtPath], expected: &str, words: &str) {
        let pods = Pods {
            namespace: "n".into(),
            of: PodsOf::Pod("p".into()),
            container: None,
        };
        let file = File {
            pods,
            path: "/x".into(),
            is,
            replicas,
        };
        let seen: Vec<InPod> = seen
            .iter()
            .enumerate()
            .map(|(number, at)| InPod {
                pod: member_of(&format!("p{number}"), &number.to_string()),
                at: at.clone(),
            })
            .collect();
        let (kind, said) = match judge(&file, &seen) {
            Look::Holds(said) => ("holds", said),
            Look::Unable(unable) => ("unable", unable.reason),
            Look::Not { reason, .. } => ("not", reason),
        };
        assert_eq!(kind, expected, "{said}");
        assert!(said.contains(words), "{said}");
    }

    fn exists() -> FileIs {
        FileIs::default()
    }

    fn contains(text: &str) -> FileIs {
        let text = TextIs {
            contains: Some(text.into()),
            ..TextIs::default()
        };
        FileIs {
            text,
            ..FileIs::default()
        }
    }

    #[test]
    fn in_every_pod() {
        let every = Replicas::Every;
        let (hi, nothing) = (file_of("hi"), AtPath::Nothing);
        let absent = || FileIs {
            absent: true,
            ..FileIs::default()
        };
        check(
            exists(),
            every,
            std::slice::from_ref(&hi),
            "holds",
            "/x: a file of 2 bytes",
        );
        check(
            exists(),
            every,
            &[hi.clone(), nothing.clone()],
            "not",
            "pod p1: nothing is there",
        );
        check(
            absent(),
            every,
            &[nothing.clone(), nothing],
            "holds",
            "nothing in pod p1",
        );
        check(
            absent(),
            every,
            std::slice::from_ref(&hi),
            "not",
            "a file of 2 bytes",
        );
        check(contains("h"), every, std::slice::from_ref(&hi), "holds", "");
        check(
            contains("x"),
            every,
            std::slice::from_ref(&hi),
            "not",
            "it says \"hi\"",
        );
        let mode = |mode| FileIs {
            mode: Some(mode),
            ..FileIs::default()
        };
        check(mode(0o644), every, std::slice::from_ref(&hi), "holds", "");
        check(
            mode(0o600),
            every,
            &[hi],
            "not",
            "its mode is 0644, expected 0600",
        );
    }

    #[test]
    fn across_pods() {
        let (hi, ho, nothing) = (file_of("hi"), file_of("ho"), AtPath::Nothing);
        let mixed = [hi.clone(), nothing.clone()];
        check(exists(), Replicas::Some, &mixed, "holds", "");
        check(
            exists(),
            Replicas::Some,
            &[nothing.clone(), nothing],
            "not",
            "nothing is there",
        );
        check(
            exists(),
            Replicas::Same,
            &[hi.clone(), hi.clone()],
            "holds",
            "",
        );
        check(
            exists(),
            Replicas::Same,
            &[hi.clone(), ho.clone()],
            "not",
            "not have the same",
        );
        check(
            exists(),
            Replicas::Same,
            &mixed,
            "not",
            "pod p1: nothing is there",
        );
        check(exists(), Replicas::Different, &mixed, "holds", "");
        check(
            exists(),
            Replicas::Different,
            &[hi.clone(), ho],
            "holds",
            "",
        );
        check(
            exists(),
            Replicas::Different,
            &[hi.clone(), hi.clone()],
            "not",
            "every pod",
        );
        check(contains("hi"), Replicas::Different, &mixed, "holds", "");
        for replicas in [Replicas::Same, Replicas::Different] {
            check(
                exists(),
                replicas,
                std::slice::from_ref(&hi),
                "unable",
                "one pod cannot",
            );
        }
    }
}
