//! Text → a table: header names, and rows cut into cells.
//!
//! Entry points: [`Header::of`] and [`Header::row`]. kubectl pads cells with blanks under their header, so cells are
//! cut at the header's offsets (they may be empty); pages that squeezed the blanks are cut at runs of blanks.

/// The header line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::expect) struct Header {
    pub(in crate::expect) names: Vec<String>,
    /// Where each column starts, in characters.
    starts: Vec<usize>,
    /// Cells are apart by tabs.
    tabs: bool,
    /// Cells are apart by single blanks: only an author squeezes a table like that.
    squeezed: bool,
    /// Columns are nearer to each other than kubectl prints them (three blanks): offsets say little.
    narrow: bool,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::expect) struct Row {
    /// One a column; fewer in a loose row.
    pub(in crate::expect) cells: Vec<String>,
    /// Some cells are empty and the layout does not say which: `cells` holds the others.
    pub(in crate::expect) loose: bool,
    pub(in crate::expect) text: String,
    /// Line of its text, from 0.
    pub(in crate::expect) line: usize,
}

/// Column names of two words; everything else in a squeezed header is a column of its own.
const TWO_WORDS: [&str; 14] = [
    "ACCESS MODES",
    "RECLAIM POLICY",
    "NOMINATED NODE",
    "READINESS GATES",
    "LAST SEEN",
    "FIRST SEEN",
    "LAST SCHEDULE",
    "CREATED AT",
    "APP VERSION",
    "ROLE ARN",
    "MIN PODS",
    "MAX PODS",
    "PARENT REF",
    "LAST DEPLOYED",
];

/// First columns of the tables that kubectl and helm print. A line of capitals under any other program is text.
const FIRST: [&str; 19] = [
    "NAME",
    "CONTAINER ID",
    "NAMESPACE",
    "LAST SEEN",
    "LASTSEEN",
    "REVISION",
    "CURRENT",
    "CLUSTER",
    "POD",
    "ID",
    "CONTAINER",
    "NODE",
    "RESOURCE",
    "KIND",
    "TYPE",
    "USER",
    "REPOSITORY",
    "URL",
    "IMAGE",
];

impl Header {
    /// Reads a header: column names in capitals, at least two of them, or one where the command prints such a
    /// table (`alone`).
    pub(in crate::expect) fn of(line: &str, alone: bool) -> Option<Header> {
        // Most lines that are asked about are rows: their first word has small letters or digits.
        let first = line.split_whitespace().next()?;
        if !first.starts_with(|c: char| c.is_ascii_uppercase())
            || (first.bytes().any(|b| b.is_ascii_lowercase()) && !first.contains('('))
        {
            return None;
        }
        let tabs = line.trim().contains('\t');
        let mut pieces = pieces(line, tabs);
        let mut squeezed = false;
        if pieces.len() == 1 && line.trim().contains(' ') {
            pieces = single(line);
            squeezed = true;
        }
        if pieces.len() < 2 && !alone {
            return None;
        }
        let names: Vec<String> = pieces
            .iter()
            .map(|(_, piece)| (*piece).to_owned())
            .collect();
        if names.is_empty() || !names.iter().all(|name| is_column_name(name)) {
            return None;
        }
        if !alone && !FIRST.contains(&names[0].as_str()) {
            return None;
        }
        let starts: Vec<usize> = pieces.iter().map(|(start, _)| *start).collect();
        let narrow = starts
            .windows(2)
            .zip(&names)
            .any(|(pair, name)| pair[1] - pair[0] < name.chars().count() + 3);
        Some(Header {
            names,
            starts,
            tabs,
            squeezed,
            narrow,
        })
    }

    /// Cuts a row; `None` for a line that cannot be one.
    pub(in crate::expect) fn row(&self, line: &str, number: usize) -> Option<Row> {
        if line.trim().is_empty() {
            return None;
        }
        let row = |cells: Vec<String>, loose| {
            Some(Row {
                cells,
                loose,
                text: line.to_owned(),
                line: number,
            })
        };
        let wanted = self.names.len();
        if self.tabs && line.contains('\t') {
            let mut cells: Vec<String> = line
                .split('\t')
                .map(|cell| cell.trim().to_owned())
                .collect();
            if cells.len() <= wanted {
                cells.resize(wanted, String::new());
                return row(cells, false);
            }
        }
        if !self.tabs
            && !self.narrow
            && let Some(cells) = self.by_offset(line)
        {
            return row(cells, false);
        }
        let found: Vec<String> = pieces(line, line.contains('\t'))
            .into_iter()
            .map(|(_, piece)| piece.to_owned())
            .collect();
        if found.len() == wanted {
            return row(found, false);
        }
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words.len() == wanted {
            return row(words, false);
        }
        if self.narrow
            && !self.squeezed
            && !self.tabs
            && let Some(cells) = self.by_offset(line)
        {
            return row(cells, false);
        }
        // A squeezed row of a table with empty cells, or one that an author cut at its end.
        let found = if self.squeezed { words } else { found };
        (found.len() < wanted && found.len() > 1 || wanted == 1).then(|| Row {
            cells: found,
            loose: true,
            text: line.to_owned(),
            line: number,
        })
    }

    /// Cells under their headers; `None` if a cell reaches into the next column or starts beside its header.
    fn by_offset(&self, line: &str) -> Option<Vec<String>> {
        let ascii = line.is_ascii();
        let chars: Vec<char> = if ascii {
            Vec::new()
        } else {
            line.chars().collect()
        };
        let len = if ascii { line.len() } else { chars.len() };
        let at = |i: usize| {
            if ascii {
                line.as_bytes()[i] as char
            } else {
                chars[i]
            }
        };
        let mut cells = Vec::with_capacity(self.starts.len());
        for (i, &start) in self.starts.iter().enumerate() {
            // What stands before the first header belongs to the first column: a page may indent rows otherwise.
            let start = if i == 0 { 0 } else { start };
            let end = self.starts.get(i + 1).copied().unwrap_or(len).min(len);
            if start >= len {
                cells.push(String::new());
                continue;
            }
            if i > 0 && !at(start - 1).is_whitespace() {
                return None;
            }
            let cell: String = if ascii {
                line[start..end.max(start)].trim().to_owned()
            } else {
                chars[start..end.max(start)]
                    .iter()
                    .collect::<String>()
                    .trim()
                    .to_owned()
            };
            if !cell.is_empty() && i > 0 && at(start).is_whitespace() {
                return None;
            }
            // Two blanks inside a cell of a column that is not the last are a cell that moved.
            if i + 1 < self.starts.len() && cell.contains("  ") {
                return None;
            }
            cells.push(cell);
        }
        Some(cells)
    }
}

/// Pieces apart by two or more blanks, or by tabs, with where they start.
fn pieces(line: &str, tabs: bool) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut start: Option<(usize, usize)> = None;
    let mut blanks = 0;
    let mut end = 0;
    for (column, (at, c)) in line.char_indices().enumerate() {
        if c == '\t' || (c.is_whitespace() && !tabs) || (tabs && c == ' ' && start.is_none()) {
            blanks += if c == '\t' { 2 } else { 1 };
            if blanks >= 2
                && let Some((column, from)) = start.take()
            {
                out.push((column, line[from..end].trim()));
            }
            continue;
        }
        blanks = 0;
        end = at + c.len_utf8();
        start.get_or_insert((column, at));
    }
    if let Some((column, from)) = start {
        out.push((column, line[from..end].trim()));
    }
    out
}

/// Words apart by single blanks, column names of two words kept together.
fn single(line: &str) -> Vec<(usize, &str)> {
    let mut words: Vec<(usize, &str)> = Vec::new();
    for word in line.split_whitespace() {
        // Both are parts of `line`, so the distance between them is their offset in it.
        let at = word.as_ptr() as usize - line.as_ptr() as usize;
        if let Some((from, before)) = words.last().copied() {
            let both = &line[from..at + word.len()];
            if TWO_WORDS.contains(&both) && before.len() < both.len() {
                words.pop();
                words.push((from, both));
                continue;
            }
        }
        words.push((at, word));
    }
    words
}

/// Capitals, digits and the signs of column names; small letters only in parentheses: `PORT(S)`, `CPU(cores)`.
fn is_column_name(name: &str) -> bool {
    let plain = match (name.find('('), name.ends_with(')')) {
        (Some(at), true) => &name[..at],
        _ => name,
    };
    plain.starts_with(|c: char| c.is_ascii_uppercase())
        && plain.chars().all(|c| {
            c.is_ascii_uppercase()
                || c.is_ascii_digit()
                || matches!(c, ' ' | '-' | '_' | '/' | '%' | '.' | ':' | '#')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, line: &str, cells: &[&str]) {
        let header = Header::of(header, false).expect("header");
        assert_eq!(header.row(line, 0).expect("row").cells, cells);
    }

    #[test]
    fn cells() {
        check(
            "NAME   READY   AGE",
            "a      1/1     3s",
            &["a", "1/1", "3s"],
        );
        check("NAME   CLAIM   AGE", "a              3s", &["a", "", "3s"]);
        check("NAME\tREADY", "a\t1/1", &["a", "1/1"]);
        check("NAME  ACCESS MODES  AGE", "a  RWO  3s", &["a", "RWO", "3s"]);
        check("NAME ACCESS MODES AGE", "a RWO 3s", &["a", "RWO", "3s"]);
        check(
            "NAME   RESTARTS      AGE",
            "a      2 (43s ago)   3m",
            &["a", "2 (43s ago)", "3m"],
        );
        check("CURRENT   NAME", "*         kind", &["*", "kind"]);
        check("CURRENT   NAME", "          kind", &["", "kind"]);
        check(
            "NAME   READY",
            "a-very-long-name   1/1",
            &["a-very-long-name", "1/1"],
        );
    }

    #[test]
    fn no_headers() {
        for line in [
            "deployment.apps/web",
            "ERROR in line",
            "Name:  x",
            "NAME",
            "a  b",
            "",
            "total 5",
        ] {
            assert!(Header::of(line, false).is_none(), "{line}");
        }
        assert!(Header::of("POD", true).is_some());
    }
}
