//! Clusters of kind: created for a run and deleted after it, or found running and left as they are.
//!
//! Entry points: [`KindCluster::acquire`], [`KindCluster::load`], [`KindCluster::delete`]. kind and its
//! engine are asked through their command lines; the user's kubeconfig is never touched.

mod config;
mod engine;
mod images;
mod nodes;
mod own;

use std::path::PathBuf;
use std::time::Duration;

use kube::config::Kubeconfig;
use tempfile::TempDir;
use tokio::process::Command;

pub(super) use engine::Engine;
use own::Own;

use super::connection::{Access, Tools};
use super::program;
use super::{ClusterError, Connection, Progress};

/// How long kind may take to answer a question.
const ANSWER: Duration = Duration::from_secs(60);
/// How long creating may take: the node image may have to be pulled first.
const CREATE: Duration = Duration::from_secs(900);
/// What `kind create --wait` waits for the control plane at most.
const READY: &str = "180s";
/// What `kind create` says of a name that is taken.
const EXISTS: &str = "already exist";
/// How long deleting may take.
const DELETE: Duration = Duration::from_secs(180);

/// What a kind cluster is made from.
pub(super) struct Wanted<'a> {
    /// Its name; one of the run's own without.
    pub(super) name: Option<&'a str>,
    /// Which of the run's clusters it is.
    pub(super) job: usize,
    /// The directories of the labs, in which a `kind.yaml` may lie.
    pub(super) directories: &'a [PathBuf],
    /// `--kubernetes-version`.
    pub(super) version: Option<&'a str>,
    /// How many nodes, where no `kind.yaml` says so.
    pub(super) nodes: u8,
}

/// A kind cluster of a run.
pub(super) struct KindCluster {
    engine: Engine,
    name: String,
    /// Held where this run created it.
    own: Option<Own>,
    /// It has several nodes only because labproof asked for them, so all of them are to take pods.
    even: bool,
}

impl KindCluster {
    /// The cluster, created where none of that name runs.
    ///
    /// # Errors
    /// No kind, no engine, or what kind said.
    pub(super) async fn acquire(
        wanted: &Wanted<'_>,
        progress: &dyn Progress,
    ) -> Result<(Self, Connection), ClusterError> {
        if !program::is_on_path("kind") {
            return Err(ClusterError::NoKind);
        }
        let engine = Engine::find().await?;
        own::sweep(&engine).await;
        let there = list(&engine).await?;
        let name = match wanted.name {
            Some(name) => name.to_owned(),
            None => format!("{}{}-{}", own::PREFIX, std::process::id(), wanted.job),
        };
        let cluster = if there.contains(&name) {
            Self {
                engine,
                name,
                own: None,
                even: false,
            }
        } else {
            create(engine, name, wanted, progress).await?
        };
        match cluster.connect(progress).await {
            Ok(connection) => Ok((cluster, connection)),
            Err(error) => {
                // The first error is the one to tell.
                let _ = cluster.delete(progress).await;
                Err(error)
            }
        }
    }

    async fn connect(&self, progress: &dyn Progress) -> Result<Connection, ClusterError> {
        let args = ["get", "kubeconfig", "--name", &self.name];
        let text = kind(&self.engine, &args, ANSWER).await?;
        let config = Kubeconfig::from_yaml(&text).map_err(|error| ClusterError::Kind {
            doing: "kind get kubeconfig".to_owned(),
            said: error.to_string(),
        })?;
        let tools = Tools::default();
        let access = Access {
            by_hand: by_hand(&self.engine, &self.name),
            ends_with_run: self.own.is_some(),
            ..Access::default()
        };
        let opened = Connection::open("kind", self.name.clone(), config, tools, access).await?;
        if let (Some(client), true) = (&opened.client, self.own.is_some()) {
            progress.stage(1, 1, "waiting for the nodes");
            nodes::ready(&self.engine, &self.name, client).await?;
            if self.even {
                nodes::even(&self.engine, &self.name, client).await?;
            }
        }
        Ok(opened)
    }

    /// Deletes it if this run created it; any other stays.
    ///
    /// # Errors
    /// What kind said.
    pub(super) async fn delete(mut self, progress: &dyn Progress) -> Result<(), ClusterError> {
        let Some(own) = self.own.take() else {
            return Ok(());
        };
        progress.stage(1, 1, "deleting the kind cluster");
        delete(&self.engine, &self.name).await?;
        own.forget();
        Ok(())
    }
}

/// What a person does to see whether the nodes run; the user's kubeconfig need not have a context for them.
fn by_hand(engine: &Engine, name: &str) -> String {
    format!("{engine} ps --all --filter label=io.x-k8s.kind.cluster={name}")
}

async fn create(
    engine: Engine,
    name: String,
    wanted: &Wanted<'_>,
    progress: &dyn Progress,
) -> Result<KindCluster, ClusterError> {
    let config = config::of(wanted.directories)?;
    // The mark comes first: whatever ends this process, a later one knows whose the cluster is.
    let own = Own::mark(&name)?;
    progress.stage(
        1,
        1,
        &format!("creating the kind cluster {name} with {engine}"),
    );
    let folder = private_folder()?;
    let even = config.is_none() && wanted.nodes > 1;
    let config = match even {
        true => Some(config::of_nodes(wanted.nodes, folder.path())?),
        false => config,
    };
    let mut command = engine.kind(&["create", "cluster", "--name", &name, "--wait", READY]);
    // Without it kind would write to the user's kubeconfig and switch its current context.
    command
        .arg("--kubeconfig")
        .arg(folder.path().join("kubeconfig"));
    if let Some(config) = &config {
        command.arg("--config").arg(config);
    }
    if let Some(version) = wanted.version {
        let version = version.trim_start_matches('v');
        command
            .arg("--image")
            .arg(format!("kindest/node:v{version}"));
    }
    let mut draft = Draft {
        kind: engine.clone(),
        name: name.clone(),
        keep: false,
    };
    let answer = program::ask(&mut command, CREATE).await;
    let said = match answer {
        Ok(answer) if answer.good => {
            draft.keep = true;
            own.made(&engine, &name).await;
            return Ok(KindCluster {
                engine,
                name,
                own: Some(own),
                even,
            });
        }
        Ok(answer) => answer.last_words(),
        Err(cause) => cause,
    };
    if said.contains(EXISTS) {
        // Somebody else was faster, and it is theirs.
        draft.keep = true;
        own.forget();
    }
    Err(ClusterError::Kind {
        doing: format!("kind create cluster --name {name}"),
        said,
    })
}

/// A cluster that is being created: deleted again where that does not come to its end.
struct Draft {
    kind: Engine,
    name: String,
    keep: bool,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        // An interruption drops the future that would have waited, so this waits by itself.
        let Ok(folder) = private_folder() else {
            return;
        };
        let mut command = deleting(&self.kind, &self.name, &folder);
        let _ = command
            .as_std_mut()
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status();
    }
}

/// Deletes a cluster.
async fn delete(engine: &Engine, name: &str) -> Result<(), ClusterError> {
    let folder = private_folder()?;
    let mut command = deleting(engine, name, &folder);
    said(program::ask(&mut command, DELETE).await)
        .map(drop)
        .map_err(|said| ClusterError::Kind {
            doing: format!("kind delete cluster --name {name}"),
            said,
        })
}

/// The command that deletes a cluster. Without a kubeconfig that it is told, kind would take the context of that name
/// out of the user's.
fn deleting(engine: &Engine, name: &str, folder: &TempDir) -> Command {
    let mut command = engine.kind(&["delete", "cluster", "--name", name]);
    command
        .arg("--kubeconfig")
        .arg(folder.path().join("kubeconfig"));
    command
}

fn private_folder() -> Result<TempDir, ClusterError> {
    tempfile::tempdir().map_err(|cause| ClusterError::PrivateFile {
        path: std::env::temp_dir(),
        cause,
    })
}

/// The names of the clusters that kind knows. Where there are none it says so on stderr.
async fn list(engine: &Engine) -> Result<Vec<String>, ClusterError> {
    let names = kind(engine, &["get", "clusters"], ANSWER).await?;
    Ok(names.split_whitespace().map(str::to_owned).collect())
}

/// What kind prints when asked so.
async fn kind(engine: &Engine, args: &[&str], deadline: Duration) -> Result<String, ClusterError> {
    said(program::ask(&mut engine.kind(args), deadline).await).map_err(|said| ClusterError::Kind {
        doing: format!("kind {}", args.join(" ")),
        said,
    })
}

/// What it printed, or what it complained about.
fn said(answer: Result<program::Answer, String>) -> Result<String, String> {
    match answer? {
        answer if answer.good => Ok(answer.stdout),
        answer => Err(answer.last_words()),
    }
}
