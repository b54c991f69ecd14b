//! The diff of a judgement: shown against actual, aligned on canonical lines.
//!
//! Entry point: [`lines`]. Lines whose canonical forms agree stand on both sides, so that a new pod name is no
//! difference; what an elision of the page covers is not shown as extra.

use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use super::outcome::Keyed;
use super::volatile::{Scan, canon};
use super::{DiffLine, Side, elision};

/// Lines a side that are put in a diff. Nobody reads more, and the page's own text is never longer in practice.
const MAX_LINES: usize = 2_000;
/// Time after which a diff may become coarser.
const DEADLINE: Duration = Duration::from_millis(200);

/// The lines of a text with their canonical forms as keys.
pub(super) fn keyed(text: &str) -> Vec<Keyed> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .take(MAX_LINES)
        .map(|(at, line)| Keyed {
            text: line.to_owned(),
            key: canon(line, Scan::LOOSE).text,
            line: at,
        })
        .collect()
}

/// The diff of two sides.
pub(super) fn lines(shown: &[Keyed], actual: &[Keyed]) -> Vec<DiffLine> {
    let shown = &shown[..shown.len().min(MAX_LINES)];
    let actual = &actual[..actual.len().min(MAX_LINES)];
    let old: Vec<&str> = shown.iter().map(|line| line.key.as_str()).collect();
    let new: Vec<&str> = actual.iter().map(|line| line.key.as_str()).collect();
    let mut out = Vec::new();
    for op in capture_diff_slices_deadline(
        Algorithm::Myers,
        &old,
        &new,
        Some(Instant::now() + DEADLINE),
    ) {
        let (before, after) = match op {
            DiffOp::Equal { old_index, len, .. } => {
                for line in &shown[old_index..old_index + len] {
                    out.push(shown_line(Side::Both, line));
                }
                continue;
            }
            DiffOp::Delete {
                old_index, old_len, ..
            } => (&shown[old_index..old_index + old_len], &actual[..0]),
            DiffOp::Insert {
                new_index, new_len, ..
            } => (&shown[..0], &actual[new_index..new_index + new_len]),
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => (
                &shown[old_index..old_index + old_len],
                &actual[new_index..new_index + new_len],
            ),
        };
        // What stands where the page left lines out is no difference; nor is a remark of the author.
        let elided = before.iter().any(|line| elision::is_elision(&line.text));
        for line in before {
            let noted = elision::is_elision(&line.text) || elision::is_comment(&line.text);
            out.push(shown_line(
                if noted { Side::Both } else { Side::Shown },
                line,
            ));
        }
        if !elided {
            out.extend(after.iter().map(|line| DiffLine {
                side: Side::Actual,
                text: line.text.clone(),
                shown_line: None,
            }));
        }
    }
    out
}

fn shown_line(side: Side, line: &Keyed) -> DiffLine {
    DiffLine {
        side,
        text: line.text.clone(),
        shown_line: Some(line.line),
    }
}
