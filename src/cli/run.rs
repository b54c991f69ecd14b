//! `labproof run`: plan, get a cluster, rehearse, report.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::args::{RunArgs, RunFormat};
use super::exit::Exit;
use super::rehearse::Extent;
use super::{coverage, lint, output, rehearse};
use crate::cluster::explain;
use crate::event::{RunRecord, Sink, Verdict};
use crate::report::{badge, events::EventLog, github, json, junit, summary};
use crate::run::prepare_artifacts;

/// Rehearses the labs of the paths.
pub(super) async fn main(args: RunArgs) -> Exit {
    let rehearsal = match rehearse::plan(&args.rehearse).await {
        Ok(rehearsal) => rehearsal,
        Err(exit) => return exit,
    };
    // The files are opened before anything runs: a report that cannot be written is known now.
    let sinks = match Reports::open(&args) {
        Ok(reports) => reports,
        Err(message) => {
            output::error(&message);
            return Exit::Invalid;
        }
    };
    if let Some(Err(message)) = args.artifacts.as_deref().map(prepare_artifacts) {
        output::error(&message);
        return Exit::Invalid;
    }
    let (live, files) = sinks.split(rehearsal.jobs(&args.rehearse));
    let extent = Extent {
        stale: false,
        fail_fast: args.fail_fast,
        artifacts: args.artifacts,
        ..Extent::default()
    };
    let (record, mut exit) = rehearse::rehearse(&args.rehearse, &rehearsal, extent, live).await;
    output::stdout(&summary::failures(&record));
    output::stdout(&summary::render(&record));
    if record.verdict == Verdict::Fail {
        output::stdout(&lint::of_run(&args.rehearse.paths, &args.rehearse.select));
    }
    if args.format == RunFormat::Github {
        output::stdout(&github::render(&record));
    }
    let written = files.write(&record);
    if let Some(lacking) = args
        .min_coverage
        .and_then(|minimum| coverage::lacking(&record, minimum))
    {
        output::error(&lacking);
        if exit == Exit::Good {
            exit = Exit::Failed;
        }
    }
    if !written && exit == Exit::Good {
        // Who asked for a report and reads none must not take the run for done.
        exit = Exit::Broken;
    }
    exit
}

/// The files that reports go to, opened.
struct Reports {
    events: Option<EventLog<BufWriter<File>>>,
    files: ReportFiles,
}

/// Reports that are written when the run is over, and the one that is by then.
struct ReportFiles {
    events: Option<(PathBuf, Arc<OnceLock<io::Error>>)>,
    json: Option<(PathBuf, File)>,
    junit: Option<(PathBuf, File)>,
    badge: Option<(PathBuf, File)>,
}

impl Reports {
    fn open(args: &RunArgs) -> Result<Self, String> {
        let create = |path: &Option<PathBuf>| match path {
            None => Ok(None),
            Some(path) => match File::create(path) {
                Ok(file) => Ok(Some((path.clone(), file))),
                Err(error) => Err(unwritten(path, &error)),
            },
        };
        let events = create(&args.events)?.map(|(path, file)| {
            let log = EventLog::new(BufWriter::new(file));
            (path, log)
        });
        let watched = |(path, log): &(PathBuf, EventLog<_>)| (path.clone(), log.trouble());
        Ok(Self {
            files: ReportFiles {
                events: events.as_ref().map(watched),
                json: create(&args.json)?,
                junit: create(&args.junit)?,
                badge: create(&args.badge)?,
            },
            events: events.map(|(_, log)| log),
        })
    }

    fn split(self, jobs: usize) -> (Vec<Box<dyn Sink>>, ReportFiles) {
        let mut live = vec![output::report(jobs)];
        if let Some(log) = self.events {
            live.push(Box::new(log));
        }
        (live, self.files)
    }
}

impl ReportFiles {
    /// Writes them; says what could not be written, and whether everything was.
    fn write(self, record: &RunRecord) -> bool {
        let mut troubles = Vec::new();
        if let Some((path, trouble)) = &self.events
            && let Some(error) = trouble.get()
            && matters(error)
        {
            troubles.push(unwritten(path, error));
        }
        let texts = [
            self.json.map(|file| (file, json::render(record))),
            self.junit.map(|file| (file, junit::render(record))),
            self.badge.map(|file| (file, badge::render(record))),
        ];
        for ((path, mut file), text) in texts.into_iter().flatten() {
            if let Err(error) = file.write_all(text.as_bytes())
                && matters(&error)
            {
                troubles.push(unwritten(&path, &error));
                // Half a report is none.
                let _ = file.set_len(0);
            }
        }
        for trouble in &troubles {
            output::error(&format!(
                "{trouble}; the verdict above holds, this report of it is missing"
            ));
        }
        troubles.is_empty()
    }
}

/// A reader that has gone away wanted no more.
fn matters(error: &io::Error) -> bool {
    error.kind() != io::ErrorKind::BrokenPipe
}

fn unwritten(path: &Path, error: &io::Error) -> String {
    format!(
        "{}: cannot be written: {}",
        path.display(),
        explain(path, error)
    )
}
