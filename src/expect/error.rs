//! Errors that a page shows: the same message, and a status that says so.
//!
//! Entry points: [`judge`], and [`is_error`] and [`is_reported`] for those who ask whether a text is one.

use std::sync::LazyLock;

use regex::Regex;

use super::bindings::Binder;
use super::constant;
use super::outcome::{Outcome, Task};
use super::text::{self, Extent};
use super::volatile::Scan;

/// Judges an error message, line by line.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let outcome = text::judge_lines(task, Scan::LOOSE, Extent::Whole, binder);
    if outcome.agrees() {
        return outcome;
    }
    let vague = [task.shown, task.actual]
        .iter()
        .any(|text| text.contains("connect to server"));
    let (shown, actual) = (told(task.shown, vague), told(task.actual, vague));
    let plain = text::judge_lines(
        &task.with(&shown, &actual),
        Scan::LOOSE,
        Extent::Whole,
        binder,
    );
    if plain.agrees() { plain } else { outcome }
}

/// What went wrong, whichever build of a program tells it: GNU and busybox name the attempt or do not, curl since 7.88
/// no longer says why it could not connect (`vague`).
fn told(text: &str, vague: bool) -> String {
    let line = |line: &str| {
        let line = FILE.replace(line, "$1: $2: $3");
        if vague {
            CONNECT.replace(&line, "$1").into_owned()
        } else {
            line.into_owned()
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// `cat: can't open '/x': No such file or directory`, `ls: cannot access '/x': ...`.
static FILE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"^(cat|ls|cp|mv|rm|stat|head|tail|wc|touch|mkdir|rmdir|df|du|chmod|chown|grep): (?:(?:can't|cannot) [a-z ]+ )?'?([^':]+)'?: (.+)$",
    )
});

/// `curl: (7) Failed to connect to host port 80: Connection refused`.
static CONNECT: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^(curl: \(7\) Failed to connect to \S+ port \d+).*$"));

/// How programs of this trade begin an error.
static ERROR: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r#"^(?:Error from server|[Ee]rror: |ERROR: |Error response from|The (?:\S+ )?"?[\w.]+"? ?"[^"]*" is invalid|The connection to the server|"#,
        r"Unable to connect to the server|Unable to use|An error occurred \(|error validating|error looking up|command terminated with exit code \d+|pod \S+ terminated \(|",
        r"curl: \(\d+\)|wget: |(?:\w+|/\S+): (?:.+: )?(?:No such file|Permission denied|cannot |can't |command not found|not found|Is a directory)|",
        r"(?:-?bash|sh|/bin/sh): |ERROR \d+ \(|Could not |fatal: |Usage: |unknown flag|INSTALLATION FAILED|UPGRADE FAILED|timed out waiting for the condition)"
    ))
});

/// Words of an error where it has no usual beginning.
static REPORTED: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r"(?i-u)\b(?:error|errors|failed|failure|fatal|denied|forbidden|refused|unauthorized|invalid|timed out|timeout|not found|no such|cannot|can't|",
        r"could not|unable to|unreachable|exceeded|exception|conflict|already exists|not permitted|not allowed|bad address|no route)\b|^no\b"
    ))
});

/// Whether a line begins as an error does.
pub(super) fn is_error(line: &str) -> bool {
    ERROR.is_match(line.trim_start())
}

/// Whether a text says, in whatever words, that something went wrong.
pub(super) fn is_reported(text: &str) -> bool {
    text.lines()
        .any(|line| is_error(line) || REPORTED.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors() {
        for line in [
            "Error from server (NotFound): pods \"web-0\" not found",
            "error: the path \"missing.yaml\" does not exist",
            "The Pod \"bad\" is invalid: spec.containers[0]",
            "cat: /x: No such file or directory",
            "ls: cannot access '/x': No such file or directory",
            "curl: (7) Failed to connect",
            "command terminated with exit code 1",
            "pod default/tmp terminated (Error)",
            "bash: foo: command not found",
            "wget: can't connect to remote host (10.0.0.1): Connection refused",
        ] {
            assert!(is_error(line), "{line}");
        }
        for line in [
            "deployment.apps/web created",
            "Errors: 0",
            "web 1/1 Running",
            "error-page.html",
        ] {
            assert!(!is_error(line), "{line}");
        }
        assert!(is_reported("no") && is_reported("timed out waiting for the condition on pods/a"));
        assert!(!is_reported("NAME READY\nweb 1/1"));
    }
}
