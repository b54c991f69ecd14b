//! Errors of the Kubernetes client → why a check could not be made, in words.

use std::error::Error as _;

use super::look::{Patience, Unable};

/// Why something could not be asked. `what` says it as in "to {what}": `get deployments in x`.
pub(super) fn unable(error: &kube::Error, what: &str) -> Unable {
    match error {
        kube::Error::Api(status) if status.code == 403 => Unable {
            reason: format!("not allowed to {what}: {}", status.message),
            patience: Patience::Short,
        },
        kube::Error::Api(status) if status.code == 401 => Unable {
            reason: format!("the API server does not accept our credentials to {what}"),
            patience: Patience::Short,
        },
        kube::Error::Api(status) => Unable::for_now(format!(
            "the API server refused to {what}: {} (HTTP {})",
            status.message, status.code
        )),
        kube::Error::Service(_) | kube::Error::HyperError(_) | kube::Error::ReadEvents(_) => {
            Unable::for_now(format!(
                "the API server cannot be reached to {what}: {}",
                root(error)
            ))
        }
        other => Unable::for_now(format!("could not {what}: {}", root(other))),
    }
}

/// The innermost cause: `connection refused` says more than the layers around it.
fn root(error: &kube::Error) -> String {
    let mut innermost = error.source();
    while let Some(deeper) = innermost.and_then(|error| error.source()) {
        innermost = Some(deeper);
    }
    innermost.map_or_else(|| error.to_string(), ToString::to_string)
}
