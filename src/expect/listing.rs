//! Lists of files and names: a set, exact unless the author left some out.
//!
//! Entry point: [`judge`]. `ls -l` rows count by permissions, owner, size and name; links, dates and the sizes of
//! directories are the file system's affair.

use std::collections::HashMap;

use super::bindings::Binder;
use super::outcome::{Outcome, Task, count, short};
use super::text::{Shown, read_shown};
use super::volatile::{Scan, canon};
use super::{elision, normalise};
use crate::page::Rows;

/// Judges a list of files.
pub(super) fn judge(task: &Task<'_>, _binder: &mut Binder<'_>) -> Outcome {
    let scan = Scan {
        uuids_fixed: true,
        digests_fixed: true,
        ..Scan::FIXED
    };
    let shown = read_shown(task.shown, task.actual, scan);
    let elided =
        task.rows == Rows::Subset || shown.iter().any(|item| matches!(item, Shown::Elision));
    let lines = shown.iter().filter_map(Shown::line);
    let lines = lines.map(|line| line.raw.as_str());
    let long = task
        .shown
        .lines()
        .chain(task.actual.lines())
        .any(|line| entry(line).is_some());
    let spaced = task.command.runs("find") || task.command.runs_any(&["find"]);
    let names = |lines: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        let lines = lines.filter(|line| !is_total(line));
        if long || spaced {
            lines
                .map(|line| entry(line).unwrap_or_else(|| canon(line, scan).text))
                .collect()
        } else {
            // A terminal prints names in columns, a pipe one a line: the names are what counts.
            lines
                .flat_map(str::split_whitespace)
                .map(|name| canon(name, scan).text)
                .collect()
        }
    };
    let shown = names(&mut lines.into_iter());
    let actual = names(&mut task.actual.lines().filter(|line| !line.trim().is_empty()));
    if task.command.sorts() && !elided && shown != actual && sorted(&shown) == sorted(&actual) {
        return Outcome::fail("the same names as on the page, in another order");
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    for name in &actual {
        *left.entry(name).or_default() += 1;
    }
    let mut missing = Vec::new();
    for name in &shown {
        match left.get_mut(name.as_str()) {
            Some(n) if *n > 0 => *n -= 1,
            _ => missing.push(name),
        }
    }
    // Masks: `xxxx.png` stands for one of those that are left.
    missing.retain(|name| {
        let Some(glob) = elision::Glob::of(name) else {
            return true;
        };
        match left
            .iter_mut()
            .find(|(other, n)| **n > 0 && glob.fits(other))
        {
            Some((_, n)) => {
                *n -= 1;
                false
            }
            None => true,
        }
    });
    let extra: Vec<&String> = actual
        .iter()
        .filter(|name| left.get(name.as_str()).is_some_and(|n| *n > 0))
        .collect();
    let mut reasons = Vec::new();
    let list = |names: &[&String]| {
        names
            .iter()
            .take(3)
            .map(|name| format!("`{}`", short(&readable(name))))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if !missing.is_empty() {
        reasons.push(format!(
            "{} of the page missing: {}",
            count(missing.len(), "name"),
            list(&missing)
        ));
    }
    if !extra.is_empty() && !elided {
        reasons.push(format!(
            "{} more than the page shows: {}",
            count(extra.len(), "name"),
            list(&extra)
        ));
    }
    Outcome {
        reasons,
        ..Outcome::default()
    }
}

fn sorted(names: &[String]) -> Vec<&String> {
    let mut names: Vec<&String> = names.iter().collect();
    names.sort_unstable();
    names
}

fn readable(name: &str) -> String {
    name.chars()
        .map(|c| {
            if ('\u{E100}'..='\u{E1FF}').contains(&c) {
                '*'
            } else {
                c
            }
        })
        .collect()
}

/// `total 16`: blocks on the disk.
fn is_total(line: &str) -> bool {
    line.trim()
        .strip_prefix("total ")
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'))
}

/// A row of `ls -l` as what counts of it; `None` for another line.
fn entry(line: &str) -> Option<String> {
    let line = normalise::words(line);
    let words: Vec<&str> = line.split(' ').collect();
    let mode = words.first()?.trim_end_matches(['.', '+', '@']);
    let is_mode = mode.len() == 10
        && mode.starts_with(['-', 'd', 'l', 'c', 'b', 'p', 's'])
        && mode[1..].chars().all(|c| "rwxsStT-".contains(c));
    if !is_mode || words.len() < 9 || !words[1].bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Mode, links, owner, group, size, three words of date, name.
    let size = if mode.starts_with('-') { words[4] } else { "" };
    Some(format!(
        "{mode} {} {} {size} {}",
        words[2],
        words[3],
        words[8..].join(" ")
    ))
}
