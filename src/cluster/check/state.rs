//! The objects of a check as they are now, for the bundle of a failed one.

use kube::Client;
use serde_json::Value;

use crate::verifier::{Kind, Objects, Target};

use super::objects;

/// Objects that are shown at most.
const MOST: usize = 20;

/// The objects that a check is about, whole but for what nobody reads (`managedFields`) and nobody may read (the data of
/// Secrets). Nothing for a check that is not about objects.
///
/// # Errors
/// Why they cannot be read.
pub async fn state(client: &Client, kind: &Kind) -> Result<Vec<Value>, String> {
    let objects = match kind {
        Kind::Resource(resource) => resource.objects.clone(),
        Kind::Absent(objects) => objects.clone(),
        Kind::Count(count) => count.objects.clone(),
        Kind::Owner(owner) => owner.objects.clone(),
        Kind::Rollout(rollout) => Objects {
            api_version: "apps/v1".to_owned(),
            kind: rollout.workload.kind().to_owned(),
            namespace: Some(rollout.namespace.clone()),
            target: Target::Name(rollout.name.clone()),
        },
        _ => return Ok(Vec::new()),
    };
    let found = objects::find(client, &objects)
        .await
        .map_err(|unable| unable.reason)?;
    Ok(found
        .into_iter()
        .take(MOST)
        .map(|found| readable(found.value))
        .collect())
}

fn readable(mut object: Value) -> Value {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    if object["kind"] == "Secret"
        && let Some(secret) = object.as_object_mut()
    {
        secret.remove("data");
        secret.remove("stringData");
        if let Some(metadata) = secret["metadata"].as_object_mut() {
            // What kubectl applied last is in there.
            metadata.remove("annotations");
        }
    }
    object
}
