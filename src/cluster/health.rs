//! What goes wrong with a cluster itself while a run works on it: of a local one its node tells, of any other what kubectl says.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Node;
use kube::ResourceExt;
use kube::api::{Api, ListParams};
use regex::Regex;

use super::Connection;
use super::baseline::Snapshot;

/// What programs say that met nobody, or lost whom they talked to. Go's own words, so those of kubectl, helm and their like.
static CUT_OFF: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"was refused|connection refused|connection reset by peer|broken pipe|\bEOF\b|TLS handshake timeout|i/o timeout|no route to host|network is unreachable|client connection lost|Client\.Timeout exceeded|context deadline exceeded",
    )
    .expect("the pattern is valid")
});
/// How long the nodes may take to be read.
const NODES: Duration = Duration::from_secs(5);
/// What an API server says that has lost its etcd.
static NO_STORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^(?:E\d+ .*|error: |Error from server.*: )etcdserver: ")
        .expect("the pattern is valid")
});

impl Connection {
    /// What went wrong with the cluster by itself since then, in words; only a local one tells.
    pub async fn faults_since(&self, since: Timestamp) -> Vec<String> {
        match &self.access.pulse {
            Some(pulse) => {
                let faults = pulse.faults_since(since).await;
                faults.iter().map(ToString::to_string).collect()
            }
            None => Vec::new(),
        }
    }

    /// What the nodes of a local cluster suffer from now, in words: a disk that is full, for example. On any other cluster a node may
    /// be unwell for good, and nobody minds.
    pub async fn unwell_nodes(&self) -> Vec<String> {
        let (Some(client), Some(_)) = (&self.client, &self.access.pulse) else {
            return Vec::new();
        };
        let nodes: Api<Node> = Api::all(client.clone());
        match tokio::time::timeout(NODES, nodes.list(&ListParams::default())).await {
            Ok(Ok(list)) => list.items.iter().filter_map(unwell).collect(),
            // Who does not answer is told by others.
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    }

    /// Whether this is still the cluster that it was when a state of it was first taken.
    ///
    /// # Errors
    /// It is another one, or one that lost all that it held; in words.
    pub fn recognise(&self, state: &Snapshot) -> Result<(), String> {
        let Some(now) = state.cluster() else {
            return Ok(());
        };
        match self.identity.get_or_init(|| now.to_owned()) == now {
            true => Ok(()),
            false => Err(
                "the API server answers for another cluster than before (another UID of the namespace kube-system): it lost its data, or was replaced"
                    .to_owned(),
            ),
        }
    }

    /// Notes that a lab left the cluster other than it was, and that it could not be brought back: what would run on it next
    /// would be judged for what is not its own.
    pub fn spoil(&self, why: String) {
        let _ = self.spoilt.set(why);
    }

    /// Why the cluster is not at its baseline any more, in words.
    pub fn spoilt(&self) -> Option<&str> {
        self.spoilt.get().map(String::as_str)
    }

    /// Why no other lab may run on the cluster, in words.
    pub fn unusable(&self) -> Option<String> {
        self.end().or_else(|| self.spoilt.get().cloned())
    }

    /// Why the cluster is gone for good, in words; only a local one is known to be.
    pub fn end(&self) -> Option<String> {
        self.access.pulse.as_ref()?.end()
    }

    /// Resolves when the cluster is gone for good, with why.
    pub async fn ended(&self) -> String {
        match &self.access.pulse {
            Some(pulse) => pulse.ended().await,
            None => std::future::pending().await,
        }
    }

    /// The line of a command's output that says that this cluster's API server could not be reached, or could not work.
    pub fn cut_off<'a>(&self, output: &'a str) -> Option<&'a str> {
        cut_off(self.server.as_deref()?, output)
    }
}

fn unwell(node: &Node) -> Option<String> {
    let conditions = node.status.as_ref()?.conditions.as_ref()?;
    let unwell = conditions.iter().find(|condition| {
        let well = match condition.type_.as_str() {
            "Ready" => "True",
            _ => "False",
        };
        condition.status != well
    })?;
    Some(format!(
        "node {} says {}={} ({})",
        node.name_any(),
        unwell.type_,
        unwell.status,
        unwell.message.as_deref().unwrap_or("no message")
    ))
}

fn cut_off<'a>(server: &str, output: &'a str) -> Option<&'a str> {
    let of_server = |line: &str| {
        // Without an address it is the server of the kubeconfig, which is this one.
        line.contains(server)
            || line
                .split_once("Unable to connect to the server: ")
                .is_some_and(|(_, cause)| !cause.contains("://") && !cause.contains("dial "))
    };
    output
        .lines()
        .find(|line| (CUT_OFF.is_match(line) && of_server(line)) || NO_STORE.is_match(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_clusters_own_server_counts() {
        let server = "127.0.0.1:41234";
        for line in [
            "The connection to the server 127.0.0.1:41234 was refused - did you specify the right host or port?",
            "Unable to connect to the server: EOF",
            "Unable to connect to the server: net/http: TLS handshake timeout",
            "Unable to connect to the server: context deadline exceeded",
            "error: Get \"https://127.0.0.1:41234/api?timeout=32s\": EOF",
            "Unable to connect to the server: dial tcp 127.0.0.1:41234: connect: connection refused",
            "Error from server: etcdserver: request timed out",
        ] {
            assert_eq!(
                cut_off(server, &format!("first\n{line}\nlast")),
                Some(line),
                "{line}"
            );
        }
        for line in [
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
            "Unable to connect to the server: dial tcp: lookup nowhere.invalid: no such host",
            "Unable to connect to the server: dial tcp 127.0.0.1:1: connect: connection refused",
            "curl: (7) Failed to connect to localhost port 80: Connection refused",
            "https://127.0.0.1:41234",
            "the log says etcdserver: request timed out",
        ] {
            assert_eq!(cut_off(server, line), None, "{line}");
        }
    }
}
