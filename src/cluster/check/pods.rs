//! The pods of a workload, and whether they are all there and ready.
//!
//! Entry point: [`read`]. A pod belongs to a workload when its owners lead up to the workload's
//! UID: labels alone would take in the pods of another that happens to share them.

use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};

use crate::cluster::ready::is_pod_ready;
use crate::verifier::{Pods, PodsOf};

use super::exec::Container;
use super::look::Unable;
use super::problem;
use super::workload::{behind, controller, label_selector, owner_uids, wanted, workload_object};

/// Labels by which controllers tell which description of theirs a pod is made from: a Deployment's ReplicaSets, and the others.
const REVISIONS: [&str; 2] = ["pod-template-hash", "controller-revision-hash"];

/// A pod, as far as checks care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub name: String,
    pub uid: String,
    /// It serves: running, ready, and not on its way out.
    pub ready: bool,
    /// It is on its way out.
    pub leaving: bool,
    /// How long it may take to stop, in seconds.
    pub grace: u64,
    /// The node it runs on, once it has one.
    pub node: Option<String>,
    /// Something controls it, and would make another one of it.
    pub is_controlled: bool,
    /// Which description of its workload it was made from, where that has several.
    pub revision: Option<String>,
    /// The container to look into, or why it is not clear which.
    pub container: Result<String, String>,
    /// The id of that container's present run.
    pub run: Option<String>,
    /// How often that container was started again.
    pub restarts: i32,
    /// Why it is not ready, in the words of its status.
    pub state: String,
}

/// The pods of a workload at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Set {
    /// All that have not ended, those on their way out included.
    pub members: Vec<Member>,
    /// How many there should be; `None` for a selector.
    pub wanted: Option<u64>,
    /// Why these are not yet the pods of the workload's newest description.
    pub behind: Option<String>,
}

impl Set {
    /// Those that serve.
    pub fn ready(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.ready)
    }

    /// Why it is too early to say something of all pods; `None` when all are there and ready.
    /// Pods on their way out do not count.
    pub fn unsettled(&self) -> Option<String> {
        let staying: Vec<&Member> = self.members.iter().filter(|pod| !pod.leaving).collect();
        let ready = staying.iter().filter(|pod| pod.ready).count();
        if let Some(pod) = staying.iter().find(|pod| !pod.ready) {
            return Some(format!("pod {} is not ready: {}", pod.name, pod.state));
        }
        match self.wanted {
            Some(wanted) if wanted != staying.len() as u64 => {
                Some(format!("{ready} of {wanted} pods are ready"))
            }
            _ if self.behind.is_some() => self.behind.clone(),
            _ if ready == 0 => Some("there is no pod".to_owned()),
            _ => None,
        }
    }
}

impl Member {
    /// The container to look into.
    ///
    /// # Errors
    /// It is not clear which.
    pub fn container<'a>(&'a self, namespace: &'a str) -> Result<Container<'a>, Unable> {
        match &self.container {
            Ok(name) => Ok(Container {
                namespace,
                pod: &self.name,
                name,
            }),
            Err(reason) => Err(Unable::for_good(reason.clone())),
        }
    }

    /// For a proof: `assets-ddb8f87dc-ww4jn (uid 2f0c…)`.
    pub fn label(&self) -> String {
        format!("{} (uid {})", self.name, self.uid)
    }
}

/// Reads the pods.
pub(super) async fn read(client: &Client, pods: &Pods) -> Result<Set, Unable> {
    let namespace = &pods.namespace;
    let (selector, owner) = match &pods.of {
        PodsOf::Pod(name) => {
            let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
            let pod = api
                .get_opt(name)
                .await
                .map_err(|error| problem::unable(&error, &format!("get pods in {namespace}")))?;
            let pod = pod.ok_or_else(|| no_such(pods))?;
            return Ok(Set {
                members: vec![member(&pod, pods)],
                wanted: None,
                behind: None,
            });
        }
        PodsOf::Selector(selector) => (selector.clone(), None),
        PodsOf::Workload(workload, name) => {
            let object = workload_object(client, *workload, namespace, name)
                .await?
                .ok_or_else(|| no_such(pods))?;
            (label_selector(&object)?, Some((*workload, object)))
        }
    };
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let list = api
        .list(&ListParams::default().labels(&selector))
        .await
        .map_err(|error| problem::unable(&error, &format!("list pods in {namespace}")))?;
    let mut listed = list.items;
    if let Some((workload, object)) = &owner {
        let owners = owner_uids(client, *workload, object, namespace, &selector).await?;
        listed.retain(|pod| controller(&pod.metadata).is_some_and(|uid| owners.contains(&uid)));
    }
    let members = listed
        .iter()
        .filter(|pod| !has_ended(pod))
        .map(|pod| member(pod, pods));
    Ok(Set {
        members: members.collect(),
        wanted: owner
            .as_ref()
            .and_then(|(workload, object)| wanted(*workload, object)),
        behind: owner
            .as_ref()
            .and_then(|(workload, object)| behind(*workload, object)),
    })
}

fn no_such(pods: &Pods) -> Unable {
    Unable::for_now(format!(
        "there is no {} in namespace {}",
        pods.of, pods.namespace
    ))
}

/// Whether a pod serves; `None` for one that has ended or is on its way out.
pub(super) fn serves(pod: &Pod) -> Option<bool> {
    let stays = pod.metadata.deletion_timestamp.is_none() && !has_ended(pod);
    stays.then(|| is_pod_ready(pod))
}

fn has_ended(pod: &Pod) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed"))
}

fn member(pod: &Pod, pods: &Pods) -> Member {
    let status = pod.status.as_ref();
    let leaving = pod.metadata.deletion_timestamp.is_some();
    let spec = pod.spec.as_ref();
    let grace = spec.and_then(|spec| spec.termination_grace_period_seconds);
    let container = container(pod, pods.container.as_deref());
    let statuses = status.and_then(|status| status.container_statuses.as_ref());
    let of_container = statuses
        .into_iter()
        .flatten()
        .find(|status| container.as_ref() == Ok(&status.name));
    Member {
        name: pod.name_any(),
        uid: pod.uid().unwrap_or_default(),
        ready: is_pod_ready(pod) && !leaving,
        leaving,
        grace: grace
            .and_then(|grace| u64::try_from(grace).ok())
            .unwrap_or(30),
        node: spec.and_then(|spec| spec.node_name.clone()),
        is_controlled: controller(&pod.metadata).is_some(),
        revision: REVISIONS
            .iter()
            .find_map(|label| pod.labels().get(*label).cloned()),
        run: of_container.and_then(|status| status.container_id.clone()),
        restarts: of_container.map_or(0, |status| status.restart_count),
        container,
        state: state(pod),
    }
}

/// The container that the author names, else the only one, else the one that kubectl takes by
/// the pod's annotation. Of several, guessing could look into a side-car and pass.
fn container(pod: &Pod, named: Option<&str>) -> Result<String, String> {
    let spec = pod.spec.as_ref();
    let all: Vec<&str> = spec
        .into_iter()
        .flat_map(|spec| &spec.containers)
        .map(|container| &*container.name)
        .collect();
    let annotation = pod
        .annotations()
        .get("kubectl.kubernetes.io/default-container");
    match (named.or(annotation.map(String::as_str)), &all[..]) {
        (Some(named), all) if all.contains(&named) => Ok(named.to_owned()),
        (Some(named), all) => Err(format!(
            "pod {} has no container `{named}`: it has {}",
            pod.name_any(),
            all.join(", ")
        )),
        (None, [only]) => Ok((*only).to_owned()),
        (None, all) => Err(format!(
            "pod {} has several containers: name one of {} with `container`",
            pod.name_any(),
            all.join(", ")
        )),
    }
}

/// Why a pod is as it is: what its containers wait for, else its phase.
fn state(pod: &Pod) -> String {
    let status = pod.status.as_ref();
    let containers = status.and_then(|status| status.container_statuses.as_ref());
    let waiting = containers.into_iter().flatten().find_map(|container| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        let reason = waiting.reason.as_deref()?;
        Some(match waiting.message.as_deref() {
            Some(message) => format!("{reason}: {message}"),
            None => reason.to_owned(),
        })
    });
    let unscheduled = status
        .and_then(|status| status.conditions.as_ref())
        .into_iter()
        .flatten()
        .find(|condition| condition.type_ == "PodScheduled" && condition.status == "False")
        .and_then(|condition| condition.message.clone());
    let phase = status.and_then(|status| status.phase.clone());
    waiting
        .or(unscheduled)
        .or(phase)
        .unwrap_or_else(|| "without a status".to_owned())
}

/// A ready pod, for tests of what is made of pods.
#[cfg(test)]
pub(super) fn member_of(name: &str, uid: &str) -> Member {
    Member {
        name: name.to_owned(),
        uid: uid.to_owned(),
        ready: true,
        leaving: false,
        grace: 30,
        node: Some("a".to_owned()),
        is_controlled: true,
        revision: Some("1".to_owned()),
        container: Ok("c".to_owned()),
        run: Some(format!("run-of-{uid}")),
        restarts: 0,
        state: "Running".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(spec: Value, annotations: Value) -> Pod {
        let pod = json!({"metadata": {"name": "p", "annotations": annotations}, "spec": spec});
        serde_json::from_value(pod).unwrap()
    }

    #[test]
    fn a_set_is_settled_when_all_that_should_be_are_ready() {
        let check = |members: Vec<Member>, wanted, behind: &str, expected: Option<&str>| {
            let set = Set {
                members,
                wanted,
                behind: (!behind.is_empty()).then(|| behind.to_owned()),
            };
            assert_eq!(set.unsettled().as_deref(), expected);
        };
        let (a, b) = (member_of("a", "1"), member_of("b", "2"));
        let leaving = Member {
            ready: false,
            leaving: true,
            ..b.clone()
        };
        let pending = Member {
            ready: false,
            state: "ImagePullBackOff".into(),
            ..b.clone()
        };
        check(vec![a.clone()], Some(1), "", None);
        check(vec![a.clone(), leaving], Some(1), "", None);
        check(vec![a.clone(), b], None, "", None);
        check(vec![a.clone()], Some(2), "", Some("1 of 2 pods are ready"));
        check(
            vec![a.clone(), pending],
            Some(2),
            "",
            Some("pod b is not ready: ImagePullBackOff"),
        );
        check(vec![], Some(0), "", Some("there is no pod"));
        check(vec![a], Some(1), "not yet", Some("not yet"));
    }

    #[test]
    fn which_container_is_never_guessed() {
        let one = json!({"containers": [{"name": "a"}]});
        let two = json!({"containers": [{"name": "a"}, {"name": "b"}]});
        let annotated = json!({"kubectl.kubernetes.io/default-container": "b"});
        assert_eq!(container(&pod(one.clone(), json!({})), None).unwrap(), "a");
        assert_eq!(
            container(&pod(two.clone(), json!({})), Some("b")).unwrap(),
            "b"
        );
        assert_eq!(container(&pod(two.clone(), annotated), None).unwrap(), "b");
        let several = container(&pod(two, json!({})), None).unwrap_err();
        assert!(several.contains("name one of a, b"), "{several}");
        let wrong = container(&pod(one, json!({})), Some("web")).unwrap_err();
        assert!(wrong.contains("no container `web`: it has a"), "{wrong}");
    }
}
