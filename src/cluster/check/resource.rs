//! `resource` with `match`, and `absent`.

use std::time::Duration;

use kube::Client;
use serde_json::Value;

use crate::verifier::{Expected, Objects, Resource, Which};

use super::Finding;
use super::look::{Look, Unable};
use super::objects::{self, Found, described};
use super::poll::{Poll, until};
use super::workload::unobserved;

/// The most that a sentence lists.
const MOST: usize = 5;

/// Makes a `resource` check.
pub(super) async fn make(client: &Client, resource: &Resource, within: Duration) -> Finding {
    let what = described(&resource.objects);
    let mut poll = Poll::new(format!("{what} as described"), within);
    poll.changes = objects::changes(client, &resource.objects).await;
    until(poll, || async {
        match objects::find(client, &resource.objects).await {
            Ok(found) => judge(&what, resource.which, &resource.expected, &found),
            Err(unable) => unable.into(),
        }
    })
    .await
}

/// Makes an `absent` check.
pub(super) async fn make_absent(client: &Client, objects: &Objects, within: Duration) -> Finding {
    let what = described(objects);
    let mut poll = Poll::new(format!("no {what}"), within);
    poll.twice = true;
    poll.changes = objects::changes(client, objects).await;
    until(poll, || async {
        let found = match objects::find(client, objects).await {
            Ok(found) => found,
            Err(unable) => return unable.into(),
        };
        if found.is_empty()
            && let Some(namespace) = objects::missing_namespace(client, objects).await
        {
            return Unable::for_now(no_namespace(&namespace)).into();
        }
        judge_absent(&what, &found)
    })
    .await
}

/// Why a namespace that is not there leaves a claim open.
pub(super) fn no_namespace(namespace: &str) -> String {
    format!(
        "there is no namespace `{namespace}`, so nothing can be in it; \
         if that is the claim, ask for the absence of the Namespace itself"
    )
}

fn judge(what: &str, which: Which, expected: &Expected, found: &[Found]) -> Look {
    if found.is_empty() {
        return Look::Not {
            reason: format!("there is no {what}"),
            seen: "no such object".to_owned(),
        };
    }
    let mut wrong = Vec::new();
    for object in found {
        let mismatches = mismatches(expected, &object.value);
        if mismatches.is_empty() {
            if which == Which::One {
                return Look::Holds(format!("{} is as described", object.label));
            }
            continue;
        }
        wrong.push(format!("{}: {}", object.label, mismatches.join("; ")));
    }
    if wrong.is_empty() {
        return Look::Holds(match found {
            [one] => format!("{} is as described", one.label),
            all => format!("all {} objects are as described", all.len()),
        });
    }
    let seen = listed(&wrong);
    let reason = match (which, found.len()) {
        (_, 1) => seen.clone(),
        (Which::One, count) => format!("none of {count} objects is as described: {seen}"),
        (Which::Every, count) => {
            format!(
                "{} of {count} objects are not as described: {seen}",
                wrong.len()
            )
        }
    };
    Look::Not { reason, seen }
}

/// What is not as described. A status that is about an older description says nothing of what the object is now.
pub(super) fn mismatches(expected: &Expected, object: &Value) -> Vec<String> {
    let stale = unobserved(object).filter(|_| expected.asks_of("status"));
    let all = expected.mismatches(object);
    all.iter().map(ToString::to_string).chain(stale).collect()
}

fn judge_absent(what: &str, found: &[Found]) -> Look {
    if found.is_empty() {
        return Look::Holds(format!("there is no {what}, on two readings"));
    }
    let labels: Vec<String> = found.iter().map(absent_label).collect();
    let seen = listed(&labels);
    Look::Not {
        reason: format!("still there: {seen}"),
        seen,
    }
}

/// An object that should be gone: its UID tells whether it is the old one or a successor, its
/// finalizers what may hold it.
fn absent_label(object: &Found) -> String {
    let metadata = &object.value["metadata"];
    let uid = metadata["uid"].as_str().unwrap_or("unknown");
    let leaving = match metadata["deletionTimestamp"].as_str() {
        None => String::new(),
        Some(_) if metadata["finalizers"].is_array() => {
            format!(", being deleted, held by {}", metadata["finalizers"])
        }
        Some(_) => ", being deleted".to_owned(),
    };
    format!("{} (uid {uid}{leaving})", object.label)
}

/// Some of many, and how many more there are.
pub(super) fn listed(all: &[String]) -> String {
    let more = all.len().saturating_sub(MOST);
    let mut text = all[..all.len().min(MOST)].join("; ");
    if more > 0 {
        text.push_str(&format!("; and {more} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::Comparison;
    use serde_json::json;

    fn pod(name: &str, phase: &str) -> Found {
        Found {
            label: format!("Pod {name}"),
            value: json!({"metadata": {"uid": format!("uid-{name}")}, "phase": phase}),
        }
    }

    fn running() -> Expected {
        let is = Comparison::parse("Running").unwrap();
        Expected::Keys(vec![("phase".into(), Expected::Is(is))])
    }

    #[test]
    fn every_object_must_match_and_there_must_be_one() {
        let look = |which, found: &[Found]| judge("Pod", which, &running(), found);
        let mixed = [pod("a", "Running"), pod("b", "Pending")];
        assert!(matches!(look(Which::Every, &mixed[..1]), Look::Holds(_)));
        assert!(matches!(look(Which::One, &mixed), Look::Holds(_)));
        for which in [Which::Every, Which::One] {
            let Look::Not { reason, .. } = look(which, &[]) else {
                panic!("nothing found must not hold");
            };
            assert_eq!(reason, "there is no Pod");
        }
        let Look::Not { reason, .. } = look(Which::Every, &mixed) else {
            panic!("one pod is not as asked");
        };
        assert_eq!(
            reason,
            "1 of 2 objects are not as described: Pod b: phase: expected \"Running\", is \"Pending\""
        );
    }

    #[test]
    fn what_is_still_there_is_named_with_its_uid() {
        let Look::Not { seen, .. } = judge_absent("Pod", &[pod("a", "Running")]) else {
            panic!("it is there");
        };
        assert_eq!(seen, "Pod a (uid uid-a)");
    }

    #[test]
    fn a_thousand_objects_do_not_fill_the_screen() {
        let many: Vec<Found> = (0..1000).map(|at| pod(&at.to_string(), "x")).collect();
        let Look::Not { seen, .. } = judge_absent("Pod", &many) else {
            panic!("they are there");
        };
        assert!(seen.ends_with("and 995 more"), "{seen}");
    }
}
