//! Changes of the objects that a command reads: they say when it is worth asking again.
//!
//! Entry points: [`Watched::of`], pure: which objects a `kubectl get` or `kubectl describe` names; and [`Watch`],
//! which hears of every change of them. Nothing is judged by it: who misses a change asks after a pause.

mod custom;

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, pin_mut};
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, WatchParams};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::source::nearest;
use crate::syntax::kubectl::takes_value;

/// Pause before a watch that ended is begun again.
const AGAIN: Duration = Duration::from_secs(1);

/// Objects that a command reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    kinds: Vec<Kind>,
    /// What else it names: kinds that the cluster may define, as they are written (`widgets`, `wd`, `widgets.example.com`).
    custom: Vec<String>,
    /// `None`: the command names none, and what the context says may have changed; all of them.
    namespace: Option<String>,
    /// The one object that is named.
    name: Option<String>,
    /// The label selector.
    labels: Option<String>,
}

/// A kind: group, name, plural.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    group: &'static str,
    name: &'static str,
    plural: &'static str,
}

/// Kinds that are watched at once: a watch is a connection's worth of work for the server.
const MAX_KINDS: usize = 4;

/// Kinds by the names that kubectl takes for them: group, kind, plural, other names. Kinds of the cluster itself
/// would take a request to find out.
const KINDS: [(&str, &str, &str, &[&str]); 17] = [
    ("", "Pod", "pods", &["pod", "po", "all"]),
    ("", "Service", "services", &["service", "svc"]),
    ("", "ConfigMap", "configmaps", &["configmap", "cm"]),
    ("", "Secret", "secrets", &["secret"]),
    ("", "Endpoints", "endpoints", &["ep"]),
    ("", "Event", "events", &["event", "ev"]),
    ("", "Namespace", "namespaces", &["namespace", "ns"]),
    ("", "Node", "nodes", &["node", "no"]),
    (
        "",
        "PersistentVolume",
        "persistentvolumes",
        &["persistentvolume", "pv"],
    ),
    (
        "",
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        &["persistentvolumeclaim", "pvc"],
    ),
    (
        "apps",
        "Deployment",
        "deployments",
        &["deployment", "deploy"],
    ),
    ("apps", "ReplicaSet", "replicasets", &["replicaset", "rs"]),
    (
        "apps",
        "StatefulSet",
        "statefulsets",
        &["statefulset", "sts"],
    ),
    ("apps", "DaemonSet", "daemonsets", &["daemonset", "ds"]),
    ("batch", "Job", "jobs", &["job"]),
    ("batch", "CronJob", "cronjobs", &["cronjob", "cj"]),
    (
        "networking.k8s.io",
        "Ingress",
        "ingresses",
        &["ingress", "ing"],
    ),
];

/// Kinds that are in no namespace.
const WITHOUT_NAMESPACE: [&str; 3] = ["namespaces", "nodes", "persistentvolumes"];

/// `Deployment` for `deploy`, `deployments` or `deployment.apps`.
pub(super) fn kind_named(name: &str) -> Option<&'static str> {
    Kind::of(name).map(|kind| kind.name)
}

/// Whether a word that names no kind is a slip for one that every cluster has: no definition makes a kind of that name, and none is
/// to be expected. Where the cluster does not tell it is none.
pub async fn is_slip(client: &Client, word: &str) -> bool {
    // Short names are all alike.
    let known = KINDS
        .iter()
        .flat_map(|(_, kind, plural, _)| [*kind, *plural]);
    // A server that has just begun may not know its own kinds yet.
    Kind::of(word).is_none()
        && nearest(word, known).is_some()
        && matches!(custom::defined(client, word).await, Ok(None))
}

impl Watched {
    /// What a command reads, where it begins with `kubectl get` or `kubectl describe` and says it in plain words.
    pub fn of(command: &str) -> Option<Watched> {
        let first = command.split(['|', ';', '&', '\n', '>']).next()?;
        if first.contains(['$', '`', '"', '\'', '\\']) {
            return None;
        }
        let mut words = first.split_whitespace();
        if words.next()? != "kubectl" {
            return None;
        }
        let (mut namespace, mut labels) = (None, None);
        let mut plain = Vec::new();
        while let Some(word) = words.next() {
            if matches!(word, "-n" | "--namespace") {
                namespace = Some(words.next()?.to_owned());
            } else if let Some(value) = word
                .strip_prefix("--namespace=")
                .or(word.strip_prefix("-n="))
            {
                namespace = Some(value.to_owned());
            } else if matches!(word, "-l" | "--selector") {
                labels = Some(words.next()?.to_owned());
            } else if let Some(value) = word.strip_prefix("--selector=").or(word.strip_prefix("-l"))
            {
                labels = Some(value.trim_start_matches('=').to_owned());
            } else if takes_value(word, plain.first().copied()) {
                words.next()?;
            } else if !word.starts_with('-') {
                plain.push(word);
            }
        }
        let [verb, what, names @ ..] = plain.as_slice() else {
            return None;
        };
        if !matches!(*verb, "get" | "describe") {
            return None;
        }
        let (kinds, name) = match what.split_once('/') {
            Some((kind, name)) => (kind, Some(name)),
            None => (*what, names.first().copied()),
        };
        let (mut known, mut custom) = (Vec::new(), Vec::new());
        for word in kinds.split(',').take(MAX_KINDS) {
            match Kind::of(word) {
                Some(kind) => known.push(kind),
                None => custom.push(word.to_lowercase()),
            }
        }
        Some(Watched {
            kinds: known,
            custom,
            namespace,
            name: name.filter(|_| names.len() < 2).map(str::to_owned),
            labels,
        })
    }

    fn params(&self) -> WatchParams {
        let mut params = WatchParams::default();
        if let Some(name) = &self.name {
            params = params.fields(&format!("metadata.name={name}"));
        }
        if let Some(labels) = &self.labels {
            params = params.labels(labels);
        }
        params
    }
}

impl Kind {
    /// The kind that kubectl takes a word for: `po`, `deployments.apps`.
    fn of(word: &str) -> Option<Kind> {
        let word = word.split('.').next()?;
        KINDS
            .iter()
            .find(|(_, _, plural, short)| *plural == word || short.contains(&word))
            .map(|&(group, name, plural, _)| Kind {
                group,
                name,
                plural,
            })
    }

    fn api(self, client: &Client, namespace: Option<&String>) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk(self.group, "v1", self.name);
        let resource = ApiResource::from_gvk_with_plural(&kind, self.plural);
        match namespace.filter(|_| !WITHOUT_NAMESPACE.contains(&self.plural)) {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
            None => Api::all_with(client.clone(), &resource),
        }
    }
}

/// Hears of changes for as long as it lives.
#[derive(Debug)]
pub struct Watch {
    changed: Arc<Notify>,
    tasks: Vec<JoinHandle<()>>,
}

impl Watch {
    /// Begins to listen.
    pub fn start(client: &Client, watched: &Watched) -> Self {
        let changed = Arc::new(Notify::new());
        let task = |kind: &Kind| {
            let api = kind.api(client, watched.namespace.as_ref());
            let (params, notify) = (watched.params(), changed.clone());
            tokio::spawn(async move {
                loop {
                    // Whatever keeps it from listening, a forbidden watch or a lost connection, the pause remains.
                    let _ = listen(&api, &params, &notify).await;
                    tokio::time::sleep(AGAIN).await;
                }
            })
        };
        let mut tasks: Vec<_> = watched.kinds.iter().map(task).collect();
        let custom = |word: &String| {
            let (client, watched, word) = (client.clone(), watched.clone(), word.clone());
            let notify = changed.clone();
            tokio::spawn(async move {
                loop {
                    // A definition that is not there yet may come: then there is something to listen to.
                    if let Ok(Some(kind)) = custom::defined(&client, &word).await {
                        let api = kind.api(&client, watched.namespace.as_ref());
                        let _ = listen(&api, &watched.params(), &notify).await;
                    }
                    tokio::time::sleep(AGAIN).await;
                }
            })
        };
        tasks.extend(watched.custom.iter().map(custom));
        Watch { changed, tasks }
    }

    /// Returns when something has changed since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn listen(
    api: &Api<DynamicObject>,
    params: &WatchParams,
    changed: &Notify,
) -> Result<(), kube::Error> {
    let now = api.list_metadata(&ListParams::default().limit(1)).await?;
    let version = now.metadata.resource_version.unwrap_or_default();
    let events = api.watch_metadata(params, &version).await?;
    pin_mut!(events);
    while let Some(event) = events.next().await {
        event?;
        changed.notify_one();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, expected: Option<(&str, Option<&str>, Option<&str>)>) {
        let found = Watched::of(command);
        let plurals = found.as_ref().map(|watched| {
            let plurals = watched.kinds.iter().map(|kind| kind.plural);
            plurals.collect::<Vec<_>>().join(",")
        });
        let found = found
            .as_ref()
            .zip(plurals.as_deref())
            .map(|(watched, plurals)| {
                (
                    plurals,
                    watched.namespace.as_deref(),
                    watched.name.as_deref(),
                )
            });
        assert_eq!(found, expected, "{command}");
    }

    #[test]
    fn the_objects_that_a_command_names() {
        check("kubectl get pods", Some(("pods", None, None)));
        check(
            "kubectl get po -n shop -o wide",
            Some(("pods", Some("shop"), None)),
        );
        check(
            "kubectl -n shop get deploy web",
            Some(("deployments", Some("shop"), Some("web"))),
        );
        check(
            "kubectl describe deployment/web --namespace=shop",
            Some(("deployments", Some("shop"), Some("web"))),
        );
        check(
            "kubectl get deploy,rs -l app=web | wc -l",
            Some(("deployments,replicasets", None, None)),
        );
        check(
            "kubectl get widgets,po,svc -n shop",
            Some(("pods,services", Some("shop"), None)),
        );
        let watched = Watched::of("kubectl get wd,po -n shop").expect("kinds");
        assert_eq!(watched.custom, ["wd"]);
        check("kubectl get pods a b", Some(("pods", None, None)));
        check(
            "kubectl get nodes -n shop",
            Some(("nodes", Some("shop"), None)),
        );
        for command in [
            "kubectl get pods -l app=web",
            "kubectl get pods -lapp=web",
            "kubectl get pods --selector=app=web",
        ] {
            let watched = Watched::of(command).expect("pods");
            assert_eq!(watched.labels.as_deref(), Some("app=web"), "{command}");
        }
        check(
            "kubectl get deployments.apps web",
            Some(("deployments", None, Some("web"))),
        );
    }

    #[test]
    fn what_is_not_plain_is_not_watched() {
        for command in [
            "kubectl get pods -n $NS",
            "kubectl logs web",
            "kubectl exec web -- ls",
            "echo kubectl get pods",
            "kubectl get",
        ] {
            check(command, None);
        }
    }
}
