//! Waits until the API server answers and the node is Ready, and makes the objects that a lab expects.

use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Endpoints, Node, Service, ServiceAccount};
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::{Api, PostParams};
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::cluster::local::member::Member;
use crate::cluster::local::network::{DNS_PORT, SERVICE_DNS_ADDRESS};
use crate::cluster::ready::is_node_ready;

/// Every wait of the start asks this often.
const EVERY: Duration = Duration::from_millis(50);

/// How long one attempt to connect may take: what is lost on the way is sent again only after a second.
const ONCE: Duration = Duration::from_millis(500);

/// How often an object is tried to be made while its namespace is not there: for 30 s.
const TRIES: usize = 600;

/// Waits until something listens.
pub(crate) async fn listening(address: &str) {
    let connected = || tokio::time::timeout(ONCE, tokio::net::TcpStream::connect(address));
    while !matches!(connected().await, Ok(Ok(_))) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until a program listens on a socket.
pub(crate) async fn listening_on(socket: &Path) {
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

/// Makes what a lab expects to find: StorageClasses, and the Service of the DNS server.
pub(crate) async fn make_objects(client: &Client) -> Result<(), String> {
    for class in storage_classes() {
        make(&Api::<StorageClass>::all(client.clone()), class).await?;
    }
    let (service, endpoints) = dns_objects();
    make(
        &Api::<Service>::namespaced(client.clone(), "kube-system"),
        service,
    )
    .await?;
    make(
        &Api::<Endpoints>::namespaced(client.clone(), "kube-system"),
        endpoints,
    )
    .await
}

/// The default class, and one for volumes that several pods write to. On this cluster both are folders
/// of the one machine; labs choose by name.
fn storage_classes() -> [Value; 2] {
    ["standard", "shared"].map(|name| {
        json!({
            "metadata": {
                "name": name,
                "annotations": {"storageclass.kubernetes.io/is-default-class": (name == "standard").to_string()},
            },
            "provisioner": "kubernetes.io/host-path",
            "reclaimPolicy": "Delete",
            "volumeBindingMode": "Immediate",
        })
    })
}

/// A Service without a selector, and what it leads to: the server is no pod.
fn dns_objects() -> (Value, Value) {
    let metadata = json!({
        "name": "kube-dns",
        "namespace": "kube-system",
        "labels": {
            "k8s-app": "kube-dns",
            "kubernetes.io/cluster-service": "true",
            "kubernetes.io/name": "KubeDNS",
        },
    });
    let ports = json!([
        {"name": "dns", "port": DNS_PORT, "protocol": "UDP"},
        {"name": "dns-tcp", "port": DNS_PORT, "protocol": "TCP"},
    ]);
    let service = json!({
        "metadata": metadata,
        "spec": {"clusterIP": SERVICE_DNS_ADDRESS, "ports": ports},
    });
    let subsets = json!([{"addresses": [{"ip": Member::FIRST.address()}], "ports": ports}]);
    (service, json!({"metadata": metadata, "subsets": subsets}))
}

/// Makes an object that is not there yet; its namespace may still be in the making.
async fn make<K>(api: &Api<K>, object: Value) -> Result<(), String>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Serialize + std::fmt::Debug,
{
    let object: K = serde_json::from_value(object).map_err(|error| error.to_string())?;
    for _ in 0..TRIES {
        match api.create(&PostParams::default(), &object).await {
            Ok(_) => return Ok(()),
            Err(kube::Error::Api(status)) if status.code == 409 => return Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => {
                tokio::time::sleep(EVERY).await;
            }
            Err(error) => {
                let (kind, name) = (K::kind(&()), object.name_any());
                return Err(format!("the {kind} {name} could not be made: {error}"));
            }
        }
    }
    Err(format!(
        "the {} {} has no namespace",
        K::kind(&()),
        object.name_any()
    ))
}

/// Waits until the nodes are Ready.
pub(crate) async fn nodes_ready(client: &Client, members: &[Member]) {
    let nodes: Api<Node> = Api::all(client.clone());
    for member in members {
        while !matches!(nodes.get_opt(&member.name()).await, Ok(Some(node)) if is_ready(&node)) {
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// Waits until pods can be made in the namespace `default`: their service account exists, with its token where this
/// version makes one.
pub(crate) async fn accounts_ready(client: &Client, have_secrets: bool) {
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    while !matches!(accounts.get_opt("default").await, Ok(Some(account)) if account.secrets.is_some() || !have_secrets)
    {
        tokio::time::sleep(EVERY).await;
    }
}

fn is_ready(node: &Node) -> bool {
    let untainted = node
        .spec
        .as_ref()
        .is_none_or(|spec| spec.taints.as_ref().is_none_or(Vec::is_empty));
    untainted && is_node_ready(node)
}
