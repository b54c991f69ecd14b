//! Pods deleted for real, and their end waited for.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, Preconditions};
use kube::{Api, Client};

use super::look::Unable;
use super::pods::Member;
use super::problem;

/// Deletes a pod, and no other that took its name since.
pub(super) async fn delete(client: &Client, namespace: &str, pod: &Member) -> Result<(), Unable> {
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

/// Whether a pod of this UID is still there. A successor may have its name.
pub(super) async fn is_there(
    client: &Client,
    namespace: &str,
    pod: &Member,
) -> Result<bool, Unable> {
    let api: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let now = api
        .get_metadata_opt(&pod.name)
        .await
        .map_err(|error| problem::unable(&error, &format!("get pods in {namespace}")))?;
    Ok(now.is_some_and(|now| now.metadata.uid.as_deref() == Some(&pod.uid)))
}
