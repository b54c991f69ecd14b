//! A leftover of a lab in a line.

use super::style::count;
use crate::event::LeftoverRecord;

/// What became of an object, where, and whether it is as before.
pub(super) fn described(leftover: &LeftoverRecord) -> String {
    let mut text = format!("{} {}", leftover.kind, leftover.place());
    if leftover.with > 0 {
        text += &format!(" with {}", count(leftover.with, "object"));
    }
    text += match leftover.change {
        "added" => " was made",
        "changed" => " was changed",
        _ => " was deleted",
    };
    match leftover.done_at() {
        Some(place) => text += &format!(" at {place}"),
        None => text += ", it is not known by which command",
    }
    text += match (leftover.restored, leftover.change) {
        (false, _) => "; it stays so",
        (true, "added") => "; deleted",
        (true, "changed") => "; put back",
        (true, _) => "; made again",
    };
    if let Some(reason) = &leftover.reason {
        text += &format!(" ({reason})");
    }
    text
}
