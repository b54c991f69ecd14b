//! `events`: what the cluster said happened.

use std::time::Duration;

use k8s_openapi::api::core::v1::Event;
use kube::api::ListParams;
use kube::{Api, Client};

use crate::verifier::Events;

use super::Finding;
use super::events::sentence;
use super::look::Look;
use super::poll::{Poll, until};
use super::problem;
use super::resource::listed;

/// Makes an `events` check.
pub(super) async fn make(client: &Client, events: &Events, within: Duration) -> Finding {
    let api: Api<Event> = Api::namespaced(client.clone(), &events.namespace);
    until(Poll::new(expected(events), within), || async {
        match api.list(&ListParams::default()).await {
            Ok(list) => judge(events, &list.items),
            Err(error) => {
                let what = format!("list events in {}", events.namespace);
                problem::unable(&error, &what).into()
            }
        }
    })
    .await
}

fn judge(events: &Events, all: &[Event]) -> Look {
    let fitting: Vec<&Event> = all.iter().filter(|event| fits(events, event)).collect();
    // One event stands for as many as its count says; what matters is how often it happened.
    let times: u64 = fitting
        .iter()
        .map(|event| u64::try_from(event.count.unwrap_or(1)).unwrap_or(1).max(1))
        .sum();
    let sentences: Vec<String> = fitting.iter().map(|event| sentence(event)).collect();
    let seen = match sentences.is_empty() {
        true => format!("no such event among {}", all.len()),
        false => listed(&sentences),
    };
    match events.is.holds_for(times) {
        true => Look::Holds(seen),
        false => Look::Not {
            reason: format!("it happened {times} times, expected {}: {seen}", events.is),
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
            serde_json::from_value(json!({"metadata": {}, "type": "Warning", "reason": reason,
                "message": "no node fits", "count": count,
                "involvedObject": {"kind": kind, "name": "web"}}))
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
            judge(&asked(Comparison::number(3)), &all),
            Look::Holds(_)
        ));
        let Look::Not { reason, .. } = judge(&asked(Comparison::number(0)), &all) else {
            panic!("it happened");
        };
        assert!(
            reason.starts_with("it happened 3 times, expected 0"),
            "{reason}"
        );
    }
}
