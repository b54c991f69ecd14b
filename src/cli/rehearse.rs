//! A plan rehearsed from the command line: clusters, baseline, run, record. What `run` and `update` share.
//!
//! Entry points: [`plan()`] and [`rehearse`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::args::{KubernetesArgs, RehearseArgs};
use super::exit::Exit;
use super::images::Images;
use super::on_clusters::{Run, acquire, release};
use super::{interrupt, output, project};
use crate::cluster::{self, Choice, Cluster, ClusterError, Decision};
use crate::event::{Event, Redactor, RunRecord, Sink};
use crate::plan::{self, Plan};
use crate::run::{Emitter, Pace, RunOptions, SetupError};

/// Variables that every command of a lab inherits and whose values are nobody's business.
const SECRET_VARIABLES: [&str; 2] = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// A plan, and the cluster that it is for.
pub(super) struct Rehearsal {
    pub(super) plan: Plan,
    pub(super) on: Decision,
    pub(super) kubernetes: KubernetesArgs,
}

impl Rehearsal {
    /// How many labs run at the same time.
    pub(super) fn jobs(&self, args: &RehearseArgs) -> usize {
        usize::from(args.jobs).clamp(1, self.plan.labs.len().max(1))
    }
}

/// The plan of the paths; an exit code where there is none, and it has been told why.
pub(super) async fn plan(args: &RehearseArgs) -> Result<Rehearsal, Exit> {
    let project = project::of(&args.paths).ok_or(Exit::Invalid)?;
    let choice = project::cluster(args.on.cluster.as_ref(), &project).ok_or(Exit::Invalid)?;
    let on = cluster::decide(choice).await.map_err(|error| {
        output::error(&error.to_string());
        Exit::Broken
    })?;
    if let Some(problem) = args
        .setup
        .as_deref()
        .and_then(|file| unfit(file, &on.choice))
    {
        output::error(&problem);
        return Err(Exit::Invalid);
    }
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
    Ok(Rehearsal {
        kubernetes: args.kubernetes.or(&project),
        plan,
        on,
    })
}

/// Why a baseline cannot be applied, as far as that shows before there is a cluster.
fn unfit(manifest: &Path, choice: &Choice) -> Option<String> {
    if matches!(choice, Choice::None) {
        return Some(SetupError::NoCluster.to_string());
    }
    let is_url = manifest.to_string_lossy().contains("://");
    let error = std::fs::metadata(manifest).err().filter(|_| !is_url)?;
    Some(format!("--setup {}: {error}", manifest.display()))
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
            for stand_in in clusters.first().map_or(&[][..], Cluster::stand_ins) {
                emitter.emit(Event::Warning {
                    what: images.remark(stand_in),
                });
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
            let run = Run {
                args,
                rehearsal,
                images: &images,
                options: &options,
                cancel: &cancel,
                emitter: &emitter,
            };
            let (clusters, exit) = run.on(clusters).await;
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
