//! What the node is told when it starts, and what it says and is asked while it runs: one JSON object a line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::cluster::local::image::BuiltImage;

/// Everything that the node's first process needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeSpec {
    /// The cluster's name.
    pub(crate) name: String,
    /// Debian's programs.
    pub(crate) tools: PathBuf,
    /// Kubernetes' programs.
    pub(crate) kubernetes: PathBuf,
    /// Their minor version: 20 for 1.20.2.
    pub(crate) minor: u32,
    /// The folder of image archives.
    pub(crate) images: PathBuf,
    /// The images to load at the start.
    pub(crate) load: Vec<BuiltImage>,
    /// How many nodes the cluster has.
    pub(crate) nodes: u8,
    /// The cgroup of the first node's pods; the others' are below it.
    pub(crate) pods_cgroup: PathBuf,
    /// The most memory that the node's files may take, in bytes.
    pub(crate) memory: u64,
}

/// What the node tells the `up` that started it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// It now waits for this.
    Waiting(String),
    /// The cluster can be used.
    Ready,
    /// It could not set itself up and ends.
    Failed(String),
    /// A program ended during the start, and so does the node.
    Died {
        /// The program.
        component: String,
        /// How it ended.
        status: String,
    },
}

/// What a running node can be asked, through its control socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// To end, and everything with it.
    Stop,
    /// To load these images.
    Load(Vec<BuiltImage>),
    /// To tell which programs have ended since it is ready.
    Ended,
}

/// Its answer; a stopped node gives none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It is done.
    Done,
    /// It could not be done, and why.
    Failed(String),
    /// Programs that ended and were started again, in the order of time.
    Ended(Vec<ComponentEnd>),
}

/// A program of a node that ended on its own and was started again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentEnd {
    /// The program; on the second node `kubelet-2`, for example.
    pub component: String,
    /// How it ended, such as `signal: 9 (SIGKILL)`.
    pub status: String,
    /// When.
    pub at: jiff::Timestamp,
}

/// What `up` says to a node that it means to leave running; a node that does not hear it before the
/// connection ends, ends too.
pub(crate) const KEEP: &str = "keep";
