//! A table whose rows a page shows on several lines each, as a narrow terminal breaks them.
//!
//! Entry point: [`joined`].

use super::parse::Header;
use crate::expect::elision;

/// Lines that a row may be broken into.
const MAX_LINES: usize = 4;

/// The shown table with one line a row; `None` if it is not wrapped. It is where the first lines together have the
/// columns that the printed header begins with, and the others are as many for each row.
pub(super) fn joined(shown: &str, actual: &str) -> Option<String> {
    let lines: Vec<&str> = shown
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let first = actual.lines().find(|line| !line.trim().is_empty())?;
    let printed = Header::of(first, true)?.names;
    let is_header = |line: &&&str| Header::of(line, true).is_some();
    let of_header = lines.iter().take_while(is_header).count();
    if !(2..=MAX_LINES).contains(&of_header) {
        return None;
    }
    let names: Vec<String> = lines[..of_header]
        .iter()
        .filter_map(|line| Header::of(line, true))
        .flat_map(|header| header.names)
        .collect();
    if !printed.starts_with(&names) {
        return None;
    }
    let mut out = Vec::new();
    let mut rest = lines.as_slice();
    while let Some(line) = rest.first() {
        if elision::is_elision(line) || elision::is_comment(line) {
            out.push((*line).to_owned());
            rest = &rest[1..];
            continue;
        }
        let row = rest.get(..of_header)?;
        let cells: Vec<&str> = row.iter().map(|part| part.trim()).collect();
        out.push(cells.join("   "));
        rest = &rest[of_header..];
    }
    Some(out.join("\n"))
}
