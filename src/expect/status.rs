//! The exit status against what the page shows.
//!
//! Entry point: [`judge`]. A page that shows normal output promises success, one that shows an error promises failure;
//! annotations say it outright.

use super::command::Command;
use super::error;

/// What the fence says about the status.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) expect_error: bool,
    pub(super) exit: Option<i32>,
}

/// Why the status does not fit, if it does not. Both texts are normalised and without noise.
pub(super) fn judge(
    command: &Command,
    wanted: Wanted,
    shown: &str,
    actual: &str,
    status: i32,
) -> Option<String> {
    if let Some(exit) = wanted.exit {
        return (status != exit)
            .then(|| format!("the exit status is {status}, the page expects {exit}"));
    }
    if wanted.expect_error {
        return (status == 0)
            .then(|| "the command succeeded, the page expects an error".to_owned());
    }
    let shows_error = first(shown).is_some_and(error::is_error);
    if status == 0 {
        // In a pipe, a loop or after `||` a status of 0 says little about the part that printed the error.
        let simple = !command.compound
            && command.pipelines.len() <= 1
            && command.pipelines.iter().all(|p| p.len() == 1);
        let failed = first(actual).is_some_and(error::is_error);
        return (shows_error && simple && !failed)
            .then(|| "the page shows an error, the command succeeded".to_owned());
    }
    if command.status_is_an_answer(status) || error::is_reported(shown) {
        return None;
    }
    let said = actual
        .lines()
        .rev()
        .find(|line| error::is_error(line))
        .map(|line| format!(": {}", super::outcome::short(line)));
    Some(format!(
        "the command failed with status {status}{}",
        said.unwrap_or_default()
    ))
}

fn first(text: &str) -> Option<&str> {
    text.lines()
        .find(|line| !line.trim().is_empty() && !super::elision::is_comment(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Wanted = Wanted {
        expect_error: false,
        exit: None,
    };

    #[track_caller]
    fn check(command: &str, wanted: Wanted, shown: &str, actual: &str, status: i32, fits: bool) {
        let reason = judge(&Command::read(command), wanted, shown, actual, status);
        assert_eq!(reason.is_none(), fits, "{reason:?}");
    }

    #[test]
    fn statuses() {
        check(
            "kubectl get pods",
            PLAIN,
            "NAME READY",
            "NAME READY",
            0,
            true,
        );
        check(
            "kubectl get pods",
            PLAIN,
            "NAME READY",
            "NAME READY",
            1,
            false,
        );
        check(
            "kubectl get pod x",
            PLAIN,
            "Error from server (NotFound): pods",
            "Error from server (NotFound): pods",
            1,
            true,
        );
        check(
            "kubectl get pod x",
            PLAIN,
            "Error from server (NotFound): pods",
            "NAME READY",
            0,
            false,
        );
        check(
            "kubectl get pod x || true",
            PLAIN,
            "Error from server (NotFound): pods",
            "Error from server",
            0,
            true,
        );
        check("kubectl diff -f x", PLAIN, "diff -u", "diff -u", 1, true);
        check(
            "ls /x",
            Wanted {
                expect_error: true,
                exit: None,
            },
            "",
            "",
            0,
            false,
        );
        check(
            "ls /x",
            Wanted {
                expect_error: true,
                exit: None,
            },
            "",
            "",
            2,
            true,
        );
        check(
            "exit 3",
            Wanted {
                expect_error: false,
                exit: Some(3),
            },
            "",
            "",
            3,
            true,
        );
        check(
            "exit 3",
            Wanted {
                expect_error: false,
                exit: Some(3),
            },
            "",
            "",
            1,
            false,
        );
    }
}
