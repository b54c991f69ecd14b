//! `events`: what the cluster said happened.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use k8s_openapi::api::core::v1::Event;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use serde_json::Value;

use crate::cluster::happening::times;
use crate::verifier::{Events, Objects, Target};

use super::events::sentence;
use super::look::{Look, Unable};
use super::poll::{Poll, until};
use super::resource::no_namespace;
use super::{Finding, objects, problem, resource};

/// How long what happened before a lab may take to be read.
const LIMIT: Duration = Duration::from_secs(10);

/// What happened before a lab to objects that were gone when it began: a cluster tells of it for an hour, and none of it is the
/// lab's doing. How often, by the UID of the event; or why that is not known.
#[derive(Debug, Clone)]
pub struct Earlier(Result<HashMap<String, u64>, String>);

/// Notes what the cluster still tells of objects that are gone.
pub(super) async fn earlier(client: &Client, events: &Events) -> Earlier {
    let noted = tokio::time::timeout(LIMIT, of_the_gone(client, events)).await;
    Earlier(match noted {
        Ok(noted) => noted.map_err(|unable| unable.reason),
        Err(_) => Err(format!("no answer within {} s", LIMIT.as_secs())),
    })
}

async fn of_the_gone(client: &Client, events: &Events) -> Result<HashMap<String, u64>, Unable> {
    let mut noted = HashMap::new();
    let mut known: HashMap<Objects, Option<Vec<Value>>> = HashMap::new();
    // In a namespace that the lab has yet to make nothing has happened.
    let all = all_of(client, events).await?;
    for event in all.iter().filter(|event| fits(events, event)) {
        let of = &event.involved_object;
        let objects = Objects {
            api_version: of.api_version.clone().unwrap_or_default(),
            kind: of.kind.clone().unwrap_or_default(),
            namespace: of.namespace.clone(),
            target: Target::Name(of.name.clone().unwrap_or_default()),
        };
        if let Entry::Vacant(unknown) = known.entry(objects.clone()) {
            let found = objects::find(client, &objects).await.ok();
            let uid = |mut one: objects::Found| one.value["metadata"]["uid"].take();
            let uids = found.map(|found| found.into_iter().map(uid).collect());
            unknown.insert(uids);
        }
        let uid = of.uid.as_deref().unwrap_or_default();
        // Of one that cannot be read nobody knows that it is gone.
        let there = known[&objects].as_ref();
        if there.is_some_and(|there| !there.iter().any(|there| there == uid)) {
            noted.insert(event.uid().unwrap_or_default(), times(event));
        }
    }
    Ok(noted)
}

/// Makes an `events` check.
pub(super) async fn make(
    client: &Client,
    events: &Events,
    earlier: Option<Earlier>,
    within: Duration,
) -> Finding {
    let earlier = &earlier.map_or_else(|| Ok(HashMap::new()), |earlier| earlier.0);
    until(Poll::new(expected(events), within), || async move {
        let earlier = match earlier {
            Ok(earlier) => earlier,
            Err(reason) => {
                let reason = format!("what happened before the lab could not be read: {reason}");
                return Unable::for_good(reason).into();
            }
        };
        let seen = listed(client, events).await;
        seen.map_or_else(Look::from, |all| judge(events, &all, earlier))
    })
    .await
}

/// All events of the namespace; none where there is no such namespace.
async fn all_of(client: &Client, events: &Events) -> Result<Vec<Event>, Unable> {
    let namespace = &events.namespace;
    let api: Api<Event> = Api::namespaced(client.clone(), namespace);
    let list = api.list(&ListParams::default()).await;
    let list =
        list.map_err(|error| problem::unable(&error, &format!("list events in {namespace}")))?;
    Ok(list.items)
}

/// All events of the namespace, which is there.
async fn listed(client: &Client, events: &Events) -> Result<Vec<Event>, Unable> {
    let all = all_of(client, events).await?;
    let of_namespace = Objects {
        api_version: "v1".to_owned(),
        kind: "Event".to_owned(),
        namespace: Some(events.namespace.clone()),
        target: Target::All,
    };
    if all.is_empty()
        && let Some(namespace) = objects::missing_namespace(client, &of_namespace).await
    {
        return Err(Unable::for_now(no_namespace(&namespace)));
    }
    Ok(all)
}

fn judge(events: &Events, all: &[Event], earlier: &HashMap<String, u64>) -> Look {
    // One event stands for as many as its count says; what matters is how often it happened since the lab began.
    let since = |event: &Event| {
        let before = event.metadata.uid.as_ref().and_then(|uid| earlier.get(uid));
        times(event).saturating_sub(before.copied().unwrap_or_default())
    };
    let fitting: Vec<&Event> = all
        .iter()
        .filter(|event| fits(events, event) && since(event) > 0)
        .collect();
    let times: u64 = fitting.iter().map(|event| since(event)).sum();
    let sentences: Vec<String> = fitting.iter().map(|event| sentence(event)).collect();
    let seen = match sentences.is_empty() {
        true => format!("no such event among {}", all.len()),
        false => resource::listed(&sentences),
    };
    match events.is.holds_for(times) {
        true => Look::Holds(seen),
        false => Look::Not {
            reason: match times {
                0 => format!("it did not happen, expected {}: {seen}", events.is),
                1 => format!("it happened once, expected {}: {seen}", events.is),
                times => format!("it happened {times} times, expected {}: {seen}", events.is),
            },
            seen,
        },
    }
}

fn fits(events: &Events, event: &Event) -> bool {
    let object = &event.involved_object;
    let is_on = events.on.as_ref().is_none_or(|on| {
        object.kind.as_deref() == Some(&on.kind) && (on.name.is_none() || object.name == on.name)
    });
    let is_warning = event.type_.as_deref() == Some("Warning");
    let message = event.message.as_deref().unwrap_or_default();
    is_on
        && (events.reason.is_none() || event.reason == events.reason)
        && events.warning.is_none_or(|warning| warning == is_warning)
        && matches!(events.message.wrong_with(message, true), Ok(None))
}

fn expected(events: &Events) -> String {
    let mut parts = vec![format!("events in {}", events.namespace)];
    if let Some(on) = &events.on {
        let name = on.name.as_deref().map(|name| format!("/{name}"));
        parts.push(format!("on {}{}", on.kind, name.unwrap_or_default()));
    }
    if let Some(warning) = events.warning {
        parts.push(format!(
            "of type {}",
            if warning { "Warning" } else { "Normal" }
        ));
    }
    parts.extend(
        events
            .reason
            .as_ref()
            .map(|reason| format!("with reason {reason}")),
    );
    if !events.message.is_empty() {
        parts.push(events.message.to_string());
    }
    format!("{}: {}", parts.join(" "), events.is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::{Comparison, OwnerName, TextIs};
    use serde_json::json;

    #[test]
    fn those_that_fit_are_counted_by_how_often_they_happened() {
        let event = |kind: &str, reason: &str, count: u32| -> Event {
            serde_json::from_value(
                json!({"metadata": {"uid": reason}, "type": "Warning", "reason": reason,
                "message": "no node fits", "count": count,
                "involvedObject": {"kind": kind, "name": "web"}}),
            )
            .unwrap()
        };
        let all = [
            event("Pod", "FailedScheduling", 3),
            event("Node", "FailedScheduling", 1),
        ];
        let asked = |is| Events {
            namespace: "x".into(),
            on: Some(OwnerName {
                kind: "Pod".into(),
                name: None,
            }),
            reason: Some("FailedScheduling".into()),
            warning: Some(true),
            message: TextIs {
                contains: Some("no node".into()),
                ..TextIs::default()
            },
            is,
        };
        assert!(matches!(
            judge(&asked(Comparison::number(3)), &all, &HashMap::new()),
            Look::Holds(_)
        ));
        let Look::Not { reason, .. } = judge(&asked(Comparison::number(0)), &all, &HashMap::new())
        else {
            panic!("it happened");
        };
        assert!(
            reason.starts_with("it happened 3 times, expected 0"),
            "{reason}"
        );
        // Those of objects that were gone before the lab began are none of its.
        let earlier = HashMap::from([("FailedScheduling".to_owned(), 3)]);
        let look = judge(&asked(Comparison::number(0)), &all, &earlier);
        assert!(matches!(look, Look::Holds(_)), "{look:?}");
    }

    #[test]
    fn a_series_counts_as_often_as_it_says() {
        let event: Event = serde_json::from_value(json!({"metadata": {}, "involvedObject": {},
            "series": {"count": 5, "lastObservedTime": "2026-01-01T00:00:00.000000Z"}}))
        .unwrap();
        assert_eq!(times(&event), 5);
    }
}
