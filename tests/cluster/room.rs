//! A namespace of a real cluster for one test, and what labs do in it.

use std::time::{Duration, Instant};

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{Namespace, PersistentVolumeClaim, Pod};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, ResourceExt};
use labproof::cluster::check::{Finding, Verdict, client, make};
use labproof::cluster::local::LocalCluster;
use labproof::source::SourceFile;
use labproof::verifier::{Check, parse};
use serde_json::{Value, json};

use crate::shared;

pub const IMAGE: &str = "public.ecr.aws/aws-containers/retail-store-sample-assets:0.4.0";

/// A namespace of a test, and how to reach it.
pub struct Room {
    pub client: Client,
    pub config: Config,
    pub namespace: String,
}

/// Runs a test in a namespace of its own, which is deleted whatever becomes of the test.
pub async fn in_cluster<F>(name: &str, test: impl FnOnce(Room) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    if shared::left_out(name) {
        return;
    }
    let _turn = shared::beside_others().await;
    in_room_of(shared::cluster(), name, test).await;
}

/// The same in a cluster of the test's own.
pub async fn in_room_of<F>(cluster: &LocalCluster, name: &str, test: impl FnOnce(Room) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .unwrap();
    let client = client(config.clone()).unwrap();
    let namespace = format!("labproof-check-{name}-{}", std::process::id());
    let namespaces: Api<Namespace> = Api::all(client.clone());
    create(&namespaces, json!({"metadata": {"name": namespace}})).await;
    let room = Room {
        client,
        config,
        namespace: namespace.clone(),
    };
    let result = tokio::spawn(test(room)).await;
    namespaces
        .delete(&namespace, &DeleteParams::default())
        .await
        .unwrap();
    if let Err(error) = result {
        std::panic::resume_unwind(error.into_panic());
    }
}

pub async fn create<K>(api: &Api<K>, object: Value)
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned + serde::Serialize,
{
    let object: K = serde_json::from_value(object).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}

/// Waits until something is so, for two minutes.
pub async fn eventually<F>(what: &str, mut is_so: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so().await {
        assert!(Instant::now() < deadline, "{what}: it did not come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

impl Room {
    pub fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// A Deployment whose pods have `/data` from a volume, and otherwise only sleep.
    pub async fn deployment(&self, replicas: u32, image: &str, volume: Value) {
        let mut volume = volume;
        volume["name"] = json!("data");
        let mut container = json!({"name": "main", "image": image,
            "imagePullPolicy": "IfNotPresent",
            "volumeMounts": [{"name": "data", "mountPath": "/data"}]});
        if image == IMAGE {
            let script = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
            container["command"] = json!(["bash", "-c", script]);
        }
        let api: Api<Deployment> = Api::namespaced(self.client.clone(), &self.namespace);
        create(
            &api,
            json!({"metadata": {"name": "web"}, "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "terminationGracePeriodSeconds": 5, "securityContext": {"runAsUser": 0},
                "containers": [container], "volumes": [volume]}}}}),
        )
        .await;
    }

    pub async fn claim(&self) -> Value {
        let api: Api<PersistentVolumeClaim> = Api::namespaced(self.client.clone(), &self.namespace);
        create(
            &api,
            json!({"metadata": {"name": "data"}, "spec": {
            "accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Mi"}}}}),
        )
        .await;
        json!({"persistentVolumeClaim": {"claimName": "data"}})
    }

    /// A check, with `NS` in its text replaced by the namespace.
    pub fn check(&self, text: &str) -> Check {
        let text = text.replace("NS", &self.namespace);
        let text = format!("lab: l\nchecks: [{{name: a, within: 60s, {text}}}]\n");
        let mut verifier = parse(&SourceFile::new("l.yaml", text)).unwrap();
        verifier.checks.remove(0)
    }

    pub async fn make(&self, text: &str) -> Finding {
        make(&self.client, &self.check(text), None).await
    }

    /// Makes a check and holds its outcome and a part of its reason.
    pub async fn expect(&self, text: &str, verdict: Verdict, words: &str) -> Finding {
        let finding = self.make(text).await;
        assert_eq!(finding.verdict, verdict, "{finding:#?}");
        assert!(
            finding.reason.contains(words),
            "`{words}` not in {finding:#?}"
        );
        finding
    }

    /// Waits until the Deployment has this many ready pods, and gives their names.
    pub async fn ready(&self, replicas: u32) -> Vec<String> {
        self.expect(
            &format!(
                "resource: {{apiVersion: apps/v1, kind: Deployment, namespace: NS, name: web}}, \
                 match: {{status: {{readyReplicas: {replicas}}}}}"
            ),
            Verdict::Pass,
            "as described",
        )
        .await;
        // The Deployment's status says nothing yet of one that was just deleted, and that one goes on for a while.
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let pods = self.pods().list(&ListParams::default()).await.unwrap();
            let going = pods
                .iter()
                .any(|pod| pod.metadata.deletion_timestamp.is_some());
            let ready = pods.iter().filter(|pod| is_ready(pod)).count();
            if !going && ready >= replicas as usize {
                return pods.iter().map(ResourceExt::name_any).collect();
            }
            assert!(Instant::now() < deadline, "{ready} ready: {pods:#?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Runs a script in a pod, as a lab would.
    pub async fn run(&self, pod: &str, script: &str) {
        let params = kube::api::AttachParams::default().stdout(true);
        let mut process = self
            .pods()
            .exec(pod, ["bash", "-c", script], &params)
            .await
            .unwrap();
        let status = process.take_status().unwrap();
        tokio::io::copy(&mut process.stdout().unwrap(), &mut tokio::io::sink())
            .await
            .unwrap();
        let status = status.await.unwrap();
        assert_eq!(status.status.as_deref(), Some("Success"), "{status:?}");
    }
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten());
    conditions
        .into_iter()
        .any(|one| one.type_ == "Ready" && one.status == "True")
}
