//! Events of the cluster, as `describe` and `get events` print them.
//!
//! Entry points: [`message`], the canonical form of an event's message, and [`Event::read`] for a row under `Events:`.
//! An event is its type, reason, source and message. How often and when it came says nothing, nor whether an image was
//! on the node already.

use std::sync::LazyLock;

use regex::Regex;

use super::constant;
use super::volatile::{Canon, Kind, Scan, canon};

/// A row under `Events:` of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Type, reason, source and message in canonical form.
    pub(super) canon: Canon,
    pub(super) warning: bool,
    /// It stands for several of its kind that the server no longer keeps apart.
    pub(super) combined: bool,
    pub(super) reason: String,
}

/// Put before a message that stands for several.
const COMBINED: &str = "(combined from similar events): ";

static ROW: LazyLock<Regex> = LazyLock::new(|| {
    // Type, reason, age (with repeats), then source and message. A constant that the tests compile.
    let row = r"^\s*(Normal|Warning)\s+([A-Z]\w+)\s+(?:\S+ \(x\d+ over [^)]*\)|\S+)\s+(\S.*)$";
    Regex::new(row).unwrap_or_else(|error| unreachable!("constant expression: {error}"))
});

impl Event {
    /// Reads a row; `None` for any other line.
    pub(super) fn read(line: &str) -> Option<Event> {
        let found = ROW.captures(line)?;
        let warning = &found[1] == "Warning";
        let rest = found[3].trim();
        let (source, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let (source, text) = match source.strip_suffix(',') {
            // Before 1.19 the source named its node: `kubelet, node1  Pulled ...`.
            Some(source) => (
                source,
                text.trim_start()
                    .split_once(char::is_whitespace)
                    .map_or("", |(_, text)| text),
            ),
            None => (source, text),
        };
        let mut canon = message(text.trim());
        canon.text = format!("{} {} {source} {}", &found[1], &found[2], canon.text);
        Some(Event {
            canon,
            warning,
            combined: text.trim_start().starts_with(COMBINED),
            reason: found[2].to_owned(),
        })
    }

    /// Whether the event depends on what was on the node before: pages and runs have it or not.
    pub(super) fn is_optional(&self) -> bool {
        matches!(self.reason.as_str(), "Pulling" | "Pulled")
    }

    /// Whether it has the reason of another.
    pub(super) fn is_like(&self, other: &Event) -> bool {
        self.reason == other.reason
    }

    /// Whether it comes and goes while something healthy starts.
    pub(super) fn is_transient(&self) -> bool {
        !self.warning
            || matches!(
                self.reason.as_str(),
                "FailedScheduling" | "FailedToUpdateEndpoint" | "FailedToUpdateEndpointSlices"
            )
            || is_passing(&self.reason, &self.canon.text)
    }
}

/// Whether an event tells of a start that the kubelet tries again at once: its caches were not filled yet.
pub(super) fn is_passing(reason: &str, message: &str) -> bool {
    reason == "FailedMount"
        && message.contains("failed to sync ")
        && message.contains(" cache: timed out waiting for the condition")
}

/// The canonical form of an event's message, with what releases changed and what is chance taken out.
pub(super) fn message(text: &str) -> Canon {
    let text = text.strip_prefix(COMBINED).unwrap_or(text);
    // 1.26 added where the number came from.
    let text = SCALED.replace(text, "$1 to $2");
    if let Some(found) = PULLED.captures(&text) {
        return canon(&format!("Pulled {}", &found[1]), Scan::LOOSE);
    }
    if let Some((pod, _node)) = text
        .strip_prefix("Successfully assigned ")
        .and_then(|rest| rest.split_once(" to "))
    {
        let mut out = canon(&format!("Successfully assigned {pod} to "), Scan::LOOSE);
        out.text.push(Kind::Node.mark());
        return out;
    }
    // 1.32 put a colon there.
    let text = match text
        .strip_prefix("Created container: ")
        .or_else(|| text.strip_prefix("Started container: "))
    {
        Some(container) => format!("{} container {container}", &text[..7]),
        None => text.into_owned(),
    };
    canon(&text, Scan::LOOSE)
}

static SCALED: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^(Scaled (?:up|down) replica set \S+) (?:from \d+ )?to (\d+)$"));
static PULLED: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"^(?:Container image|Successfully pulled image) "([^"]+)""#));

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(a: &str, b: &str, same: bool) {
        let (a, b) = (
            Event::read(a).expect("event"),
            Event::read(b).expect("event"),
        );
        assert_eq!(
            a.canon.text == b.canon.text,
            same,
            "{} | {}",
            a.canon.text,
            b.canon.text
        );
    }

    #[test]
    fn what_an_event_is() {
        check(
            "  Normal  ScalingReplicaSet  11s   deployment-controller  Scaled up replica set web-5774b8d5f4 to 3",
            "  Normal  ScalingReplicaSet  3s (x2 over 64s)  deployment-controller  Scaled up replica set web-dbbdc96d6 from 0 to 3",
            true,
        );
        check(
            "  Normal  Pulled  1s  kubelet  Container image \"nginx:1.14.2\" already present on machine",
            "  Normal  Pulled  1s  kubelet  Successfully pulled image \"nginx:1.14.2\" in 2.3s",
            true,
        );
        check(
            "  Normal  Pulled  1s  kubelet  Container image \"nginx:1.14.2\" x",
            "  Normal  Pulled  1s  kubelet  Container image \"nginx:1.16.1\" x",
            false,
        );
        check(
            "  Normal  Created  1s  kubelet  Created container web",
            "  Normal  Created  1s  kubelet  Created container: web",
            true,
        );
        check(
            "  Normal  Killing  1s  kubelet  Stopping",
            "  Warning  Killing  1s  kubelet  Stopping",
            false,
        );
        assert!(Event::read("  Type    Reason  Age  From  Message").is_none());
        assert!(Event::read("Normal text").is_none());
    }
}
