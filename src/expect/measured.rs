//! What `ps` and `df` print: rows of which some columns are measurements of the moment.
//!
//! Entry points: [`judge`] and [`looks_like`]. Steps: find the columns by the header; leave out those that say nothing
//! (process ids, times, how much memory is used); hold the rest of the rows against each other as rows.

use super::bindings::Binder;
use super::outcome::{Outcome, Task};
use super::{elision, table};

/// Columns of `ps` (procps, busybox) whose values are chance.
const OF_PS: [&str; 16] = [
    "PID", "PPID", "C", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "STIME", "TIME",
    "LWP", "PRI", "NI", "SZ",
];
/// Columns of `df` that say how full something is: it depends on what else the machine holds.
const OF_DF: [&str; 7] = [
    "Used",
    "Available",
    "Avail",
    "Use%",
    "IUsed",
    "IFree",
    "IUse%",
];

/// Whether a text is a list of processes or of file systems.
pub(super) fn looks_like(text: &str) -> bool {
    header(text).is_some()
}

/// Judges such a list.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let (Some(shown), Some(actual)) = (header(task.shown), header(task.actual)) else {
        return table::rows(task, binder);
    };
    let (shown, actual) = (kept(task.shown, &shown), kept(task.actual, &actual));
    table::rows(&task.with(&shown, &actual), binder)
}

/// The words of the header: the last column takes the rest of a row.
fn header(text: &str) -> Option<Vec<&str>> {
    let first = text.lines().find(|line| {
        !line.trim().is_empty() && !elision::is_elision(line) && !elision::is_comment(line)
    })?;
    // `Mounted on` is one column.
    let words: Vec<&str> = first
        .split_whitespace()
        .filter(|word| *word != "on")
        .collect();
    let of_ps = words.contains(&"PID") && matches!(words.last(), Some(&("COMMAND" | "CMD")));
    let of_df = words.first() == Some(&"Filesystem") && words.last() == Some(&"Mounted");
    (of_ps || of_df).then_some(words)
}

/// The text without the columns that say nothing.
fn kept(text: &str, header: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut past = false;
    for line in text.lines() {
        let plain = elision::without_marker(line).unwrap_or(line);
        let words: Vec<&str> = plain.split_whitespace().collect();
        let note = elision::is_elision(line) || elision::is_comment(line);
        if note || words.len() < header.len() {
            out.push_str(line);
        } else if !past {
            past = true;
        } else {
            let last = header.len() - 1;
            let columns = header.iter().zip(&words).take(last);
            let said = columns
                .map(|(name, word)| cell(name, word, words[0]))
                .collect::<Vec<_>>();
            let rest = words[last..].join(" ");
            out.push_str(&format!("{} {rest}", said.join(" ")));
        }
        out.push('\n');
    }
    out
}

/// A cell, or a dash where its value says nothing.
fn cell<'t>(column: &str, word: &'t str, first: &str) -> &'t str {
    let full = word == "100%";
    // How large the machine's own disk is, is the machine's affair; a volume's size is asked for.
    let disk = matches!(first, "overlay" | "tmpfs" | "shm")
        && column.ends_with(['e', 's'])
        && column != "Filesystem";
    // Which disk of the machine a volume got, is the machine's affair too.
    let device = column == "Filesystem" && word.starts_with("/dev/");
    if device {
        "/dev/..."
    } else if OF_PS.contains(&column) || OF_DF.contains(&column) && !full || disk {
        "-"
    } else {
        word
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fails, passes};

    const PS: &str =
        "PID   USER     TIME  COMMAND\n    1 root      0:00 sleep 3600\n   25 root      0:00 ps";
    const DF: &str = "Filesystem                Size      Used Available Use% Mounted on\noverlay                  11.8G    171.2M     11.6G   1% /\n/dev/vdb                  1.0G     20.0M   1004.0M   2% /data";

    #[test]
    fn processes() {
        let command = "kubectl exec web -- ps";
        passes(
            "measured",
            command,
            PS,
            &PS.replace("25", "41").replace("0:00 sleep", "0:01 sleep"),
        );
        passes(
            "measured",
            command,
            "PID   USER     TIME  COMMAND\n    1 root      0:00 sleep 3600\n[...]",
            PS,
        );
        fails("nginx", command, &PS.replace("sleep 3600", "nginx"), PS);
        fails("nobody", command, &PS.replacen("root", "nobody", 1), PS);
        fails(
            "missing",
            command,
            &format!("{PS}\n   30 root      0:00 httpd"),
            PS,
        );
        fails(
            "more",
            command,
            PS,
            &format!("{PS}\n   30 root      0:00 httpd"),
        );
    }

    #[test]
    fn file_systems() {
        let command = "kubectl exec web -- df -h";
        passes(
            "measured",
            command,
            DF,
            &DF.replace("171.2M", "99.0M")
                .replace("11.8G", "80.0G")
                .replace("11.6G", "79G"),
        );
        fails("/date", command, DF, &DF.replace("/data", "/date"));
        fails("2.0G", command, DF, &DF.replace("1.0G", "2.0G"));
        fails("100%", command, DF, &DF.replace("2% /data", "100% /data"));
    }
}
