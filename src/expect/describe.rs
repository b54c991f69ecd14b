//! `kubectl describe`: the keys that the page shows, and events by type, reason and message.
//!
//! Entry point: [`judge`]. Steps: where several objects are described, pair them; take the events out of both texts
//! (their order, times and repeats are chance) and compare them as sets; leave out keys that came or went with a
//! release; the other shown lines must stand together in the output, or, where the author cut elsewhere too, in order
//! with whole keys left out between them.

use super::bindings::Binder;
use super::elision;
use super::events::Event;
use super::line::{Line, agree};
use super::normalise;
use super::outcome::{Outcome, Task, count, readable, short};
use super::releases::{is_added_key, is_added_label};
use super::table::cells::restarts;
use super::text::{self, Extent, Shown};
use super::volatile::{Canon, Kind, Scan, canon, is_age};

/// Objects that are tried one against another; more are taken as one text.
const MAX_OBJECTS: usize = 30;

/// Judges a description of one object or of several.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let (shown, actual) = (objects(task.shown), objects(task.actual));
    if shown.len() > 1 && shown.len() == actual.len() && shown.len() <= MAX_OBJECTS {
        return pairs(task, &shown, &actual, binder);
    }
    let mut outcome = one(task, binder);
    if outcome.agrees() && shown.len() < actual.len() && is_whole(&shown) {
        outcome.reasons.push(format!(
            "{} described, the page shows {}",
            count(actual.len(), "object"),
            shown.len()
        ));
    }
    outcome
}

/// The objects of a text: each begins with its name.
fn objects(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.lines() {
        if line.starts_with("Name:") || out.is_empty() && !line.trim().is_empty() {
            out.push(String::new());
        }
        if let Some(object) = out.last_mut() {
            object.push_str(line);
            object.push('\n');
        }
    }
    out
}

/// Whether an author left nothing out: from the first name to the events of the last object.
fn is_whole(objects: &[String]) -> bool {
    let first = objects.first().map(String::as_str).unwrap_or_default();
    let last = objects.last().map(String::as_str).unwrap_or_default();
    first.starts_with("Name:")
        && last.lines().any(|line| line.starts_with("Events:"))
        && !objects
            .iter()
            .flat_map(|object| object.lines())
            .any(elision::is_elision)
}

/// Each object of the page against one of the run: those with generated names stand in an order of chance.
fn pairs(task: &Task<'_>, shown: &[String], actual: &[String], binder: &mut Binder<'_>) -> Outcome {
    let mut used = vec![false; actual.len()];
    let mut out = Outcome::default();
    for (at, object) in shown.iter().enumerate() {
        // The same place first: that is where it is in nearly every case.
        let found = std::iter::once(at).chain(0..actual.len()).find(|other| {
            !used[*other] && one(&task.with(object, &actual[*other]), binder).agrees()
        });
        let other = found.or_else(|| {
            std::iter::once(at)
                .chain(0..actual.len())
                .find(|other| !used[*other])
        });
        let Some(other) = other else { continue };
        used[other] = true;
        if found.is_none() {
            out.reasons
                .extend(one(&task.with(object, &actual[other]), binder).reasons);
        }
    }
    out.reasons.truncate(MAX_REASONS);
    out
}

/// Reasons that are kept: more say nothing new.
const MAX_REASONS: usize = 6;

/// One description, or a part of it.
fn one(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let outcome = as_it_stands(task, binder);
    if outcome.agrees() || !has_free_rows(task) {
        return outcome;
    }
    let (shown, actual) = (sorted_rows(task.shown), sorted_rows(task.actual));
    let sorted = as_it_stands(&task.with(&shown, &actual), binder);
    if sorted.agrees() { sorted } else { outcome }
}

/// Whether the rows of a table inside stand in an order of chance: kubectl walks over a map for limit ranges.
fn has_free_rows(task: &Task<'_>) -> bool {
    const KINDS: [&str; 3] = ["limits", "limitrange", "limitranges"];
    let kind = |arg: &&str| {
        arg.split('/')
            .next()
            .is_some_and(|kind| KINDS.contains(&kind))
    };
    let mut calls = task.command.kubectls();
    calls.any(|kubectl| kubectl.args.first().is_some_and(kind))
}

/// The text with the rows under each rule (`----  ----`) sorted.
fn sorted_rows(text: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut rows: Option<usize> = None;
    for line in text.lines().chain([""]) {
        if line.trim().is_empty()
            && let Some(from) = rows.take()
        {
            out[from..].sort_unstable();
        }
        out.push(line);
        if line.trim_start().starts_with("---") {
            rows = Some(out.len());
        }
    }
    out.join("\n")
}

fn as_it_stands(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let (shown_events, shown_rest) = events(task.shown);
    let (actual_events, actual_rest) = events(task.actual);
    let shown = without_added(&shown_rest, &actual_rest);
    let actual = without_added(&actual_rest, &shown_rest);
    let shown: Vec<Shown> = text::read_shown(&shown, &actual, Scan::FIXED)
        .into_iter()
        .map(|item| {
            if let Shown::Line(line) = item {
                Shown::Line(typed(line))
            } else {
                item
            }
        })
        .collect();
    let actual: Vec<Line> = text::read_actual(&actual, Scan::FIXED)
        .into_iter()
        .map(typed)
        .collect();
    let mark = binder.mark();
    // Nothing but events is shown: `[...]` and the rows under it.
    let only_events =
        shown.iter().all(|item| matches!(item, Shown::Elision)) && !shown_events.is_empty();
    let marked = shown.iter().any(|item| matches!(item, Shown::Elision));
    let found = only_events
        || text::search(&shown, &actual, Extent::Part, binder)
        || (marked && by_keys(&shown, &actual, binder));
    let mut reasons = if found {
        Vec::new()
    } else {
        text::explain(&shown, &actual, Extent::Part, binder)
    };
    let cut = marked
        || shown_rest.trim_end().lines().last().is_some_and(|line| {
            !line.trim_start().starts_with("Events:") && shown_events.is_empty()
        });
    if reasons.is_empty() {
        reasons.extend(goes_on(&shown_rest, &actual_rest));
    }
    reasons.extend(missing_events(&shown_events, &actual_events, cut, binder));
    if !reasons.is_empty() {
        binder.rollback(mark);
    }
    Outcome {
        reasons,
        ..Outcome::default()
    }
}

/// What follows where the page shows a description whole but for the end of its last list: one more rule of a role.
/// Where keys follow that list, or lines are left out, its author ended before, and where is his choice.
fn goes_on(shown: &str, actual: &str) -> Option<String> {
    let said = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(str::to_owned).collect()
    };
    let (shown, actual) = (said(shown), said(actual));
    let last = shown.last()?;
    let is_whole = shown[0].starts_with("Name:")
        && normalise::indent(last) > 0
        && !shown.iter().any(|line| elision::is_elision(line));
    let is_entry = |line: &String| {
        normalise::indent(line) == normalise::indent(last) && !is_key(&Line::new(line, Scan::FIXED))
    };
    let words = normalise::words(last);
    let end = actual
        .iter()
        .rposition(|line| normalise::words(line) == words)?;
    let more = &actual[end + 1..];
    (is_whole && is_entry(last) && !more.is_empty() && more.iter().all(is_entry)).then(|| {
        format!(
            "`{}` follows, the page does not show it",
            short(&normalise::words(&more[0]))
        )
    })
}

/// The events of a text, and the text without them and without what says that there are none.
fn events(text: &str) -> (Vec<Event>, String) {
    let mut events = Vec::new();
    let mut rest = String::with_capacity(text.len());
    for line in text.lines() {
        if let Some(event) = Event::read(elision::without_marker(line).unwrap_or(line)) {
            events.push(event);
            continue;
        }
        let words = normalise::words(elision::without_marker(line).unwrap_or(line));
        let frame = words.starts_with("Type Reason Age From Message")
            || words.starts_with("Type Reason Age From SubObjectPath Message");
        let rule = words.starts_with("---- ------ ");
        if frame || rule || words == "Events: <none>" || words == "Events:" {
            continue;
        }
        rest.push_str(line);
        rest.push('\n');
    }
    (events, rest)
}

/// Shown events that did not come, and warnings that came without being shown.
fn missing_events(
    shown: &[Event],
    actual: &[Event],
    cut: bool,
    binder: &mut Binder<'_>,
) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for event in shown
        .iter()
        .filter(|event| seen.insert(event.canon.clone().text))
    {
        let mut same = actual
            .iter()
            .filter(|other| other.canon.text == event.canon.text)
            .peekable();
        if same.peek().is_some() {
            // Pods of one template have the same events; which is whose was decided elsewhere.
            let _ = same.any(|other| binder.bind_all(&event.canon.values, &other.canon.values));
            let (promised, came) = (of_one_form(shown, event), of_one_form(actual, event));
            let told_whole = !actual.iter().any(|other| other.combined);
            if came < promised && told_whole {
                reasons.push(format!(
                    "the event `{}` came {came} times for different objects, the page shows {promised}",
                    readable(&event.canon.text)
                ));
            }
            continue;
        }
        // Where such events came at all, the shown one must be among them: it names the image.
        let expected = !event.is_optional() || actual.iter().any(|other| other.is_like(event));
        if expected {
            reasons.push(format!(
                "the event `{}` of the page did not come",
                readable(&event.canon.text)
            ));
        }
    }
    if !cut {
        let unshown = actual.iter().filter(|event| {
            !event.is_transient()
                && !shown
                    .iter()
                    .any(|other| other.canon.text == event.canon.text)
        });
        for event in unshown.take(2) {
            reasons.push(format!(
                "the event `{}` came, the page does not show it",
                readable(&event.canon.text)
            ));
        }
    }
    reasons.truncate(4);
    reasons
}

/// Of how many different objects events of this form tell: pods that a Job made.
fn of_one_form(events: &[Event], like: &Event) -> usize {
    let named = |event: &&Event| event.canon.text == like.canon.text;
    let values = events.iter().filter(named).map(|event| {
        let kept = event.canon.values.iter();
        kept.filter(|(kind, _)| matches!(kind, Kind::Name | Kind::Hash))
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
    });
    values.collect::<std::collections::HashSet<_>>().len()
}

/// The text without keys that only one side has because of its release, with what hangs under them.
fn without_added(text: &str, other: &str) -> String {
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
fn typed(mut line: Line) -> Line {
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
        "Reason" => fixed(format!("Reason: {}", super::table::cells::status(value))),
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
fn by_keys(shown: &[Shown], actual: &[Line], binder: &mut Binder<'_>) -> bool {
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
fn is_key(line: &Line) -> bool {
    line.words.split_once(':').is_some_and(|(key, rest)| {
        (rest.is_empty() || rest.starts_with(' '))
            && key.starts_with(|c: char| c.is_ascii_uppercase())
            && key.split(' ').count() <= 4
    })
}
