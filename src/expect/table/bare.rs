//! Rows without a header: `--no-headers`, a table that went through `grep`, names, actions.
//!
//! Entry point: [`rows`]. A row is one cell of words by their look; they are paired as the rows of a table are.

use super::pair;
use super::parse::Row;
use super::{Order, Ready, cells, noun};
use crate::expect::bindings::Binder;
use crate::expect::outcome::{Outcome, Task};
use crate::expect::volatile::{Kind, Scan, canon};
use crate::expect::{elision, normalise, text};
use crate::page::Rows;

/// Judges rows that have no header: `--no-headers`, or a table that went through `grep`.
pub(in crate::expect) fn rows(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let elided = task.shown.lines().any(elision::is_elision);
    let read = |text: &str, other: &str| -> Vec<Ready> {
        text::read_shown(text, other, Scan::LOOSE)
            .iter()
            .filter_map(text::Shown::line)
            .enumerate()
            .map(|(number, line)| bare(&line.raw, number))
            .collect()
    };
    let shown = read(task.shown, task.actual);
    let actual: Vec<Ready> = task
        .actual
        .lines()
        .filter(|l| !l.trim().is_empty())
        .enumerate()
        .map(|(n, l)| bare(l, n))
        .collect();
    let order = Order {
        sorted: task.command.sorts(),
        by_time: task.command.sorts_by_time(),
        more: task.rows == Rows::Subset || elided,
    };
    let paired = pair::pair(&shown, &actual, binder);
    let reasons = paired.reasons(&shown, &actual, &[], noun(task), order, binder);
    Outcome {
        reasons,
        warnings: paired.warnings,
        sides: None,
    }
}

/// A row without header: cells apart by two blanks or by one; ages and restarts by their look.
fn bare(line: &str, number: usize) -> Ready {
    let text = normalise::words(line);
    let mut whole = canon(&text, Scan::LOOSE);
    // `2 (43s ago)` is how restarts look; the number before it says how often.
    if let Some(at) = whole.text.find(" (")
        && whole.text[at..].starts_with(&format!(" ({} ago)", Kind::Duration.mark()))
    {
        let tail = format!(" ({} ago)", Kind::Duration.mark());
        whole.text = whole.text.replacen(&tail, "", 1);
        if let Some(position) = whole
            .values
            .iter()
            .position(|(kind, _)| *kind == Kind::Duration)
        {
            whole.values.remove(position);
        }
    }
    let mut words: Vec<String> = whole
        .text
        .split(' ')
        .map(|word| cells::status(word).to_owned())
        .collect();
    if let Some(word) = restarts_at(&words).and_then(|at| words.get_mut(at)) {
        *word = cells::restarts(word).to_owned();
    }
    whole.text = words.join(" ");
    let class = words.first().cloned().unwrap_or_default();
    let row = Row {
        cells: vec![text.clone()],
        loose: false,
        text: line.to_owned(),
        line: number,
    };
    Ready {
        row,
        raw: vec![text],
        key: whole.text.clone(),
        class,
        cells: vec![whole],
    }
}

/// Where a row of `kubectl get pods` counts restarts: after `READY STATUS`, before the age.
fn restarts_at(words: &[String]) -> Option<usize> {
    let is_ready = |word: &String| {
        word.split_once('/').is_some_and(|(there, wanted)| {
            let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            number(there) && number(wanted)
        })
    };
    let at = words.iter().position(is_ready)? + 2;
    words
        .get(at + 1)
        .is_some_and(|age| *age == Kind::Duration.mark().to_string())
        .then_some(at)
}
