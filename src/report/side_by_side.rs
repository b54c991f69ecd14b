//! The report of labs that run side by side: the lines of a lab stay together and come when it is over. Until then a moving
//! line for each lab that runs says what it does; where nobody watches, a line says that it has begun.

use std::collections::BTreeMap;
use std::io::Write;

use indicatif::{MultiProgress, ProgressBar};

use super::style::{DIM, paint};
use super::terminal::{TICK, Terminal, spinner};
use crate::event::{Event, LabRecord, Sink};

/// Writes the report as labs end.
pub struct SideBySide<W> {
    /// What belongs to no lab, and the labs that are over.
    whole: Terminal<W>,
    width: fn() -> Option<usize>,
    /// The moving lines, where somebody watches.
    live: Option<MultiProgress>,
    labs: Vec<LabRecord>,
    /// There are clusters, and so it matters which one a lab is on.
    on_clusters: bool,
    running: BTreeMap<usize, Running>,
}

/// A lab that runs.
struct Running {
    lines: Terminal<Vec<u8>>,
    bar: Option<ProgressBar>,
}

impl<W: Write + Send> SideBySide<W> {
    /// A report into `out`, whose columns `width` knows at any time; `live` turns the moving lines on, which go to stderr.
    pub fn new(out: W, live: bool, width: fn() -> Option<usize>) -> Self {
        Self {
            whole: Terminal::new(out, false, width),
            width,
            live: live.then(MultiProgress::new),
            labs: Vec::new(),
            on_clusters: false,
            running: BTreeMap::new(),
        }
    }

    fn begin(&mut self, lab: usize) {
        let title = self.labs.get(lab).map(|lab| lab.title.clone());
        let bar = self.live.as_ref().map(|live| {
            let bar = live.add(spinner(TICK));
            bar.set_prefix(title.map(|title| title + "  ").unwrap_or_default());
            bar
        });
        let lines = Terminal::of_labs(self.labs.clone(), bar.clone(), self.width);
        self.running.insert(lab, Running { lines, bar });
    }

    /// Says that a lab has begun, where no moving line does.
    fn say_begun(&mut self, lab: usize) {
        if self.live.is_none()
            && let Some(lab) = self.labs.get(lab)
        {
            let on = match &lab.cluster {
                Some(cluster) => format!(" on {cluster}"),
                None => String::new(),
            };
            let text = format!("{} {} begins{on}", lab.title, lab.path);
            self.whole.line(&paint(DIM, &text));
        }
    }

    /// Shows what there is of a lab.
    fn end(&mut self, lab: usize) {
        let Some(running) = self.running.remove(&lab) else {
            return;
        };
        if let Some(bar) = &running.bar {
            bar.finish_and_clear();
        }
        let lines = running.lines.into_inner();
        self.aside(|whole| whole.lines(&lines));
    }

    /// Does something while the moving lines stand aside.
    fn aside(&mut self, act: impl FnOnce(&mut Terminal<W>)) {
        match &self.live {
            Some(live) => live.suspend(|| act(&mut self.whole)),
            None => act(&mut self.whole),
        }
    }
}

impl<W: Write + Send> Sink for SideBySide<W> {
    fn receive(&mut self, event: &Event) {
        if let Event::RunStarted { labs, cluster, .. } = event {
            self.labs.clone_from(labs);
            self.on_clusters = cluster.profile != "none";
        }
        let Some(lab) = lab_of(event) else {
            if let Event::RunFinished { .. } = event {
                // Of a lab that was left behind there is this much to tell.
                let left: Vec<usize> = self.running.keys().copied().collect();
                left.into_iter().for_each(|lab| self.end(lab));
            }
            return self.aside(|whole| whole.receive(event));
        };
        if let Event::LabStarted { cluster, .. } = event {
            if let Some(record) = self.labs.get_mut(lab) {
                record.cluster = Some(cluster.clone()).filter(|_| self.on_clusters);
            }
            self.say_begun(lab);
        }
        if !self.running.contains_key(&lab) {
            self.begin(lab);
        }
        if let Some(running) = self.running.get_mut(&lab) {
            running.lines.receive(event);
        }
        if let Event::LabFinished { .. } = event {
            self.end(lab);
        }
    }
}

/// The lab that an event belongs to.
fn lab_of(event: &Event) -> Option<usize> {
    match event {
        Event::Progress { lab, .. } => *lab,
        Event::LabStarted { lab, .. } | Event::LabFinished { lab, .. } => Some(*lab),
        Event::StepStarted { at }
        | Event::CommandStarted { at, .. }
        | Event::CommandRepeated { at, .. }
        | Event::CommandTried { at, .. }
        | Event::CommandFinished { at, .. }
        | Event::CheckFinished { at, .. }
        | Event::Settled { at, .. }
        | Event::StepFinished { at, .. } => Some(at.lab),
        Event::RunStarted { .. } | Event::Warning { .. } | Event::RunFinished { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ClusterInfo, CommandRecord, FORMAT_VERSION, StepAt, Verdict};

    fn lab(title: &str) -> LabRecord {
        LabRecord {
            title: title.to_owned(),
            path: format!("labs/{title}"),
            cluster: None,
            verdict: Verdict::Skipped,
            broken: None,
            warnings: Vec::new(),
            leftovers: Vec::new(),
            duration_ms: 0,
            pages: Vec::new(),
        }
    }

    fn command(lab: usize, text: &str) -> Event {
        Event::CommandFinished {
            at: StepAt {
                lab,
                page: 0,
                step: 0,
            },
            record: CommandRecord {
                line: 1,
                text: text.to_owned(),
                from_disk: Vec::new(),
                verdict: Verdict::Pass,
                exit_code: Some(0),
                attempts: 1,
                duration_ms: 0,
                expected: None,
                output: String::new(),
                output_bytes: 0,
                checks: Vec::new(),
            },
        }
    }

    fn finished(lab: usize, broken: Option<&str>) -> Event {
        Event::LabFinished {
            lab,
            broken: broken.map(str::to_owned),
            warnings: Vec::new(),
            leftovers: Vec::new(),
            duration_ms: 0,
        }
    }

    /// The places of texts in what is reported of some events, in their order.
    fn assert_in_order(events: &[Event], texts: &[&str]) {
        let mut report = SideBySide::new(Vec::new(), false, || None);
        for event in events {
            report.receive(event);
        }
        let out = String::from_utf8(report.whole.into_inner()).expect("text");
        let mut from = 0;
        for text in texts {
            let found = out[from..].find(text);
            let at = found.unwrap_or_else(|| panic!("{text} is not in its place:\n{out}"));
            from += at + text.len();
        }
    }

    #[test]
    fn the_lines_of_a_lab_stay_together_and_come_when_it_is_over() {
        let started = |lab| Event::LabStarted {
            lab,
            cluster: format!("run-{lab}"),
        };
        let cluster = ClusterInfo {
            profile: "local".to_owned(),
            name: "run-0".to_owned(),
            others: vec!["run-1".to_owned()],
            ..ClusterInfo::default()
        };
        let events = [
            Event::RunStarted {
                version: FORMAT_VERSION,
                labproof: "1",
                time: String::new(),
                cluster,
                labs: ["one", "two", "three"].map(lab).to_vec(),
            },
            started(0),
            started(1),
            command(0, "first of one"),
            command(1, "first of two"),
            command(0, "second of one"),
            command(1, "second of two"),
            finished(1, None),
            finished(2, Some("not run")),
            Event::RunFinished {
                interrupted: true,
                broken: None,
                duration_ms: 0,
            },
        ];
        assert_in_order(
            &events,
            &[
                "on 2 local clusters run-0, run-1",
                "one labs/one begins on run-0",
                "two labs/two begins on run-1",
                "two",
                "labs/two on run-1",
                "first of two",
                "second of two",
                "three",
                "labs/three",
                "not run",
                "one",
                "labs/one on run-0",
                "first of one",
                "second of one",
            ],
        );
    }
}
