//! Why there is no cluster to run on.

use std::path::PathBuf;

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
    /// There is no context of that name.
    #[error("your kubeconfig has no context \"{name}\"\nnext: name one that it has: {}", list(.known))]
    NoSuchContext {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The cluster does not answer.
    #[error(
        "cluster \"{name}\" cannot be reached: {cause}\nnext: see whether it runs and your credentials are valid: kubectl --context {name} version"
    )]
    Unreachable {
        /// The cluster or context.
        name: String,
        /// What happened.
        cause: String,
    },
    /// The local cluster is not there.
    #[error(transparent)]
    Local(#[from] super::local::LocalError),
    /// Several jobs would share what each lab needs for itself.
    #[error(
        "--jobs needs a cluster for each job, and there is one\nnext: leave --jobs out, or use --cluster local"
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
    #[error("{}: cannot be written: {cause}\nnext: free some space, or point TMPDIR at a folder that is writable", path.display())]
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
            ClusterError::NoSuchContext { .. } | ClusterError::OneCluster
        )
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "(none)".to_owned()
    } else {
        names.join(", ")
    }
}
