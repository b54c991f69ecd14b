//! The lines of a description by their keys: which came with a release, which are typed, which an author may cut.
//!
//! Entry points: [`without_added`], [`typed`], [`by_keys`] and [`is_key`].

use crate::expect::bindings::Binder;
use crate::expect::line::{Line, agree};
use crate::expect::normalise;
use crate::expect::releases::{is_added_key, is_added_label};
use crate::expect::table::cells::{restarts, status};
use crate::expect::text::Shown;
use crate::expect::volatile::{Canon, Kind, Scan, canon, is_age};

/// The text without keys that only one side has because of its release, with what hangs under them.
pub(super) fn without_added(text: &str, other: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut skipping: Option<usize> = None;
    for line in text.lines() {
        let indent = normalise::indent(line);
        if skipping.is_some_and(|above| indent > above && !line.trim().is_empty()) {
            continue;
        }
        skipping = None;
        let trimmed = line.trim();
        let key = trimmed.split_once(':').map_or("", |(key, _)| key);
        let added = is_added_key(key)
            && !other
                .lines()
                .any(|line| line.trim_start().starts_with(&trimmed[..=key.len()]));
        if added {
            skipping = Some(indent);
            continue;
        }
        let label = trimmed.strip_prefix("Labels:").map_or(trimmed, str::trim);
        if label.contains('=') && is_added_label(label) && !other.contains(label) {
            if trimmed.starts_with("Labels:") {
                out.push_str("Labels:");
                out.push('\n');
            }
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// A line by the type of its key.
pub(super) fn typed(mut line: Line) -> Line {
    // A pod in the table of a node: `shop  web-0  100m (5%)  0 (0%)  64Mi (1%)  0 (0%)  35s`.
    if line.words.contains("%) ") && line.words.rsplit(' ').next().is_some_and(is_age) {
        line.canon = canon(&line.words, Scan::LOOSE);
        return line;
    }
    let Some((key, value)) = line.words.split_once(':') else {
        return line;
    };
    let value = value.trim();
    let typed = |value: Canon| {
        let mut out = Canon {
            text: format!("{key}: {}", value.text),
            values: value.values,
        };
        if value.text.is_empty() {
            out.text = format!("{key}:");
        }
        out
    };
    let fixed = |text: String| Canon {
        text,
        values: Vec::new(),
    };
    line.canon = match key {
        "Node" if !matches!(value, "" | "<none>") => fixed(format!("Node: {}", Kind::Node.mark())),
        "Container ID" | "Image ID" if !value.is_empty() => {
            fixed(format!("{key}: {}", Kind::Hex.mark()))
        }
        "Restart Count" => fixed(format!(
            "Restart Count: {}",
            if restarts(value) == "0" { "0" } else { "some" }
        )),
        "Duration" | "Age" if is_age(value) => fixed(format!("{key}: {}", Kind::Duration.mark())),
        "Reason" => fixed(format!("Reason: {}", status(value))),
        "Message" => typed(canon(value, Scan::LOOSE)),
        "NodePort" => typed(canon(&format!("NodePort: {value}"), Scan::FIXED)),
        // `0% (1m) / 50%`: what is used now is a measurement.
        key if key.starts_with("resource ") && value.contains(" / ") => {
            let goal = value.rsplit(" / ").next().unwrap_or_default();
            let known = value.starts_with(|c: char| c.is_ascii_digit());
            fixed(format!(
                "{key}: {} / {goal}",
                if known { "now" } else { "<unknown>" }
            ))
        }
        _ => return line,
    };
    line
}

/// The shown lines in order, where between them only whole keys are left out: an entry of a list, a label,
/// a line of a value is never skipped.
pub(super) fn by_keys(shown: &[Shown], actual: &[Line], binder: &mut Binder<'_>) -> bool {
    let mark = binder.mark();
    let mut at = 0;
    let mut free = true;
    for item in shown {
        let Shown::Line(line) = item else {
            free = true;
            continue;
        };
        let found = (at..actual.len())
            .take_while(|from| free || *from == at || is_key(&actual[*from - 1]))
            .find(|from| agree(line, &actual[*from], binder));
        match found {
            Some(from) if free || is_cut(&actual[at..from]) => at = from + 1,
            _ => {
                binder.rollback(mark);
                return false;
            }
        }
        free = false;
    }
    true
}

/// Whether keys that the page does not show were cut by its author. What is described only where somebody set it, or
/// where something went wrong, is cut along with its neighbours; alone it is a difference.
fn is_cut(gap: &[Line]) -> bool {
    let key = |line: &Line| line.words.split(':').next().unwrap_or_default().to_owned();
    let tells = |line: &Line| SET.contains(&key(line).as_str());
    let neutral = |line: &Line| matches!(key(line).as_str(), "Started" | "Finished");
    !gap.iter().any(tells) || gap.iter().any(|line| !tells(line) && !neutral(line))
}

/// Keys of pods that not every description has.
const SET: [&str; 15] = [
    "Liveness",
    "Readiness",
    "Startup",
    "Last State",
    "Reason",
    "Message",
    "Exit Code",
    "Signal",
    "Command",
    "Args",
    "Limits",
    "Requests",
    "Init Containers",
    "Priority Class Name",
    "Controlled By",
];

/// Whether a line is a key with its value: `Image:  nginx`, not a label, a mount, a row.
pub(super) fn is_key(line: &Line) -> bool {
    line.words.split_once(':').is_some_and(|(key, rest)| {
        (rest.is_empty() || rest.starts_with(' '))
            && key.starts_with(|c: char| c.is_ascii_uppercase())
            && key.split(' ').count() <= 4
    })
}
