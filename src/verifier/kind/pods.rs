//! Checks that look into containers.

use super::super::compare::Comparison;
use super::super::text::TextIs;

/// The pods that a check looks into, and the container in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pods {
    /// Namespace; `default` where the author names none.
    pub namespace: String,
    /// Whose pods.
    pub of: PodsOf,
    /// `container`; `None`: the pod's only container, or its first.
    pub container: Option<String>,
}

/// Whose pods: `workload: deployment/assets`, or `selector: app=assets`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodsOf {
    /// Those that a workload controls, by its own selector and by ownership.
    Workload(Workload, String),
    /// The pod of this name.
    Pod(String),
    /// Those with these labels.
    Selector(String),
}

/// A kind of object that keeps pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// Through its ReplicaSets.
    Deployment,
    /// With names that stay.
    StatefulSet,
    /// One a node.
    DaemonSet,
    /// Without a Deployment above it, or with.
    ReplicaSet,
}

impl Workload {
    /// Its kind, as the API has it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
        }
    }
}

impl std::fmt::Display for PodsOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Workload(kind, name) => write!(f, "{}/{name}", kind.kind().to_lowercase()),
            Self::Pod(name) => write!(f, "pod/{name}"),
            Self::Selector(selector) => write!(f, "pods with {selector}"),
        }
    }
}

/// `file`: what the ready pods of a workload have at a path.
#[derive(Debug, Clone)]
pub struct File {
    /// Where to look.
    pub pods: Pods,
    /// `path`, absolute.
    pub path: String,
    /// What is asked of the file in a container.
    pub is: FileIs,
    /// `replicas`: in how many of the ready pods.
    pub replicas: Replicas,
}

/// What is asked of a file. Several are asked together.
#[derive(Debug, Clone, Default)]
pub struct FileIs {
    /// `exists: false`: there is nothing at the path; all else is then empty. `exists: true`,
    /// the default: there is something.
    pub absent: bool,
    /// `contains`, `equals`, `matches`, `lacks`: what it says.
    pub text: TextIs,
    /// `sha256`: of its content, in lower-case hex.
    pub sha256: Option<String>,
    /// `mode`: its permissions in octal, such as `0644`.
    pub mode: Option<u32>,
}

/// In which of the ready pods a file must be as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replicas {
    /// In every one. The default.
    Every,
    /// In at least one.
    Some,
    /// In every one, with the same content: they share it, or were made alike. Two pods or more.
    Same,
    /// Not alike: at least one is as asked, and at least one has other content or nothing
    /// there. Two pods or more: they do not share it.
    Different,
}

/// `persistence`: whether what is at a path outlives its pod, or its container.
///
/// What is watched is the lab's own file: the path as it is just before the step that `after`
/// names ("armed"), with its content's hash, in every ready pod. Where there is nothing at the
/// path, or the path is a folder, labproof writes a marker of its own (`marker`) when it does
/// the deletion itself.
///
/// Who ends the pods is said by `by`:
/// - `labproof` (default): where they did not end during the step, or the check could not be
///   armed, labproof ends them itself when the check is made, the way `across` says, waits for
///   their successors, and looks again. Where the step itself replaced them, that counts and
///   nothing more is done.
/// - `lab`: the step must do it. Pods with the UIDs they had before fail the check: the claim
///   was not put to the test, such as by a delete command for another namespace.
///
/// `lost` and `kept` are only ever judged by pods whose UIDs were not there before (for
/// `container-restart`: by containers whose ids were not; for `rollout`: by pods of another revision;
/// for `node-drain`: by pods on another node). A check that could not come to that is broken, never
/// passed.
#[derive(Debug, Clone)]
pub struct Persistence {
    /// Where to look. Not a bare pod: nothing would bring it back.
    pub pods: Pods,
    /// `path`, absolute: a file, or a folder that can hold a marker.
    pub path: String,
    /// `across`: what happens between the two looks.
    pub across: Across,
    /// `expect`: what the page claims.
    pub expect: Fate,
    /// `by`: who makes it happen.
    pub by: By,
    /// `marker`: whether labproof may write a file of its own at the path, or in it, where the
    /// lab left none. `None`: yes for a folder, no for a file.
    pub marker: Option<bool>,
}

/// What happens between the two looks at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Across {
    /// The pods are deleted, and others take their place.
    PodDeletion,
    /// The container ends and starts again, in the same pod. labproof ends it by a signal to
    /// its first process.
    ContainerRestart,
    /// New pods take the place of the old ones, as after `kubectl rollout restart`.
    Rollout,
    /// The workload is scaled to no pods, and back to as many as it had.
    ScaleToZero,
    /// The pods of one node are driven to another one, as by `kubectl drain`: evicted, so that PodDisruptionBudgets are asked, and
    /// one that forbids is waited for. The node is cordoned for that time, and pods of others stay on it.
    NodeDrain,
}

impl Across {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::PodDeletion,
        Self::ContainerRestart,
        Self::Rollout,
        Self::ScaleToZero,
        Self::NodeDrain,
    ];

    /// As authors write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::PodDeletion => "pod-deletion",
            Self::ContainerRestart => "container-restart",
            Self::Rollout => "rollout",
            Self::ScaleToZero => "scale-to-zero",
            Self::NodeDrain => "node-drain",
        }
    }
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is there after, with the same content.
    Kept,
    /// It is gone.
    Lost,
}

impl Fate {
    /// As authors write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Lost => "lost",
        }
    }
}

/// Who makes the pods go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The step, or else labproof. The default.
    Labproof,
    /// The step, and nobody else.
    Lab,
}

impl By {
    /// As authors write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Labproof => "labproof",
            Self::Lab => "lab",
        }
    }
}

/// `exec`: what a program says in the ready pods of a workload.
///
/// It is run again until it holds or the time is over, so it must not change anything.
#[derive(Debug, Clone)]
pub struct Exec {
    /// Where to run it.
    pub pods: Pods,
    /// `command`: a list is run as it is, a text by `sh -c`.
    pub command: Vec<String>,
    /// `exit`: its exit status. Default 0.
    pub exit: Comparison,
    /// What it prints to stdout.
    pub stdout: TextIs,
    /// `replicas: every` (default) or `some`.
    pub replicas: Replicas,
}

/// `logs`: what the containers of a workload have written since they started.
#[derive(Debug, Clone)]
pub struct Logs {
    /// Whose.
    pub pods: Pods,
    /// `previous`: of the container's run before this one.
    pub previous: bool,
    /// What they say.
    pub text: TextIs,
    /// `replicas: every` (default) or `some`.
    pub replicas: Replicas,
}
