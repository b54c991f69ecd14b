//! Objects of any kind, found by discovery as an author names them.

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::api::{ApiResource, DynamicObject, ListParams};
use kube::core::{DynamicResourceScope, GroupVersion, GroupVersionKind, PartialObjectMeta};
use kube::discovery::{Scope, pinned_kind};
use kube::error::DiscoveryError;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, Resource};
use serde_json::Value;

use crate::verifier::{Objects, Target, nearest};

use super::look::{Patience, Unable};
use super::problem;

/// An object as the cluster has it.
pub(super) struct Found {
    /// Its name, with its namespace where it has one.
    pub label: String,
    /// All of it.
    pub value: Value,
}

/// Reads the objects. A name that is not there gives none.
pub(super) async fn find(client: &Client, objects: &Objects) -> Result<Vec<Found>, Unable> {
    let (resource, scope) = served(client, objects).await?;
    let api: Api<DynamicObject> = api(client, objects, &resource, &scope);
    let plural = &resource.plural;
    let place = place(objects);
    match &objects.target {
        Target::Name(name) => {
            let object = api
                .get_opt(name)
                .await
                .map_err(|error| problem::unable(&error, &format!("get {plural}{place}")))?;
            object
                .into_iter()
                .map(|object| found(object, &resource))
                .collect()
        }
        Target::Selector(_) | Target::All => {
            let mut params = ListParams::default().limit(500);
            if let Target::Selector(selector) = &objects.target {
                params = params.labels(selector);
            }
            let mut all = Vec::new();
            loop {
                let page = api
                    .list(&params)
                    .await
                    .map_err(|error| problem::unable(&error, &format!("list {plural}{place}")))?;
                let next = page.metadata.continue_.filter(|next| !next.is_empty());
                for object in page.items {
                    all.push(found(object, &resource)?);
                }
                match next {
                    Some(next) => params = params.continue_token(&next),
                    None => return Ok(all),
                }
            }
        }
    }
}

/// Says when one of the objects changed or went. `None` where they cannot be watched: the
/// check then looks at an interval.
pub(super) async fn changes(client: &Client, objects: &Objects) -> Option<BoxStream<'static, ()>> {
    let (resource, scope) = served(client, objects).await.ok()?;
    // Names and times are enough to wake a look, and spare large objects the way.
    let api: Api<PartialObjectMeta<DynamicObject>> = api(client, objects, &resource, &scope);
    let mut config = watcher::Config::default();
    match &objects.target {
        Target::Name(name) => config = config.fields(&format!("metadata.name={name}")),
        Target::Selector(selector) => config = config.labels(selector),
        Target::All => {}
    }
    // Who may not watch, or meets no server, must not ask without a pause.
    let events = watcher::watcher(api, config).default_backoff();
    let changed = events.filter_map(|event| async move {
        match event {
            Ok(Event::Apply(_) | Event::Delete(_)) => Some(()),
            // Its beginning is what the first look sees; its errors are told by the looks.
            _ => None,
        }
    });
    Some(changed.boxed())
}

/// Whether the namespace that the objects are said to be in is missing: then "there is none"
/// says nothing, as with a namespace misspelt in the verifier.
pub(super) async fn missing_namespace(client: &Client, objects: &Objects) -> Option<String> {
    let (_, scope) = served(client, objects).await.ok()?;
    if scope == Scope::Cluster {
        return None;
    }
    let name = namespace(objects);
    let namespaces: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(client.clone());
    match namespaces.get_metadata_opt(name).await {
        Ok(None) => Some(name.to_owned()),
        // Who may not read namespaces cannot be told more.
        Ok(Some(_)) | Err(_) => None,
    }
}

/// What an author named, for messages: `Deployment assets in assets`.
pub(super) fn described(objects: &Objects) -> String {
    let place = place(objects);
    let kind = &objects.kind;
    match &objects.target {
        Target::Name(name) => format!("{kind} {name}{place}"),
        Target::Selector(selector) => format!("{kind} with {selector}{place}"),
        Target::All => format!("{kind}{place}"),
    }
}

/// How the cluster serves the kind.
async fn served(client: &Client, objects: &Objects) -> Result<(ApiResource, Scope), Unable> {
    let version: GroupVersion = objects
        .api_version
        .parse()
        .map_err(|_| Unable::for_good(format!("`{}` is no apiVersion", objects.api_version)))?;
    let gvk = GroupVersionKind::gvk(&version.group, &version.version, &objects.kind);
    match pinned_kind(client, &gvk).await {
        Ok((resource, capabilities)) => Ok((resource, capabilities.scope)),
        Err(kube::Error::Discovery(DiscoveryError::MissingKind(_))) => {
            Err(unknown_kind(client, objects, &version).await)
        }
        Err(kube::Error::Api(status)) if status.code == 404 => Err(Unable::for_now(format!(
            "the cluster serves no `apiVersion: {}`",
            objects.api_version
        ))),
        Err(error) => {
            let what = format!("read the kinds of {}", objects.api_version);
            Err(problem::unable(&error, &what))
        }
    }
}

fn api<K>(client: &Client, objects: &Objects, resource: &ApiResource, scope: &Scope) -> Api<K>
where
    K: Resource<DynamicType = ApiResource, Scope = DynamicResourceScope>,
{
    match scope {
        Scope::Cluster => Api::all_with(client.clone(), resource),
        Scope::Namespaced => Api::namespaced_with(client.clone(), namespace(objects), resource),
    }
}

/// A kind that is not served: it may be a custom one that comes, or a misspelt one.
async fn unknown_kind(client: &Client, objects: &Objects, version: &GroupVersion) -> Unable {
    let list = match version.group.is_empty() {
        true => client.list_core_api_resources(&version.version).await,
        false => client.list_api_group_resources(&objects.api_version).await,
    };
    let resources = list.map(|list| list.resources).unwrap_or_default();
    let kinds: Vec<&str> = resources.iter().map(|resource| &*resource.kind).collect();
    let hint = match nearest(&objects.kind, &kinds) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    Unable {
        reason: format!(
            "the cluster has no kind `{}` in `{}`{hint}",
            objects.kind, objects.api_version
        ),
        // With a near kind it is a slip of the pen; without, it may be one still to come.
        patience: if hint.is_empty() {
            Patience::Long
        } else {
            Patience::Short
        },
    }
}

fn namespace(objects: &Objects) -> &str {
    objects.namespace.as_deref().unwrap_or("default")
}

fn place(objects: &Objects) -> String {
    match &objects.namespace {
        Some(namespace) => format!(" in {namespace}"),
        None => String::new(),
    }
}

fn found(object: DynamicObject, resource: &ApiResource) -> Result<Found, Unable> {
    let label = format!(
        "{} {}",
        resource.kind,
        object.metadata.name.as_deref().unwrap_or("without a name")
    );
    let value = serde_json::to_value(&object)
        .map_err(|error| Unable::for_good(format!("{label} cannot be read: {error}")))?;
    Ok(Found { label, value })
}
