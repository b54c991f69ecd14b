//! What somebody sees who goes through a lab at their own pace: what each command prints, and whether that is as the
//! page shows it.

use std::io::Write;
use std::time::Duration;

use indicatif::ProgressBar;

use super::style::{BOLD, DIM, YELLOW, count, mark, paint, printable, seconds};
use super::terminal::spinner;
use crate::event::{CheckRecord, CommandRecord, Event, Sink, Verdict};

/// Lines of an output that are shown.
const SHOWN_LINES: usize = 60;

/// How long a command may run until it is said that it does.
const SOON: Duration = Duration::from_millis(500);

/// Writes what happens, for one pair of eyes.
pub struct Learner<W> {
    out: W,
    /// Whether a moving line makes sense.
    watched: bool,
    live: Option<ProgressBar>,
}

impl<W: Write + Send> Learner<W> {
    /// A report into `out`; `watched` turns the moving line on, which goes to stderr.
    pub fn new(out: W, watched: bool) -> Self {
        Self {
            out,
            watched,
            live: None,
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.live.take() {
            bar.finish_and_clear();
        }
    }

    fn line(&mut self, text: &str) {
        self.clear();
        // Nobody reads a closed pipe.
        let _ = writeln!(self.out, "{text}");
    }

    fn start(&mut self, what: &str) {
        if !self.watched {
            return;
        }
        self.clear();
        let bar = spinner(SOON);
        bar.set_message(printable(what.lines().next().unwrap_or_default()));
        self.live = Some(bar);
    }

    fn output(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().collect();
        for line in lines.iter().take(SHOWN_LINES) {
            self.line(&printable(line));
        }
        if lines.len() > SHOWN_LINES {
            let rest = count(lines.len() - SHOWN_LINES, "more line");
            self.line(&paint(DIM, &format!("… {rest}")));
        }
    }

    fn command(&mut self, record: &CommandRecord) {
        self.output(&record.output);
        let compared = record.checks.iter().any(|check| check.kind == "output");
        let said = match record.verdict {
            Verdict::Pass if compared => "as the page shows".to_owned(),
            Verdict::Pass => "done".to_owned(),
            Verdict::Skipped => "passed over".to_owned(),
            Verdict::Fail | Verdict::Broken => "not as the page shows".to_owned(),
        };
        let took = paint(DIM, &format!("({})", seconds(record.duration_ms)));
        self.line(&format!("{} {said}  {took}", mark(record.verdict)));
        for check in record.telling() {
            self.why(check);
        }
        let told = record.telling().next().is_some();
        if let Some(shown) = record.expected.as_ref().filter(|_| told) {
            self.line(&paint(DIM, "  the page shows:"));
            for line in shown.lines().take(SHOWN_LINES) {
                self.line(&paint(DIM, &format!("  | {}", printable(line))));
            }
        }
    }

    fn why(&mut self, check: &CheckRecord) {
        for reason in check.reasons.iter().flat_map(|reason| reason.lines()) {
            self.line(&format!("  {}", printable(reason)));
        }
        if let Some(cause) = &check.likely_cause {
            let label = paint(YELLOW, "likely cause:");
            self.line(&format!("  {label} {}", printable(cause)));
        }
    }
}

impl<W: Write + Send> Sink for Learner<W> {
    fn receive(&mut self, event: &Event) {
        match event {
            Event::Progress { what, .. } | Event::CommandStarted { text: what, .. } => {
                self.start(what);
            }
            Event::Warning { what } => {
                self.line(&format!(
                    "{} {}",
                    paint(YELLOW, "warning:"),
                    printable(what)
                ));
            }
            Event::CommandRepeated { reason, .. } => {
                if let Some(bar) = &self.live {
                    bar.set_message(printable(&format!("not yet: {reason}")));
                }
            }
            Event::CommandTried {
                output, exit_code, ..
            } => {
                self.output(output);
                let said = match exit_code {
                    Some(0) => return,
                    Some(code) => format!("exited with {code}"),
                    None => "did not end in time; it was stopped".to_owned(),
                };
                self.line(&paint(DIM, &said));
            }
            Event::CommandFinished { record, .. } => self.command(record),
            Event::CheckFinished { record, .. } if record.verdict != Verdict::Skipped => {
                let name = paint(BOLD, &printable(&record.name));
                self.line(&format!("{} {name}", mark(record.verdict)));
                if record.is_bad() {
                    self.why(record);
                }
            }
            Event::LabFinished {
                broken, warnings, ..
            } => {
                for text in broken.iter().chain(warnings) {
                    self.line(&format!(
                        "{} {}",
                        paint(YELLOW, "warning:"),
                        printable(text)
                    ));
                }
            }
            // The next thing on the screen is a question.
            Event::StepStarted { .. } | Event::RunFinished { .. } => self.clear(),
            Event::RunStarted { .. }
            | Event::LabStarted { .. }
            | Event::CheckFinished { .. }
            | Event::Settled { .. }
            | Event::StepFinished { .. } => {}
        }
    }
}
