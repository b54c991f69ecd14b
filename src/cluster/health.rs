//! What goes wrong with a cluster itself while a run works on it: of a local one its node tells, of any other what kubectl says.

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;

use super::Connection;

/// What programs say that met nobody, or lost whom they talked to. Go's own words, so those of kubectl, helm and their like.
static CUT_OFF: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"was refused|connection refused|connection reset by peer|broken pipe|\bEOF\b|TLS handshake timeout|i/o timeout|no route to host|network is unreachable|client connection lost|Client\.Timeout exceeded",
    )
    .expect("the pattern is valid")
});
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
