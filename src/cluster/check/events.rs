//! Events of the cluster that may explain why a check did not pass.

use k8s_openapi::api::core::v1::Event;
use kube::api::ListParams;
use kube::{Api, Client};
use std::time::Duration;

use crate::cluster::happening;
use crate::verifier::{Kind, PodsOf, Target};

/// The most that a finding shows.
const MOST: usize = 5;
/// Explaining must not hold up a run whose cluster does not answer.
const LIMIT: Duration = Duration::from_secs(3);

/// The newest events of what the check is about, warnings before others.
pub(super) async fn explaining(client: &Client, kind: &Kind) -> Vec<String> {
    let Some((namespace, name)) = subject(kind) else {
        return Vec::new();
    };
    let api: Api<Event> = Api::namespaced(client.clone(), namespace);
    let params = ListParams::default().limit(500);
    match tokio::time::timeout(LIMIT, api.list(&params)).await {
        Ok(Ok(events)) => chosen(events.items, name),
        // A finding without events is still a finding.
        Ok(Err(_)) | Err(_) => Vec::new(),
    }
}

/// The namespace, and the name where there is one.
fn subject(kind: &Kind) -> Option<(&str, Option<&str>)> {
    let objects = match kind {
        Kind::Resource(resource) => &resource.objects,
        Kind::Absent(objects) => objects,
        Kind::Count(count) => &count.objects,
        Kind::Owner(owner) => &owner.objects,
        Kind::Rollout(rollout) => return Some((&rollout.namespace, Some(&rollout.name))),
        Kind::Bounds(bounds) => return Some((&bounds.namespace, Some(&bounds.name))),
        Kind::File(file) => return Some((&file.pods.namespace, of_pods(&file.pods.of))),
        Kind::Persistence(kind) => return Some((&kind.pods.namespace, of_pods(&kind.pods.of))),
        Kind::Exec(exec) => return Some((&exec.pods.namespace, of_pods(&exec.pods.of))),
        Kind::Logs(logs) => return Some((&logs.pods.namespace, of_pods(&logs.pods.of))),
        // A Service's pods need not carry its name: all of the namespace may explain it.
        Kind::Http(http) => return Some((&http.endpoint.namespace, None)),
        Kind::Availability(kind) => return Some((&kind.endpoint.namespace, None)),
        // It is about events itself, and says which it saw.
        Kind::Events(_) => return None,
    };
    let name = match &objects.target {
        Target::Name(name) => Some(&**name),
        Target::Selector(_) | Target::All => None,
    };
    Some((objects.namespace.as_deref().unwrap_or("default"), name))
}

fn of_pods(of: &PodsOf) -> Option<&str> {
    match of {
        PodsOf::Workload(_, name) | PodsOf::Pod(name) => Some(name),
        PodsOf::Selector(_) => None,
    }
}

/// Those of the object and of what it made, which carries its name with a dash.
fn chosen(mut events: Vec<Event>, name: Option<&str>) -> Vec<String> {
    events.retain(|event| {
        let of = event.involved_object.name.as_deref().unwrap_or_default();
        name.is_none_or(|name| {
            of.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    });
    let is_warning = |event: &Event| event.type_.as_deref() == Some("Warning");
    events.sort_by_key(|event| std::cmp::Reverse((is_warning(event), happening::time(event))));
    let mut sentences = Vec::new();
    for event in &events {
        let sentence = sentence(event);
        // The same thing happens to every pod of a set, and again and again.
        if !sentences.contains(&sentence) && sentences.len() < MOST {
            sentences.push(sentence);
        }
    }
    sentences
}

pub(super) fn sentence(event: &Event) -> String {
    happening::sentence(event, cut)
}

/// Messages of failed pulls say the same thing several times over: the end tells the cause.
fn cut(message: &str) -> String {
    const SIDE: usize = 140;
    let length = message.chars().count();
    if length <= 2 * SIDE {
        return message.to_owned();
    }
    let start: String = message.chars().take(SIDE).collect();
    let end: String = message.chars().skip(length - SIDE).collect();
    format!("{start} … {end}")
}
