//! An image that cannot be pulled, and from where.

use super::super::scene::Scene;
use super::{brief, containers, named, waiting};
use crate::cluster::image::split;

const REASONS: [&str; 6] = [
    "ImagePullBackOff",
    "ErrImagePull",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
];

pub(super) fn cause(scene: &Scene) -> Option<String> {
    scene.pods.iter().find_map(|pod| {
        let (container, (reason, message)) = containers(pod)
            .filter_map(|container| Some((container, waiting(container)?)))
            .find(|(_, (reason, _))| REASONS.contains(reason))?;
        let image = container.image.as_str();
        let place = named("pod", pod);
        let failed = scene
            .messages(&pod.metadata, "Failed")
            .into_iter()
            .find(|message| message.contains(image) && message.contains(':'));
        let why = brief(root(failed.unwrap_or(message)));
        Some(match reason {
            "InvalidImageName" => format!("{place}: `{image}` is no name of an image"),
            "ErrImageNeverPull" => {
                format!("{place}: image {image} is not on the node, and may not be pulled (imagePullPolicy: Never)")
            }
            _ => format!("{place}: image {image} cannot be pulled from {} ({why})", split(image).0),
        })
    })
}

/// The end of a message of many layers, which tells the cause.
fn root(message: &str) -> &str {
    let parts: Vec<&str> = message.split(": ").collect();
    let kept = parts.len().saturating_sub(2);
    let start: usize = parts[..kept].iter().map(|part| part.len() + 2).sum();
    &message[start..]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, event, pod};
    use serde_json::json;

    #[test]
    fn the_registry_and_its_answer_are_told() {
        let waiting = |reason: &str, message: &str| {
            pod(json!({"state": {"waiting": {"reason": reason, "message": message}}}))
        };
        check(
            &[
                waiting(
                    "ImagePullBackOff",
                    "Back-off pulling image \"r.example/web:1\"",
                ),
                event(
                    "Failed",
                    "Failed to pull image \"r.example/web:1\": rpc error: code = Unknown desc = failed to resolve: \
                    dial tcp: lookup r.example: no such host",
                ),
            ],
            "pod x/web-1: image r.example/web:1 cannot be pulled from r.example (lookup r.example: no such host)",
        );
        check(
            &[waiting("InvalidImageName", "couldn't parse")],
            "pod x/web-1: `r.example/web:1` is no name of an image",
        );
    }
}
