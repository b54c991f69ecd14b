//! Progress of long work on stderr: a moving bar at a terminal, a line a stage elsewhere.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::cluster::Progress;
use crate::report::style::{DIM, paint, seconds};

/// Shows stages, what they do and how far they are.
pub(super) struct Shown {
    bar: ProgressBar,
    watched: bool,
    /// The stage that runs, and since when.
    stage: Mutex<Option<(String, Instant)>>,
}

impl Shown {
    /// A display on stderr.
    pub(super) fn new() -> Self {
        let watched = output::is_watched();
        let bar = if watched {
            let style = ProgressStyle::with_template(
                "{spinner} {elapsed:>4}  {prefix} {wide_bar:.dim} {percent:>3}%  {msg}",
            )
            .expect("the template is valid");
            let bar = ProgressBar::new(1).with_style(style);
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        } else {
            ProgressBar::hidden()
        };
        Self {
            bar,
            watched,
            stage: Mutex::new(None),
        }
    }

    /// Does something on stderr while the display stands aside.
    pub(super) fn pause<R>(&self, act: impl FnOnce() -> R) -> R {
        self.bar.suspend(act)
    }

    /// Takes the display away.
    pub(super) fn finish(&self) {
        self.end_stage();
        self.bar.finish_and_clear();
    }

    /// Leaves a line for a stage that took long enough to be remembered.
    fn end_stage(&self) {
        let ended = self.stage.lock().expect("no holder panics").take();
        if let Some((what, since)) = ended
            && since.elapsed() >= Duration::from_secs(2)
        {
            let took = seconds(u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX));
            let line = paint(DIM, &format!("{what}: {took}"));
            self.bar.suspend(|| output::stderr(&format!("{line}\n")));
        }
    }
}

impl Progress for Shown {
    fn stage(&self, number: usize, of: usize, what: &str) {
        self.end_stage();
        let what = match of {
            1 => what.to_owned(),
            _ => format!("[{number}/{of}] {what}"),
        };
        if !self.watched {
            output::stderr(&format!("{what}\n"));
        }
        self.bar.reset();
        self.bar.set_length(1);
        self.bar.set_prefix(what.clone());
        self.bar.set_message("");
        *self.stage.lock().expect("no holder panics") = Some((what, Instant::now()));
    }

    fn advance(&self, done: u64, total: u64, detail: &str) {
        self.bar.set_length(total.max(1));
        self.bar.set_position(done);
        self.bar.set_message(detail.to_owned());
    }
}
