//! `rollout`: how far a workload's newest description has come, and what is left of older ones.

use std::time::Duration;

use kube::Client;
use serde_json::Value;

use crate::verifier::{Comparison, Objects, Rollout, RolloutIs, Target, Workload};

use super::Finding;
use super::look::{Look, Unable};
use super::objects;
use super::poll::{Poll, until};
use super::workload::unobserved;

const REVISION: &str = "deployment.kubernetes.io/revision";
const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// Makes a `rollout` check.
pub(super) async fn make(client: &Client, rollout: &Rollout, within: Duration) -> Finding {
    let objects = objects_of(
        rollout,
        rollout.workload,
        Target::Name(rollout.name.clone()),
    );
    let mut poll = Poll::new(expected(rollout), within);
    poll.changes = objects::changes(client, &objects).await;
    until(poll, || async {
        match read(client, rollout, &objects).await {
            Ok(Some(state)) => judge(rollout, &state),
            Ok(None) => Look::Not {
                reason: format!("there is no {}", objects::described(&objects)),
                seen: "no such object".to_owned(),
            },
            Err(unable) => unable.into(),
        }
    })
    .await
}

/// A workload and the ReplicaSets that it controls, at one moment.
struct State {
    workload: Value,
    sets: Vec<Value>,
}

async fn read(
    client: &Client,
    rollout: &Rollout,
    objects: &Objects,
) -> Result<Option<State>, Unable> {
    let Some(workload) = objects::find(client, objects).await?.pop() else {
        return Ok(None);
    };
    let workload = workload.value;
    let mut sets = Vec::new();
    if rollout.workload == Workload::Deployment {
        let all = objects_of(rollout, Workload::ReplicaSet, Target::All);
        let uid = &workload["metadata"]["uid"];
        for set in objects::find(client, &all).await? {
            let owners = set.value["metadata"]["ownerReferences"].as_array();
            if owners.is_some_and(|owners| owners.iter().any(|owner| owner["uid"] == *uid)) {
                sets.push(set.value);
            }
        }
    }
    Ok(Some(State { workload, sets }))
}

fn objects_of(rollout: &Rollout, kind: Workload, target: Target) -> Objects {
    Objects {
        api_version: "apps/v1".to_owned(),
        kind: kind.kind().to_owned(),
        namespace: Some(rollout.namespace.clone()),
        target,
    }
}

fn judge(rollout: &Rollout, state: &State) -> Look {
    let metadata = &state.workload["metadata"];
    let revision = metadata["annotations"][REVISION].as_str();
    let is_old = |set: &&Value| set["metadata"]["annotations"][REVISION].as_str() != revision;
    let old: Vec<&Value> = state.sets.iter().filter(is_old).collect();
    // What is wanted and what is still there: a set on its way down has some of the latter.
    let size =
        |set: &&&Value| number(set, "spec", "replicas").max(number(set, "status", "replicas"));
    let old_replicas: u64 = old.iter().map(|set| size(&set)).sum();
    let (is, progress) = progress(rollout.workload, &state.workload);
    let mut seen = vec![format!("{} ({progress})", is.word())];
    let mut wrong = Vec::new();
    // Until then the numbers are those of before the change.
    if rollout.is != Some(RolloutIs::Progressing) {
        wrong.extend(unobserved(&state.workload));
    }
    if let Some(wanted) = rollout.is
        && wanted != is
    {
        let (wanted, is) = (wanted.word(), is.word());
        wrong.push(format!("it is {is}, expected {wanted} ({progress})"));
    }
    let asked: [(&str, &Option<Comparison>, Option<Value>); 5] = [
        ("revision", &rollout.revision, revision.map(Value::from)),
        ("history", &rollout.history, Some(state.sets.len().into())),
        (
            "changeCause",
            &rollout.change_cause,
            metadata["annotations"].get(CHANGE_CAUSE).cloned(),
        ),
        (
            "oldReplicaSets",
            &rollout.old_replica_sets,
            Some(old.len().into()),
        ),
        (
            "oldReplicas",
            &rollout.old_replicas,
            Some(old_replicas.into()),
        ),
    ];
    for (name, wanted, actual) in asked {
        let Some(wanted) = wanted else { continue };
        let shown = actual
            .as_ref()
            .map_or("not there".to_owned(), crate::verifier::shown);
        seen.push(format!("{name} {shown}"));
        if !wanted.holds(actual.as_ref()) {
            wrong.push(format!("{name}: expected {wanted}, is {shown}"));
        }
    }
    let name = format!("{} {}", rollout.workload.kind(), rollout.name);
    let seen = format!("{name}: {}", seen.join(", "));
    match wrong.is_empty() {
        true => Look::Holds(seen),
        false => Look::Not {
            reason: format!("{name}: {}", wrong.join("; ")),
            seen,
        },
    }
}

/// How far a workload has come, and the numbers that say so.
fn progress(workload: Workload, object: &Value) -> (RolloutIs, String) {
    let status = |key: &str| number(object, "status", key);
    // One is what the API server writes where the author wrote nothing.
    let wanted = object["spec"]["replicas"].as_u64().unwrap_or(1);
    let (wanted, updated, total, available) = match workload {
        Workload::DaemonSet => {
            let wanted = status("desiredNumberScheduled");
            let updated = status("updatedNumberScheduled");
            (wanted, updated, updated, status("numberAvailable"))
        }
        Workload::StatefulSet => (
            wanted,
            status("updatedReplicas"),
            status("replicas"),
            status("readyReplicas"),
        ),
        Workload::Deployment | Workload::ReplicaSet => (
            wanted,
            status("updatedReplicas"),
            status("replicas"),
            status("availableReplicas"),
        ),
    };
    let generation = object["metadata"]["generation"]
        .as_u64()
        .unwrap_or_default();
    let observed = status("observedGeneration") >= generation;
    let words = format!("{updated} of {wanted} updated, {available} available, {total} in all");
    let gave_up = object["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|condition| {
            condition["type"] == "Progressing" && condition["reason"] == "ProgressDeadlineExceeded"
        });
    let is = if object["spec"]["paused"] == true {
        RolloutIs::Paused
    } else if observed && updated == wanted && total == updated && available >= wanted {
        RolloutIs::Complete
    } else if observed && gave_up {
        RolloutIs::Stuck
    } else {
        RolloutIs::Progressing
    };
    (is, words)
}

fn number(object: &Value, part: &str, key: &str) -> u64 {
    object[part][key].as_u64().unwrap_or_default()
}

fn expected(rollout: &Rollout) -> String {
    let compared = [
        ("revision", &rollout.revision),
        ("history", &rollout.history),
        ("changeCause", &rollout.change_cause),
        ("oldReplicaSets", &rollout.old_replica_sets),
        ("oldReplicas", &rollout.old_replicas),
    ];
    let mut parts: Vec<String> = rollout
        .is
        .map(|is| is.word().to_owned())
        .into_iter()
        .collect();
    for (name, wanted) in compared {
        parts.extend(wanted.as_ref().map(|wanted| format!("{name} {wanted}")));
    }
    format!(
        "rollout of {} {} in {}: {}",
        rollout.workload.kind(),
        rollout.name,
        rollout.namespace,
        parts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn deployment(status: Value, paused: bool) -> Value {
        json!({"metadata": {"generation": 3, "annotations": {REVISION: "2"}},
            "spec": {"replicas": 2, "paused": paused}, "status": status})
    }

    fn status(updated: u64, total: u64, available: u64, observed: u64) -> Value {
        json!({"updatedReplicas": updated, "replicas": total, "availableReplicas": available,
            "observedGeneration": observed})
    }

    #[test]
    fn complete_is_all_new_all_available_and_nothing_else() {
        let check = |object: &Value, expected| {
            assert_eq!(
                progress(Workload::Deployment, object).0,
                expected,
                "{object}"
            );
        };
        check(&deployment(status(2, 2, 2, 3), false), RolloutIs::Complete);
        check(
            &deployment(status(2, 2, 2, 2), false),
            RolloutIs::Progressing,
        );
        check(
            &deployment(status(2, 3, 2, 3), false),
            RolloutIs::Progressing,
        );
        check(
            &deployment(status(2, 2, 1, 3), false),
            RolloutIs::Progressing,
        );
        check(&deployment(status(1, 2, 2, 3), true), RolloutIs::Paused);
        let mut stuck = status(1, 3, 2, 3);
        stuck["conditions"] = json!([{"type": "Progressing", "status": "False",
            "reason": "ProgressDeadlineExceeded"}]);
        check(&deployment(stuck, false), RolloutIs::Stuck);
    }

    #[test]
    fn old_sets_are_those_of_other_revisions() {
        let set = |revision: &str, wanted: u64, has: u64| {
            json!({"metadata": {"annotations": {REVISION: revision}},
                "spec": {"replicas": wanted}, "status": {"replicas": has}})
        };
        let state = |has| State {
            workload: deployment(status(2, 2, 2, 3), false),
            sets: vec![set("1", 0, has), set("2", 2, 2)],
        };
        let rollout = Rollout {
            workload: Workload::Deployment,
            name: "web".into(),
            namespace: "x".into(),
            is: Some(RolloutIs::Complete),
            revision: Some(Comparison::number(2)),
            history: Some(Comparison::number(2)),
            change_cause: Some(Comparison::Absent),
            old_replica_sets: Some(Comparison::number(1)),
            old_replicas: Some(Comparison::number(0)),
        };
        assert!(matches!(judge(&rollout, &state(0)), Look::Holds(_)));
        let Look::Not { reason, .. } = judge(&rollout, &state(1)) else {
            panic!("one old pod is left");
        };
        assert_eq!(reason, "Deployment web: oldReplicas: expected 0, is 1");
        // Just after a change the numbers are those of before it.
        let mut early = state(0);
        early.workload["status"]["observedGeneration"] = json!(2);
        let rollout = Rollout {
            is: None,
            ..rollout
        };
        let Look::Not { reason, .. } = judge(&rollout, &early) else {
            panic!("the change is not yet acted on");
        };
        assert!(reason.contains("generation 3, observed 2"), "{reason}");
    }
}
