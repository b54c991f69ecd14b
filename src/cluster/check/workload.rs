//! What a workload says of its pods: how it finds them, how many there should be, who owns them.

use kube::api::{ApiResource, DynamicObject, ListParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client, ResourceExt};
use serde_json::Value;

use crate::verifier::Workload;

use super::look::Unable;
use super::problem;

/// The workload as the cluster has it; `None` where there is none of that name.
pub(super) async fn workload_object(
    client: &Client,
    workload: Workload,
    namespace: &str,
    name: &str,
) -> Result<Option<Value>, Unable> {
    let resource = apps(workload);
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
    let what = format!("get {} in {namespace}", resource.plural);
    let object = api
        .get_opt(name)
        .await
        .map_err(|error| problem::unable(&error, &what))?;
    object
        .map(|object| serde_json::to_value(&object))
        .transpose()
        .map_err(|error| Unable::for_good(format!("{name} cannot be read: {error}")))
}

/// `apps/v1` is the same on every server this speaks to: no discovery needed.
pub(super) fn apps(workload: Workload) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk("apps", "v1", workload.kind()))
}

/// The UIDs that may stand as controller on the workload's pods.
pub(super) async fn owner_uids(
    client: &Client,
    workload: Workload,
    object: &Value,
    namespace: &str,
    selector: &str,
) -> Result<Vec<String>, Unable> {
    let uid = object["metadata"]["uid"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if workload != Workload::Deployment {
        return Ok(vec![uid]);
    }
    let resource = apps(Workload::ReplicaSet);
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &resource);
    let sets = api
        .list_metadata(&ListParams::default().labels(selector))
        .await
        .map_err(|error| problem::unable(&error, &format!("list replicasets in {namespace}")))?;
    let own = |set: &kube::core::PartialObjectMeta<DynamicObject>| {
        controller(&set.metadata).as_deref() == Some(&uid)
    };
    Ok(sets
        .items
        .iter()
        .filter(|set| own(set))
        .filter_map(|set| set.uid())
        .collect())
}

/// The UID of what controls an object.
pub(super) fn controller(metadata: &kube::api::ObjectMeta) -> Option<String> {
    let owners = metadata.owner_references.as_ref()?;
    let owner = owners.iter().find(|owner| owner.controller == Some(true))?;
    Some(owner.uid.clone())
}

/// A workload's own selector, as `kubectl -l` takes it.
pub(super) fn label_selector(object: &Value) -> Result<String, Unable> {
    let selector = &object["spec"]["selector"];
    let mut parts = Vec::new();
    for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
        parts.push(format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    for rule in selector["matchExpressions"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let key = rule["key"].as_str().unwrap_or_default();
        let values: Vec<&str> = rule["values"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let values = values.join(",");
        parts.push(match rule["operator"].as_str() {
            Some("In") => format!("{key} in ({values})"),
            Some("NotIn") => format!("{key} notin ({values})"),
            Some("Exists") => key.to_owned(),
            Some("DoesNotExist") => format!("!{key}"),
            _ => continue,
        });
    }
    if parts.is_empty() {
        let reason = "the workload selects no pods by labels";
        return Err(Unable::for_good(reason));
    }
    Ok(parts.join(","))
}

/// How many pods there should be.
pub(super) fn wanted(workload: Workload, object: &Value) -> Option<u64> {
    match workload {
        Workload::DaemonSet => object["status"]["desiredNumberScheduled"].as_u64(),
        // One is what the API server writes where the author wrote nothing.
        _ => object["spec"]["replicas"].as_u64().or(Some(1)),
    }
}

/// Why the pods of a workload are not yet those of its newest description; `None` where they are.
pub(super) fn behind(workload: Workload, object: &Value) -> Option<String> {
    if object["status"]["observedGeneration"].is_null() {
        return Some("its controller has not looked at it yet".to_owned());
    }
    if let Some(reason) = unobserved(object) {
        return Some(reason);
    }
    // Others may keep pods of older descriptions for good (`OnDelete`, a partition), and so may one that is paused.
    if workload != Workload::Deployment || object["spec"]["paused"] == true {
        return None;
    }
    let wanted = wanted(workload, object).unwrap_or_default();
    let updated = object["status"]["updatedReplicas"].as_u64();
    let updated = updated.unwrap_or_default();
    (updated < wanted).then(|| format!("{updated} of {wanted} pods are of its newest description"))
}

/// Why the status of an object is not about its newest description; `None` where it is, and for kinds that do not tell.
pub(super) fn unobserved(object: &Value) -> Option<String> {
    let generation = object["metadata"]["generation"].as_i64()?;
    let seen = object["status"]["observedGeneration"].as_i64()?;
    (seen < generation).then(|| {
        format!(
            "its newest description is not yet acted on (generation {generation}, observed {seen})"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_are_written_as_kubectl_takes_them() {
        let object = json!({"spec": {"selector": {
            "matchLabels": {"app": "web"},
            "matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["a", "b"]},
                {"key": "old", "operator": "DoesNotExist"},
            ],
        }}});
        assert_eq!(
            label_selector(&object).unwrap(),
            "app=web,tier in (a,b),!old"
        );
        assert!(label_selector(&json!({"spec": {"selector": {}}})).is_err());
    }

    #[test]
    fn pods_of_an_older_description_are_not_yet_those_of_the_workload() {
        let object = |observed: i64, updated: u64, paused: bool| {
            json!({"metadata": {"generation": 2}, "spec": {"replicas": 2, "paused": paused},
                "status": {"observedGeneration": observed, "updatedReplicas": updated}})
        };
        let is = |workload, object: &Value| behind(workload, object).is_none();
        let deployment = Workload::Deployment;
        assert!(is(deployment, &object(2, 2, false)));
        assert!(!is(deployment, &object(1, 2, false)));
        assert!(!is(deployment, &object(2, 1, false)));
        assert!(is(deployment, &object(2, 0, true)));
        assert!(is(Workload::StatefulSet, &object(2, 1, false)));
        assert!(!is(Workload::StatefulSet, &object(1, 2, false)));
        assert_eq!(unobserved(&json!({"metadata": {}, "status": {}})), None);
    }
}
