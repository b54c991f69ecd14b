//! Waits until the API server answers and the node is Ready, and makes the objects that a lab expects.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, ServiceAccount};
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::{Api, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;

use super::component::kubeconfig;
use crate::cluster::local::pki::NODE_NAME;

/// Every wait of the start asks this often.
const EVERY: Duration = Duration::from_millis(50);

/// A client with the administrator's rights.
pub(crate) async fn client() -> Result<Client, String> {
    let path = kubeconfig("admin");
    let config = Kubeconfig::read_from(&path).map_err(|error| error.to_string())?;
    let mut config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
        .await
        .map_err(|error| error.to_string())?;
    config.connect_timeout = Some(Duration::from_secs(2));
    config.read_timeout = Some(Duration::from_secs(10));
    config.proxy_url = None;
    Client::try_from(config).map_err(|error| error.to_string())
}

/// Waits until something listens.
pub(crate) async fn listening(address: &str) {
    while tokio::net::TcpStream::connect(address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a program listens on a socket.
pub(crate) async fn listening_on(socket: &str) {
    while tokio::net::UnixStream::connect(socket).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the API server answers at all; its port is open long before that.
pub(crate) async fn api_answers(client: &Client) {
    while client.apiserver_version().await.is_err() {
        tokio::time::sleep(EVERY).await;
    }
}

/// Waits until the API server calls itself ready.
pub(crate) async fn api_ready(client: &Client) {
    loop {
        let request = http::Request::get("/readyz").body(Vec::new());
        if let Ok(request) = request
            && client
                .request_text(request)
                .await
                .is_ok_and(|answer| answer.trim() == "ok")
        {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Makes the default StorageClass.
pub(crate) async fn make_objects(client: &Client) -> Result<(), String> {
    let class: StorageClass = serde_json::from_value(json!({
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "kubernetes.io/host-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }))
    .map_err(|error| error.to_string())?;
    match Api::all(client.clone())
        .create(&PostParams::default(), &class)
        .await
    {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        Err(error) => Err(format!(
            "the default StorageClass could not be made: {error}"
        )),
    }
}

/// Waits until the node is Ready.
pub(crate) async fn node_ready(client: &Client) {
    let nodes: Api<Node> = Api::all(client.clone());
    loop {
        if let Ok(Some(node)) = nodes.get_opt(NODE_NAME).await
            && is_ready(&node)
        {
            return;
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Waits until pods can be made in the namespace `default`: their service account exists.
pub(crate) async fn accounts_ready(client: &Client) {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    while !matches!(accounts.get_opt("default").await, Ok(Some(account)) if account.secrets.is_some())
    {
        tokio::time::sleep(EVERY).await;
    }
}

fn is_ready(node: &Node) -> bool {
    let untainted = node
        .spec
        .as_ref()
        .is_none_or(|spec| spec.taints.as_ref().is_none_or(Vec::is_empty));
    let conditions = node
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref());
    untainted
        && conditions.is_some_and(|all| {
            all.iter()
                .any(|one| one.type_ == "Ready" && one.status == "True")
        })
}
