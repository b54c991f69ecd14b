//! `labproof cluster`: the local cluster, up and down.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::args::{ClusterArgs, ClusterCommand, KubernetesArgs};
use super::exit::Exit;
use super::{cache, doctor, interrupt, output, progress, project, reset};
use crate::cluster::local::{
    self, ApiServerExtras, ImageRecipe, Life, LocalCluster, LocalError, Release, UpOptions, dns,
    node,
};
use crate::report::style::{BOLD, DIM, paint};

/// Brings a local cluster up or down, or shows what there is.
pub(super) async fn main(args: ClusterArgs) -> Exit {
    match args.command {
        ClusterCommand::Up {
            name,
            nodes,
            images,
            kubernetes,
            yes,
        } => up(&name, nodes, &images, &kubernetes, yes).await,
        ClusterCommand::Down { name } => down(&name).await,
        ClusterCommand::Status => status().await,
        ClusterCommand::Reset { name, dry_run } => reset::main(&name, dry_run).await,
        ClusterCommand::Cache { command } => cache::main(command).await,
        ClusterCommand::Doctor { paths, on, format } => doctor::main(&paths, &on, format).await,
        ClusterCommand::Node { state } => ended(node::main(&state).await),
        ClusterCommand::Dns { kubeconfig, listen } => ended(dns::main(&kubeconfig, listen).await),
    }
}

async fn up(
    name: &str,
    nodes: u8,
    folders: &[PathBuf],
    kubernetes: &KubernetesArgs,
    yes: bool,
) -> Exit {
    let started = Instant::now();
    let Some(project) = project::of(&[PathBuf::from(".")]) else {
        return Exit::Invalid;
    };
    let kubernetes = &kubernetes.or(&project);
    let cancel = interrupt::token();
    let shown = progress::Shown::new();
    let result = tokio::select! {
        result = bring_up(name, nodes, folders, kubernetes, yes, &shown) => Some(result),
        () = cancel.cancelled() => None,
    };
    shown.finish();
    match result {
        None => Exit::Interrupted,
        Some(Err(error)) => ended(Err(error)),
        Some(Ok(cluster)) => {
            let kubectl = cluster.bin_dir().join("kubectl");
            output::stdout(&format!(
                "{} runs Kubernetes v{} ({:.1} s)\n  \
                 rehearse:  labproof run PATH\n  \
                 look:      {} --kubeconfig {} get pods -A\n  \
                 end:       labproof cluster down{}\n",
                paint(BOLD, &format!("cluster {name}")),
                cluster.version().unwrap_or_default(),
                started.elapsed().as_secs_f32(),
                kubectl.display(),
                cluster.kubeconfig().display(),
                if name == crate::cluster::local::DEFAULT_NAME {
                    String::new()
                } else {
                    format!(" --name {name}")
                },
            ));
            Exit::Good
        }
    }
}

async fn bring_up(
    name: &str,
    nodes: u8,
    folders: &[PathBuf],
    kubernetes: &KubernetesArgs,
    yes: bool,
    shown: &progress::Shown,
) -> Result<LocalCluster, LocalError> {
    let mut images = recipes(folders)?;
    if folders.is_empty() {
        // Nobody has asked for them: what has to be made first waits until a lab does.
        let all = images.len();
        images.retain(local::is_made);
        if images.len() < all {
            shown.pause(|| {
                output::stderr(&format!(
                    "{} of {all} images of labs/images are not made yet; a run makes those that its labs need, \
                     --images labs/images all of them now\n",
                    all - images.len()
                ));
            });
        }
    }
    let release = match &kubernetes.kubernetes_version {
        Some(version) => Some(Release::new(version, kubernetes.mirror.as_deref())?),
        None => None,
    };
    let is_new = LocalCluster::find(name).is_none();
    let cluster = LocalCluster::up(UpOptions {
        python: false,
        api_server: &ApiServerExtras::default(),
        name,
        nodes,
        images: &images,
        release: release.as_ref(),
        confirm: &mut |packages| confirm(packages, yes, shown),
        progress: shown,
        stay: true,
        program: None,
    })
    .await?;
    // Of one that ran already nobody knows what has been done to it since.
    if is_new && let Err(cause) = reset::keep_baseline(&cluster).await {
        output::stderr(&format!(
            "warning: its baseline could not be kept, so `cluster reset` will not work: {cause}\n"
        ));
    }
    Ok(cluster)
}

/// The recipes in these folders, or in the one that is used without any.
pub(super) fn recipes(folders: &[PathBuf]) -> Result<Vec<ImageRecipe>, LocalError> {
    let here = Path::new("labs").join("images");
    let default = folders.is_empty().then_some(here);
    let mut images = Vec::new();
    for folder in folders.iter().chain(&default) {
        images.extend(ImageRecipe::read_dir(folder)?);
    }
    Ok(images)
}

async fn down(name: &str) -> Exit {
    let shown = progress::Shown::new();
    let mut clusters = LocalCluster::list().into_iter();
    if clusters.any(|cluster| cluster.name == name && cluster.reserved) {
        output::stderr("warning: a run is using it, and will end as broken\n");
    }
    let result = LocalCluster::remove(name, &shown).await;
    shown.finish();
    if result.is_ok() {
        output::stdout(&format!("cluster {name} is down\n"));
    }
    ended(result)
}

async fn status() -> Exit {
    let clusters = LocalCluster::list();
    if clusters.is_empty() {
        output::stdout("no local cluster; `labproof cluster up` brings one up\n");
    }
    for cluster in clusters {
        let life = match (cluster.life, cluster.reserved) {
            (Life::Starting, _) => "is starting",
            (Life::Running, true) => "runs, in use by a run",
            (Life::Running, false) => "runs",
            (Life::Dead, _) => "has ended without being taken down; `up` and `down` clear it away",
        };
        let folder = paint(DIM, &cluster.folder.display().to_string());
        output::stdout(&format!(
            "{} {life}  {folder}\n",
            paint(BOLD, &cluster.name)
        ));
        if let Some(running) = LocalCluster::find(&cluster.name) {
            show_faults(&running).await;
        }
    }
    Exit::Good
}

/// What went wrong in a cluster by itself: tells why a lab on it may have gone wrong.
async fn show_faults(cluster: &LocalCluster) {
    let faults = cluster
        .pulse()
        .faults_since(jiff::Timestamp::UNIX_EPOCH)
        .await;
    for fault in faults {
        let ago = fault.at.duration_until(jiff::Timestamp::now()).as_secs();
        output::stdout(&format!(
            "  {ago} s ago: {} {}\n",
            fault.component, fault.what
        ));
    }
}

pub(super) fn ended(result: Result<(), LocalError>) -> Exit {
    match result {
        Ok(()) => Exit::Good,
        Err(error) => {
            output::error(&error.to_string());
            Exit::Broken
        }
    }
}

/// Whether these Debian packages may be downloaded: `--yes` says so, or somebody at a terminal.
pub(super) fn confirm(packages: &[String], yes: bool, shown: &progress::Shown) -> bool {
    shown.pause(|| {
        output::stderr(&format!(
            "The local cluster is made from these Debian packages or programs. They are downloaded and unpacked \
             into labproof's cache, not installed:\n  {}\n",
            packages.join(" ")
        ));
        if yes {
            return true;
        }
        if !std::io::stdin().is_terminal() || !output::is_watched() {
            return false;
        }
        output::stderr("Go on? [y/N] ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).is_ok()
            && matches!(answer.trim(), "y" | "Y" | "yes" | "Yes")
    })
}
