//! `logs`: what the containers of a workload have written.

use std::time::Duration;

use futures::AsyncReadExt;
use k8s_openapi::api::core::v1::Pod;
use kube::api::LogParams;
use kube::{Api, Client};

use crate::verifier::Logs;

use super::Finding;
use super::look::{Look, Unable};
use super::pods::{self, Member};
use super::poll::{Poll, until};
use super::problem;
use super::program::judge;

/// How much of a log is looked at, from its beginning.
const KEPT: i64 = 8 << 20;

/// Makes a `logs` check.
pub(super) async fn make(client: &Client, logs: &Logs, within: Duration) -> Finding {
    let which = if logs.previous {
        "previous logs"
    } else {
        "logs"
    };
    let expected = format!(
        "{which} of {} in {} {}",
        logs.pods.of, logs.pods.namespace, logs.text
    );
    until(Poll::new(expected, within), || async {
        look(client, logs).await.unwrap_or_else(Look::from)
    })
    .await
}

/// Pods need not be ready: the logs of one that fails are what such a check is after.
async fn look(client: &Client, logs: &Logs) -> Result<Look, Unable> {
    let set = pods::read(client, &logs.pods).await?;
    let staying: Vec<&Member> = set.members.iter().filter(|pod| !pod.leaving).collect();
    if let Some(wanted) = set.wanted
        && wanted != staying.len() as u64
    {
        let there = staying.len();
        return Err(Unable::for_now(format!(
            "{there} of {wanted} pods are there"
        )));
    }
    let api: Api<Pod> = Api::namespaced(client.clone(), &logs.pods.namespace);
    let mut said = Vec::new();
    for pod in staying {
        let container = pod.container(&logs.pods.namespace)?;
        if logs.previous && pod.restarts == 0 {
            let never = "the container was never started again, so there is no log of a run before";
            said.push((pod.name.clone(), Some(never.to_owned())));
            continue;
        }
        let params = LogParams {
            container: Some(container.name.to_owned()),
            previous: logs.previous,
            limit_bytes: Some(KEPT),
            ..LogParams::default()
        };
        let bytes = read(&api, &pod.name, &params).await.map_err(|error| {
            problem::unable(&error, &format!("read the logs of pod {}", pod.name))
        })?;
        // Programs write what they like: what is no text does not hide what is.
        let text = String::from_utf8_lossy(&bytes);
        let whole = i64::try_from(bytes.len()).is_ok_and(|length| length < KEPT);
        let wrong = logs
            .text
            .wrong_with(&text, whole)
            .map_err(|reason| Unable::for_now(format!("the log of pod {}: {reason}", pod.name)))?;
        said.push((pod.name.clone(), wrong));
    }
    judge(logs.replicas, &said)
}

async fn read(api: &Api<Pod>, pod: &str, params: &LogParams) -> Result<Vec<u8>, kube::Error> {
    let mut stream = api.log_stream(pod, params).await?;
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes).await;
    read.map(|_| bytes).map_err(kube::Error::ReadEvents)
}
