//! What a cluster that answers says of itself.

use std::time::Duration;

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use k8s_openapi::api::core::v1::Node;
use kube::api::{ListParams, PostParams};
use kube::{Api, Client};

use super::Finding;
use crate::cluster::Connection;

/// Minor versions that kubectl may be apart from the API server, as Kubernetes' skew policy has it.
const SKEW: u32 = 1;
/// Clocks further apart than this make fresh tokens and ages look wrong.
const CLOCK: Duration = Duration::from_secs(30);

/// What labs do first of all: (verb, group, resource, subresource).
const RIGHTS: [(&str, &str, &str, &str); 4] = [
    ("create", "", "namespaces", ""),
    ("create", "apps", "deployments", ""),
    ("create", "", "pods", "exec"),
    ("delete", "", "namespaces", ""),
];

/// Looks at a cluster. Without one there is nothing to say.
pub async fn inspect(connection: &Connection) -> Vec<Finding> {
    let Some(client) = &connection.client else {
        return Vec::new();
    };
    let server = connection.server_version.clone().unwrap_or_default();
    let mut found = vec![Finding::good(
        "cluster",
        format!("{} answers, {server}", connection.name),
    )];
    if let Some(identity) = &connection.access.identity {
        found.push(Finding::good("identity", identity.clone()));
    }
    found.push(match connection.client_version().await {
        Some(kubectl) => skew(&kubectl, &server),
        None => Finding::problem(
            "kubectl",
            "not on PATH, or it does not say its version",
            "install kubectl of the cluster's version",
        ),
    });
    found.push(nodes(client).await);
    found.push(rights(client).await);
    found.extend(clock(client).await);
    found
}

fn skew(kubectl: &str, server: &str) -> Finding {
    let minor = |version: &str| {
        version
            .split('.')
            .nth(1)?
            .trim_end_matches('+')
            .parse::<u32>()
            .ok()
    };
    match (minor(kubectl), minor(server)) {
        (Some(one), Some(other)) if one.abs_diff(other) > SKEW => Finding::warning(
            "kubectl",
            format!(
                "{kubectl} against a server of {server}: output may differ and some commands fail"
            ),
            format!("install kubectl {server}"),
        ),
        _ => Finding::good("kubectl", kubectl),
    }
}

async fn nodes(client: &Client) -> Finding {
    let nodes = match Api::<Node>::all(client.clone())
        .list(&ListParams::default())
        .await
    {
        Ok(nodes) => nodes.items,
        Err(error) => {
            let next = "labs that look at nodes will fail; ask for the right to list them";
            return Finding::warning("nodes", format!("cannot be listed: {error}"), next);
        }
    };
    let troubles: Vec<String> = nodes.iter().filter_map(trouble).collect();
    if troubles.is_empty() && !nodes.is_empty() {
        return Finding::good("nodes", format!("{} ready", nodes.len()));
    }
    let found = match nodes.is_empty() {
        true => "there is none".to_owned(),
        false => troubles.join("; "),
    };
    Finding::warning("nodes", found, "see kubectl describe nodes")
}

/// What keeps a node from its work, if something does.
fn trouble(node: &Node) -> Option<String> {
    let name = node.metadata.name.as_deref().unwrap_or_default();
    let conditions = node
        .status
        .as_ref()?
        .conditions
        .as_deref()
        .unwrap_or_default();
    let bad = conditions
        .iter()
        .find(|condition| (condition.type_ == "Ready") != (condition.status == "True"))?;
    let message = bad.message.as_deref().unwrap_or_default();
    Some(format!(
        "{name}: {} is {} ({message})",
        bad.type_, bad.status
    ))
}

async fn rights(client: &Client) -> Finding {
    let api: Api<SelfSubjectAccessReview> = Api::all(client.clone());
    let mut missing = Vec::new();
    for (verb, group, resource, subresource) in RIGHTS {
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    verb: Some(verb.to_owned()),
                    group: Some(group.to_owned()),
                    resource: Some(resource.to_owned()),
                    subresource: Some(subresource.to_owned()),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let allowed = match api.create(&PostParams::default(), &review).await {
            Ok(answer) => answer.status.is_some_and(|status| status.allowed),
            Err(error) => {
                let next = "see kubectl auth can-i --list";
                return Finding::warning("rights", format!("cannot be asked: {error}"), next);
            }
        };
        if !allowed {
            let what = match subresource {
                "" => format!("{verb} {resource}"),
                _ => format!("{verb} {resource}/{subresource}"),
            };
            missing.push(what);
        }
    }
    if missing.is_empty() {
        return Finding::good("rights", "namespaces, deployments and exec are allowed");
    }
    let found = format!("not allowed: {}", missing.join(", "));
    Finding::warning(
        "rights",
        found,
        "labs that need them will fail; ask whoever runs the cluster",
    )
}

/// How far the server's clock is from this machine's, by the `Date` of an answer.
async fn clock(client: &Client) -> Option<Finding> {
    let request = http::Request::get("/version")
        .body(kube::client::Body::empty())
        .ok()?;
    let answer = client.send(request).await.ok()?;
    let date = answer.headers().get("date")?.to_str().ok()?;
    let server = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    let apart = Duration::try_from(server.duration_until(jiff::Timestamp::now()).abs()).ok()?;
    Some(match apart > CLOCK {
        true => Finding::warning(
            "time",
            format!(
                "the server's clock is {} s away from this machine's",
                apart.as_secs()
            ),
            "set both by NTP",
        ),
        false => Finding::good("time", "the server's clock agrees with this machine's"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::doctor::Level;

    #[test]
    fn two_minor_versions_apart_is_a_warning() {
        assert_eq!(skew("v1.20.2", "v1.20.2").level, Level::Good);
        assert_eq!(skew("v1.21.0", "v1.20.2").level, Level::Good);
        assert_eq!(skew("v1.32.1", "v1.20.2").level, Level::Warning);
        assert_eq!(skew("v1.27.1", "v1.29+").level, Level::Warning);
    }

    #[test]
    fn a_node_under_pressure_is_in_trouble() {
        let node = |ready: &str, pressure: &str| -> Node {
            serde_json::from_value(serde_json::json!({"metadata": {"name": "a"}, "status": {"conditions": [
                {"type": "MemoryPressure", "status": pressure}, {"type": "Ready", "status": ready}]}}))
            .unwrap()
        };
        assert_eq!(trouble(&node("True", "False")), None);
        assert!(
            trouble(&node("Unknown", "False"))
                .unwrap()
                .contains("Ready is Unknown")
        );
        assert!(
            trouble(&node("True", "True"))
                .unwrap()
                .contains("MemoryPressure")
        );
    }
}
