//! Empty by meaning: nothing printed, or kubectl saying that there is nothing.

use super::outcome::{Outcome, Task, count, short};
use super::table::parse::Header;
use super::{elision, error};

/// Judges an output that the page shows to be empty.
pub(super) fn judge(task: &Task<'_>) -> Outcome {
    let printed: Vec<&str> = task
        .actual
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    match printed.first() {
        None => Outcome::default(),
        Some(line) => Outcome::fail(format!(
            "the page shows that nothing is printed; {} printed: `{}`",
            count(printed.len(), "line"),
            short(line)
        )),
    }
}

/// Whether a text is kubectl's word for an empty answer.
pub(super) fn is_no_resources(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.next().is_some_and(is_message) && lines.all(is_message)
}

/// Whether a shown text says that something is not there: no resources, a table without rows, an object or a file
/// that is not found, a count of nothing, no output at all.
pub fn shows_absence(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| {
        let line = line.trim();
        !line.is_empty() && !elision::is_elision(line) && !elision::is_comment(line)
    });
    let Some(first) = lines.next() else {
        return !text.lines().any(elision::is_elision);
    };
    let error = error::is_error(first)
        && ["NotFound", "not found", "No such file"]
            .iter()
            .any(|words| first.contains(words));
    let alone = lines.next().is_none();
    is_no_resources(text)
        || error
        || alone && (first.trim() == "0" || Header::of(first, false).is_some())
}

fn is_message(line: &str) -> bool {
    line.trim_start().starts_with("No resources found")
}

/// Judges kubectl's word for an empty answer: the same namespace, if both name one (before 1.17 none was named).
pub(super) fn no_resources(task: &Task<'_>) -> Outcome {
    if !is_no_resources(task.actual) {
        let first = task.actual.lines().find(|line| !line.trim().is_empty());
        return Outcome::fail(match first {
            Some(line) => {
                let rows: Vec<&str> = task.actual.lines().skip(1).collect();
                match rows.iter().find(|row| !row.trim().is_empty()) {
                    // The row says more than the names of its columns.
                    Some(row) if Header::of(line, false).is_some() => format!(
                        "the page shows that there are no resources; there is `{}`",
                        short(row)
                    ),
                    _ => format!(
                        "the page shows that there are no resources; printed is `{}`",
                        short(line)
                    ),
                }
            }
            None => "the page shows `No resources found`, nothing was printed".to_owned(),
        });
    }
    let namespaces = |text: &str| {
        text.lines()
            .filter_map(|line| {
                line.split(" in ")
                    .nth(1)?
                    .split(' ')
                    .next()
                    .map(str::to_owned)
            })
            .collect::<Vec<_>>()
    };
    let (shown, actual) = (namespaces(task.shown), namespaces(task.actual));
    if shown.is_empty() || actual.is_empty() || shown == actual {
        return Outcome::default();
    }
    Outcome::fail(format!(
        "there are no resources in {}, the page says so of {}",
        actual.join(", "),
        shown.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_that_nothing_is_there() {
        for text in [
            "",
            "No resources found in shop namespace.",
            "NAME   READY   STATUS",
            "Error from server (NotFound): pods \"web-0\" not found",
            "ls: /data/x: No such file or directory",
            "0",
        ] {
            assert!(shows_absence(text), "{text}");
        }
        for text in [
            "NAME   READY\nweb   1/1",
            "[...]",
            "10",
            "error: timed out waiting for the condition",
        ] {
            assert!(!shows_absence(text), "{text}");
        }
    }
}
