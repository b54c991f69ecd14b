//! Why there is no cluster to run on.

use std::path::PathBuf;

use super::disk::explain;
use super::eks::EksError;
use super::local::LocalError;

/// What keeps a run from getting its cluster; each message says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The user's kubeconfig cannot be read.
    #[error(
        "your kubeconfig cannot be used: {cause}\nnext: check the files named by KUBECONFIG, or ~/.kube/config"
    )]
    Kubeconfig {
        /// What is wrong with it.
        cause: String,
    },
    /// A kubeconfig that was named cannot be read.
    #[error(
        "{}: cannot be used as a kubeconfig: {cause}\nnext: see what is wrong with it: kubectl --kubeconfig {} config view",
        path.display(), path.display()
    )]
    KubeconfigFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
    /// A kubeconfig has several contexts, and none was named.
    #[error("{}: has {}\nnext: {}", path.display(), if .known.is_empty() { "no context" } else { "several contexts, and none was named" }, which(.known))]
    WhichContext {
        /// The file.
        path: PathBuf,
        /// The names there are.
        known: Vec<String>,
    },
    /// A cluster looks like production.
    #[error(
        "cluster \"{name}\" looks like production (\"{word}\" in {seen}), and labs delete things\nnext: if labs may run there, say its name again: --i-know-this-is {name}"
    )]
    Production {
        /// What the user named.
        name: String,
        /// The name that gave it away: of the context, the cluster or the server.
        seen: String,
        /// The word in it.
        word: &'static str,
    },
    /// There is no context of that name.
    #[error("the kubeconfig has no context \"{name}\"\nnext: name one that it has: {}", list(.known))]
    NoSuchContext {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A context names something that is not in the file with it.
    #[error(
        "the context \"{name}\" names the {kind} \"{lacks}\", which its kubeconfig does not have\nnext: name another context, or add it: kubectl config set-{kind} {lacks}"
    )]
    HalfContext {
        /// The context.
        name: String,
        /// `cluster`.
        kind: &'static str,
        /// The name that leads nowhere.
        lacks: String,
    },
    /// The cluster does not answer.
    #[error(
        "cluster \"{name}\" cannot be reached: {cause}\nnext: see whether it runs and lets you in: {by_hand}"
    )]
    Unreachable {
        /// The cluster or context.
        name: String,
        /// What happened.
        cause: String,
        /// What shows it without labproof.
        by_hand: String,
    },
    /// The cluster answers, and does not know who asks.
    #[error(
        "cluster \"{name}\" does not accept your credentials: {cause}\nnext: renew them, then see: {by_hand}"
    )]
    Unauthorized {
        /// The cluster or context.
        name: String,
        /// What it answered.
        cause: String,
        /// What shows it without labproof.
        by_hand: String,
    },
    /// There is no kind.
    #[error(
        "--cluster kind needs kind, and `kind` is not on PATH\nnext: install kind and a container engine, or take --cluster local, which needs neither"
    )]
    NoKind,
    /// No container engine runs.
    #[error(
        "kind needs a container engine, and none runs:\n  {}\nnext: start Docker, podman or nerdctl, or take --cluster local, which needs none",
        .reasons.join("\n  ")
    )]
    NoEngine {
        /// What each of them said.
        reasons: Vec<String>,
    },
    /// kind did not do what it was asked.
    #[error("`{doing}` failed: {said}\nnext: run it by hand to see more, or take --cluster local")]
    Kind {
        /// The command.
        doing: String,
        /// What it said.
        said: String,
    },
    /// Labs of one run bring different config files for the one kind cluster that they share.
    #[error("{} and {} both say what the kind cluster shall be\nnext: run these labs one by one", one.display(), other.display())]
    KindConfigs {
        /// One file.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// A cluster of EKS is not there.
    #[error(transparent)]
    Eks(#[from] EksError),
    /// Nothing on this machine can give a cluster.
    #[error(
        "there is no cluster to run on: {no_kind}, and {no_local}\nnext: any of these: install kind and a container engine; run labproof as root on Debian 12 (--cluster local); name a cluster that you have (--cluster context:NAME or eks:NAME)"
    )]
    Nothing {
        /// Why there is no kind.
        no_kind: String,
        /// Why there is no local cluster.
        no_local: String,
    },
    /// The local cluster is not there.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// Several jobs would share what each lab needs for itself.
    #[error(
        "--jobs needs a cluster for each job, and there is one\nnext: leave --jobs out, or use --cluster local or kind"
    )]
    OneCluster,
    /// Another run works on the cluster.
    #[error(
        "cluster \"{name}\" is in use by another run\nnext: wait for it, or leave the name out for a cluster of this run's own"
    )]
    InUse {
        /// The cluster.
        name: String,
    },
    /// A private file cannot be written.
    #[error("{}: cannot be written: {}\nnext: free some space, or point TMPDIR at a folder that is writable", path.display(), explain(path, cause))]
    PrivateFile {
        /// The file or folder.
        path: PathBuf,
        /// What happened.
        cause: std::io::Error,
    },
}

impl ClusterError {
    /// Whether the command line asked for something that does not exist, rather than something
    /// that failed.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            ClusterError::NoSuchContext { .. }
                | ClusterError::WhichContext { .. }
                | ClusterError::Production { .. }
                | ClusterError::KindConfigs { .. }
                | ClusterError::OneCluster
                | ClusterError::HalfContext { .. }
                | ClusterError::Local(
                    LocalError::BadName { .. }
                        | LocalError::Version { .. }
                        | LocalError::Mirror { .. }
                        | LocalError::ManyNodes { .. }
                )
                | ClusterError::Eks(
                    EksError::NoCluster { .. } | EksError::NoProfile { .. } | EksError::NoRegion
                )
        )
    }
}

fn which(known: &[String]) -> String {
    match known {
        [] => "name a file that has one".to_owned(),
        known => format!(
            "say which: kubeconfig:FILE#CONTEXT, with one of: {}",
            list(known)
        ),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "(none)".to_owned()
    } else {
        names.join(", ")
    }
}
