//! What most likely lies behind a failed command, from what the cluster says about what it names.
//!
//! Entry point: [`likely`]. Only facts that were read are told; where there is none, nothing is said.

use k8s_openapi::api::core::v1::{Namespace, Pod};
use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};

use crate::cluster::Connection;
use crate::syntax::simple_commands;

/// The most likely cause, in one line, or nothing.
pub(super) async fn likely(connection: &Connection, command: &str) -> Option<String> {
    let client = connection.client.as_ref()?;
    let namespaces = namespaces_named(command);
    if let Some(cause) = unknown_namespace(client, &namespaces).await {
        return Some(cause);
    }
    for namespace in &namespaces {
        if let Some(cause) = stuck_pod(client, namespace).await {
            return Some(cause);
        }
    }
    None
}

/// Namespaces that a command names by `-n` or `--namespace`.
fn namespaces_named(command: &str) -> Vec<String> {
    let parts = simple_commands(command);
    // `-n` means something else to `tail` and `sort`.
    let values = parts
        .iter()
        .filter(|part| matches!(part.name(), "kubectl" | "helm"))
        .flat_map(|part| part.flags(&["-n", "--namespace"]));
    values
        .map(|(value, _)| value.to_owned())
        // A name that the shell has yet to make is not known here.
        .filter(|value| !value.is_empty() && !value.contains(['$', '`']))
        .collect()
}

async fn unknown_namespace(client: &Client, named: &[String]) -> Option<String> {
    if named.is_empty() {
        return None;
    }
    let list = Api::<Namespace>::all(client.clone())
        .list(&ListParams::default())
        .await
        .ok()?;
    let known: Vec<String> = list.iter().map(ResourceExt::name_any).collect();
    let unknown = named.iter().find(|name| !known.contains(name))?;
    let mut cause = format!("the cluster has no namespace \"{unknown}\"");
    if let Some(near) = nearest(unknown, &known) {
        cause.push_str(&format!("; there is one named \"{near}\""));
    }
    Some(cause)
}

/// The known name that most resembles `name`, if one does.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let likeness =
        |candidate: &&String| similar::TextDiff::from_chars(name, candidate.as_str()).ratio();
    known
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|candidate| likeness(candidate) > 0.7)
}

/// The first pod of a namespace that waits for something it cannot get.
async fn stuck_pod(client: &Client, namespace: &str) -> Option<String> {
    let pods = Api::<Pod>::namespaced(client.clone(), namespace)
        .list(&ListParams::default())
        .await
        .ok()?;
    pods.iter().find_map(|pod| {
        why_stuck(pod).map(|why| format!("pod {}/{}: {why}", namespace, pod.name_any()))
    })
}

fn why_stuck(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let conditions = status.conditions.iter().flatten();
    let unscheduled = conditions
        .filter(|condition| condition.type_ == "PodScheduled" && condition.status == "False")
        .find_map(|condition| condition.message.clone());
    if let Some(message) = unscheduled {
        return Some(format!("cannot be scheduled: {message}"));
    }
    let containers = status
        .init_container_statuses
        .iter()
        .flatten()
        .chain(status.container_statuses.iter().flatten());
    for container in containers {
        let Some(waiting) = container
            .state
            .as_ref()
            .and_then(|state| state.waiting.as_ref())
        else {
            continue;
        };
        let reason = waiting.reason.as_deref().unwrap_or_default();
        let what = match reason {
            "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" => {
                format!("image {} cannot be pulled", container.image)
            }
            "CrashLoopBackOff" => "its container keeps crashing".to_owned(),
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
                "its container cannot be started".to_owned()
            }
            _ => continue,
        };
        let detail = waiting.message.as_deref().unwrap_or(reason);
        return Some(format!("{what} ({detail})"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_read_from_every_spelling() {
        for command in [
            "kubectl delete --all pods --namespace=assetss",
            "kubectl get pods -n assetss -o wide",
            "kubectl get pods --namespace assetss | wc -l",
        ] {
            assert_eq!(namespaces_named(command), ["assetss"], "{command}");
        }
        assert!(namespaces_named("kubectl get pods -n $NS").is_empty());
        assert!(namespaces_named("kubectl logs web | tail -n 5").is_empty());
        assert_eq!(
            namespaces_named("kubectl exec web -n shop -- tail -n 5 log"),
            ["shop"]
        );
        assert!(namespaces_named("kubectl get pods -n").is_empty());
    }

    #[test]
    fn a_misspelt_name_finds_the_one_that_was_meant() {
        let known = ["assets", "default", "kube-system"].map(str::to_owned);
        assert_eq!(nearest("assetss", &known), Some(&known[0]));
        assert_eq!(nearest("zebra", &known), None);
    }
}
