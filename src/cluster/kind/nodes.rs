//! The nodes of a kind cluster that was just created. `kind create --wait` looks at the control plane alone, and ends
//! well where that is not ready in time.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Node;
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};

use super::{Engine, by_hand};
use crate::cluster::ClusterError;
use crate::cluster::connection::causes;
use crate::cluster::ready::is_node_ready;

/// How long the nodes may take after kind has ended.
const PATIENCE: Duration = Duration::from_secs(180);
/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// The label of nodes that run the control plane.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";

/// Waits until every node is ready.
///
/// # Errors
/// One of them is not in time, or the API server does not tell.
pub(super) async fn ready(
    engine: &Engine,
    name: &str,
    client: &Client,
) -> Result<(), ClusterError> {
    let begun = Instant::now();
    loop {
        let waiting_for = match list(client).await {
            Ok(nodes) => match nodes.iter().find(|node| !is_node_ready(node)) {
                None if !nodes.is_empty() => return Ok(()),
                None => "there is no node".to_owned(),
                Some(node) => format!("node {} is not ready", node.name_any()),
            },
            Err(error) => causes(&error),
        };
        if begun.elapsed() > PATIENCE {
            let cause = format!("{waiting_for} after {} s", PATIENCE.as_secs());
            return Err(unreachable(engine, name, cause));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Lets pods onto the control plane too, as kind does where there is one node alone and as the local cluster does:
/// of N nodes that a lab asks for it may use N.
///
/// # Errors
/// The API server refuses.
pub(super) async fn even(engine: &Engine, name: &str, client: &Client) -> Result<(), ClusterError> {
    let api: Api<Node> = Api::all(client.clone());
    let nodes = list(client).await;
    for node in nodes.map_err(|error| unreachable(engine, name, causes(&error)))? {
        if !node.labels().contains_key(CONTROL_PLANE) {
            continue;
        }
        let patch = Patch::Merge(serde_json::json!({"spec": {"taints": null}}));
        api.patch(&node.name_any(), &PatchParams::default(), &patch)
            .await
            .map_err(|error| unreachable(engine, name, causes(&error)))?;
    }
    Ok(())
}

async fn list(client: &Client) -> Result<Vec<Node>, kube::Error> {
    let api: Api<Node> = Api::all(client.clone());
    Ok(api.list(&ListParams::default()).await?.items)
}

fn unreachable(engine: &Engine, name: &str, cause: String) -> ClusterError {
    ClusterError::Unreachable {
        name: name.to_owned(),
        cause,
        by_hand: by_hand(engine, name),
    }
}
