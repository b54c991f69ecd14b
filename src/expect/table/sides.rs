//! Both sides of a table for its diff.
//!
//! Entry point: [`sides`].

use super::Ready;
use super::parse::Header;
use crate::expect::elision;
use crate::expect::outcome::{Keyed, Task};

/// Both sides for the diff: rows of the output in the page's order, each with the shown columns as key.
pub(super) fn sides(
    task: &Task<'_>,
    header: &Header,
    shown: &[Ready],
    actual: &[Ready],
    partner: &[Option<usize>],
    columns: &[(usize, usize)],
) -> (Vec<Keyed>, Vec<Keyed>) {
    let key = "\u{0}header".to_owned();
    let line = |text: &str| {
        text.lines()
            .find(|l| !l.trim().is_empty() && !elision::is_elision(l))
            .unwrap_or_default()
            .to_owned()
    };
    let same = columns.len() == header.names.len();
    let mut old = vec![Keyed {
        text: line(task.shown),
        key: key.clone(),
        line: 0,
    }];
    let mut new = vec![Keyed {
        text: line(task.actual),
        key: if same { key } else { "header".to_owned() },
        line: 0,
    }];
    let mut placed = vec![false; actual.len()];
    for (at, row) in shown.iter().enumerate() {
        let key = match partner[at] {
            Some(other) => format!("\u{0}{at}={other}"),
            None => format!("shown {at}"),
        };
        old.push(Keyed {
            text: row.row.text.clone(),
            key: key.clone(),
            line: row.row.line,
        });
        if let Some(other) = partner[at] {
            placed[other] = true;
            new.push(Keyed {
                text: actual[other].row.text.clone(),
                key,
                line: actual[other].row.line,
            });
        } else if let Some(other) = (0..actual.len())
            .find(|i| !placed[*i] && !partner.contains(&Some(*i)) && actual[*i].class == row.class)
        {
            placed[other] = true;
            new.push(Keyed {
                text: actual[other].row.text.clone(),
                key: format!("actual {other}"),
                line: actual[other].row.line,
            });
        }
    }
    for (at, row) in actual.iter().enumerate().filter(|(at, _)| !placed[*at]) {
        new.push(Keyed {
            text: row.row.text.clone(),
            key: format!("actual {at}"),
            line: row.row.line,
        });
    }
    (old, new)
}
