//! Logs and text: the shown lines in order, with anything where the author left lines out.
//!
//! Entry points: [`judge`], and [`search`] for rules that are text with more leave. Steps: read the shown lines with
//! their notation; find each run of lines between elisions, the first at the start and the last at the end
//! unless an elision stands there; if that fails, say what is missing and what is extra.

use std::collections::HashSet;

use super::bindings::Binder;
use super::elision;
use super::line::{Line, agree};
use super::outcome::{Outcome, Task};
use super::volatile::{Scan, canon};
use super::{missing, normalise, sieve};

/// A shown line that means something.
#[derive(Debug, Clone)]
pub(super) enum Shown {
    /// Lines are left out here.
    Elision,
    Line(Line),
}

impl Shown {
    /// The line, if it is one.
    pub(super) fn line(&self) -> Option<&Line> {
        match self {
            Self::Elision => None,
            Self::Line(line) => Some(line),
        }
    }
}

/// What of the output the shown lines must cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it, but for elisions.
    Whole,
    /// A part of it: anything may stand before and after.
    Part,
}

/// Attempts to place lines after which a search gives up. Only a page of thousands of masked lines against an
/// output of a million gets there.
const MAX_ATTEMPTS: usize = 20_000_000;

/// Judges plain text.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let scan = Scan {
        digests_fixed: task.command.runs_any(&DIGEST_PROGRAMS),
        commits: task.command.runs("git"),
        node_ports: task.command.asks_for_node_port(),
        ..Scan::LOOSE
    };
    judge_lines(task, scan, Extent::Whole, binder)
}

/// Judges logs of several containers, each line behind the name of its own: in which order containers come is chance, a
/// container's own lines have theirs.
pub(super) fn judge_prefixed(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let outcome = judge(task, binder);
    if outcome.agrees() || task.shown.lines().any(elision::is_elision) {
        return outcome;
    }
    let sorted = |text: &str| {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let prefix = line.split_once("] ").map_or("", |(prefix, _)| prefix);
            match groups.iter_mut().find(|(other, _)| *other == prefix) {
                Some((_, lines)) => lines.push(line),
                None => groups.push((prefix, vec![line])),
            }
        }
        let joined = groups.into_iter().map(|(_, lines)| lines.join("\n"));
        let mut joined: Vec<String> = joined.collect();
        joined.sort_by_cached_key(|group| {
            let lines = group.lines().map(|line| canon(line, Scan::LOOSE).text);
            lines.collect::<Vec<_>>().join("\n")
        });
        joined.join("\n")
    };
    let (shown, actual) = (sorted(task.shown), sorted(task.actual));
    let grouped = judge(&task.with(&shown, &actual), binder);
    if grouped.agrees() { grouped } else { outcome }
}

/// Programs whose output is a digest of content: there a hash is the point.
pub(super) const DIGEST_PROGRAMS: [&str; 8] = [
    "md5sum",
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "cksum",
    "b2sum",
];

/// The same with another idea of what is volatile and how much must be covered.
pub(super) fn judge_lines(
    task: &Task<'_>,
    scan: Scan,
    extent: Extent,
    binder: &mut Binder<'_>,
) -> Outcome {
    let shown = read_shown(task.shown, task.actual, scan);
    let actual =
        sieve::read(task.actual, &shown, scan).unwrap_or_else(|| read_actual(task.actual, scan));
    if search(&shown, &actual, extent, binder) {
        return Outcome::default();
    }
    let reasons = missing::explain(&shown, &actual, extent, binder);
    Outcome {
        reasons,
        ..Outcome::default()
    }
}

/// The lines of an output, blank ones left out.
pub(super) fn read_actual(text: &str, scan: Scan) -> Vec<Line> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| Line::printed(line, scan))
        .collect()
}

/// The lines of a page, with the author's notation resolved: what looks like a remark or a marker but is printed too
/// stays text.
pub(super) fn read_shown(text: &str, actual: &str, scan: Scan) -> Vec<Shown> {
    let notes = text.lines().filter(|line| {
        elision::is_elision(line)
            || elision::is_comment(line)
            || elision::without_marker(line).is_some()
    });
    let printed = printed(notes, actual);
    let is_printed = |line: &str| printed.contains(&normalise::words(line));
    let mut out = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            continue;
        }
        if elision::is_elision(line) {
            if !is_printed(line) || line.trim() == "..." {
                out.push(Shown::Elision);
                continue;
            }
        } else if elision::is_comment(line) {
            if !is_printed(line) {
                continue;
            }
        } else if let Some(rest) = elision::without_marker(line)
            && !is_printed(line)
        {
            if !rest.trim().is_empty() {
                out.push(Shown::Line(Line::new(rest, scan)));
            }
            continue;
        }
        out.push(Shown::Line(Line::new(line, scan)));
    }
    out
}

/// Which of some lines an output has, as their words.
fn printed<'t>(lines: impl Iterator<Item = &'t str>, actual: &str) -> HashSet<String> {
    let wanted: HashSet<String> = lines.map(normalise::words).collect();
    if wanted.is_empty() {
        return wanted;
    }
    let begins: HashSet<u8> = wanted
        .iter()
        .filter_map(|line| line.bytes().next())
        .collect();
    let may = |line: &&str| {
        let line = line.trim_start();
        line.bytes()
            .next()
            .is_some_and(|first| begins.contains(&first))
    };
    let found = actual.lines().filter(may).map(normalise::words);
    found.filter(|line| wanted.contains(line)).collect()
}

/// Whether the shown lines are found; binds their tokens if so.
pub(super) fn search(
    shown: &[Shown],
    actual: &[Line],
    extent: Extent,
    binder: &mut Binder<'_>,
) -> bool {
    let mark = binder.mark();
    let mut attempts = 0;
    let found = place(shown, actual, extent, binder, &mut attempts);
    if !found {
        binder.rollback(mark);
    }
    found
}

fn place(
    shown: &[Shown],
    actual: &[Line],
    extent: Extent,
    binder: &mut Binder<'_>,
    attempts: &mut usize,
) -> bool {
    let chunks: Vec<Vec<&Line>> = shown
        .split(|item| matches!(item, Shown::Elision))
        .map(|chunk| chunk.iter().filter_map(Shown::line).collect())
        .collect();
    let open_start = extent == Extent::Part || matches!(shown.first(), Some(Shown::Elision));
    let open_end = extent == Extent::Part || matches!(shown.last(), Some(Shown::Elision));
    let filled: Vec<&Vec<&Line>> = chunks.iter().filter(|chunk| !chunk.is_empty()).collect();
    if filled.is_empty() {
        // Nothing but elisions says that something is printed; no lines at all that nothing is.
        return if shown.is_empty() {
            actual.is_empty()
        } else {
            true
        };
    }
    let mut from = 0;
    for (i, chunk) in filled.iter().enumerate() {
        let first = i == 0;
        let last = i + 1 == filled.len();
        let at = if first && !open_start {
            if last && !open_end && actual.len() != chunk.len() {
                return false;
            }
            fits_at(chunk, actual, 0, binder).then_some(0)
        } else if last && !open_end {
            let start = actual
                .len()
                .checked_sub(chunk.len())
                .filter(|start| *start >= from);
            start.filter(|start| fits_at(chunk, actual, *start, binder))
        } else {
            (from..actual.len().saturating_sub(chunk.len() - 1)).find(|start| {
                *attempts += 1;
                *attempts < MAX_ATTEMPTS && fits_at(chunk, actual, *start, binder)
            })
        };
        match at {
            Some(at) => from = at + chunk.len(),
            None => return false,
        }
    }
    true
}

fn fits_at(chunk: &[&Line], actual: &[Line], start: usize, binder: &mut Binder<'_>) -> bool {
    if start + chunk.len() > actual.len() {
        return false;
    }
    let mark = binder.mark();
    for (shown, actual) in chunk.iter().zip(&actual[start..]) {
        if !agree(shown, actual, binder) {
            binder.rollback(mark);
            return false;
        }
    }
    true
}
