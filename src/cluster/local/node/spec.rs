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
    pub(crate) archives: PathBuf,
    /// The image of every pod's sandbox.
    pub(crate) pause: BuiltImage,
    /// The images that can be pulled from the start.
    pub(crate) images: Vec<BuiltImage>,
    /// How many nodes the cluster has.
    pub(crate) nodes: u8,
    /// The cgroup of the first node's pods; the others' are below it.
    pub(crate) pods_cgroup: PathBuf,
    /// The most memory that the node's files may take, in bytes.
    pub(crate) memory: u64,
    /// More flags of the API server.
    pub(crate) api_server_flags: Vec<String>,
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
    /// To have these images from now on.
    Have(Vec<BuiltImage>),
    /// To tell what went wrong since it is ready.
    Faults,
}

/// Its answer; a stopped node gives none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It is done.
    Done,
    /// It could not be done, and why.
    Failed(String),
    /// What went wrong with the node since it was ready, in the order of time.
    Faults(Vec<NodeFault>),
}

/// Something that went wrong with a node and that it got over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFault {
    /// The program; on the second node `kubelet-2`, for example. `the node`: all of it.
    pub component: String,
    /// What became of it, such as `ended (signal: 9 (SIGKILL)) and was started again`.
    pub what: String,
    /// When, or from when on.
    pub at: jiff::Timestamp,
    /// Where it lasts, when it was seen last.
    #[serde(default)]
    pub until: Option<jiff::Timestamp>,
}

impl NodeFault {
    /// When it was there last.
    pub(crate) fn last_seen(&self) -> jiff::Timestamp {
        self.until.unwrap_or(self.at)
    }
}

impl std::fmt::Display for NodeFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} at {:.0}", self.component, self.what, self.at)
    }
}

/// What `up` says to a node that it means to leave running; a node that does not hear it before the
/// connection ends, ends too.
pub(crate) const KEEP: &str = "keep";

/// How a line of the node's log begins, after the time, where a program was given up.
pub(crate) const GAVE_UP: &str = "gave up ";
