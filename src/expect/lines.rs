//! What somebody who rewrites a page has to know of single lines, words and cells: what in them is the author's
//! notation, and which of them agree by type. The same knowledge by which outputs are judged.
//!
//! Entry points: [`Line`] for lines, [`word_agrees`] for words, [`Table`] and [`cell_agrees`] for tables, and
//! [`is_elision`], [`is_remark`], [`split_marker`] and [`is_noise`] for what is no output of the command.

use super::elision::{self, Glob};
use super::line;
use super::table::cells::{self, About, restarts_agree};
use super::table::parse::Header;
use super::volatile::Scan;
use super::{normalise, warnings};

/// Whether a whole line stands for lines that the author left out.
pub fn is_elision(line: &str) -> bool {
    elision::is_elision(line)
}

/// Whether a line is the author's remark; a program may print one like it.
pub fn is_remark(line: &str) -> bool {
    elision::is_comment(line)
}

/// A line without the author's arrow at its end, and the arrow with the blanks before it; it may be empty.
pub fn split_marker(line: &str) -> (&str, &str) {
    match elision::without_marker(line) {
        Some(rest) => line.split_at(rest.len()),
        None => (line, ""),
    }
}

/// Whether a line is what a client or a server says about itself, which no page need show.
pub fn is_noise(line: &str) -> bool {
    warnings::is_aside(line)
}

/// An output as lines, as a reader of it sees them: no carriage returns, escape sequences and trailing blanks.
pub fn seen(output: &str) -> String {
    normalise::text(output)
}

/// Whether a shown word agrees with a printed one, by type or by a mask.
pub fn word_agrees(shown: &str, actual: &str) -> bool {
    line::word_agrees(shown, actual)
}

/// Whether parts of a line or word are left out or masked.
pub fn has_notation(text: &str) -> bool {
    Glob::of(text).is_some()
}

/// A line ready to be held against many others.
#[derive(Debug, Clone)]
pub struct Line(line::Line);

impl Line {
    /// Reads a line of either side.
    pub fn new(text: &str) -> Self {
        Line(line::Line::new(text, Scan::LOOSE))
    }

    /// Whether this line of a page agrees with a printed one: its volatile tokens by type only.
    pub fn agrees(&self, actual: &Line) -> bool {
        self.0.canon.text == actual.0.canon.text || line::agree_by_notation(&self.0, &actual.0)
    }

    /// The volatile tokens of this line of a page with what they stand for in a printed one that agrees.
    pub fn tokens(&self, actual: &Line) -> Vec<(String, String)> {
        if self.0.canon.text != actual.0.canon.text {
            return Vec::new();
        }
        let pairs = self.0.canon.values.iter().zip(&actual.0.canon.values);
        pairs
            .filter(|((kind, _), _)| kind.binds())
            .map(|((_, shown), (_, actual))| (shown.clone(), actual.clone()))
            .collect()
    }
}

/// A table with its header, cut into cells.
#[derive(Debug, Clone)]
pub struct Table {
    /// Names of the columns.
    pub names: Vec<String>,
    /// Line of the header.
    pub header: usize,
    /// Each row's line and cells, one a column.
    pub rows: Vec<(usize, Vec<String>)>,
}

impl Table {
    /// Reads lines as a table; `None` where one of them is no row, or does not say which of its cells are empty.
    /// `notation`: elisions and remarks are the author's, and arrows are taken off.
    pub fn read(lines: &[&str], notation: bool) -> Option<Table> {
        let author = |line: &str| notation && (is_elision(line) || is_remark(line));
        let plain = |line: &'_ str| -> String {
            let line = if notation { split_marker(line).0 } else { line };
            line.to_owned()
        };
        let said = |line: &str| !line.trim().is_empty() && !author(line);
        let at = lines.iter().position(|line| said(line))?;
        let header = Header::of(&plain(lines[at]), false)?;
        let mut rows = Vec::new();
        for (number, line) in lines.iter().enumerate().skip(at + 1) {
            if !said(line) {
                continue;
            }
            let row = header.row(&plain(line), number).filter(|row| !row.loose)?;
            rows.push((number, row.cells));
        }
        Some(Table {
            names: header.names,
            header: at,
            rows,
        })
    }
}

/// Whether a shown cell agrees with a printed one of the same column.
pub fn cell_agrees(column: &str, shown: &str, actual: &str) -> bool {
    let canonical = |text| cells::cell(column, text, About::default()).text;
    canonical(shown) == canonical(actual)
        || matches!(column, "RESTARTS" | "RESTART")
            && restarts_agree(cells::restarts(shown), cells::restarts(actual))
        || Glob::of(shown).is_some_and(|glob| glob.fits(actual) && !actual.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_with_the_authors_notation() {
        let lines = [
            "NAME   READY   AGE",
            "web-0  1/1     5s   <---- this",
            "[...]",
        ];
        let table = Table::read(&lines, true).unwrap();
        assert_eq!(table.names, ["NAME", "READY", "AGE"]);
        assert_eq!(table.rows.len(), 1);
        assert_eq!(table.rows[0].1, ["web-0", "1/1", "5s"]);
        assert!(Table::read(&["hello", "world"], true).is_none());
    }

    #[test]
    fn cells_agree_by_their_column() {
        assert!(cell_agrees("AGE", "5s", "3d"));
        assert!(!cell_agrees("READY", "1/1", "0/1"));
        assert!(cell_agrees("NAME", "web-xxxx", "web-1234"));
    }
}
