//! Requests that outlast an API server that is away for a while.

use std::time::Duration;

use kube::Error;
use tokio::time::Instant;

/// How long a server that cannot be reached at all is asked again: a restart of an API server takes ten seconds and more.
pub(super) const AWAY: Duration = Duration::from_secs(30);
/// How long one that answers, and cannot serve, is asked again: behind it may be an extension server that is down for good.
const UNABLE: Duration = Duration::from_secs(3);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(15);
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nobody answers; nothing else will be answered either.
    Away(String),
    /// The answer is a refusal: its HTTP status, and what the server says.
    Refused(u16, String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Trouble::Away(cause) => write!(f, "the API server does not answer: {cause}"),
            Trouble::Refused(code, message) => write!(f, "{message} (HTTP {code})"),
        }
    }
}

/// Asks until there is an answer, the server has said no, or it has been away for too long.
pub(super) async fn ask<T, F>(mut request: impl FnMut() -> F) -> Result<T, Trouble>
where
    F: Future<Output = Result<T, Error>>,
{
    let begun = Instant::now();
    loop {
        let (trouble, patience) = match tokio::time::timeout(ANSWER, request()).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(Error::Api(status))) => {
                let patience = match status.code {
                    500.. if lost_store(&status.message) => AWAY,
                    429 | 500.. => UNABLE,
                    _ => Duration::ZERO,
                };
                (
                    Trouble::Refused(status.code, status.message.clone()),
                    patience,
                )
            }
            Ok(Err(error)) => (Trouble::Away(root(&error)), AWAY),
            Err(_) => {
                let seconds = ANSWER.as_secs();
                (Trouble::Away(format!("nothing in {seconds} s")), AWAY)
            }
        };
        if begun.elapsed() + PAUSE >= patience {
            return Err(trouble);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the server says that it has lost its etcd, which comes back as it does itself. The words are those of etcd, of its
/// client, and of the API server that gave up waiting for it; those of a webhook are its own matter.
fn lost_store(message: &str) -> bool {
    const WORDS: [&str; 4] = [
        "etcdserver:",
        "rpc error:",
        "context deadline exceeded",
        "request did not complete",
    ];
    !message.contains("webhook") && WORDS.iter().any(|words| message.contains(words))
}

/// The innermost cause: `connection refused` says more than the layers around it.
fn root(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(deeper) = innermost.source() {
        innermost = deeper;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_etcd_is_told_from_a_refusal() {
        for (message, is_lost) in [
            ("etcdserver: request timed out", true),
            (
                "rpc error: code = Unavailable desc = transport is closing",
                true,
            ),
            (
                "Timeout: request did not complete within requested timeout",
                true,
            ),
            (
                "the server is currently unable to handle the request",
                false,
            ),
            (
                "failed calling webhook \"x\": Post \"https://x\": context deadline exceeded",
                false,
            ),
        ] {
            assert_eq!(lost_store(message), is_lost, "{message}");
        }
    }
}
