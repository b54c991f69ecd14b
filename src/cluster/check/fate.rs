//! What became of a file across the end of its pods: the decision, without a cluster.
//!
//! Entry point: [`judge`]. It compares what pods had before with what their successors have.

use crate::verifier::{Across, Fate};

use super::file::InPod;
use super::path::{AtPath, Content};
use super::pods::Member;

/// What can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The pods that had the file are still the same: nothing was put to the test.
    Untouched,
    /// They are gone, and this became of the file.
    Became(Fate, String),
    /// They are gone, but what became of the file cannot be told.
    Unclear(String),
}

/// Judges. `before` are the pods as they were, `now` those that serve after; only successors,
/// pods with UIDs that were not there before, tell something (across a container's restart:
/// containers with ids that were not there before, in the same pods).
pub(super) fn judge(across: Across, path: &str, before: &[InPod], now: &[InPod]) -> Outcome {
    let holders: Vec<&InPod> = before
        .iter()
        .filter(|one| one.at != AtPath::Nothing)
        .collect();
    if holders.is_empty() {
        return Outcome::Unclear(format!("no pod had anything at {path} before"));
    }
    let is_in = |pods: &[InPod], pod: &Member| {
        pods.iter()
            .any(|one| identity(across, &one.pod) == identity(across, pod))
    };
    let gone: Vec<&InPod> = holders
        .into_iter()
        .filter(|one| !is_in(now, &one.pod))
        .collect();
    if gone.is_empty() {
        return Outcome::Untouched;
    }
    let successors: Vec<&InPod> = now.iter().filter(|one| !is_in(before, &one.pod)).collect();
    if successors.is_empty() {
        return Outcome::Unclear(format!(
            "{} is gone, but nothing took its place",
            labels(across, &gone)
        ));
    }
    if let Some(reason) = other_end(across, &gone, &successors, now) {
        return Outcome::Unclear(reason);
    }
    let proof = format!(
        "{} replaced by {}",
        labels(across, &gone),
        labels(across, &successors)
    );
    let told: Vec<(&InPod, Option<Fate>)> = successors
        .iter()
        .filter_map(|one| Some((*one, fate_in(one, before, &gone)?)))
        .collect();
    match told.first() {
        Some((first, Some(fate))) if told.iter().all(|(_, other)| *other == Some(*fate)) => {
            let what = match (fate, &first.at) {
                (Fate::Kept, _) => format!("{path} was kept"),
                (Fate::Lost, AtPath::Nothing) => format!("{path} was lost"),
                (Fate::Lost, other) => {
                    format!(
                        "what {path} held was lost, {} is there instead",
                        other.words()
                    )
                }
            };
            Outcome::Became(*fate, format!("{proof}; {what}"))
        }
        _ => Outcome::Unclear(format!(
            "{proof}; it cannot be told what became of {path}: before, {}; now, {}",
            words(&gone),
            words(&successors)
        )),
    }
}

/// Why the pods came to another end than the one that is asked about; `None` where they did not.
fn other_end(
    across: Across,
    gone: &[&InPod],
    successors: &[&InPod],
    now: &[InPod],
) -> Option<String> {
    // What tells two pods apart must be known of all of them, and be another one.
    let stayed =
        |is: fn(&Member) -> Option<&String>, unknown: &str, same: fn(&Member) -> String| {
            let mut all = gone.iter().chain(successors).map(|one| &one.pod);
            if let Some(pod) = all.find(|pod| is(pod).is_none()) {
                let pod = pod.label();
                return Some(format!("of pod {pod} it is not known {unknown}"));
            }
            let was = |one: &&&InPod| gone.iter().any(|gone| is(&gone.pod) == is(&one.pod));
            successors.iter().find(was).map(|one| same(&one.pod))
        };
    match across {
        Across::PodDeletion | Across::ScaleToZero => None,
        Across::ContainerRestart => {
            let stays = |one: &&InPod| now.iter().any(|now| now.pod.uid == one.pod.uid);
            (!gone.iter().all(stays)).then(|| {
                format!(
                    "the pod of {} is gone: not the container was started again, but the pod replaced",
                    labels(across, gone)
                )
            })
        }
        Across::Rollout => stayed(
            |pod| pod.revision.as_ref(),
            "of which revision it is",
            |pod| {
                format!(
                    "pod {} is of the same revision as the one it replaced: nothing new was rolled out",
                    pod.label()
                )
            },
        ),
        Across::NodeDrain => stayed(
            |pod| pod.node.as_ref(),
            "on which node it was",
            |pod| {
                format!(
                    "pod {} is on node {}, as the one it replaced was: it was not driven to another node",
                    pod.label(),
                    pod.node.as_deref().unwrap_or_default()
                )
            },
        ),
    }
}

/// What a successor tells of what the pods that are gone had. The outer `None`: nothing, it took the place of one that had nothing.
fn fate_in(successor: &InPod, before: &[InPod], gone: &[&InPod]) -> Option<Option<Fate>> {
    // Names that stay (a StatefulSet's) tell whose place it took; what the others had may be something else.
    let namesake = before.iter().find(|one| one.pod.name == successor.pod.name);
    match namesake {
        Some(one) if one.at == AtPath::Nothing => None,
        Some(one) => Some(fate_of(&one.at, &successor.at)),
        None => {
            let fates: Vec<Option<Fate>> = gone
                .iter()
                .map(|one| fate_of(&one.at, &successor.at))
                .collect();
            let all_lost = fates.iter().all(|fate| *fate == Some(Fate::Lost));
            Some(match fates.contains(&Some(Fate::Kept)) {
                true => Some(Fate::Kept),
                false => all_lost.then_some(Fate::Lost),
            })
        }
    }
}

fn words(pods: &[&InPod]) -> String {
    let each = |one: &&InPod| format!("{} in {}", one.at.words(), one.pod.name);
    pods.iter().map(each).collect::<Vec<_>>().join(", ")
}

/// What became of one file; `None` where it cannot be told.
fn fate_of(before: &AtPath, after: &AtPath) -> Option<Fate> {
    match (before, after) {
        (_, AtPath::Nothing) => Some(Fate::Lost),
        (AtPath::File(before), AtPath::File(after)) => fate_of_content(before, after),
        // A folder is mounted or made anew under the same name: it is watched with a marker.
        _ => None,
    }
}

fn fate_of_content(before: &Content, after: &Content) -> Option<Fate> {
    if before.sha256 == after.sha256 {
        return Some(Fate::Kept);
    }
    // An empty file says nothing about what it became, and neither does one too large to keep.
    let known = before.length > 0 && before.head.len() as u64 == before.length;
    if !known {
        return None;
    }
    // Something written at its end since, as to a log, leaves the old content where it was.
    match after.head.starts_with(&before.head) {
        true => Some(Fate::Kept),
        false => Some(Fate::Lost),
    }
}

/// What makes a pod, or its container, the same one.
fn identity(across: Across, pod: &Member) -> (&str, Option<&str>) {
    match across {
        Across::PodDeletion | Across::Rollout | Across::ScaleToZero | Across::NodeDrain => {
            (&pod.uid, None)
        }
        Across::ContainerRestart => (&pod.uid, pod.run.as_deref()),
    }
}

/// Pods with what identifies them, for a proof.
fn labels(across: Across, pods: &[&InPod]) -> String {
    let label = |one: &&InPod| {
        let pod = &one.pod;
        match across {
            Across::PodDeletion | Across::Rollout | Across::ScaleToZero => pod.label(),
            Across::NodeDrain => {
                let node = pod.node.as_deref().unwrap_or("unknown");
                format!("{} on node {node}", pod.label())
            }
            Across::ContainerRestart => format!("{} (restarts {})", pod.label(), pod.restarts),
        }
    };
    pods.iter().map(label).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::path::file_of;
    use super::super::pods::member_of;
    use super::*;

    fn folder() -> AtPath {
        match file_of("a\n") {
            AtPath::File(content) => AtPath::Folder(content),
            other => other,
        }
    }

    fn pods(all: &[(&str, AtPath)]) -> Vec<InPod> {
        all.iter()
            .map(|(uid, at)| InPod {
                pod: member_of(&format!("pod-{uid}"), uid),
                at: at.clone(),
            })
            .collect()
    }

    /// `expected`: `untouched`, `unclear`, `kept` or `lost`, and a part of the words.
    fn check(before: &[(&str, AtPath)], now: &[(&str, AtPath)], expected: &str, words: &str) {
        let outcome = judge(Across::PodDeletion, "/x", &pods(before), &pods(now));
        let (is, said) = match &outcome {
            Outcome::Untouched => ("untouched", ""),
            Outcome::Unclear(said) => ("unclear", &**said),
            Outcome::Became(fate, said) => (fate.word(), &**said),
        };
        assert_eq!(is, expected, "{outcome:?}");
        assert!(said.contains(words), "{said}");
    }

    #[test]
    fn one_pod() {
        let (text, empty, nothing) = (file_of("hi"), file_of(""), AtPath::Nothing);
        let old = [("1", text.clone())];
        let proof = "pod-1 (uid 1) replaced by pod-2 (uid 2); /x was ";
        check(&old, &[("1", text.clone())], "untouched", "");
        // What became of the file in the same pod proves nothing about the end of the pod.
        check(&old, &[("1", nothing.clone())], "untouched", "");
        check(
            &old,
            &[("2", text.clone())],
            "kept",
            &format!("{proof}kept"),
        );
        check(
            &old,
            &[("2", nothing.clone())],
            "lost",
            &format!("{proof}lost"),
        );
        check(&old, &[("2", file_of("hi, more"))], "kept", "kept");
        check(
            &old,
            &[("2", file_of("image's own"))],
            "lost",
            "is there instead",
        );
        check(&old, &[], "unclear", "nothing took its place");
        check(
            &[("1", nothing.clone())],
            &[("2", nothing.clone())],
            "unclear",
            "before",
        );
        check(
            &[],
            &[("2", text.clone())],
            "unclear",
            "no pod had anything",
        );
        check(
            &[("1", empty.clone())],
            &[("2", empty.clone())],
            "kept",
            "kept",
        );
        check(&[("1", empty.clone())], &[("2", nothing)], "lost", "lost");
        check(
            &[("1", empty)],
            &[("2", text.clone())],
            "unclear",
            "cannot be told",
        );
        check(&old, &[("2", folder())], "unclear", "cannot be told");
        check(
            &[("1", folder())],
            &[("2", folder())],
            "unclear",
            "cannot be told",
        );
    }

    #[test]
    fn several_pods() {
        let (text, nothing) = (file_of("hi"), AtPath::Nothing);
        let one_has_it = [("1", text.clone()), ("2", nothing.clone())];
        let both_have_it = [("1", text.clone()), ("2", text.clone())];
        let none = [("3", nothing.clone()), ("4", nothing.clone())];
        let all = [("3", text.clone()), ("4", text.clone())];
        check(&one_has_it, &none, "lost", "pod-3 (uid 3), pod-4 (uid 4)");
        check(&one_has_it, &all, "kept", "kept");
        check(
            &one_has_it,
            &[("3", text.clone()), ("4", nothing.clone())],
            "unclear",
            "",
        );
        // The one that did not have it went: that says nothing of the file.
        check(
            &one_has_it,
            &[("1", text.clone()), ("3", nothing.clone())],
            "untouched",
            "",
        );
        // One of two went: its successor tells.
        check(
            &both_have_it,
            &[("1", text.clone()), ("3", nothing.clone())],
            "lost",
            "pod-2",
        );
        check(
            &both_have_it,
            &[("1", text.clone()), ("3", text.clone())],
            "kept",
            "pod-2",
        );
        // Scaled up: pods that are new, but nothing went.
        check(&[("1", text.clone())], &both_have_it, "untouched", "");
        // Scaled down: something went, but nothing came.
        check(
            &both_have_it,
            &[("1", text)],
            "unclear",
            "nothing took its place",
        );
    }

    #[test]
    fn a_container_that_starts_again_is_told_by_its_id_in_the_same_pod() {
        let text = file_of("hi");
        let before = pods(&[("1", text.clone())]);
        let across = Across::ContainerRestart;
        assert_eq!(judge(across, "/x", &before, &before), Outcome::Untouched);
        let mut now = before.clone();
        now[0].pod.run = Some("another".into());
        now[0].pod.restarts = 1;
        let Outcome::Became(Fate::Kept, proof) = judge(across, "/x", &before, &now) else {
            panic!("kept");
        };
        let words = "pod-1 (uid 1) (restarts 0) replaced by pod-1 (uid 1) (restarts 1)";
        assert!(proof.starts_with(words), "{proof}");
        // For a claim on pods, that is no end of one.
        assert_eq!(
            judge(Across::PodDeletion, "/x", &before, &now),
            Outcome::Untouched
        );
        // Another pod is no restart.
        let other = pods(&[("2", text)]);
        assert!(matches!(
            judge(across, "/x", &before, &other),
            Outcome::Unclear(_)
        ));
    }

    #[test]
    fn a_pod_deleted_is_neither_rolled_out_nor_driven_off_its_node() {
        let before = pods(&[("1", file_of("hi"))]);
        let mut now = pods(&[("2", file_of("hi"))]);
        for (across, words) in [
            (Across::NodeDrain, "is on node a, as the one it replaced"),
            (Across::Rollout, "nothing new was rolled out"),
        ] {
            let Outcome::Unclear(reason) = judge(across, "/x", &before, &now) else {
                panic!("{across:?}");
            };
            assert!(reason.contains(words), "{reason}");
        }
        // What is not known proves nothing.
        now[0].pod.node = None;
        now[0].pod.revision = None;
        for across in [Across::NodeDrain, Across::Rollout] {
            let Outcome::Unclear(reason) = judge(across, "/x", &before, &now) else {
                panic!("{across:?}");
            };
            assert!(reason.contains("it is not known"), "{reason}");
        }
        now[0].pod.node = Some("b".into());
        now[0].pod.revision = Some("2".into());
        let proof = "pod-1 (uid 1) on node a replaced by pod-2 (uid 2) on node b; /x was kept";
        let kept = Outcome::Became(Fate::Kept, proof.into());
        assert_eq!(judge(Across::NodeDrain, "/x", &before, &now), kept);
        let rolled = judge(Across::Rollout, "/x", &before, &now);
        assert!(
            matches!(rolled, Outcome::Became(Fate::Kept, _)),
            "{rolled:?}"
        );
    }

    #[test]
    fn pods_that_keep_their_names_are_held_against_themselves() {
        let set = |all: &[(&str, &str, Option<&str>)]| -> Vec<InPod> {
            let pod = |(name, uid, text): &(&str, &str, Option<&str>)| InPod {
                pod: member_of(name, uid),
                at: text.map_or(AtPath::Nothing, file_of),
            };
            all.iter().map(pod).collect()
        };
        let check = |before: &[InPod], now: &[InPod], expected: Option<Fate>| {
            let outcome = judge(Across::PodDeletion, "/x", before, now);
            let fate = match &outcome {
                Outcome::Became(fate, _) => Some(*fate),
                Outcome::Untouched | Outcome::Unclear(_) => None,
            };
            assert_eq!(fate, expected, "{outcome:?}");
        };
        let before = set(&[("db-0", "1", Some("zero")), ("db-1", "2", Some("one"))]);
        let kept = [("db-0", "3", Some("zero")), ("db-1", "4", Some("one"))];
        check(&before, &set(&kept), Some(Fate::Kept));
        // Only the second one went.
        let second = [("db-0", "1", Some("zero")), ("db-1", "4", Some("one"))];
        check(&before, &set(&second), Some(Fate::Kept));
        let swapped = [("db-0", "3", Some("one")), ("db-1", "4", Some("zero"))];
        check(&before, &set(&swapped), Some(Fate::Lost));
        let half = [("db-0", "3", Some("zero")), ("db-1", "4", None)];
        check(&before, &set(&half), None);
        // One that had nothing has nothing to tell.
        let one = set(&[("db-0", "1", Some("zero")), ("db-1", "2", None)]);
        let now = set(&[("db-0", "3", Some("zero")), ("db-1", "4", None)]);
        check(&one, &now, Some(Fate::Kept));
    }
}
