//! A plan on its clusters: the baseline that is asked for, the labs, and new clusters for those that a lab has spoilt.
//!
//! Entry points: [`acquire`], [`Run::on`], [`release`]. A lab must find its cluster as it is meant to be. One that
//! labproof made, and that nobody asked for by name, is replaced; on any other nothing more is run.

use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::args::RehearseArgs;
use super::exit::Exit;
use super::images::Images;
use super::rehearse::Rehearsal;
use super::{output, progress};
use crate::cluster::{self, Cluster, ClusterError, Connection};
use crate::event::Event;
use crate::plan::Plan;
use crate::run::{self, Emitter, RunOptions, Setup};

/// A rehearsal with all that it needs but clusters.
pub(super) struct Run<'a> {
    pub(super) args: &'a RehearseArgs,
    pub(super) rehearsal: &'a Rehearsal,
    pub(super) images: &'a Images,
    pub(super) options: &'a RunOptions,
    pub(super) cancel: &'a CancellationToken,
    pub(super) emitter: &'a Emitter,
}

impl Run<'_> {
    /// Runs the plan on clusters that are there; gives those that are there in the end, and an exit code where the record alone does
    /// not tell it.
    pub(super) async fn on(&self, mut clusters: Vec<Cluster>) -> (Vec<Cluster>, Option<Exit>) {
        let plan = &self.rehearsal.plan;
        if let Some(cluster) = clusters.first() {
            let path = cluster.connection().path();
            let mut missing = run::missing_tools(plan, &path);
            if missing.is_empty() {
                missing = run::missing_modules(plan, &path);
            }
            if output::diagnostics(&missing) {
                self.broken("something that the labs need is missing; nothing was run".to_owned());
                return (clusters, None);
            }
        }
        let mut setups = match self.set_up(&clusters).await {
            Ok(setups) => setups,
            Err(exit) => return (clusters, exit),
        };
        let queue = run::begin(plan, &connections(&clusters), self.emitter).await;
        let why = loop {
            let on = connections(&clusters);
            run::labs(&queue, &on, self.options, self.cancel, self.emitter).await;
            let why = on.iter().find_map(|connection| connection.unusable());
            if queue.is_empty() || self.cancel.is_cancelled() || !self.is_replaceable(&clusters) {
                break why;
            }
            self.emitter.emit(Event::Warning {
                what: format!(
                    "{}; a new cluster takes its place for the labs that are left",
                    why.unwrap_or_default()
                ),
            });
            match self.replace(std::mem::take(&mut clusters)).await {
                Ok(new) => clusters = new,
                Err(why) => break Some(why),
            }
            setups = match self.set_up(&clusters).await {
                Ok(setups) => setups,
                Err(exit) => return (clusters, exit),
            };
        };
        run::end(queue, why.as_deref(), self.cancel, self.emitter);
        for (setup, cluster) in setups.into_iter().zip(&clusters) {
            if self.cancel.is_cancelled() && cluster.connection().access.ends_with_run {
                continue;
            }
            if let Err(cause) = setup.remove(cluster.connection()).await {
                self.emitter.emit(Event::Warning {
                    what: format!("the baseline could not be deleted: {cause}"),
                });
            }
        }
        (clusters, None)
    }

    /// Applies the baseline that is asked for to each cluster; where that fails it has been told.
    async fn set_up(&self, clusters: &[Cluster]) -> Result<Vec<Setup>, Option<Exit>> {
        let mut setups = Vec::new();
        let Some(manifest) = &self.args.setup else {
            return Ok(setups);
        };
        for connection in connections(clusters) {
            self.emitter.emit(Event::Progress {
                lab: None,
                what: format!("applying {}", manifest.display()),
            });
            let applied = tokio::select! {
                applied = Setup::apply(manifest, connection) => applied,
                () = self.cancel.cancelled() => {
                    self.broken("interrupted while the baseline was applied".to_owned());
                    return Err(Some(Exit::Interrupted));
                }
            };
            match applied {
                Ok(setup) => setups.push(setup),
                Err(error) => {
                    self.broken(error.to_string());
                    return Err(None);
                }
            }
        }
        Ok(setups)
    }

    /// Whether new clusters can take the place of all of these, which a lab each has left other than they were.
    fn is_replaceable(&self, clusters: &[Cluster]) -> bool {
        clusters.iter().all(|cluster| {
            cluster.connection().spoilt().is_some()
                && cluster.connection().end().is_none()
                && cluster.is_replaceable(&self.rehearsal.on.choice)
        })
    }

    /// New clusters in place of those.
    ///
    /// # Errors
    /// Why there are none, in words.
    async fn replace(&self, clusters: Vec<Cluster>) -> Result<Vec<Cluster>, String> {
        let shown = progress::Shown::new();
        let mut discarded = Ok(());
        for cluster in clusters {
            discarded = discarded.and(cluster.discard(&shown).await);
        }
        shown.finish();
        discarded.map_err(|error| error.to_string())?;
        let new = acquire(self.args, self.rehearsal, self.images, self.cancel).await;
        let new = new.map_err(|error| match error {
            Some(error) => format!("there is no new cluster: {error}"),
            None => "interrupted".to_owned(),
        })?;
        for cluster in &new {
            self.emitter
                .learn_credentials(&cluster.connection().secrets);
        }
        Ok(new)
    }

    fn broken(&self, reason: String) {
        self.emitter.emit(Event::RunFinished {
            interrupted: self.cancel.is_cancelled(),
            broken: Some(reason),
            duration_ms: 0,
        });
    }
}

fn connections(clusters: &[Cluster]) -> Vec<&Connection> {
    clusters.iter().map(Cluster::connection).collect()
}

/// One cluster for each job, or why there is none; no error stands for an interruption.
pub(super) async fn acquire(
    args: &RehearseArgs,
    rehearsal: &Rehearsal,
    images: &Images,
    cancel: &CancellationToken,
) -> Result<Vec<Cluster>, Option<ClusterError>> {
    let plan = &rehearsal.plan;
    let shown = progress::Shown::new();
    let request = cluster::Request {
        choice: &rehearsal.on.choice,
        safety: &args.on.safety(),
        aws: &args.on.aws(),
        version: rehearsal.kubernetes.kubernetes_version.as_deref(),
        mirror: rehearsal.kubernetes.mirror.as_deref(),
        directories: &directories(plan),
        images: &images.names(),
        more_images: images.more,
        image_names: &image_names(args, plan),
        jobs: rehearsal.jobs(args),
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

/// What may name images that no manifest does: all files of the labs, what they read from the disk, the baseline.
fn image_names(args: &RehearseArgs, plan: &Plan) -> Vec<PathBuf> {
    let read = plan.labs.iter().flat_map(|lab| &lab.from_disk);
    let mut all = directories(plan);
    all.extend(read.map(|read| read.path.clone()));
    all.extend(args.setup.clone());
    all
}

pub(super) async fn release(clusters: Vec<Cluster>) {
    let shown = progress::Shown::new();
    let released = clusters.into_iter().map(|cluster| cluster.release(&shown));
    for result in futures::future::join_all(released).await {
        if let Err(error) = result {
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
