//! `--json`: the whole record.

use crate::event::RunRecord;

/// The record as indented JSON with a line break at the end.
pub fn render(record: &RunRecord) -> String {
    let mut text = serde_json::to_string_pretty(record).expect("the record is plain data");
    text.push('\n');
    text
}
