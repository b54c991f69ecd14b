//! Tables as kubectl and helm print them, by column.
//!
//! Entry points: [`judge`] for a table with its header, [`rows`] for rows without one. Steps: join rows that the page shows
//! wrapped ([`wrapped`]); cut both texts into cells ([`parse`]); find the shown columns in the output; bring each cell into the form of its column ([`cells`]);
//! pair the rows ([`pair`]); say what is left over.

mod bare;
pub(super) mod cells;
mod pair;
pub(super) mod parse;
mod reasons;
mod sides;
mod wrapped;

use super::bindings::Binder;
use super::elision;
use super::outcome::{Outcome, Task};
use super::volatile::{Canon, Scan, canon};
use super::{events, releases};
use crate::page::Rows;
use cells::About;
use parse::{Header, Row};
use sides::sides;

pub(super) use bare::rows;

/// A row ready for pairing: a canonical form a column.
#[derive(Debug, Clone)]
struct Ready {
    row: Row,
    cells: Vec<Canon>,
    /// The same cells as they were.
    raw: Vec<String>,
    /// All cells in one: rows of one key agree but for bindings.
    key: String,
    /// What names the row, generated parts left out.
    class: String,
}

/// How rows are to be paired.
#[derive(Debug, Clone, Copy)]
struct Order {
    /// The command asked for an order.
    sorted: bool,
    /// By time: rows of one age may change places.
    by_time: bool,
    /// There may be more rows than the page shows.
    more: bool,
}

/// A shown table: its rows and whether some are left out.
struct Read {
    rows: Vec<Row>,
    elided: bool,
}

/// Judges one table with its header.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let whole = wrapped::joined(task.shown, task.actual);
    let task = &task.with(whole.as_deref().unwrap_or(task.shown), task.actual);
    let (Some(shown_header), Some(actual_header)) =
        (first_header(task.shown), first_header(task.actual))
    else {
        return no_table(task);
    };
    let mut shown = read(task.shown, &shown_header, true, task.actual);
    let mut actual = read(task.actual, &actual_header, false, task.actual);
    if task.command.watches() {
        only_last(&mut shown);
        only_last(&mut actual);
    }
    let (columns, mut outcome) = columns(&shown_header, &actual_header);
    if !outcome.agrees() {
        return outcome;
    }
    let about = About {
        nodes: is_about_nodes(task),
    };
    let names: Vec<&str> = columns
        .iter()
        .map(|(s, _)| shown_header.names[*s].as_str())
        .collect();
    let pick = |rows: Vec<Row>, side: fn(&(usize, usize)) -> usize| -> Vec<Ready> {
        rows.into_iter()
            .map(|row| {
                ready(
                    row,
                    &names,
                    &columns.iter().map(side).collect::<Vec<_>>(),
                    about,
                )
            })
            .collect()
    };
    let mut shown_rows = pick(shown.rows, |pair| pair.0);
    let mut actual_rows = pick(actual.rows, |pair| pair.1);
    without_passing(&mut shown_rows, &names);
    without_passing(&mut actual_rows, &names);
    outcome
        .warnings
        .extend(without_added(&shown_rows, &mut actual_rows, &names));
    let order = Order {
        sorted: task.command.sorts(),
        by_time: task.command.sorts_by_time(),
        more: task.rows == Rows::Subset || shown.elided,
    };
    let noun = noun(task);
    let paired = pair::pair(&shown_rows, &actual_rows, binder);
    outcome.reasons = paired.reasons(&shown_rows, &actual_rows, &names, noun, order, binder);
    outcome.warnings.extend(paired.warnings);
    if !outcome.agrees() {
        outcome.sides = Some(sides(
            task,
            &shown_header,
            &shown_rows,
            &actual_rows,
            &paired.partner,
            &columns,
        ));
    }
    outcome
}

/// The first header of a text.
pub(super) fn first_header(text: &str) -> Option<Header> {
    let mut lines = text.lines().filter(|line| {
        !line.trim().is_empty() && !elision::is_elision(line) && !elision::is_comment(line)
    });
    let line = lines.next()?;
    Header::of(elision::without_marker(line).unwrap_or(line), true)
}

fn no_table(task: &Task<'_>) -> Outcome {
    let first = task.actual.lines().find(|line| !line.trim().is_empty());
    Outcome::fail(match first {
        Some(line) => format!(
            "the page shows a table, the output is `{}`",
            super::outcome::short(line)
        ),
        None => "the page shows a table, nothing was printed".to_owned(),
    })
}

/// The rows under a header.
fn read(text: &str, header: &Header, notation: bool, actual: &str) -> Read {
    let mut out = Read {
        rows: Vec::new(),
        elided: false,
    };
    let mut past_header = false;
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        if notation {
            if elision::is_elision(line) {
                out.elided = true;
                continue;
            }
            if elision::is_comment(line) {
                continue;
            }
        }
        if !past_header {
            past_header = true;
            continue;
        }
        let plain = if notation {
            elision::without_marker(line)
                .filter(|_| !actual.contains(line))
                .unwrap_or(line)
        } else {
            line
        };
        if plain.trim().is_empty() {
            continue;
        }
        let row = header.row(plain, number).unwrap_or_else(|| Row {
            cells: vec![plain.trim().to_owned()],
            loose: true,
            text: plain.to_owned(),
            line: number,
        });
        out.rows.push(row);
    }
    out
}

/// Of `kubectl get -w` the last row of each object: which states it went through in between is chance.
fn only_last(table: &mut Read) {
    let mut seen = std::collections::HashSet::new();
    let first = |row: &Row| row.cells.first().cloned().unwrap_or_default();
    table.rows.reverse();
    table.rows.retain(|row| seen.insert(first(row)));
    table.rows.reverse();
}

/// Leaves out events that come and go while something healthy starts.
fn without_passing(rows: &mut Vec<Ready>, names: &[&str]) {
    let column = |name: &str| names.iter().position(|other| *other == name);
    let (Some(reason), Some(message)) = (column("REASON"), column("MESSAGE")) else {
        return;
    };
    rows.retain(|row| {
        let cell = |at: usize| row.raw.get(at).map(String::as_str).unwrap_or_default();
        !events::is_passing(cell(reason), cell(message))
    });
}

/// Leaves out objects that every namespace has since some release, where the page shows none of them. What is new is a warning.
fn without_added(shown: &[Ready], actual: &mut Vec<Ready>, names: &[&str]) -> Option<String> {
    let at = names.iter().position(|name| *name == "NAME")?;
    let name = |row: &Ready| row.raw.get(at).cloned().unwrap_or_default();
    let is_added = |row: &Ready| releases::is_added_object(&name(row));
    let added = actual.iter().find(|row| is_added(row)).map(name)?;
    if shown.iter().any(is_added) {
        return None;
    }
    actual.retain(|row| !is_added(row));
    Some(format!(
        "`{added}` is new in every namespace: page may be stale"
    ))
}

/// Which shown column is which printed one. What only one side has is a warning if enough is left to compare.
fn columns(shown: &Header, actual: &Header) -> (Vec<(usize, usize)>, Outcome) {
    let mut out = Outcome::default();
    let mut pairs = Vec::new();
    let mut gone = Vec::new();
    for (at, name) in shown.names.iter().enumerate() {
        let free = |i: &usize| !pairs.iter().any(|(_, taken)| taken == i);
        match actual
            .names
            .iter()
            .enumerate()
            .filter(|(_, other)| *other == name)
            .map(|(i, _)| i)
            .find(free)
        {
            Some(i) => pairs.push((at, i)),
            None => gone.push(name.as_str()),
        }
    }
    let enough =
        pairs.first().is_some_and(|(at, _)| *at == 0) && pairs.len() * 2 > shown.names.len();
    // Only Jobs have both: their STATUS came with kubectl 1.30.
    let jobs = shown.names.iter().any(|name| name == "COMPLETIONS");
    let telling =
        |name: &&str| !releases::column(name) && is_telling(name) && !(jobs && *name == "STATUS");
    if !enough || gone.iter().any(telling) {
        let (missing, printed) = (gone.join(", "), actual.names.join(", "));
        return (
            pairs,
            Outcome::fail(format!(
                "the page shows the column {missing}; the output has the columns {printed}"
            )),
        );
    }
    for name in gone {
        out.warnings.push(format!(
            "column {name} is not printed any more: page may be stale"
        ));
    }
    // Authors cut columns at the end. One that is missing before the last shown one came with a release.
    let last = pairs.iter().map(|(_, i)| *i).max().unwrap_or_default();
    for (i, name) in actual.names.iter().enumerate() {
        if i < last && releases::column(name) && !pairs.iter().any(|(_, taken)| *taken == i) {
            out.warnings
                .push(format!("column {name} is new: page may be stale"));
        }
    }
    (pairs, out)
}

/// Columns whose absence takes the point out of a table.
fn is_telling(name: &str) -> bool {
    matches!(
        name,
        "READY"
            | "STATUS"
            | "NAME"
            | "TYPE"
            | "DATA"
            | "CAPACITY"
            | "CLUSTER-IP"
            | "PORT(S)"
            | "REPLICAS"
            | "COMPLETIONS"
    )
}

fn ready(row: Row, names: &[&str], columns: &[usize], about: About) -> Ready {
    let raw: Vec<String> = if row.loose {
        row.cells.clone()
    } else {
        columns
            .iter()
            .map(|at| row.cells.get(*at).cloned().unwrap_or_default())
            .collect()
    };
    let cells: Vec<Canon> = if row.loose {
        raw.iter().map(|text| canon(text, Scan::LOOSE)).collect()
    } else {
        names
            .iter()
            .zip(&raw)
            .map(|(name, text)| cells::cell(name, text, about))
            .collect()
    };
    let key = cells
        .iter()
        .map(|cell| cell.text.as_str())
        .collect::<Vec<_>>()
        .join("\u{1f}");
    let naming = [
        "NAMESPACE",
        "NAME",
        "OBJECT",
        "REASON",
        "MESSAGE",
        "REVISION",
    ];
    let mut class: Vec<&str> = names
        .iter()
        .zip(&cells)
        .filter(|(name, _)| naming.contains(name))
        .map(|(_, cell)| cell.text.as_str())
        .collect();
    if class.is_empty() || row.loose {
        class = cells
            .first()
            .map(|cell| cell.text.as_str())
            .into_iter()
            .collect();
    }
    let class = class.join("\u{1f}");
    Ready {
        row,
        cells,
        raw,
        key,
        class,
    }
}

/// Whether the rows are nodes.
fn is_about_nodes(task: &Task<'_>) -> bool {
    let named = |arg: &str| {
        matches!(
            arg.split('/').next().unwrap_or(arg),
            "node" | "nodes" | "no"
        )
    };
    task.command.kubectls().any(|kubectl| {
        matches!(kubectl.verb, "get" | "top") && kubectl.args.first().is_some_and(|arg| named(arg))
    })
}

/// What a row is, in words.
fn noun(task: &Task<'_>) -> &'static str {
    let Some(kubectl) = task
        .command
        .kubectls()
        .find(|kubectl| kubectl.verb == "get")
    else {
        return "row";
    };
    match kubectl.args.first().copied().unwrap_or_default() {
        "pods" | "pod" | "po" => "pod",
        "deployments" | "deployment" | "deploy" => "deployment",
        "services" | "service" | "svc" => "service",
        "nodes" | "node" | "no" => "node",
        "events" | "ev" | "event" => "event",
        "namespaces" | "namespace" | "ns" => "namespace",
        _ => "row",
    }
}
