//! A stale table → the table that the page should show: its columns, its rows in its order, cells that agree as
//! they are.
//!
//! Entry point: [`merge`]. Steps: rows are paired by their cells, then by their names; cells that do not agree take
//! over what is printed; rows that are new come after their neighbours; the layout changes only where a new cell
//! needs more room.

use super::Piece;
use super::tokens::Tokens;
use crate::expect::lines::{self, Line, Table, cell_agrees};

/// A row as it will stand.
struct Row {
    /// Line of the page that it was.
    line: Option<usize>,
    cells: Vec<String>,
    marker: String,
    changed: bool,
}

/// The merged lines; `None` where one of the texts is no table that can be cut into cells.
pub(super) fn merge(shown: &[&str], actual: &[&str], tokens: &mut Tokens) -> Option<Vec<Piece>> {
    let tabs = |lines: &[&str]| lines.iter().any(|line| line.contains('\t'));
    if tabs(shown) || tabs(actual) {
        return None;
    }
    let actual: Vec<&str> = actual
        .iter()
        .filter(|line| !lines::is_noise(line))
        .copied()
        .collect();
    let page = Table::read(shown, true)?;
    let run = Table::read(&actual, false)?;
    let columns: Vec<(usize, usize)> = page
        .names
        .iter()
        .enumerate()
        .filter_map(|(at, name)| {
            let other = run.names.iter().position(|other| other == name)?;
            Some((at, other))
        })
        .collect();
    // A column that is not printed any more changes the whole table.
    if columns.len() != page.names.len() {
        return None;
    }
    let printed: Vec<Vec<&str>> = run
        .rows
        .iter()
        .map(|(_, cells)| {
            let cell = |(_, at): &(usize, usize)| cells.get(*at).map_or("", String::as_str);
            columns.iter().map(cell).collect()
        })
        .collect();
    let partners = pair(&page, &printed);
    for ((_, cells), partner) in page.rows.iter().zip(&partners) {
        for (shown, actual) in partner
            .iter()
            .flat_map(|at| cells.iter().zip(&printed[*at]))
        {
            tokens.learn(Line::new(shown).tokens(&Line::new(actual)));
        }
    }
    let rows = rows(shown, &page, &printed, &partners, tokens);
    Some(layout(shown, &page, rows))
}

/// For each row of the page, the printed one that it is.
fn pair(page: &Table, printed: &[Vec<&str>]) -> Vec<Option<usize>> {
    let mut partners: Vec<Option<usize>> = vec![None; page.rows.len()];
    let names = &page.names;
    let agree = |cells: &[String], other: &[&str], column: usize| {
        cell_agrees(&names[column], &cells[column], other[column])
    };
    let whole = |cells: &[String], other: &[&str]| {
        (0..names.len()).all(|column| agree(cells, other, column))
    };
    let key = names.iter().position(|name| name == "NAME").unwrap_or(0);
    let named = |cells: &[String], other: &[&str]| agree(cells, other, key);
    for by in [&whole as &dyn Fn(&[String], &[&str]) -> bool, &named] {
        for at in 0..page.rows.len() {
            if partners[at].is_none() {
                partners[at] = (0..printed.len()).find(|other| {
                    !partners.contains(&Some(*other)) && by(&page.rows[at].1, &printed[*other])
                });
            }
        }
    }
    partners
}

/// The rows that the page should show, in its order.
fn rows(
    shown: &[&str],
    page: &Table,
    printed: &[Vec<&str>],
    partners: &[Option<usize>],
    tokens: &Tokens,
) -> Vec<Row> {
    let new = |at: usize| Row {
        line: None,
        cells: printed[at]
            .iter()
            .map(|cell| tokens.in_page(cell))
            .collect(),
        marker: String::new(),
        changed: true,
    };
    let elided = shown.iter().any(|line| lines::is_elision(line));
    let extra = |at: &usize| !elided && !partners.contains(&Some(*at));
    let mut rows: Vec<Row> = (0..printed.len())
        .take_while(|at| extra(at))
        .map(new)
        .collect();
    for ((line, cells), partner) in page.rows.iter().zip(partners) {
        let Some(partner) = *partner else { continue };
        let mut changed = false;
        let cells = cells
            .iter()
            .zip(&printed[partner])
            .zip(&page.names)
            .map(|((old, new), name)| {
                if cell_agrees(name, old, new) {
                    return old.clone();
                }
                changed = true;
                tokens.in_page(new)
            })
            .collect();
        rows.push(Row {
            line: Some(*line),
            cells,
            marker: lines::split_marker(shown[*line]).1.to_owned(),
            changed,
        });
        rows.extend(
            (partner + 1..printed.len())
                .take_while(|at| extra(at))
                .map(new),
        );
    }
    rows
}

/// Rows → lines, with elisions and remarks where they stood.
fn layout(shown: &[&str], page: &Table, rows: Vec<Row>) -> Vec<Piece> {
    let header = shown[page.header];
    let (text, header_marker) = lines::split_marker(header);
    let starts = starts(text, &page.names);
    let fits = |row: &Row| {
        row.cells
            .iter()
            .zip(starts.windows(2))
            .all(|(cell, pair)| cell.chars().count() + 2 <= pair[1] - pair[0])
    };
    let room = rows.iter().filter(|row| row.changed).all(fits);
    let columns = if room {
        starts
    } else {
        anew(&page.names, &rows, starts[0])
    };
    let line = |cells: &[String], marker: &str| format!("{}{marker}", written(cells, &columns));
    let mut out: Vec<Piece> = (0..page.header).map(Piece::Kept).collect();
    out.push(if room {
        Piece::Kept(page.header)
    } else {
        Piece::New(line(&page.names, header_marker))
    });
    let mut at = page.header + 1;
    let kept_between = |from: usize, to: usize, out: &mut Vec<Piece>| {
        let author = |line: &usize| !page.rows.iter().any(|(row, _)| row == line);
        out.extend((from..to).filter(author).map(Piece::Kept));
    };
    for row in rows {
        if let Some(line) = row.line {
            kept_between(at, line, &mut out);
            at = line + 1;
        }
        out.push(match row.line {
            Some(line) if !row.changed && room => Piece::Kept(line),
            _ => Piece::New(line(&row.cells, &row.marker)),
        });
    }
    kept_between(at, shown.len(), &mut out);
    out
}

/// Where the columns of a header start, in characters.
fn starts(header: &str, names: &[String]) -> Vec<usize> {
    let mut at = 0;
    names
        .iter()
        .map(|name| {
            let start = header[at..]
                .find(name.as_str())
                .map_or(at, |found| at + found);
            at = start + name.len();
            header[..start].chars().count()
        })
        .collect()
}

/// Columns as wide as their widest cell and three blanks, as kubectl prints them.
fn anew(names: &[String], rows: &[Row], indent: usize) -> Vec<usize> {
    let mut start = indent;
    (0..names.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.cells.get(column));
            let widest = cells
                .chain([&names[column]])
                .map(|cell| cell.chars().count())
                .max();
            let here = start;
            start += widest.unwrap_or_default() + 3;
            here
        })
        .collect()
}

fn written(cells: &[String], starts: &[usize]) -> String {
    let mut out = String::new();
    for (cell, start) in cells.iter().zip(starts) {
        let gap = start.saturating_sub(out.chars().count());
        out.extend(std::iter::repeat_n(' ', gap));
        out.push_str(cell);
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::text_of;
    use super::*;

    #[track_caller]
    fn check(shown: &str, actual: &str, expected: &str) {
        let shown: Vec<&str> = shown.lines().collect();
        let actual: Vec<&str> = actual.lines().collect();
        let new = merge(&shown, &actual, &mut Tokens::default()).expect("tables");
        assert_eq!(text_of(&new, &shown), expected);
    }

    #[test]
    fn cells_that_agree_stay() {
        check(
            "NAME                   READY   AGE\nweb-5774b8d5f4-cv89c   1/1     5s",
            "NAME                   READY   STATUS    AGE\nweb-7d9bf4c68f-x4k2b   2/2     Running   3d",
            "NAME                   READY   AGE\nweb-5774b8d5f4-cv89c   2/2     5s",
        );
    }

    #[test]
    fn rows_come_and_go() {
        check(
            "NAME   READY   AGE\na      1/1     5s   <-- look\nb      1/1     5s",
            "NAME   READY   AGE\na      0/1     1s\nc      1/1     1s",
            "NAME   READY   AGE\na      0/1     5s   <-- look\nc      1/1     1s",
        );
        check(
            "NAME   READY   AGE\na      1/1     5s\n[...]",
            "NAME   READY   AGE\na      0/1     1s\nc      1/1     1s",
            "NAME   READY   AGE\na      0/1     5s\n[...]",
        );
    }

    #[test]
    fn a_longer_cell_makes_room() {
        check(
            "NAME   STATUS   AGE\na      Up       5s\nb      Up       5s",
            "NAME   STATUS               AGE\na      Up                   1s\nb      ContainerCreating    1s",
            "NAME   STATUS              AGE\na      Up                  5s\nb      ContainerCreating   5s",
        );
    }
}
