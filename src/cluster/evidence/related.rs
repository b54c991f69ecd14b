//! Of all that is there, what has to do with the subjects: themselves, what owns them and what they own, the claims of their pods, the
//! Services before them.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::ObjectMeta;
use kube::{Resource, ResourceExt};

use super::scene::Scene;
use super::subjects::Subjects;
use crate::verifier::Target;

/// The part of the scene that the subjects are about; all of it where they name none.
pub(super) fn narrowed(scene: &Scene, subjects: &Subjects) -> Scene {
    let mut near = scene.clone();
    if subjects.named.is_empty() {
        return near;
    }
    let objects = scene.objects();
    let mut uids: BTreeSet<String> = objects
        .iter()
        .filter(|(kind, meta)| {
            subjects
                .named
                .iter()
                .any(|subject| subject.kind == *kind && is_meant(&subject.which, meta))
        })
        .filter_map(|(_, meta)| meta.uid.clone())
        .collect();
    loop {
        let before = uids.len();
        owners_and_owned(&objects, &mut uids);
        neighbours(scene, &mut uids);
        if uids.len() == before {
            break;
        }
    }
    near.keep(&uids);
    near
}

fn is_meant(which: &Target, meta: &ObjectMeta) -> bool {
    match which {
        Target::All => true,
        Target::Name(name) => meta.name.as_ref() == Some(name),
        Target::Selector(selector) => {
            let labels = meta.labels.clone().unwrap_or_default();
            selector.split(',').all(|term| match term.split_once("!=") {
                Some((key, value)) => labels.get(key.trim()).is_none_or(|is| is != value.trim()),
                None => match term.replace("==", "=").split_once('=') {
                    Some((key, value)) => {
                        labels.get(key.trim()).is_some_and(|is| is == value.trim())
                    }
                    // Sets and the like: too many objects are better than none.
                    None => true,
                },
            })
        }
    }
}

fn owners_and_owned(objects: &[(&str, &ObjectMeta)], uids: &mut BTreeSet<String>) {
    for (_, meta) in objects {
        let Some(uid) = &meta.uid else { continue };
        for owner in meta.owner_references.iter().flatten() {
            if uids.contains(&owner.uid) {
                uids.insert(uid.clone());
            } else if uids.contains(uid) {
                uids.insert(owner.uid.clone());
            }
        }
    }
}

fn neighbours(scene: &Scene, uids: &mut BTreeSet<String>) {
    let has = |uids: &BTreeSet<String>, meta: &ObjectMeta| {
        meta.uid.as_ref().is_some_and(|uid| uids.contains(uid))
    };
    let mut found = Vec::new();
    for pod in &scene.pods {
        for service in scene
            .services
            .iter()
            .filter(|service| selects(service, pod))
        {
            if has(uids, pod.meta()) || has(uids, service.meta()) {
                found.extend([pod.uid(), service.uid()]);
            }
        }
        for claim in scene.claims.iter().filter(|claim| uses(pod, claim.meta())) {
            if has(uids, pod.meta()) || has(uids, claim.meta()) {
                found.extend([pod.uid(), claim.uid()]);
            }
        }
    }
    for endpoints in &scene.endpoints {
        let of = |service: &&Service| {
            service.metadata.name == endpoints.metadata.name
                && service.metadata.namespace == endpoints.metadata.namespace
        };
        for service in scene.services.iter().filter(of) {
            if has(uids, service.meta()) || has(uids, endpoints.meta()) {
                found.extend([service.uid(), endpoints.uid()]);
            }
        }
    }
    uids.extend(found.into_iter().flatten());
}

/// Whether a Service sends requests to a pod, once that is ready.
pub(super) fn selects(service: &Service, pod: &Pod) -> bool {
    let none = BTreeMap::new();
    let selector = service
        .spec
        .as_ref()
        .and_then(|spec| spec.selector.as_ref())
        .unwrap_or(&none);
    let labels = pod.metadata.labels.as_ref().unwrap_or(&none);
    !selector.is_empty()
        && service.metadata.namespace == pod.metadata.namespace
        && selector
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
}

fn uses(pod: &Pod, claim: &ObjectMeta) -> bool {
    let volumes = pod.spec.as_ref().and_then(|spec| spec.volumes.as_ref());
    pod.metadata.namespace == claim.namespace
        && volumes.into_iter().flatten().any(|volume| {
            volume
                .persistent_volume_claim
                .as_ref()
                .map(|source| &source.claim_name)
                == claim.name.as_ref()
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn object<K: serde::de::DeserializeOwned>(value: Value) -> K {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_deployment_brings_its_pods_their_claims_and_the_service_before_them() {
        let owned = |name: &str, uid: &str, owner: &str| {
            json!({"name": name, "uid": uid, "namespace": "x", "labels": {"app": name.split('-').next()},
                "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "o", "uid": owner, "controller": true}]})
        };
        let volumes = json!({"containers": [], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]});
        let scene = Scene {
            deployments: vec![object(
                json!({"metadata": {"name": "web", "uid": "d", "namespace": "x"}}),
            )],
            replica_sets: vec![object(json!({"metadata": owned("web-1", "r", "d")}))],
            pods: vec![
                object(json!({"metadata": owned("web-1-a", "p", "r"), "spec": volumes})),
                object(json!({"metadata": owned("other-1-a", "q", "s")})),
            ],
            claims: vec![object(
                json!({"metadata": {"name": "data", "uid": "c", "namespace": "x"}}),
            )],
            services: vec![object(
                json!({"metadata": {"name": "web", "uid": "e", "namespace": "x"}, "spec": {"selector": {"app": "web"}}}),
            )],
            events: vec![object(
                json!({"metadata": {"name": "n"}, "involvedObject": {"uid": "q"}}),
            )],
            ..Scene::default()
        };
        let mut subjects = Subjects::default();
        subjects.add_command(super::super::Command {
            text: "kubectl rollout status deploy/web",
            output: "",
            namespace: "x",
            page: std::path::Path::new("p.md"),
            before: &[],
        });
        let near = narrowed(&scene, &subjects);
        let names: Vec<&str> = near
            .objects()
            .iter()
            .map(|(_, meta)| meta.name.as_deref().unwrap())
            .collect();
        assert_eq!(names, ["web", "web-1", "web-1-a", "data", "web"]);
        assert!(near.events.is_empty());
    }
}
