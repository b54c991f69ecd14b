//! `labproof run`: plan, get a cluster, rehearse, report.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;

use super::args::{RunArgs, RunFormat};
use super::exit::Exit;
use super::rehearse::Extent;
use super::{coverage, output, rehearse};
use crate::event::{RunRecord, Sink};
use crate::report::{badge, events::EventLog, github, json, junit, summary, terminal::Terminal};
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
    let (live, files) = sinks.split();
    let extent = Extent {
        stale: false,
        fail_fast: args.fail_fast,
        artifacts: args.artifacts,
        ..Extent::default()
    };
    let (record, mut exit) = rehearse::rehearse(&args.rehearse, &rehearsal, extent, live).await;
    output::stdout(&summary::failures(&record));
    output::stdout(&summary::render(&record));
    if args.format == RunFormat::Github {
        output::stdout(&github::render(&record));
    }
    files.write(&record);
    if let Some(lacking) = args
        .min_coverage
        .and_then(|minimum| coverage::lacking(&record, minimum))
    {
        output::error(&lacking);
        if exit == Exit::Good {
            exit = Exit::Failed;
        }
    }
    exit
}

/// The files that reports go to, opened.
struct Reports {
    events: Option<File>,
    files: ReportFiles,
}

/// Reports that are written when the run is over.
struct ReportFiles {
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
                Err(error) => Err(format!("{}: cannot be written: {error}", path.display())),
            },
        };
        Ok(Self {
            events: create(&args.events)?.map(|(_, file)| file),
            files: ReportFiles {
                json: create(&args.json)?,
                junit: create(&args.junit)?,
                badge: create(&args.badge)?,
            },
        })
    }

    fn split(self) -> (Vec<Box<dyn Sink>>, ReportFiles) {
        let terminal = Terminal::new(anstream::stdout(), output::is_watched(), output::width);
        let mut live: Vec<Box<dyn Sink>> = vec![Box::new(terminal)];
        if let Some(file) = self.events {
            live.push(Box::new(EventLog::new(BufWriter::new(file))));
        }
        (live, self.files)
    }
}

impl ReportFiles {
    fn write(self, record: &RunRecord) {
        let texts = [
            self.json.map(|file| (file, json::render(record))),
            self.junit.map(|file| (file, junit::render(record))),
            self.badge.map(|file| (file, badge::render(record))),
        ];
        for ((path, mut file), text) in texts.into_iter().flatten() {
            if let Err(error) = std::io::Write::write_all(&mut file, text.as_bytes()) {
                output::error(&format!("{}: cannot be written: {error}", path.display()));
            }
        }
    }
}
