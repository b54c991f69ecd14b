//! `kubectl describe`: the keys that the page shows, and events by type, reason and message.
//!
//! Entry point: [`judge`]. Steps: where several objects are described, pair them; take the events out of both texts
//! (their order, times and repeats are chance) and compare them as sets; leave out keys that came or went with a
//! release; the other shown lines must stand together in the output, or, where the author cut elsewhere too, in order
//! with whole keys left out between them.

mod data;
mod keys;
mod told;

use super::bindings::Binder;
use super::line::Line;
use super::outcome::{Outcome, Task, count, short};
use super::text::{self, Extent, Shown};
use super::volatile::Scan;
use super::{elision, missing, normalise};
use data::sorted_data;
use keys::{by_keys, is_key, typed, without_added};
use told::{events, missing_events};

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
    let sort = match () {
        _ if outcome.agrees() => return outcome,
        _ if describes(task, &LIMITS) => sorted_rows,
        _ if describes(task, &DATA) => sorted_data,
        _ => return outcome,
    };
    let (shown, actual) = (sort(task.shown), sort(task.actual));
    let sorted = as_it_stands(&task.with(&shown, &actual), binder);
    if sorted.agrees() { sorted } else { outcome }
}

/// Limit ranges: kubectl walks over a map for the rows of their table.
const LIMITS: [&str; 3] = ["limits", "limitrange", "limitranges"];
/// What has data: kubectl walks over a map for its keys.
const DATA: [&str; 5] = ["cm", "configmap", "configmaps", "secret", "secrets"];

/// Whether objects of these kinds are described.
fn describes(task: &Task<'_>, kinds: &[&str]) -> bool {
    let kind = |arg: &&str| {
        arg.split('/')
            .next()
            .is_some_and(|kind| kinds.contains(&kind))
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
        missing::explain(&shown, &actual, Extent::Part, binder)
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
