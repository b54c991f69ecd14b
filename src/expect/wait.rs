//! `kubectl wait`: which objects met their condition, in any order.

use super::bindings::Binder;
use super::outcome::{Outcome, Task};
use super::table;

/// Judges one line an object.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    table::rows(task, binder)
}

/// Whether a line is one that `kubectl wait` prints on success.
pub(super) fn is_met(line: &str) -> bool {
    let line = super::elision::without_marker(line).unwrap_or(line).trim();
    line.ends_with(" condition met") && line.contains('/')
}
