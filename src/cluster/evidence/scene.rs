//! The objects of some namespaces at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{
    Endpoints, Event, Namespace, Node, PersistentVolumeClaim, Pod, Service,
};
use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope};
use kube::api::{Api, ListParams, ObjectMeta};
use kube::{Client, ResourceExt};
use serde::de::DeserializeOwned;

use crate::cluster::connection::causes;
use crate::cluster::happening::time;

/// Objects of one kind that are read in a namespace; more than that is no lab.
const MOST: u32 = 500;
/// Namespaces that are looked into.
const MOST_NAMESPACES: usize = 4;

/// What was there.
#[derive(Debug, Clone, Default)]
pub(super) struct Scene {
    /// Names of all namespaces, where they may be read.
    pub(super) namespaces: Option<Vec<String>>,
    pub(super) nodes: Vec<Node>,
    pub(super) pods: Vec<Pod>,
    pub(super) events: Vec<Event>,
    pub(super) deployments: Vec<Deployment>,
    pub(super) replica_sets: Vec<ReplicaSet>,
    pub(super) stateful_sets: Vec<StatefulSet>,
    pub(super) daemon_sets: Vec<DaemonSet>,
    pub(super) jobs: Vec<Job>,
    pub(super) claims: Vec<PersistentVolumeClaim>,
    pub(super) services: Vec<Service>,
    pub(super) endpoints: Vec<Endpoints>,
    /// The last line that a container which ended badly has written, by pod and container.
    pub(super) last_lines: BTreeMap<(String, String), String>,
    /// What could not be read, and why.
    pub(super) gaps: Vec<String>,
}

impl Scene {
    /// Reads all of those namespaces, or of all where there are none, each list for so long at most.
    pub(super) async fn read(
        client: &Client,
        namespaces: Option<&BTreeSet<String>>,
        limit: Duration,
    ) -> Self {
        let (names, nodes) = futures::join!(
            everywhere::<Namespace>(client, limit),
            everywhere::<Node>(client, limit)
        );
        let mut scene = Self::default();
        match names {
            Ok(list) => scene.namespaces = Some(list.iter().map(ResourceExt::name_any).collect()),
            Err(gap) => scene.gaps.push(gap),
        }
        scene.nodes = scene.taken(nodes);
        if scene.is_away() {
            return scene;
        }
        let Some(namespaces) = namespaces else {
            scene.add(Self::of(client, None, limit).await);
            return scene;
        };
        let known = scene.namespaces.clone();
        let there = |name: &&String| known.as_ref().is_none_or(|known| known.contains(name));
        let parts = namespaces
            .iter()
            .filter(there)
            .take(MOST_NAMESPACES)
            .map(|namespace| Self::of(client, Some(namespace), limit));
        for part in futures::future::join_all(parts).await {
            scene.add(part);
        }
        scene
    }

    async fn of(client: &Client, namespace: Option<&str>, limit: Duration) -> Self {
        let mut scene = Self::default();
        let (
            pods,
            events,
            deployments,
            replica_sets,
            stateful_sets,
            daemon_sets,
            jobs,
            claims,
            services,
            endpoints,
        ) = futures::join!(
            within(client, namespace, limit),
            within(client, namespace, limit),
            within(client, namespace, limit),
            within(client, namespace, limit),
            within(client, namespace, limit),
            within(client, namespace, limit),
            within(client, namespace, limit),
            within(client, namespace, limit),
            within(client, namespace, limit),
            within(client, namespace, limit),
        );
        scene.pods = scene.taken(pods);
        scene.events = scene.taken(events);
        scene.deployments = scene.taken(deployments);
        scene.replica_sets = scene.taken(replica_sets);
        scene.stateful_sets = scene.taken(stateful_sets);
        scene.daemon_sets = scene.taken(daemon_sets);
        scene.jobs = scene.taken(jobs);
        scene.claims = scene.taken(claims);
        scene.services = scene.taken(services);
        scene.endpoints = scene.taken(endpoints);
        scene
    }

    /// Whether nothing could be read, and not for want of rights.
    pub(super) fn is_away(&self) -> bool {
        let nothing =
            self.namespaces.is_none() && self.nodes.is_empty() && self.objects().is_empty();
        nothing && !self.gaps.is_empty() && !self.gaps.iter().any(|gap| gap.contains("forbidden"))
    }

    fn taken<K>(&mut self, read: Result<Vec<K>, String>) -> Vec<K> {
        read.unwrap_or_else(|gap| {
            self.gaps.push(gap);
            Vec::new()
        })
    }

    fn add(&mut self, other: Self) {
        self.pods.extend(other.pods);
        self.events.extend(other.events);
        self.deployments.extend(other.deployments);
        self.replica_sets.extend(other.replica_sets);
        self.stateful_sets.extend(other.stateful_sets);
        self.daemon_sets.extend(other.daemon_sets);
        self.jobs.extend(other.jobs);
        self.claims.extend(other.claims);
        self.services.extend(other.services);
        self.endpoints.extend(other.endpoints);
        self.gaps.extend(other.gaps);
    }

    /// Kind and metadata of every object that can own, or be owned.
    pub(super) fn objects(&self) -> Vec<(&'static str, &ObjectMeta)> {
        fn of<'a, K: kube::Resource>(
            kind: &'static str,
            objects: &'a [K],
        ) -> impl Iterator<Item = (&'static str, &'a ObjectMeta)> {
            objects.iter().map(move |object| (kind, object.meta()))
        }
        of("Deployment", &self.deployments)
            .chain(of("StatefulSet", &self.stateful_sets))
            .chain(of("DaemonSet", &self.daemon_sets))
            .chain(of("Job", &self.jobs))
            .chain(of("ReplicaSet", &self.replica_sets))
            .chain(of("Pod", &self.pods))
            .chain(of("PersistentVolumeClaim", &self.claims))
            .chain(of("Service", &self.services))
            .chain(of("Endpoints", &self.endpoints))
            .collect()
    }

    /// Leaves only the objects with those UIDs, and the events about them.
    pub(super) fn keep(&mut self, uids: &BTreeSet<String>) {
        fn keep<K: kube::Resource>(objects: &mut Vec<K>, uids: &BTreeSet<String>) {
            objects.retain(|object| {
                object
                    .meta()
                    .uid
                    .as_ref()
                    .is_some_and(|uid| uids.contains(uid))
            });
        }
        keep(&mut self.deployments, uids);
        keep(&mut self.stateful_sets, uids);
        keep(&mut self.daemon_sets, uids);
        keep(&mut self.jobs, uids);
        keep(&mut self.replica_sets, uids);
        keep(&mut self.pods, uids);
        keep(&mut self.claims, uids);
        keep(&mut self.services, uids);
        keep(&mut self.endpoints, uids);
        self.events.retain(|event| {
            event
                .involved_object
                .uid
                .as_ref()
                .is_some_and(|uid| uids.contains(uid))
        });
    }

    /// Messages of events about an object that were given for this reason, the newest first.
    pub(super) fn messages<'a>(&'a self, object: &'a ObjectMeta, reason: &'a str) -> Vec<&'a str> {
        let mut events: Vec<&Event> = self
            .events
            .iter()
            .filter(|event| {
                event.reason.as_deref() == Some(reason) && event.involved_object.uid == object.uid
            })
            .collect();
        events.sort_by_key(|event| std::cmp::Reverse(time(event)));
        events
            .iter()
            .filter_map(|event| event.message.as_deref())
            .collect()
    }
}

async fn within<K>(
    client: &Client,
    namespace: Option<&str>,
    limit: Duration,
) -> Result<Vec<K>, String>
where
    K: kube::Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + Debug
        + DeserializeOwned,
{
    let (api, place) = match namespace {
        Some(namespace) => (Api::<K>::namespaced(client.clone(), namespace), namespace),
        None => (Api::all(client.clone()), "all namespaces"),
    };
    listed(api, &format!("{} in {place}", K::plural(&())), limit).await
}

async fn everywhere<K>(client: &Client, limit: Duration) -> Result<Vec<K>, String>
where
    K: kube::Resource<DynamicType = (), Scope = ClusterResourceScope>
        + Clone
        + Debug
        + DeserializeOwned,
{
    listed(Api::<K>::all(client.clone()), &K::plural(&()), limit).await
}

async fn listed<K>(api: Api<K>, what: &str, limit: Duration) -> Result<Vec<K>, String>
where
    K: Clone + Debug + DeserializeOwned,
{
    let params = ListParams::default().limit(MOST);
    let why = match tokio::time::timeout(limit, api.list(&params)).await {
        Ok(Ok(list)) => return Ok(list.items),
        Ok(Err(kube::Error::Api(status))) => status.message.clone(),
        Ok(Err(error)) => causes(&error),
        Err(_) => format!("no answer in {} s", limit.as_secs()),
    };
    Err(format!("{what}: {why}"))
}
