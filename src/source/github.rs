//! GitHub's workflow commands, with which a job puts a remark at a line of a file.

use std::fmt::Write as _;

use super::Severity;

/// A line that makes an annotation, as
/// <https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions> says. `line` and `column`
/// count from 1.
pub fn annotation(
    severity: Severity,
    path: &str,
    line: Option<usize>,
    column: Option<usize>,
    title: Option<&str>,
    message: &str,
) -> String {
    let level = match severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    // A path below `.` is none of the repository's for GitHub.
    let mut text = format!("::{level} file={}", property(path.trim_start_matches("./")));
    if let Some(line) = line {
        let _ = write!(text, ",line={line}");
    }
    if let Some(column) = column {
        let _ = write!(text, ",col={column}");
    }
    if let Some(title) = title {
        let _ = write!(text, ",title={}", property(title));
    }
    let _ = writeln!(text, "::{}", data(message));
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
