//! A plan rehearsed from the command line: clusters, baseline, run, record. What `run` and `update` share.
//!
//! Entry points: [`plan()`] and [`rehearse`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::args::RehearseArgs;
use super::exit::Exit;
use super::images::Images;
use super::{interrupt, output, progress, project};
use crate::cluster::{self, Cluster, ClusterError, Decision};
use crate::event::{Event, Redactor, RunRecord, Sink};
use crate::plan::{self, Plan};
use crate::run::{self, Emitter, Pace, RunOptions, Setup};

/// Variables that every command of a lab inherits and whose values are nobody's business.
const SECRET_VARIABLES: [&str; 2] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// A plan, and the cluster that it is for.
pub(super) struct Rehearsal {
    pub(super) plan: Plan,
    pub(super) on: Decision,
}

/// The plan of the paths; an exit code where there is none, and it has been told why.
pub(super) async fn plan(args: &RehearseArgs) -> Result<Rehearsal, Exit> {
    let project = project::of(&args.paths).ok_or(Exit::Invalid)?;
    let choice = project::cluster(args.on.cluster.as_ref(), &project).ok_or(Exit::Invalid)?;
    let on = cluster::decide(choice).await.map_err(|error| {
        output::error(&error.to_string());
        Exit::Broken
    })?;
    let plan = plan::build(
        &args.paths,
        &args.select.options(Some(&on.choice), &project),
    );
    if output::diagnostics(&plan.diagnostics) {
        return Err(Exit::Invalid);
    }
    if let Some(why) = &on.why {
        output::stderr(&format!("cluster: {} ({why})\n", on.choice));
    }
    Ok(Rehearsal { plan, on })
}

/// How far a rehearsal goes.
#[derive(Debug, Default)]
pub(super) struct Extent {
    /// Stop at the first step that does not pass.
    pub(super) fail_fast: bool,
    /// Shown output is expected to be stale.
    pub(super) stale: bool,
    /// Where bundles of what did not pass go.
    pub(super) artifacts: Option<PathBuf>,
    /// Who says when a command may run; else nobody.
    pub(super) pace: Option<Arc<dyn Pace>>,
}

/// Rehearses a plan and tells the sinks; gives the record, and what it comes to.
pub(super) async fn rehearse(
    args: &RehearseArgs,
    rehearsal: &Rehearsal,
    extent: Extent,
    sinks: Vec<Box<dyn Sink>>,
) -> (RunRecord, Exit) {
    let plan = &rehearsal.plan;
    let (cancel, leave) = interrupt::tokens();
    let images = Images::of(plan, args.setup.as_deref());
    let clusters = acquire(args, rehearsal, &images, &cancel).await;
    let secrets = clusters
        .iter()
        .flatten()
        .flat_map(|cluster| cluster.connection().secrets.clone())
        .chain(
            SECRET_VARIABLES
                .iter()
                .filter_map(|name| std::env::var(name).ok()),
        );
    let redactor = Redactor::new(secrets.collect(), args.redact.clone());
    let emitter = Emitter::new(redactor, sinks);
    let exit = match clusters {
        Ok(clusters) => {
            for lack in clusters.first().map_or(&[][..], Cluster::lacks) {
                emitter.emit(Event::Warning {
                    what: images.warning(lack),
                });
            }
            let exit = on_clusters(args, plan, extent, &clusters, &cancel, leave, &emitter).await;
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
    let exit = exit.unwrap_or(Exit::of(&record));
    (record, exit)
}

/// Runs the plan on clusters that are there; an exit code where the record alone does not tell it.
async fn on_clusters(
    args: &RehearseArgs,
    plan: &Plan,
    extent: Extent,
    clusters: &[Cluster],
    cancel: &CancellationToken,
    leave: CancellationToken,
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
        let path = connection.path();
        let mut missing = run::missing_tools(plan, &path);
        if missing.is_empty() {
            missing = run::missing_modules(plan, &path);
        }
        if output::diagnostics(&missing) {
            broken("something that the labs need is missing; nothing was run".to_owned());
            return None;
        }
    }
    let mut setups = Vec::new();
    if let Some(manifest) = &args.setup {
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
    let options = RunOptions {
        fail_fast: extent.fail_fast,
        stale: extent.stale,
        artifacts: extent.artifacts,
        pace: extent.pace,
        retry: Duration::from_secs(args.retry),
        compat_eks_workshop: plan.compat_eks_workshop,
        leave,
    };
    run::run(plan, &connections, &options, cancel, emitter).await;
    for (setup, connection) in setups {
        if let Err(cause) = setup.remove(connection).await {
            emitter.emit(Event::Warning {
                what: format!("the baseline could not be deleted: {cause}"),
            });
        }
    }
    None
}

/// One cluster for each job, or why there is none; no error stands for an interruption.
async fn acquire(
    args: &RehearseArgs,
    rehearsal: &Rehearsal,
    images: &Images,
    cancel: &CancellationToken,
) -> Result<Vec<Cluster>, Option<ClusterError>> {
    let plan = &rehearsal.plan;
    let jobs = usize::from(args.jobs).clamp(1, plan.labs.len().max(1));
    let shown = progress::Shown::new();
    let request = cluster::Request {
        choice: &rehearsal.on.choice,
        safety: &args.on.safety(),
        aws: &args.on.aws(),
        version: args.kubernetes.kubernetes_version.as_deref(),
        mirror: args.kubernetes.mirror.as_deref(),
        directories: &directories(plan),
        images: &images.names(),
        more_images: images.more,
        jobs,
        python: run::needs_client(plan, &std::env::var_os("PATH").unwrap_or_default()),
        nodes: args.nodes.or_else(|| plan.nodes()).unwrap_or(1),
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

/// The directories of the labs, each once.
fn directories(plan: &Plan) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = plan.labs.iter().map(|lab| lab.directory.clone()).collect();
    all.sort();
    all.dedup();
    all
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
