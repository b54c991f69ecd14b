//! Why two tables differ, in words.
//!
//! Entry point: [`Paired::reasons`]: rows of one name that differ by which cells, rows that are missing, rows that are
//! too many, an order that is wrong.

use super::pair::{Paired, cell_agrees};
use super::{Order, Ready};
use crate::expect::bindings::Binder;
use crate::expect::elision::Glob;
use crate::expect::outcome::{count, readable, short_apart};

impl Paired {
    /// Why the tables differ, in words; empty if they do not.
    pub(super) fn reasons(
        &self,
        shown: &[Ready],
        actual: &[Ready],
        names: &[&str],
        noun: &str,
        order: Order,
        binder: &Binder<'_>,
    ) -> Vec<String> {
        let mut missing: Vec<usize> = (0..shown.len())
            .filter(|at| self.partner[*at].is_none())
            .collect();
        let mut extra: Vec<usize> = (0..actual.len()).filter(|at| !self.used[*at]).collect();
        if missing.is_empty() && (extra.is_empty() || order.more) {
            return self
                .order_reason(shown, actual, names, order)
                .into_iter()
                .collect();
        }
        let mut reasons: Vec<String> = Vec::new();
        let note = |reason: String, reasons: &mut Vec<String>| {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        };
        let mut clashes = false;
        missing.retain(|&at| {
            let row = &shown[at];
            let Some(position) = extra
                .iter()
                .position(|other| actual[*other].class == row.class && !actual[*other].row.loose)
            else {
                return true;
            };
            let other = &actual[extra.remove(position)];
            let cells = differing(row, other, names);
            if cells.is_empty() {
                clashes = true;
            } else {
                let reason = if names.is_empty() {
                    cells.join(", ")
                } else {
                    format!("row `{}`: {}", name(row), cells.join(", "))
                };
                note(reason, &mut reasons);
            }
            false
        });
        reasons.extend(self.mixed.clone());
        if clashes && let Some(clash) = &binder.clash {
            reasons.push(clash.words());
        }
        if !extra.is_empty() && !order.more {
            let names: Vec<String> = extra
                .iter()
                .take(3)
                .map(|at| format!("`{}`", name(&actual[*at])))
                .collect();
            reasons.push(format!(
                "{} more than the page shows: {}",
                count(extra.len(), noun),
                names.join(", ")
            ));
        }
        if !missing.is_empty() {
            let names: Vec<String> = missing
                .iter()
                .take(3)
                .map(|at| format!("`{}`", name(&shown[*at])))
                .collect();
            reasons.push(format!(
                "{} of the page missing: {}",
                count(missing.len(), noun),
                names.join(", ")
            ));
        }
        if reasons.is_empty() {
            reasons.push("the rows are the same but cannot be matched one to one".to_owned());
        }
        reasons
    }

    /// Where the command sorts, partners must stand in the same order.
    fn order_reason(
        &self,
        shown: &[Ready],
        actual: &[Ready],
        names: &[&str],
        order: Order,
    ) -> Option<String> {
        if !order.sorted {
            return None;
        }
        let age = names
            .iter()
            .position(|name| matches!(*name, "AGE" | "LAST SEEN" | "CREATED AT"));
        let tied = |a: usize, b: usize| {
            order.by_time
                && age.is_none_or(|column| {
                    actual[a].raw.get(column) == actual[b].raw.get(column)
                        || shown
                            .iter()
                            .all(|row| row.raw.get(column) == shown[0].raw.get(column))
                })
        };
        let partners: Vec<usize> = self.partner.iter().flatten().copied().collect();
        let wrong = partners
            .windows(2)
            .position(|pair| pair[0] > pair[1] && !tied(pair[0], pair[1]))?;
        Some(format!(
            "the rows stand in another order: `{}` comes before `{}`",
            name(&shown[wrong + 1]),
            name(&shown[wrong])
        ))
    }
}

/// `READY is 0/1, the page shows 1/1`.
fn differing(shown: &Ready, actual: &Ready, names: &[&str]) -> Vec<String> {
    if names.is_empty() || shown.row.loose {
        return if shown.key == actual.key {
            Vec::new()
        } else {
            let (printed, shown) = short_apart(&actual.raw.join(" "), &shown.raw.join(" "));
            vec![format!("`{printed}` is printed, the page shows `{shown}`")]
        };
    }
    let said = |cell: &str| {
        if cell.is_empty() {
            "empty".to_owned()
        } else {
            cell.to_owned()
        }
    };
    (0..names.len().min(shown.cells.len()).min(actual.cells.len()))
        .filter(|i| !cell_agrees(shown, Glob::of(&shown.raw[*i]).as_ref(), actual, *i))
        .map(|i| {
            format!(
                "{} is {}, the page shows {}",
                names[i],
                said(&actual.raw[i]),
                said(&shown.raw[i])
            )
        })
        .collect()
}

/// A row's name for people: what is generated is a star.
pub(super) fn name(row: &Ready) -> String {
    // A row without columns is named by all that it says: its first word may be `pod` or `No`.
    let class = if row.cells.len() == 1 {
        &row.cells[0].text
    } else {
        &row.class
    };
    let class = class.replace('\u{1f}', " ");
    readable(&class)
}
