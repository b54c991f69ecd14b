//! Writing to the terminal: the one place that knows stdout, stderr and their colours.

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::event::Sink;
use crate::report::side_by_side::SideBySide;
use crate::report::terminal::Terminal;
use crate::source::{Diagnostic, Severity, render};

/// Whether something that belongs on stdout did not get there.
static LOST: AtomicBool = AtomicBool::new(false);

/// Writes text to stdout; colours are dropped where it is no terminal or `NO_COLOR` is set.
pub(super) fn stdout(text: &str) {
    let mut out = anstream::stdout();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        // Nobody reads a closed pipe.
        Err(cause)
            if cause.kind() != ErrorKind::BrokenPipe && !LOST.swap(true, Ordering::Relaxed) =>
        {
            error(&format!("standard output cannot be written: {cause}"));
        }
        _ => {}
    }
}

/// Whether all of stdout was written, to a reader that wanted it.
pub(super) fn is_whole() -> bool {
    !LOST.load(Ordering::Relaxed)
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

/// The report that people watch, of labs that run one after the other or `jobs` at a time.
pub(super) fn report(jobs: usize) -> Box<dyn Sink> {
    match jobs {
        0 | 1 => Box::new(Terminal::new(anstream::stdout(), is_watched(), width)),
        _ => Box::new(SideBySide::new(anstream::stdout(), is_watched(), width)),
    }
}
