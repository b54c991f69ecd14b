//! Pods, or their containers, brought to their end for real.
//!
//! Entry point: [`end`]: it comes back once they are gone, not once their successors are there.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, Preconditions};
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::verifier::{Across, Persistence, Pods, PodsOf};

use super::drain::drain;
use super::exec::{NoExit, run};
use super::look::Unable;
use super::owed::{Debt, Owed};
use super::pods::{self, Member};
use super::poll::reach;
use super::problem;
use super::workload::apps;

/// How long the first process of a container may take to heed a signal.
const HEED: Duration = Duration::from_secs(10);

/// Ends the pods the way a claim says.
pub(super) async fn end(
    client: &Client,
    claim: &Persistence,
    pods: &[Member],
    deadline: Instant,
    owed: &Owed,
) -> Result<(), Unable> {
    let namespace = &claim.pods.namespace;
    match claim.across {
        Across::PodDeletion => {
            for pod in pods {
                reach(deadline, || delete(client, namespace, pod)).await?;
            }
            gone(client, namespace, pods, deadline).await
        }
        Across::Rollout => {
            // The same annotation as `kubectl rollout restart`: to others it is one.
            let now = jiff::Timestamp::now().to_string();
            let annotations = json!({"kubectl.kubernetes.io/restartedAt": now});
            let template = json!({"metadata": {"annotations": annotations}});
            let change = json!({"spec": {"template": template}});
            reach(deadline, || patch(client, &claim.pods, &change)).await?;
            gone(client, namespace, pods, deadline).await
        }
        Across::ScaleToZero => scale_to_zero(client, &claim.pods, pods, deadline, owed).await,
        Across::NodeDrain => drain(client, &claim.pods, pods, deadline, owed).await,
        Across::ContainerRestart => restart(client, &claim.pods, pods, deadline).await,
    }
}

/// Deletes a pod, and no other that took its name since.
async fn delete(client: &Client, namespace: &str, pod: &Member) -> Result<(), Unable> {
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let params = DeleteParams {
        preconditions: Some(Preconditions {
            uid: Some(pod.uid.clone()),
            ..Preconditions::default()
        }),
        ..DeleteParams::default()
    };
    match api.delete(&pod.name, &params).await {
        Ok(_) => Ok(()),
        // Gone already, or another one by now: what was wanted has happened.
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(error) => Err(problem::unable(
            &error,
            &format!("delete pods in {namespace}"),
        )),
    }
}

/// Waits until no pod of these UIDs is there. A successor may have the same name.
pub(super) async fn gone(
    client: &Client,
    namespace: &str,
    pods: &[Member],
    deadline: Instant,
) -> Result<(), Unable> {
    let api: &Api<Pod> = &Api::namespaced(client.clone(), namespace);
    reach(deadline, || async move {
        for pod in pods {
            let now = api
                .get_metadata_opt(&pod.name)
                .await
                .map_err(|error| problem::unable(&error, &format!("get pods in {namespace}")))?;
            if now.is_some_and(|now| now.metadata.uid.as_deref() == Some(&pod.uid)) {
                let pod = pod.label();
                return Err(Unable::for_now(format!("pod {pod} should go, but stays")));
            }
        }
        Ok(())
    })
    .await
}

/// Scales the workload to nothing and back. It is scaled back whatever happens in between, an interruption included.
async fn scale_to_zero(
    client: &Client,
    of: &Pods,
    pods: &[Member],
    deadline: Instant,
    owed: &Owed,
) -> Result<(), Unable> {
    let before = reach(deadline, || pods::read(client, of)).await?;
    owed.note(Debt::Replicas(of.clone(), before.wanted.unwrap_or(1)));
    reach(deadline, || scale(client, of, 0)).await?;
    let gone = gone(client, &of.namespace, pods, deadline).await;
    gone.and(owed.settle(client).await)
}

/// Asks for that many replicas.
pub(super) async fn scale(client: &Client, of: &Pods, replicas: u64) -> Result<(), Unable> {
    patch(client, of, &json!({"spec": {"replicas": replicas}})).await
}

/// Keeps new pods away from a node, or lets them come again.
pub(super) async fn cordon(client: &Client, node: &str, closed: bool) -> Result<(), Unable> {
    let api: Api<Node> = Api::all(client.clone());
    let change = json!({"spec": {"unschedulable": closed}});
    let patched = api
        .patch(node, &PatchParams::default(), &Patch::Merge(&change))
        .await;
    patched
        .map(drop)
        .map_err(|error| problem::unable(&error, "patch nodes"))
}

async fn patch(client: &Client, pods: &Pods, change: &Value) -> Result<(), Unable> {
    let PodsOf::Workload(workload, name) = &pods.of else {
        return Err(Unable::for_good(format!("{} is no workload", pods.of)));
    };
    let resource = apps(*workload);
    let namespace = &pods.namespace;
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
    let patched = api
        .patch(name, &PatchParams::default(), &Patch::Merge(change))
        .await;
    let what = format!("patch {} in {namespace}", resource.plural);
    patched
        .map(drop)
        .map_err(|error| problem::unable(&error, &what))
}

/// Has the first process of each container end, and waits for another run of it.
async fn restart(
    client: &Client,
    of: &Pods,
    pods: &[Member],
    deadline: Instant,
) -> Result<(), Unable> {
    // Each a way out that some programs have; the first process of a container heeds no signal
    // that it does not handle.
    for signal in ["TERM", "INT", "QUIT"] {
        for pod in pods {
            if reach(deadline, || is_same_run(client, of, pod)).await? {
                signal_first_process(client, of, pod, signal).await?;
            }
        }
        let heeded = reach(deadline.min(Instant::now() + HEED), || async {
            for pod in pods {
                if is_same_run(client, of, pod).await? {
                    let name = &pod.name;
                    return Err(Unable::for_now(format!(
                        "the first process of the container in pod {name} heeds no signal, \
                         so the container could not be started again"
                    )));
                }
            }
            Ok(())
        })
        .await;
        match heeded {
            Err(_) if signal != "QUIT" && Instant::now() < deadline => {}
            done => return done,
        }
    }
    Ok(())
}

/// Whether the container's run is still the same, and going on.
async fn is_same_run(client: &Client, of: &Pods, pod: &Member) -> Result<bool, Unable> {
    let now = pods::read(client, of).await?;
    let same = now.members.iter().find(|now| now.uid == pod.uid);
    Ok(same.is_some_and(|now| now.run == pod.run && now.ready))
}

async fn signal_first_process(
    client: &Client,
    of: &Pods,
    pod: &Member,
    signal: &str,
) -> Result<(), Unable> {
    let container = pod.container(&of.namespace)?;
    let script = format!("kill -{signal} 1");
    match run(client, &container, &["sh", "-c", &script], |_| {}).await {
        // The shell may be gone with the container before its exit status is told.
        Ok(_) | Err(NoExit::Unable(_)) => Ok(()),
        Err(NoExit::NoProgram) => Err(Unable::for_good(format!(
            "container {} of pod {} has no sh: it cannot be made to start again",
            container.name, container.pod
        ))),
    }
}
