//! The nodes of one cluster, as Kubernetes counts them: the first carries the control plane and the DNS
//! server, and all run pods. The others live in namespaces inside the first one's.

use std::path::{Path, PathBuf};

use super::node::environment::BASE;

/// How many nodes a cluster may have; each takes some 150 MB of memory.
pub const MOST_NODES: u8 = 4;

/// One node, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    place: u8,
}

impl Member {
    /// The one that is always there.
    pub(crate) const FIRST: Self = Self { place: 0 };

    /// The members of a cluster of so many nodes.
    pub(crate) fn all(nodes: u8) -> Vec<Self> {
        (0..nodes.clamp(1, MOST_NODES))
            .map(|place| Self { place })
            .collect()
    }

    /// Whether the control plane is here.
    pub(crate) fn is_first(self) -> bool {
        self == Self::FIRST
    }

    /// Its name in Kubernetes, and its host name.
    pub(crate) fn name(self) -> String {
        self.own("labproof")
    }

    /// What each node has one of, by a name of its own.
    pub(crate) fn own(self, what: &str) -> String {
        if self.is_first() {
            what.to_owned()
        } else {
            format!("{what}-{}", self.place + 1)
        }
    }

    /// Its address, which no other network uses inside the namespaces.
    pub(crate) fn address(self) -> String {
        format!("172.18.0.{}", self.place + 2)
    }

    /// The addresses of its pods.
    pub(crate) fn pods(self) -> String {
        format!("10.244.{}.0/24", self.place)
    }

    /// Where its own files are, seen from the first node.
    pub(crate) fn root(self) -> PathBuf {
        if self.is_first() {
            PathBuf::from("/")
        } else {
            nodes_dir().join(self.name())
        }
    }

    /// The file by which one of its namespaces is entered.
    pub(crate) fn namespace(self, kind: &str) -> PathBuf {
        nodes_dir().join(format!("{}.{kind}", self.name()))
    }

    /// The cgroup of its pods, where the cluster's is `cluster`.
    pub(crate) fn cgroup(self, cluster: &Path) -> PathBuf {
        if self.is_first() {
            cluster.to_path_buf()
        } else {
            cluster.join(self.name())
        }
    }
}

/// The folder of what belongs to the nodes after the first.
pub(crate) fn nodes_dir() -> PathBuf {
    Path::new(BASE).join("nodes")
}
