//! Changes of the objects that a command reads: they say when it is worth asking again.
//!
//! Entry points: [`Watched::of`], pure: which objects a `kubectl get` or `kubectl describe` names; and [`Watch`],
//! which hears of every change of them. Nothing is judged by it: who misses a change asks after a pause.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, pin_mut};
use kube::Client;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, WatchParams};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Pause before a watch that ended is begun again.
const AGAIN: Duration = Duration::from_secs(1);

/// Objects that a command reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    group: &'static str,
    kind: &'static str,
    plural: &'static str,
    /// `None`: the command names none, and what the context says may have changed; all of them.
    namespace: Option<String>,
    /// The one object that is named.
    name: Option<String>,
}

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

/// Flags of kubectl whose value is the next word.
const WITH_VALUE: [&str; 12] = [
    "-l",
    "--selector",
    "-o",
    "--output",
    "--field-selector",
    "--sort-by",
    "-L",
    "--label-columns",
    "--context",
    "--kubeconfig",
    "--chunk-size",
    "--request-timeout",
];

/// The kind that kubectl knows by a name: group, kind, plural.
fn named(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    let known =
        |(_, _, plural, short): &&(_, _, &str, &[&str])| *plural == name || short.contains(&name);
    let (group, kind, plural, _) = KINDS.iter().find(known)?;
    Some((group, kind, plural))
}

/// `Deployment` for `deploy`, `deployments` or `deployment.apps`.
pub(super) fn kind_named(name: &str) -> Option<&'static str> {
    named(name.split('.').next()?).map(|(_, kind, _)| kind)
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
        let mut namespace = None;
        let mut plain = Vec::new();
        while let Some(word) = words.next() {
            if matches!(word, "-n" | "--namespace") {
                namespace = Some(words.next()?.to_owned());
            } else if let Some(value) = word
                .strip_prefix("--namespace=")
                .or(word.strip_prefix("-n="))
            {
                namespace = Some(value.to_owned());
            } else if WITH_VALUE.contains(&word) {
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
        let (kind, name) = match what.split_once('/') {
            Some((kind, name)) => (kind, Some(name)),
            None => (*what, names.first().copied()),
        };
        // Of several kinds the first is watched: what moves one of them mostly moves the others.
        let kind = kind.split([',', '.']).next()?;
        let (group, kind, plural) = named(kind)?;
        Some(Watched {
            group,
            kind,
            plural,
            namespace: namespace.filter(|_| !WITHOUT_NAMESPACE.contains(&plural)),
            name: name.filter(|_| names.len() < 2).map(str::to_owned),
        })
    }

    fn api(&self, client: &Client) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk(self.group, "v1", self.kind);
        let resource = ApiResource::from_gvk_with_plural(&kind, self.plural);
        match &self.namespace {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
            None => Api::all_with(client.clone(), &resource),
        }
    }
}

/// Hears of changes for as long as it lives.
#[derive(Debug)]
pub struct Watch {
    changed: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Watch {
    /// Begins to listen.
    pub fn start(client: &Client, watched: &Watched) -> Self {
        let changed = Arc::new(Notify::new());
        let api = watched.api(client);
        let mut params = WatchParams::default();
        if let Some(name) = &watched.name {
            params = params.fields(&format!("metadata.name={name}"));
        }
        let notify = changed.clone();
        let task = tokio::spawn(async move {
            loop {
                // Whatever keeps it from listening, a forbidden watch or a lost connection, the pause remains.
                let _ = listen(&api, &params, &notify).await;
                tokio::time::sleep(AGAIN).await;
            }
        });
        Watch { changed, task }
    }

    /// Returns when something has changed since the last time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
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
        let found = found.as_ref().map(|watched| {
            (
                watched.plural,
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
            Some(("deployments", None, None)),
        );
        check("kubectl get pods a b", Some(("pods", None, None)));
        check("kubectl get nodes -n shop", Some(("nodes", None, None)));
        check(
            "kubectl get deployments.apps web",
            Some(("deployments", None, Some("web"))),
        );
    }

    #[test]
    fn what_is_not_plain_is_not_watched() {
        for command in [
            "kubectl get pods -n $NS",
            "kubectl get widgets",
            "kubectl logs web",
            "kubectl exec web -- ls",
            "echo kubectl get pods",
            "kubectl get",
        ] {
            check(command, None);
        }
    }
}
