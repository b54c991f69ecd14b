//! Which rule judges an output: chosen here and only here, from the command and the shown text.

use super::bindings::Binder;
use super::outcome::{Outcome, Task};
use super::text;
use crate::page::MatchKind;

/// Judges by the rule that fits; gives its name too.
pub(super) fn judge(
    task: &Task<'_>,
    _kind: MatchKind,
    binder: &mut Binder<'_>,
) -> (&'static str, Outcome) {
    let rule = if task.shown.contains('\n') {
        "text"
    } else {
        "value"
    };
    (rule, text::judge(task, binder))
}
