//! The report that people watch: a line for each command as it ends, with live progress on what
//! takes long. Plain lines where it is not a terminal that reads them.

use std::io::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::style::{BOLD, DIM, YELLOW, count, mark, one_line, paint, printable, seconds, wrapped};
use crate::event::{
    CheckRecord, ClusterInfo, CommandRecord, Event, LabRecord, LeftoverRecord, SettlingRecord,
    Sink, StepAt, Verdict,
};

/// Characters of a command that are shown on its line, where no terminal says how wide it is.
const COMMAND_WIDTH: usize = 72;

/// Characters of it that are shown in any case.
const LEAST_WIDTH: usize = 30;

/// Characters before the command on its line.
const BEFORE: usize = 10;

/// Characters of a reason that are shown below it; the report of the failure has more.
const REASON_WIDTH: usize = 160;

/// Leftovers of a lab that are shown.
const LEFTOVERS: usize = 12;

/// Writes the report as events come in.
pub struct Terminal<W> {
    out: W,
    /// Whether somebody watches.
    watched: bool,
    /// The spinner of what runs now; there is none before something does, for the line is somebody else's until then.
    live: Option<ProgressBar>,
    width: fn() -> Option<usize>,
    labs: Vec<LabRecord>,
    /// Lab and page under whose heading the last line stands.
    heading: Option<(usize, Option<usize>)>,
}

/// How often a moving line moves.
pub(super) const TICK: Duration = Duration::from_millis(120);

/// A line on stderr that moves every `tick`; its prefix is a lab's title, where there is more than one.
pub(super) fn spinner(tick: Duration) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {elapsed:>4}  {prefix:.dim}{wide_msg}")
        .expect("the template is valid");
    let bar = ProgressBar::new_spinner().with_style(style);
    bar.enable_steady_tick(tick);
    bar
}

impl Terminal<Vec<u8>> {
    /// What there is to say of some labs of a run, kept until it is asked for.
    pub(super) fn of_labs(
        labs: Vec<LabRecord>,
        live: Option<ProgressBar>,
        width: fn() -> Option<usize>,
    ) -> Self {
        Self {
            live,
            labs,
            ..Self::new(Vec::new(), false, width)
        }
    }
}

impl<W: Write + Send> Terminal<W> {
    /// A report into `out`, whose columns `width` knows at any time; `live` turns the moving line on, which goes to stderr.
    pub fn new(out: W, live: bool, width: fn() -> Option<usize>) -> Self {
        Self {
            out,
            watched: live,
            live: None,
            width,
            labs: Vec::new(),
            heading: None,
        }
    }

    /// What was written to.
    pub(super) fn into_inner(self) -> W {
        self.out
    }

    /// Writes lines as they are.
    pub(super) fn lines(&mut self, lines: &[u8]) {
        let out = &mut self.out;
        let mut write = || {
            // Nobody reads a closed pipe; the verdict is in the exit code.
            let _ = out.write_all(lines);
        };
        match &self.live {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        self.lines(format!("{text}\n").as_bytes());
    }

    fn start(&mut self, what: impl FnOnce() -> String) {
        if self.watched && self.live.is_none() {
            self.live = Some(spinner(TICK));
        }
        if let Some(bar) = &self.live {
            bar.reset_elapsed();
            bar.set_message(what());
        }
    }

    /// Characters of a command that its line has room for beside `others`.
    fn room(&self, others: usize) -> usize {
        match (self.width)() {
            Some(width) => width.saturating_sub(BEFORE + others).max(LEAST_WIDTH),
            None => COMMAND_WIDTH,
        }
    }

    /// A line that is broken between words where the terminal ends, as far in as it begins.
    fn indented(&mut self, by: usize, text: &str) {
        let width = (self.width)().map_or(usize::MAX, |width| width.max(by + LEAST_WIDTH));
        for line in wrapped(text, width - by) {
            self.line(&format!("{:by$}{line}", ""));
        }
    }

    /// A warning, as far in.
    fn warning(&mut self, by: usize, text: &str) {
        let text = format!("{} {}", paint(YELLOW, "warning:"), printable(text));
        self.indented(by, &text);
    }

    /// The heading of a lab, unless the last line stands under it.
    fn lab_head(&mut self, lab: usize) {
        if self.heading.map(|(lab, _)| lab) == Some(lab) {
            return;
        }
        let Some(record) = self.labs.get(lab) else {
            return;
        };
        let on = record
            .cluster
            .iter()
            .map(|cluster| format!(" on {cluster}"));
        let place = format!("{}{}", record.path, on.collect::<String>());
        let text = format!("\n{} {}", paint(BOLD, &record.title), paint(DIM, &place));
        self.line(&text);
        self.heading = Some((lab, None));
    }

    fn head(&mut self, at: StepAt) {
        self.lab_head(at.lab);
        if self.heading == Some((at.lab, Some(at.page))) {
            return;
        }
        let lab = self.labs.get(at.lab);
        let page = lab.and_then(|lab| lab.pages.get(at.page).filter(|page| page.path != lab.path));
        // A page that is a lab by itself has one line for both.
        if let Some(text) = page.map(|page| format!("  {}", page.path)) {
            self.line(&text);
        }
        self.heading = Some((at.lab, Some(at.page)));
    }

    fn command(&mut self, record: &CommandRecord) {
        let compared = record.checks.iter().any(|check| check.kind == "output");
        let mut notes = vec![seconds(record.duration_ms)];
        if compared && record.verdict == Verdict::Pass {
            notes.push("output agrees".to_owned());
        }
        if record.attempts > 1 {
            notes.push(format!("asked {} times", record.attempts));
        }
        let notes = format!("({})", notes.join(", "));
        let room = self.room(notes.chars().count() + 2);
        let text = printable(&one_line(&record.text, room));
        let notes = paint(DIM, &notes);
        self.line(&format!(
            "  {} {:>4}  {text}  {notes}",
            mark(record.verdict),
            record.line
        ));
        for read in &record.from_disk {
            let text = printable(&read.remark());
            self.line(&paint(DIM, &format!("          {text}")));
        }
        if let Some(check) = record.telling().next() {
            self.reason(check);
        }
        for check in &record.checks {
            self.warnings(check);
        }
    }

    fn check(&mut self, record: &CheckRecord) {
        let place = format!("{}:{}", record.path, record.line);
        let notes = paint(DIM, &format!("({}, {place})", seconds(record.duration_ms)));
        let name = printable(&record.name);
        self.line(&format!("  {}    =  {name}  {notes}", mark(record.verdict)));
        if record.is_bad() {
            self.reason(record);
        }
        self.warnings(record);
    }

    fn settled(&mut self, record: &SettlingRecord) {
        if let Some(warning) = record.warning() {
            return self.warning(BEFORE, &warning);
        }
        if !record.quiet {
            return;
        }
        let bound = record.bound_ms / 1000;
        let mut note = format!("settled in {} of {bound} s", seconds(record.waited_ms));
        if !record.waited_for.is_empty() {
            note.push_str(": ");
            note.push_str(&one_line(&record.waited_for.join(", "), COMMAND_WIDTH));
        }
        self.line(&paint(DIM, &format!("          {}", printable(&note))));
    }

    fn reason(&mut self, check: &CheckRecord) {
        if let Some(reason) = check.reasons.first() {
            let first = reason.lines().next().unwrap_or_default();
            self.indented(BEFORE, &printable(&one_line(first, REASON_WIDTH)));
        }
    }

    fn warnings(&mut self, check: &CheckRecord) {
        for warning in &check.warnings {
            self.warning(BEFORE, warning);
        }
    }

    fn leftovers(&mut self, leftovers: &[LeftoverRecord]) {
        if leftovers.is_empty() {
            return;
        }
        let differ = count(leftovers.len(), "object");
        self.line(&format!(
            "  the lab left {differ} in the cluster other than before:"
        ));
        for leftover in leftovers.iter().take(LEFTOVERS) {
            let text = super::leftovers::described(leftover);
            let style = if leftover.restored { DIM } else { YELLOW };
            self.line(&format!("          {}", paint(style, &printable(&text))));
        }
        if let Some(rest) = leftovers
            .len()
            .checked_sub(LEFTOVERS)
            .filter(|rest| *rest > 0)
        {
            let text = format!("          and {rest} more; --json FILE lists them all");
            self.line(&paint(DIM, &text));
        }
    }

    fn run_started(&mut self, labproof: &str, cluster: &ClusterInfo, labs: &[LabRecord]) {
        self.labs = labs.to_vec();
        let pages = labs.iter().map(|lab| lab.pages.len()).sum();
        let commands = labs
            .iter()
            .flat_map(|lab| &lab.pages)
            .flat_map(|page| &page.steps)
            .map(|step| step.command_count)
            .sum();
        let counts = [
            count(labs.len(), "lab"),
            count(pages, "page"),
            count(commands, "command"),
        ];
        let text = format!(
            "labproof {labproof}: {} on {}",
            counts.join(", "),
            on(cluster)
        );
        self.indented(0, &text);
        if let Some(identity) = &cluster.identity {
            self.line(&format!("  {}", printable(identity)));
        }
    }
}

fn on(cluster: &ClusterInfo) -> String {
    if cluster.profile == "none" {
        return "no cluster".to_owned();
    }
    let mut versions = Vec::new();
    if let Some(server) = &cluster.server_version {
        versions.push(format!("Kubernetes {server}"));
    }
    if let Some(client) = &cluster.client_version {
        versions.push(format!("kubectl {client}"));
    }
    let clusters = match cluster.others.as_slice() {
        [] => format!("{} cluster {}", cluster.profile, cluster.name),
        others => {
            let number = others.len() + 1;
            let others = others.join(", ");
            format!(
                "{number} {} clusters {}, {others}",
                cluster.profile, cluster.name
            )
        }
    };
    format!("{clusters} ({})", versions.join(", "))
}

impl<W: Write + Send> Sink for Terminal<W> {
    fn receive(&mut self, event: &Event) {
        match event {
            Event::RunStarted {
                labproof,
                cluster,
                labs,
                ..
            } => self.run_started(labproof, cluster, labs),
            Event::Progress { what, .. } => self.start(|| what.clone()),
            Event::Warning { what } => self.warning(2, what),
            Event::LabStarted { .. } | Event::StepStarted { .. } | Event::CommandTried { .. } => {}
            Event::CommandStarted { at, line, text, .. } => {
                self.head(*at);
                self.start(|| format!("{line:>4}  {}", printable(&one_line(text, COMMAND_WIDTH))));
            }
            Event::CommandRepeated {
                attempt, reason, ..
            } => {
                let reason = || printable(&one_line(reason, COMMAND_WIDTH));
                if let Some(bar) = &self.live {
                    bar.set_message(format!("attempt {attempt}: {}", reason()));
                }
            }
            Event::CommandFinished { at, record } => {
                self.head(*at);
                self.command(record);
            }
            Event::CheckFinished { at, record } => {
                self.head(*at);
                self.check(record);
            }
            Event::Settled { at, record } => {
                self.head(*at);
                self.settled(record);
            }
            Event::StepFinished {
                at,
                verdict: Verdict::Skipped,
                reason,
                ..
            } => {
                self.head(*at);
                let step = self
                    .labs
                    .get(at.lab)
                    .and_then(|lab| lab.pages.get(at.page)?.steps.get(at.step));
                let (line, id) = step.map_or((0, ""), |step| (step.line, step.id.as_str()));
                let reason = reason.as_deref().unwrap_or("not reached");
                let text = paint(DIM, &format!("{line:>4}  {id} skipped: {reason}"));
                self.line(&format!("  {} {text}", mark(Verdict::Skipped)));
            }
            Event::StepFinished { .. } => {}
            Event::LabFinished {
                lab,
                broken,
                warnings,
                leftovers,
                ..
            } => {
                if broken.is_some() || !warnings.is_empty() || !leftovers.is_empty() {
                    self.lab_head(*lab);
                }
                if let Some(broken) = broken {
                    self.line(&format!(
                        "  {} {}",
                        mark(Verdict::Broken),
                        printable(broken)
                    ));
                }
                for warning in warnings {
                    self.warning(2, warning);
                }
                self.leftovers(leftovers);
            }
            Event::RunFinished { .. } => {
                if let Some(bar) = self.live.take() {
                    bar.finish_and_clear();
                }
                self.line("");
            }
        }
    }
}
