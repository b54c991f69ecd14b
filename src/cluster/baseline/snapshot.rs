//! The state of a cluster by UID: every object of every kind that can be listed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::Client;
use kube::api::{Api, DynamicObject, ListParams};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::ask::{Trouble, ask};
use super::kinds::{AT_ONCE, Kind, listable};
use super::noise;

/// Objects that one answer may hold; a list comes in as many answers as it takes.
const PAGE: u32 = 250;
/// Bytes of contents that are kept in all, well under the 64 MB that a run may take. What is over cannot be put back, and that
/// is said.
const CONTENTS: usize = 24 << 20;
/// The namespace whose UID tells a cluster from every other.
const IDENTITY: &str = "kube-system";

/// An object: which one it is, and a fingerprint of what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its kind.
    pub kind: Arc<Kind>,
    /// Its namespace, where its kind has them.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Which object of that name it is.
    pub uid: String,
    /// When it was made: seconds since 1970 by the API server's clock.
    pub created: Option<i64>,
    /// `resourceVersion`, where it is a number: the moment of its last change in the cluster's history.
    pub(super) revision: Option<u64>,
    /// UIDs of the objects that it goes with, and whether each also decides what it holds.
    pub(super) owners: Vec<(String, bool)>,
    /// What holds it back while it is being deleted.
    pub(super) finalizers: Vec<String>,
    /// It is being deleted.
    pub(super) terminating: bool,
    /// The system makes it by itself.
    pub(super) system: bool,
    /// Fingerprint of its content without what is the system's own business.
    pub(super) digest: String,
    /// Its content as JSON, where it was asked for and there was room.
    pub(super) content: Option<String>,
}

impl Object {
    /// `shop/web`, or the name alone.
    pub fn place(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// What there can be only one of at a time.
    pub(super) fn key(&self) -> (&str, &str, Option<&str>, &str) {
        let kind = &self.kind;
        (
            &kind.group,
            &kind.plural,
            self.namespace.as_deref(),
            &self.name,
        )
    }
}

/// Kinds that could not be read, and so are neither judged nor put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// `secrets`, or `metrics.k8s.io/v1beta1` where not even its kinds are known.
    pub what: String,
    /// `list` or `discover`.
    #[serde(skip_deserializing)]
    pub verb: &'static str,
    /// What the API server said.
    pub cause: String,
}

/// Whether contents are kept, or fingerprints alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// So that what is changed or deleted later can be put back.
    Contents,
    /// Enough to compare.
    Fingerprints,
}

/// The state of a cluster at a moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot {
    /// UID of the namespace `kube-system`; `None` where it may not be read.
    pub(super) cluster: Option<String>,
    /// Every object by UID.
    pub(super) objects: BTreeMap<String, Object>,
    /// Services that choose their pods, by namespace and name.
    pub(super) selecting: BTreeSet<(String, String)>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// Why there is no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Nobody answers.
    #[error("{0}")]
    Unanswered(String),
    /// It answers, and has no namespace `kube-system`.
    #[error("the cluster has no namespace {IDENTITY}: it is empty, or not a whole cluster")]
    Empty,
}

impl Snapshot {
    /// What tells the cluster from every other: the UID of its namespace `kube-system`; `None` where it may not be read.
    pub fn cluster(&self) -> Option<&str> {
        self.cluster.as_deref()
    }

    /// Reads the state of a cluster. What may not be read is in [`Snapshot::unread`].
    ///
    /// # Errors
    /// When the API server does not answer for half a minute, or has nothing that a cluster has.
    pub async fn take(client: &Client, keep: Keep) -> Result<Self, SnapshotError> {
        let unanswered = |trouble: Trouble| SnapshotError::Unanswered(trouble.to_string());
        let cluster = identity(client).await?;
        let (kinds, mut unread) = listable(client).await.map_err(unanswered)?;
        let room = AtomicUsize::new(match keep {
            Keep::Contents => CONTENTS,
            Keep::Fingerprints => 0,
        });
        let lists = stream::iter(kinds)
            .map(|kind| {
                let room = &room;
                async move { (kind.clone(), list(client, &kind, room).await) }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut objects = BTreeMap::new();
        let mut selecting = BTreeSet::new();
        for (kind, answer) in lists {
            match answer {
                Ok(list) => {
                    objects.extend(list.objects.into_iter().map(|one| (one.uid.clone(), one)));
                    selecting.extend(list.selecting);
                }
                // It was there a moment ago: its definition has just been deleted.
                Err(Trouble::Refused(404, _)) => {}
                Err(Trouble::Refused(_, cause)) => unread.push(Unread {
                    what: kind.resource(),
                    verb: "list",
                    cause,
                }),
                Err(away @ Trouble::Away(_)) => return Err(unanswered(away)),
            }
        }
        // Those of the core group first: they are what labs are about.
        unread.sort_by_cached_key(|one| (one.what.contains('.'), one.what.clone()));
        Ok(Self {
            cluster,
            objects,
            selecting,
            unread,
        })
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Whether objects of a kind could not be read.
    pub(super) fn could_not_read(&self, kind: &Kind) -> bool {
        let resource = kind.resource();
        let version = kind.api_version();
        self.unread
            .iter()
            .any(|unread| unread.what == resource || unread.what == version)
    }
}

/// UID of the namespace that every cluster has.
async fn identity(client: &Client) -> Result<Option<String>, SnapshotError> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    match ask(|| namespaces.get_metadata(IDENTITY)).await {
        Ok(namespace) => Ok(namespace.metadata.uid),
        Err(Trouble::Refused(404, _)) => Err(SnapshotError::Empty),
        Err(Trouble::Refused(..)) => Ok(None),
        Err(away) => Err(SnapshotError::Unanswered(away.to_string())),
    }
}

/// The objects of a kind.
#[derive(Default)]
struct List {
    objects: Vec<Object>,
    selecting: Vec<(String, String)>,
}

async fn list(client: &Client, kind: &Arc<Kind>, room: &AtomicUsize) -> Result<List, Trouble> {
    let api = kind.api(client, None);
    let mut params = ListParams::default().limit(PAGE);
    let mut all = List::default();
    loop {
        let page = match ask(|| api.list(&params)).await {
            Ok(page) => page,
            // The place to go on from has expired: once more, in one piece.
            Err(Trouble::Refused(410, _)) if params.limit.is_some() => {
                params = ListParams::default();
                all = List::default();
                continue;
            }
            Err(trouble) => return Err(trouble),
        };
        let next = page.metadata.continue_.filter(|next| !next.is_empty());
        for object in page.items {
            if kind.kind == "Service"
                && kind.group.is_empty()
                && object.data["spec"].get("selector").is_some()
                && let (Some(namespace), Some(name)) =
                    (&object.metadata.namespace, &object.metadata.name)
            {
                all.selecting.push((namespace.clone(), name.clone()));
            }
            all.objects.extend(read(kind, object, room));
        }
        match next {
            Some(next) => params = params.continue_token(&next),
            None => return Ok(all),
        }
    }
}

/// What is kept of an object; `None` of one without a UID, which is made up for the request.
fn read(kind: &Arc<Kind>, object: DynamicObject, room: &AtomicUsize) -> Option<Object> {
    let uid = object.metadata.uid.clone()?;
    let name = object.metadata.name.clone()?;
    let namespace = object.metadata.namespace.clone();
    let created = object.metadata.creation_timestamp.as_ref();
    let created = created.map(|time| time.0.as_second());
    let terminating = object.metadata.deletion_timestamp.is_some();
    let finalizers = object.metadata.finalizers.clone().unwrap_or_default();
    let revision = revision(&object);
    let owners = owners(kind, &object);
    let mut content = content(object);
    let text = content.to_string();
    let fits = room
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(text.len())
        })
        .is_ok();
    let system = noise::is_made_by_system(kind, namespace.as_deref(), &name, &content);
    let controlled = owners.iter().any(|(_, controls)| *controls);
    noise::strip(kind, controlled, &mut content);
    Some(Object {
        kind: kind.clone(),
        namespace,
        name,
        uid,
        created,
        revision,
        owners,
        finalizers,
        terminating,
        system,
        digest: digest(&content),
        content: fits.then_some(text),
    })
}

/// Where in the cluster's history an object last changed.
pub(super) fn revision(object: &DynamicObject) -> Option<u64> {
    object.metadata.resource_version.as_ref()?.parse().ok()
}

/// The fingerprint of an object's content without what is the system's own business.
pub(super) fn fingerprint(kind: &Kind, object: DynamicObject) -> String {
    let controlled = owners(kind, &object).iter().any(|(_, controls)| *controls);
    let mut content = content(object);
    noise::strip(kind, controlled, &mut content);
    digest(&content)
}

/// What an object holds, without its identity, its status and what the API server notes about it.
pub(super) fn content(object: DynamicObject) -> Value {
    let mut metadata = json!({});
    let parts = [
        ("labels", serde_json::to_value(&object.metadata.labels)),
        (
            "annotations",
            serde_json::to_value(&object.metadata.annotations),
        ),
        (
            "finalizers",
            serde_json::to_value(&object.metadata.finalizers),
        ),
        (
            "ownerReferences",
            serde_json::to_value(&object.metadata.owner_references),
        ),
    ];
    for (key, value) in parts {
        if let Ok(value) = value
            && !value.is_null()
        {
            metadata[key] = value;
        }
    }
    let mut content = json!({"metadata": metadata});
    if let Value::Object(data) = object.data {
        for (key, value) in data {
            if key != "status" {
                content[key] = value;
            }
        }
    }
    content
}

fn digest(content: &Value) -> String {
    Sha256::digest(content.to_string())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whom an object goes with: its owners, the account of a token, the claim of a volume.
fn owners(kind: &Kind, object: &DynamicObject) -> Vec<(String, bool)> {
    let references = object.metadata.owner_references.iter().flatten();
    let mut owners: Vec<(String, bool)> = references
        .map(|owner| (owner.uid.clone(), owner.controller.unwrap_or(false)))
        .collect();
    let implied = match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "Secret") => {
            let annotations = object.metadata.annotations.as_ref();
            annotations
                .and_then(|all| all.get("kubernetes.io/service-account.uid"))
                .map(String::as_str)
        }
        // One that was made for the claim and goes with it; another's volume stays.
        ("", "PersistentVolume")
            if object.data["spec"]["persistentVolumeReclaimPolicy"] == "Delete" =>
        {
            object.data["spec"]["claimRef"]["uid"].as_str()
        }
        _ => None,
    };
    owners.extend(implied.map(|uid| (uid.to_owned(), false)));
    owners
}
