//! What of a scene explains most, and its events and nodes in full.

use std::cmp::Reverse;
use std::fmt::Write;

use k8s_openapi::api::core::v1::{Event, Node};
use kube::ResourceExt;

use super::Page;
use super::scene::Scene;
use crate::cluster::happening::{sentence, time};

/// Events that a report shows.
const SHOWN: usize = 3;
/// Events in a bundle.
const MOST: usize = 200;
/// Characters of a message that a report shows.
const WIDTH: usize = 200;

/// What a healthy cluster says in passing, and mends by itself within seconds: an update that another one came before, a
/// sandbox that is gone already, a volume whose Secret or ConfigMap the kubelet has yet to read.
const PASSING: [(&str, &str); 4] = [
    ("FailedToUpdateEndpoint", "the object has been modified"),
    (
        "FailedToUpdateEndpointSlices",
        "the object has been modified",
    ),
    ("FailedSync", "find sandbox: not found"),
    ("FailedMount", "cache: timed out waiting for the condition"),
];

fn is_passing(event: &Event) -> bool {
    let reason = event.reason.as_deref().unwrap_or_default();
    let message = event.message.as_deref().unwrap_or_default();
    PASSING
        .iter()
        .any(|(known, said)| reason == *known && message.contains(said))
}

/// The newest warnings, each kind of trouble once, and the last words of what crashed.
pub(super) fn lines(scene: &Scene) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut reasons = Vec::new();
    // What nodes meet is of all that ever ran there.
    let of_lab = |event: &&Event| {
        event.type_.as_deref() == Some("Warning")
            && event.involved_object.kind.as_deref() != Some("Node")
            && !is_passing(event)
    };
    for event in sorted(scene).filter(of_lab) {
        // The same thing happens to every pod of a set.
        let kind = (event.reason.clone(), event.involved_object.kind.clone());
        if lines.len() < SHOWN && !reasons.contains(&kind) {
            lines.push(format!(
                "event: {}",
                sentence(event, |text| cut(text, WIDTH))
            ));
            reasons.push(kind);
        }
    }
    let last = scene.last_lines.iter().next();
    lines.extend(
        last.map(|((pod, container), line)| {
            format!("log of {pod} {container}: {}", cut(line, WIDTH))
        }),
    );
    lines
}

/// Events of the scene, the newest first.
pub(super) fn events(scene: &Scene) -> Page {
    let mut text = String::new();
    for event in sorted(scene).take(MOST) {
        let when = time(event).map_or_else(|| "(no time)".to_owned(), |time| time.to_string());
        let _ = writeln!(
            text,
            "{when} {}",
            sentence(event, |text| cut(text, usize::MAX))
        );
    }
    if text.is_empty() {
        text.push_str("no events about these objects\n");
    }
    Page {
        name: "events.txt".to_owned(),
        text,
    }
}

/// State of the nodes.
pub(super) fn nodes(scene: &Scene) -> Page {
    Page {
        name: "nodes.txt".to_owned(),
        text: scene.nodes.iter().map(node).collect(),
    }
}

fn node(node: &Node) -> String {
    let mut text = format!("{}\n", node.name_any());
    let Some(status) = &node.status else {
        return text;
    };
    if let Some(info) = &status.node_info {
        let _ = writeln!(
            text,
            "  kubelet {}, {}, {}",
            info.kubelet_version, info.container_runtime_version, info.os_image
        );
    }
    for condition in status.conditions.iter().flatten() {
        let why = condition.message.as_deref().unwrap_or_default();
        let _ = writeln!(text, "  {}: {} ({why})", condition.type_, condition.status);
    }
    for (what, amount) in status.allocatable.iter().flatten() {
        let _ = writeln!(text, "  allocatable {what}: {}", amount.0);
    }
    let spec = node.spec.as_ref();
    for taint in spec
        .and_then(|spec| spec.taints.as_ref())
        .into_iter()
        .flatten()
    {
        let value = taint.value.as_deref().unwrap_or_default();
        let _ = writeln!(text, "  taint {}={value}:{}", taint.key, taint.effect);
    }
    text
}

fn sorted(scene: &Scene) -> impl Iterator<Item = &Event> {
    let mut events: Vec<&Event> = scene.events.iter().collect();
    events.sort_by_key(|event| Reverse(time(event)));
    events.into_iter()
}

/// Beginning and end of a text in one line: the end of a message of many layers tells the cause.
fn cut(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = line.chars().count();
    if length <= width {
        return line;
    }
    let start: String = line.chars().take(width / 2).collect();
    let end: String = line.chars().skip(length - width / 2).collect();
    format!("{start} … {end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_shows_each_trouble_once_and_the_newest_first() {
        let event = |reason: &str, kind: &str, at: u32, of: &str| {
            let time = format!("2026-01-01T00:00:{at:02}Z");
            serde_json::from_value::<Event>(json!({"metadata": {"name": "e"}, "type": kind, "reason": reason,
                "lastTimestamp": time, "message": "a  b\nc", "involvedObject": {"kind": "Pod", "name": of}}))
            .unwrap()
        };
        let mut passing = event("FailedMount", "Warning", 9, "one");
        passing.message = Some(
            "MountVolume.SetUp failed for volume \"t\" : failed to sync secret cache: timed out waiting for the condition".to_owned(),
        );
        let mut scene = Scene {
            events: vec![
                passing,
                event("Failed", "Warning", 1, "one"),
                event("Started", "Normal", 9, "one"),
                event("Unhealthy", "Warning", 5, "one"),
                event("Failed", "Warning", 3, "two"),
            ],
            ..Scene::default()
        };
        scene
            .last_lines
            .insert(("one".to_owned(), "main".to_owned()), "bye".to_owned());
        assert_eq!(
            lines(&scene),
            [
                "event: Warning Unhealthy pod/one: a b c",
                "event: Warning Failed pod/two: a b c",
                "log of one main: bye",
            ]
        );
        assert_eq!(events(&scene).text.lines().count(), 5);
        assert_eq!(cut(&"0123456789".repeat(3), 10), "01234 … 56789");
    }
}
