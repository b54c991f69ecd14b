//! Writing to the terminal: the one place that knows stdout, stderr and their colours.

use std::io::{IsTerminal, Write};

use crate::source::{Diagnostic, Severity, render};

/// Writes text to stdout; colours are dropped where it is no terminal or `NO_COLOR` is set.
pub(super) fn stdout(text: &str) {
    // Nobody reads a closed pipe.
    let _ = anstream::stdout().write_all(text.as_bytes());
}

/// Writes text to stderr, colours as for [`stdout`].
pub(super) fn stderr(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Says what went wrong.
pub(super) fn error(message: &str) {
    stderr(&format!(
        "{}: {message}\n",
        crate::report::style::paint(crate::report::style::RED.bold(), "error")
    ));
}

/// Shows diagnostics on stderr; says whether one of them is an error.
pub(super) fn diagnostics(diagnostics: &[Diagnostic]) -> bool {
    stderr(&render(diagnostics, true));
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Columns of the terminal that stdout is, as wide as it is now; `None` where it is none.
pub(super) fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Whether people watch stderr, so that live progress makes sense.
pub(super) fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
