//! Objects of the baseline that are gone → made again; those that hold something else → as they were.

use std::collections::BTreeSet;
use std::time::Duration;

use kube::Client;
use kube::api::{DeleteParams, DynamicObject, PostParams, Preconditions};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::ask::{Trouble, ask};
use super::kinds::Kind;
use super::noise;
use super::snapshot::{Object, Snapshot};

/// Pause before something that was refused is tried again.
const PAUSE: Duration = Duration::from_millis(250);
/// How long what a new object needs may take to be there: its definition, its namespace, the account of its pods.
const NEEDS: Duration = Duration::from_secs(15);

/// The order in which objects are made: what others need comes first.
pub(super) fn rank(kind: &Kind) -> u8 {
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("apiextensions.k8s.io", _) => 0,
        ("", "Namespace") => 1,
        ("admissionregistration.k8s.io" | "apiregistration.k8s.io", _) => 5,
        ("apps" | "batch", _) | ("", "Pod" | "ReplicationController") => 4,
        _ if kind.namespaced => 3,
        _ => 2,
    }
}

/// Makes an object again; what there is to say about it.
///
/// # Errors
/// Why it is not there.
pub(super) async fn make_again(
    client: &Client,
    was: &Object,
    now: &Snapshot,
    deadline: Instant,
) -> Result<String, String> {
    let mut content = parsed(was)?;
    let lost = prepare(was, now, &mut content)?;
    let api = was.kind.api(client, was.namespace.as_deref());
    let give_up = deadline.min(Instant::now() + NEEDS);
    loop {
        let object = whole(was, content.clone())?;
        let params = PostParams::default();
        let refused = match ask(|| api.create(&params, &object)).await {
            Ok(_) => break,
            Err(Trouble::Refused(422, cause)) if forget_addresses(was, &mut content) => {
                drop(cause);
                continue;
            }
            Err(trouble @ Trouble::Refused(403 | 404 | 409 | 500, _)) => trouble,
            Err(trouble) => return Err(refusal("create", was, &trouble)),
        };
        if Instant::now() + PAUSE >= give_up {
            return Err(refusal("create", was, &refused));
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(match lost {
        Some(lost) => format!("its UID is a new one, and {lost}"),
        None => "its UID is a new one".to_owned(),
    })
}

/// Puts back what an object held; what there is to say about it.
///
/// # Errors
/// Why it holds something else still.
pub(super) async fn put_back(
    client: &Client,
    was: &Object,
    now: &Snapshot,
    deadline: Instant,
) -> Result<Option<String>, String> {
    let api = was.kind.api(client, was.namespace.as_deref());
    let content = parsed(was)?;
    loop {
        let live = ask(|| api.get(&was.name))
            .await
            .map_err(|trouble| refusal("get", was, &trouble))?;
        let uid = live.metadata.uid.clone();
        let mut object = content.clone();
        let live = serde_json::to_value(live).unwrap_or_default();
        noise::carry(&was.kind, &live, &mut object);
        for key in ["resourceVersion", "uid", "creationTimestamp", "generation"] {
            object["metadata"][key] = live["metadata"][key].clone();
        }
        if let Some(status) = live.get("status") {
            // Where the status is no resource of its own, leaving it out would delete it.
            object["status"] = status.clone();
        }
        let object = whole(was, object)?;
        let params = PostParams::default();
        match ask(|| api.replace(&was.name, &params, &object)).await {
            Ok(_) => return Ok(None),
            // Somebody else wrote it in between, a controller for one.
            Err(Trouble::Refused(409, _)) if Instant::now() + PAUSE < deadline => {
                tokio::time::sleep(PAUSE).await;
            }
            // What cannot be changed is only different where another object has the name.
            Err(Trouble::Refused(422, _)) if uid.as_ref() != Some(&was.uid) => {
                let params = DeleteParams {
                    preconditions: Some(Preconditions {
                        uid,
                        resource_version: None,
                    }),
                    ..DeleteParams::background()
                };
                ask(|| api.delete(&was.name, &params))
                    .await
                    .map_err(|trouble| refusal("delete", was, &trouble))?;
                return make_again(client, was, now, deadline).await.map(Some);
            }
            Err(trouble) => return Err(refusal("update", was, &trouble)),
        }
    }
}

fn refusal(verb: &str, was: &Object, trouble: &Trouble) -> String {
    format!("{verb} {}: {trouble}", was.kind.resource())
}

fn parsed(was: &Object) -> Result<Value, String> {
    let text = was
        .content
        .as_ref()
        .ok_or("its content was not kept: the cluster holds too much of it")?;
    serde_json::from_str(text).map_err(|error| format!("its content cannot be read: {error}"))
}

/// A content with the identity that makes it an object.
fn whole(was: &Object, mut content: Value) -> Result<DynamicObject, String> {
    content["apiVersion"] = json!(was.kind.api_version());
    content["kind"] = json!(was.kind.kind);
    content["metadata"]["name"] = json!(was.name);
    if let Some(namespace) = &was.namespace {
        content["metadata"]["namespace"] = json!(namespace);
    }
    serde_json::from_value(content).map_err(|error| format!("its content cannot be read: {error}"))
}

/// Takes out of a content what only the object that is gone could have; gives what is lost for good.
///
/// # Errors
/// Why there is no way to make it again.
fn prepare(was: &Object, now: &Snapshot, content: &mut Value) -> Result<Option<String>, String> {
    let metadata = &mut content["metadata"];
    if let Some(owners) = metadata["ownerReferences"].as_array_mut() {
        let there: BTreeSet<&str> = now.objects.keys().map(String::as_str).collect();
        owners.retain(|owner| there.contains(owner["uid"].as_str().unwrap_or_default()));
    }
    // Set again by those who need them.
    if let Some(finalizers) = metadata["finalizers"].as_array_mut() {
        finalizers.retain(|one| !one.as_str().is_some_and(noise::is_system_finalizer));
    }
    let by_provisioner = metadata["annotations"]
        .get("pv.kubernetes.io/provisioned-by")
        .is_some();
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.retain(|_, value| !value.is_null());
    }
    let spec = &mut content["spec"];
    match (was.kind.group.as_str(), was.kind.kind.as_str()) {
        ("", "PersistentVolume") if by_provisioner => {
            return Err("it was made for a claim, and its data went with it".to_owned());
        }
        ("", "PersistentVolume") => {
            if let Some(claim) = spec["claimRef"].as_object_mut() {
                claim.remove("uid");
                claim.remove("resourceVersion");
            }
        }
        ("", "PersistentVolumeClaim") => {
            let volume = spec["volumeName"].as_str().unwrap_or_default().to_owned();
            let volume_is_there = now
                .objects
                .values()
                .any(|one| one.kind.kind == "PersistentVolume" && one.name == volume);
            if !volume_is_there {
                remove(spec, "volumeName");
                if let Some(annotations) = content["metadata"]["annotations"].as_object_mut() {
                    annotations.retain(|key, _| !key.starts_with("pv.kubernetes.io/"));
                }
                return Ok((!volume.is_empty()).then(|| "its data is lost".to_owned()));
            }
        }
        ("", "Pod") => forget_the_node(spec),
        ("batch", "Job") if spec["manualSelector"] != true => {
            remove(spec, "selector");
            if let Some(labels) = spec["template"]["metadata"]["labels"].as_object_mut() {
                labels.retain(|key, _| {
                    !matches!(
                        key.trim_start_matches("batch.kubernetes.io/"),
                        "controller-uid" | "job-name"
                    )
                });
            }
        }
        _ => {}
    }
    Ok(None)
}

/// A pod is given a node and the token of its account when it is made.
fn forget_the_node(spec: &mut Value) {
    remove(spec, "nodeName");
    let is_token = |volume: &Value| {
        let name = volume["name"].as_str().unwrap_or_default();
        name.starts_with("kube-api-access-") || name.contains("-token-")
    };
    if let Some(volumes) = spec["volumes"].as_array_mut() {
        volumes.retain(|volume| !is_token(volume));
    }
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            if let Some(mounts) = container["volumeMounts"].as_array_mut() {
                mounts.retain(|mount| !is_token(mount));
            }
        }
    }
    if let Some(spec) = spec.as_object_mut() {
        spec.retain(|_, value| !value.is_null());
    }
}

/// Addresses and ports of a Service that others may have been given since; whether there were any.
fn forget_addresses(was: &Object, content: &mut Value) -> bool {
    if was.kind.kind != "Service" {
        return false;
    }
    let spec = &mut content["spec"];
    let had = spec.get("clusterIP").is_some_and(|ip| ip != "None");
    if had {
        remove(spec, "clusterIP");
        remove(spec, "clusterIPs");
        for port in spec["ports"].as_array_mut().into_iter().flatten() {
            remove(port, "nodePort");
        }
    }
    had
}

fn remove(value: &mut Value, key: &str) {
    if let Some(object) = value.as_object_mut() {
        object.remove(key);
    }
}
