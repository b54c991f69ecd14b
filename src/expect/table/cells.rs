//! A cell by the type of its column.
//!
//! Entry point: [`cell`]: the canonical form in which two cells of a column agree if they are equal. What a column
//! not named here holds is compared as text with volatile tokens by type.

use crate::expect::cloud::load_balanced;
use crate::expect::events;
use crate::expect::normalise::words;
use crate::expect::releases::is_added_label;
use crate::expect::volatile::{Canon, Kind, Scan, canon, is_age, is_time};

/// What the table as a whole says about its columns.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::expect) struct About {
    /// Its rows are nodes: their names are the cluster's.
    pub(in crate::expect) nodes: bool,
}

/// What a canonical cell of the column RESTARTS begins with, so that no other number is taken for one.
pub(super) const RESTARTS: &str = "restarts ";

/// The canonical form of a cell.
pub(in crate::expect) fn cell(column: &str, text: &str, about: About) -> Canon {
    match column {
        "AGE" | "LAST SEEN" | "FIRST SEEN" | "LASTSEEN" | "FIRSTSEEN" | "DURATION"
        | "LAST SCHEDULE" | "UPDATED" | "CREATED AT" | "CREATED" | "LAST DEPLOYED" | "STARTED"
        | "CREATION" => age(text),
        "RESTARTS" | "RESTART" => plain(format!("{RESTARTS}{}", restarts(text))),
        "NODE" if !is_absent(text) => mark(Kind::Node),
        "NAME" if about.nodes => {
            let mut out = Canon::default();
            out.push(Kind::Node, text);
            out
        }
        "INTERNAL-IP" | "EXTERNAL-IP" | "ADDRESS" | "HOSTNAME" if is_address(text) => {
            let mut out = plain(load_balanced(text));
            out.push(Kind::Host, text);
            out
        }
        "STATUS" | "STATE" | "PHASE" => plain(status(without_uptime(text))),
        "LABELS" => labels(text),
        "CPU(CORES)" | "CPU(cores)" | "CPU%" | "CPU(%)" | "MEMORY(BYTES)" | "MEMORY(bytes)"
        | "MEMORY%" | "MEMORY(%)"
            if is_quantity(text) =>
        {
            mark(Kind::Number)
        }
        "COUNT" if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => {
            mark(Kind::Number)
        }
        "TARGETS" | "TARGET" => plain(targets(text)),
        // The release of the cluster: any, but the same one wherever the page shows the same.
        "VERSION" if about.nodes && is_release(text) => {
            let mut out = Canon::default();
            out.push(Kind::Release, text);
            out
        }
        // The master was renamed in 1.20, and was both until 1.24.
        "ROLES" if matches!(text, "master" | "control-plane,master") => plain("control-plane"),
        "MESSAGE" => events::message(text),
        _ => canon(text, Scan::FIXED),
    }
}

/// Restarts as they are compared: none, one, several. How many "several" are depends on when one looks.
pub(in crate::expect) fn restarts(text: &str) -> &str {
    match text.split_whitespace().next().unwrap_or_default() {
        "0" => "0",
        "1" => "1",
        many if many.bytes().all(|b| b.is_ascii_digit()) && !many.is_empty() => "several",
        other => other,
    }
}

/// A restart more or less: whether a container started before what it needs is chance. None and several differ.
pub(in crate::expect) fn restarts_agree(shown: &str, actual: &str) -> bool {
    shown == actual
        || matches!(
            (shown, actual),
            ("0", "1") | ("1", "0") | ("1", "several") | ("several", "1")
        )
}

/// States that alternate while the same thing is wrong: the kubelet tries, fails, waits, tries again.
pub(in crate::expect) fn status(text: &str) -> &str {
    match text {
        "ErrImagePull" | "ImagePullBackOff" => "ImagePullBackOff",
        "Init:ErrImagePull" | "Init:ImagePullBackOff" => "Init:ImagePullBackOff",
        "Error" | "CrashLoopBackOff" => "CrashLoopBackOff",
        "Init:Error" | "Init:CrashLoopBackOff" => "Init:CrashLoopBackOff",
        other => other,
    }
}

fn plain(text: impl Into<String>) -> Canon {
    Canon {
        text: text.into(),
        values: Vec::new(),
    }
}

/// A token by its type alone: where a pod landed or what it uses right now binds nothing.
fn mark(kind: Kind) -> Canon {
    plain(kind.mark())
}

fn age(text: &str) -> Canon {
    // `2m10s (x3 over 5m)` in `kubectl events`.
    let first = text.split(" (x").next().unwrap_or(text);
    // `xx` for an age is the author's mask; other words of two letters are none.
    let masked = text.len() > 1 && text.bytes().all(|b| matches!(b, b'x' | b'X'));
    if is_age(first) || masked || is_time(&words(text)) || is_ago(text) {
        mark(Kind::Duration)
    } else {
        canon(text, Scan::FIXED)
    }
}

/// `5 seconds ago`, `About a minute ago`: how container runtimes and git tell ages.
fn is_ago(text: &str) -> bool {
    text.strip_suffix(" ago").is_some_and(is_span)
}

/// `5 seconds`, `About an hour`.
fn is_span(text: &str) -> bool {
    const UNITS: [&str; 7] = ["second", "minute", "hour", "day", "week", "month", "year"];
    let unit = text.rsplit(' ').next().unwrap_or_default();
    UNITS.contains(&unit.strip_suffix('s').unwrap_or(unit))
        && (text.starts_with(|c: char| c.is_ascii_digit())
            || text.starts_with("About a")
            || text.starts_with("Less than a"))
}

/// A container's state without how long it has been in it: `Up 4 seconds`, `Exited (1) 2 minutes ago`.
fn without_uptime(text: &str) -> &str {
    if let Some(span) = text.strip_prefix("Up ")
        && is_span(span)
    {
        return "Up";
    }
    match text.split_once(") ") {
        Some((state, since)) if state.starts_with("Exited (") && is_ago(since) => state,
        _ => text,
    }
}

fn is_absent(text: &str) -> bool {
    matches!(text, "" | "<none>" | "<unknown>" | "<pending>" | "None")
}

/// `v1.20.2`, `v1.27.3-eks-a5565ad`.
fn is_release(text: &str) -> bool {
    text.strip_prefix("v1.")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// An address or a host name: what the cloud or the cluster gave.
fn is_address(text: &str) -> bool {
    !is_absent(text)
        && text.contains('.')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ',' | ':'))
}

fn is_quantity(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '%' | '.'))
}

/// Labels are a set; those that newer servers add by themselves are left out.
fn labels(text: &str) -> Canon {
    let mut labels: Vec<Canon> = text
        .split(',')
        .filter(|label| !is_added_label(label))
        .map(|label| canon(label, Scan::FIXED))
        .collect();
    labels.sort_by(|a, b| a.text.cmp(&b.text));
    let mut out = Canon::default();
    for label in labels {
        out.text.push_str(&label.text);
        out.text.push(',');
        out.values.extend(label.values);
    }
    out
}

/// `cpu: 3%/80%`: what is used now is a measurement, what is aimed at a setting; unknown is unknown.
fn targets(text: &str) -> String {
    let part = |part: &str| {
        let part = part.trim();
        // kubectl 1.30 and later name the metric.
        let part = part.split_once(": ").map_or(part, |(_, rest)| rest);
        match part.split_once('/') {
            Some((now, goal)) if now.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("{}/{goal}", Kind::Number.mark())
            }
            _ => part.to_owned(),
        }
    };
    text.split(", ").map(part).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(column: &str, a: &str, b: &str) {
        assert_eq!(
            cell(column, a, About::default()).text,
            cell(column, b, About::default()).text,
            "{column}: {a} | {b}"
        );
    }

    #[track_caller]
    fn differ(column: &str, a: &str, b: &str) {
        assert_ne!(
            cell(column, a, About::default()).text,
            cell(column, b, About::default()).text,
            "{column}: {a} | {b}"
        );
    }

    #[test]
    fn by_column() {
        same("AGE", "5s", "3d");
        differ("AGE", "5s", "1/1");
        same("AGE", "xx", "3d");
        differ("LAST SCHEDULE", "<none>", "5s");
        same("RESTARTS", "2 (43s ago)", "4");
        differ("RESTARTS", "0", "2");
        same("NODE", "node1", "ip-10-42-1-2.us-west-2.compute.internal");
        differ("NODE", "node1", "<none>");
        same("EXTERNAL-IP", "a.elb.us-west-2.amazonaws.com", "172.18.0.4");
        differ("EXTERNAL-IP", "<pending>", "172.18.0.4");
        same("STATUS", "ErrImagePull", "ImagePullBackOff");
        same(
            "ADDRESS",
            "k8s-ui-ui-1268651632.us-west-2.elb.amazonaws.com",
            "k8s-ui-ui-5ddc3ba496-107943159.us-west-2.elb.amazonaws.com",
        );
        differ(
            "ADDRESS",
            "k8s-ui-ui-1268651632.us-west-2.elb.amazonaws.com",
            "k8s-ui-api-1268651632.us-west-2.elb.amazonaws.com",
        );
        differ("STATUS", "Pending", "Running");
        same("PORT(S)", "80:31234/TCP", "80:30001/TCP");
        differ("PORT(S)", "80:31234/TCP", "8080:31234/TCP");
        differ("READY", "1/1", "3/3");
        same("TARGETS", "0%/80%", "cpu: 12%/80%");
        differ("TARGETS", "0%/80%", "0%/50%");
        differ("TARGETS", "<unknown>/80%", "3%/80%");
        same(
            "LABELS",
            "a=1,pod-template-hash=5774b8d5f4",
            "pod-template-hash=dbbdc96d6,a=1",
        );
        differ("LABELS", "a=1", "a=1,b=2");
        same("CPU(cores)", "3m", "120m");
    }
}
