//! `labproof run`: plan, get a cluster, rehearse, report.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::args::RunArgs;
use super::exit::Exit;
use super::{interrupt, output, progress, project};
use crate::cluster::{self, Cluster, ClusterError};
use crate::event::{Event, Redactor, RunRecord, Sink};
use crate::plan::{self, Plan};
use crate::report::{events::EventLog, json, junit, summary, terminal::Terminal};
use crate::run::{self, Emitter, RunOptions, Setup};

/// Rehearses the labs of the paths.
pub(super) async fn main(args: RunArgs) -> Exit {
    let Some(project) = project::of(&args.paths) else {
        return Exit::Invalid;
    };
    let wanted = args.select.options(Some(&args.cluster), &project);
    let plan = plan::build(&args.paths, &wanted);
    if output::diagnostics(&plan.diagnostics) {
        return Exit::Invalid;
    }
    // The files are opened before anything runs: a report that cannot be written is known now.
    let sinks = match Reports::open(&args) {
        Ok(reports) => reports,
        Err(message) => {
            output::error(&message);
            return Exit::Invalid;
        }
    };
    let cancel = interrupt::token();
    let clusters = acquire(&args, &plan, &cancel).await;
    let secrets = clusters
        .iter()
        .flatten()
        .flat_map(|cluster| cluster.connection().secrets.clone());
    let redactor = Redactor::new(secrets.collect(), args.redact.clone());
    let (live, files) = sinks.split();
    let emitter = Emitter::new(redactor, live);

    let options = RunOptions {
        fail_fast: args.fail_fast,
        retry: Duration::from_secs(args.retry),
        compat_eks_workshop: wanted.compat_eks_workshop,
    };
    let exit = match clusters {
        Ok(clusters) => {
            let setup = args.setup.as_deref();
            let exit = rehearse(setup, &options, &plan, &clusters, &cancel, &emitter).await;
            release(clusters).await;
            exit
        }
        Err(error) => {
            let usage = error.as_ref().is_some_and(ClusterError::is_usage);
            emitter.emit(Event::RunFinished {
                interrupted: error.is_none(),
                broken: error.map(|error| error.to_string()),
                duration_ms: 0,
            });
            usage.then_some(Exit::Invalid)
        }
    };
    let record = emitter.finish();
    output::stdout(&summary::failures(&record));
    output::stdout(&summary::render(&record));
    files.write(&record);
    exit.unwrap_or(Exit::of(&record))
}

/// Runs the plan on clusters that are there; an exit code where the record alone does not tell it.
async fn rehearse(
    setup: Option<&Path>,
    options: &RunOptions,
    plan: &Plan,
    clusters: &[Cluster],
    cancel: &CancellationToken,
    emitter: &Emitter,
) -> Option<Exit> {
    let broken = |reason: String| {
        emitter.emit(Event::RunFinished {
            interrupted: cancel.is_cancelled(),
            broken: Some(reason),
            duration_ms: 0,
        });
    };
    let connections: Vec<_> = clusters.iter().map(Cluster::connection).collect();
    if let Some(connection) = connections.first() {
        let missing = run::missing_tools(plan, &connection.path());
        if output::diagnostics(&missing) {
            broken("a tool that the labs need is missing; nothing was run".to_owned());
            return None;
        }
    }
    let mut setups = Vec::new();
    if let Some(manifest) = setup {
        for connection in &connections {
            emitter.emit(Event::Progress {
                what: format!("applying {}", manifest.display()),
            });
            let applied = tokio::select! {
                applied = Setup::apply(manifest, connection) => applied,
                () = cancel.cancelled() => {
                    broken("interrupted while the baseline was applied".to_owned());
                    return Some(Exit::Interrupted);
                }
            };
            match applied {
                Ok(setup) => setups.push((setup, connection)),
                Err(error) => {
                    broken(error.to_string());
                    return None;
                }
            }
        }
    }
    run::run(plan, &connections, options, cancel, emitter).await;
    for (setup, connection) in setups {
        if let Err(cause) = setup.remove(connection).await {
            output::stderr(&format!(
                "warning: the baseline could not be deleted: {cause}\n"
            ));
        }
    }
    None
}

/// One cluster for each job, or why there is none; no error stands for an interruption.
async fn acquire(
    args: &RunArgs,
    plan: &Plan,
    cancel: &CancellationToken,
) -> Result<Vec<Cluster>, Option<ClusterError>> {
    let jobs = usize::from(args.jobs).clamp(1, plan.labs.len().max(1));
    let shown = progress::Shown::new();
    let request = cluster::Request {
        choice: &args.cluster,
        jobs,
        recipes: &recipe_folders(&args.paths),
        progress: &shown,
        confirm: &|packages: &[String]| super::cluster::confirm(packages, args.yes, &shown),
    };
    let clusters = tokio::select! {
        clusters = cluster::acquire(&request) => clusters.map_err(Some),
        () = cancel.cancelled() => Err(None),
    };
    shown.finish();
    clusters
}

async fn release(clusters: Vec<Cluster>) {
    let shown = progress::Shown::new();
    for cluster in clusters {
        if let Err(error) = cluster.release(&shown).await {
            output::error(&error.to_string());
        }
    }
    shown.finish();
}

/// Where image recipes are looked for: `images` beside or above each path, and `labs/images` here.
fn recipe_folders(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = paths
        .iter()
        .flat_map(|path| path.ancestors().map(|folder| folder.join("images")))
        .chain([Path::new("labs").join("images")])
        .filter(|folder| folder.is_dir())
        .collect();
    folders.sort();
    folders.dedup();
    folders
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
            },
        })
    }

    fn split(self) -> (Vec<Box<dyn Sink>>, ReportFiles) {
        let terminal = Terminal::new(anstream::stdout(), output::is_watched());
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
        ];
        for ((path, mut file), text) in texts.into_iter().flatten() {
            if let Err(error) = std::io::Write::write_all(&mut file, text.as_bytes()) {
                output::error(&format!("{}: cannot be written: {error}", path.display()));
            }
        }
    }
}
