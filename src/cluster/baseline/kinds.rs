//! Every kind of object that a cluster can list, found by discovery.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResource;
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject};
use serde::{Deserialize, Serialize};

use super::ask::{Trouble, ask};
use super::noise;
use super::snapshot::Unread;

/// Requests that are on their way at the same time.
pub(super) const AT_ONCE: usize = 8;

/// A kind of object, in the version in which it is read and written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: String,
    /// Version within the group: the preferred one that has the kind.
    pub version: String,
    /// `Deployment`.
    pub kind: String,
    /// `deployments`.
    pub plural: String,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
}

impl Kind {
    /// `apps/v1`, `v1`.
    pub(super) fn api_version(&self) -> String {
        match self.group.is_empty() {
            true => self.version.clone(),
            false => format!("{}/{}", self.group, self.version),
        }
    }

    /// `deployments.apps`, `pods`: what a CustomResourceDefinition of it would be called, and what a message names.
    pub fn resource(&self) -> String {
        match self.group.is_empty() {
            true => self.plural.clone(),
            false => format!("{}.{}", self.plural, self.group),
        }
    }

    /// Its objects in a namespace, or all of them.
    pub(super) fn api(&self, client: &Client, namespace: Option<&str>) -> Api<DynamicObject> {
        let resource = ApiResource {
            group: self.group.clone(),
            version: self.version.clone(),
            api_version: self.api_version(),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
        };
        match namespace {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
            None => Api::all_with(client.clone(), &resource),
        }
    }
}

/// The kinds that can be listed and are judged, and the group versions that could not be read.
pub(super) async fn listable(client: &Client) -> Result<(Vec<Arc<Kind>>, Vec<Unread>), Trouble> {
    let groups = ask(|| client.list_api_groups()).await?.groups;
    // The preferred version of a group first: a kind is read in the first version that has it.
    let mut versions = vec!["v1".to_owned()];
    for group in groups {
        let preferred = group.preferred_version.map(|version| version.group_version);
        let others = group
            .versions
            .into_iter()
            .map(|version| version.group_version);
        let others = others.filter(|version| Some(version) != preferred.as_ref());
        versions.extend(preferred.iter().cloned().chain(others));
    }
    let answers = stream::iter(versions)
        .map(|version| async move {
            let answer = match version.contains('/') {
                true => ask(|| client.list_api_group_resources(&version)).await,
                false => ask(|| client.list_core_api_resources(&version)).await,
            };
            (version, answer)
        })
        .buffered(AT_ONCE)
        .collect::<Vec<_>>()
        .await;
    let mut kinds = BTreeMap::new();
    let mut unread = Vec::new();
    for (group_version, answer) in answers {
        let resources = match answer {
            Ok(list) => list.resources,
            Err(Trouble::Refused(code, cause)) => {
                // Between the two questions the version may have gone, with its definition.
                if code != 404 {
                    unread.push(Unread {
                        what: group_version,
                        verb: "discover",
                        cause,
                    });
                }
                continue;
            }
            Err(away @ Trouble::Away(_)) => return Err(away),
        };
        for resource in resources {
            if let Some(kind) = kind_of(&resource, &group_version) {
                kinds
                    .entry((kind.group.clone(), kind.plural.clone()))
                    .or_insert(kind);
            }
        }
    }
    Ok((kinds.into_values().map(Arc::new).collect(), unread))
}

/// The kind, where it is one that can be listed and is judged.
fn kind_of(resource: &APIResource, group_version: &str) -> Option<Kind> {
    let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
    let kind = Kind {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: resource.kind.clone(),
        plural: resource.name.clone(),
        namespaced: resource.namespaced,
    };
    let listable = resource.verbs.iter().any(|verb| verb == "list");
    (listable && !resource.name.contains('/') && !noise::is_kind(&kind)).then_some(kind)
}
