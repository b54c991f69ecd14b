//! The kinds of check: what each asks of the cluster, as authors write it.
//!
//! Here those about objects; in `pods` those that look into containers; in `service` those that
//! ask over the network.

mod pods;
mod service;

pub use pods::{
    Across, By, Exec, Fate, File, FileIs, Logs, Persistence, Pods, PodsOf, Replicas, Workload,
};
pub use service::{Availability, Endpoint, Gap, Http};

use super::compare::Comparison;
use super::text::TextIs;
use super::tree::Expected;

/// What a check asks.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `resource` with `match`: objects are as described.
    Resource(Resource),
    /// `absent`: there is no such object, on two readings.
    Absent(Objects),
    /// `count`: how many objects there are.
    Count(Count),
    /// `owner`: what made the objects.
    Owner(Owner),
    /// `rollout`: how far a workload's newest description has come, and its history.
    Rollout(Rollout),
    /// `bounds`: how many pods a workload has while a step runs.
    Bounds(Bounds),
    /// `events`: what the cluster said happened.
    Events(Events),
    /// `file`: what containers have at a path.
    File(File),
    /// `persistence`: whether a file outlives what holds it.
    Persistence(Persistence),
    /// `exec`: what a program says in containers.
    Exec(Exec),
    /// `logs`: what containers have written.
    Logs(Logs),
    /// `http`: what a Service answers.
    Http(Http),
    /// `availability`: whether a Service answers for as long as a step runs.
    Availability(Availability),
}

impl Kind {
    /// The key that an author writes for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Resource(_) => "resource",
            Self::Absent(_) => "absent",
            Self::Count(_) => "count",
            Self::Owner(_) => "owner",
            Self::Rollout(_) => "rollout",
            Self::Bounds(_) => "bounds",
            Self::Events(_) => "events",
            Self::File(_) => "file",
            Self::Persistence(_) => "persistence",
            Self::Exec(_) => "exec",
            Self::Logs(_) => "logs",
            Self::Http(_) => "http",
            Self::Availability(_) => "availability",
        }
    }
}

/// Objects of one kind: one by its name, or those that a selector finds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Objects {
    /// `apiVersion`: `v1`, `apps/v1`.
    pub api_version: String,
    /// `kind`: `Deployment`.
    pub kind: String,
    /// `namespace`; `None` means `default` for a kind that lives in namespaces.
    pub namespace: Option<String>,
    /// Which of them.
    pub target: Target,
}

/// Which objects of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// The one of this name.
    Name(String),
    /// Those with these labels, as `kubectl -l` takes them.
    Selector(String),
    /// All in the namespace.
    All,
}

/// `resource` with `match`.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The objects.
    pub objects: Objects,
    /// `which`: whether every object that the selector finds must match, or one.
    pub which: Which,
    /// `match`: what they are like.
    pub expected: Expected,
}

/// How many of the objects found must be as described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them, and there is at least one. The default.
    Every,
    /// At least one.
    One,
}

/// `count`, with an optional `match` that says which objects count.
#[derive(Debug, Clone)]
pub struct Count {
    /// The objects.
    pub objects: Objects,
    /// `match`: only objects like that count.
    pub expected: Option<Expected>,
    /// `is`: how many there must be.
    pub is: Comparison,
}

/// `owner`: what made the objects, from the nearest owner up.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The objects: every one that is found, and at least one.
    pub objects: Objects,
    /// `chain`: `[ReplicaSet, Deployment/assets]`, each the controller of the one before, by
    /// UID, or its first owner where none controls it. Empty: nothing owns them, as with a bare pod.
    pub chain: Vec<OwnerName>,
}

/// An owner: its kind, and its name where the author gives one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerName {
    /// `ReplicaSet`
    pub kind: String,
    /// `assets`
    pub name: Option<String>,
}

/// `rollout`. All that is given must hold at the same moment.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// Of a Deployment; a StatefulSet or DaemonSet only has `is`.
    pub workload: Workload,
    /// Its name.
    pub name: String,
    /// Namespace; `default` where the author names none.
    pub namespace: String,
    /// `is`: how far it has come.
    pub is: Option<RolloutIs>,
    /// `revision`: the number of the newest one.
    pub revision: Option<Comparison>,
    /// `history`: how many revisions are kept, as `kubectl rollout history` lists them.
    pub history: Option<Comparison>,
    /// `changeCause`: of the newest revision.
    pub change_cause: Option<Comparison>,
    /// `oldReplicaSets`: how many ReplicaSets of older revisions are kept.
    pub old_replica_sets: Option<Comparison>,
    /// `oldReplicas`: how many pods those still want or have.
    pub old_replicas: Option<Comparison>,
}

/// How far a rollout has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RolloutIs {
    /// Every pod is of the newest description and available, and no other is left.
    Complete,
    /// Not complete, and not given up.
    Progressing,
    /// It made no progress for as long as it may take (`ProgressDeadlineExceeded`).
    Stuck,
    /// Changes are not acted on.
    Paused,
}

impl RolloutIs {
    /// As authors write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Progressing => "progressing",
            Self::Stuck => "stuck",
            Self::Paused => "paused",
        }
    }
}

/// `bounds`: how many pods a workload has at every moment of the step that `after` names.
///
/// Pods that are on their way out do not count, as the controllers do not count them: of a
/// Deployment of 5 with `maxSurge: 1` and `maxUnavailable: 1`, `pods: "<= 6"` and `ready: ">= 4"` hold.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The kind of workload.
    pub workload: Workload,
    /// Its name.
    pub name: String,
    /// Namespace; `default` where the author names none.
    pub namespace: String,
    /// `pods`: how many there are, ready or not.
    pub pods: Option<Comparison>,
    /// `ready`: how many of them serve.
    pub ready: Option<Comparison>,
}

/// `events`: what the cluster said happened since the lab began. What it says of an object that is there when the lab begins
/// counts from before, too.
#[derive(Debug, Clone)]
pub struct Events {
    /// Namespace of what it happened to; `default` where the author names none.
    pub namespace: String,
    /// `on`: what it happened to: `Deployment/assets`, or only a kind: `Pod`.
    pub on: Option<OwnerName>,
    /// `reason`: `FailedScheduling`.
    pub reason: Option<String>,
    /// `type: Warning` or `Normal`.
    pub warning: Option<bool>,
    /// What the message says.
    pub message: TextIs,
    /// `is`: how many such events there are. Default: at least one.
    pub is: Comparison,
}
