//! What the API server refuses: no right to it, a quota, a namespace that ends, a webhook, a policy.

use std::sync::LazyLock;

use kube::Resource;
use regex::Regex;

use super::super::scene::Scene;
use super::brief;

static FORBIDDEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"User "(?P<who>[^"]+)" cannot (?P<verb>\w+) resource "(?P<what>[^"]+)"(?: in API group "(?P<group>[^"]*)")?(?: in the namespace "(?P<where>[^"]+)")?"#,
    )
    .expect("the pattern is valid")
});
static QUOTA: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"exceeded quota: (?P<rest>[^\n]+)").expect("the pattern is valid")
});
static WEBHOOK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"admission webhook "(?P<who>[^"]+)" denied the request:?\s*(?P<why>[^\n]*)"#)
        .expect("the pattern is valid")
});
/// A webhook that gives no answer is a fault of its own, and no refusal.
static NO_ANSWER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"failed calling webhook "(?P<who>[^"]+)":(?: failed to call webhook:)?\s*(?:(?:Post|Get) "(?P<at>[^"]+)":\s*)?(?P<why>[^\n]*)"#)
        .expect("the pattern is valid")
});
static ENDING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"unable to create new content in namespace (?P<where>\S+) because it is being terminated",
    )
    .expect("the pattern is valid")
});
static POLICY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"violates PodSecurity|unable to validate against any pod security policy")
        .expect("the pattern is valid")
});

/// What kubectl repeats of the refusal.
pub(super) fn in_output(output: &str) -> Option<String> {
    refusal(output)
}

/// What a controller met when it made pods.
pub(super) fn cause(scene: &Scene) -> Option<String> {
    let sets = scene.replica_sets.iter().map(Resource::meta);
    let sets = sets.chain(scene.stateful_sets.iter().map(Resource::meta));
    let sets = sets.chain(scene.daemon_sets.iter().map(Resource::meta));
    let mut makers = sets.chain(scene.jobs.iter().map(Resource::meta));
    makers.find_map(|maker| {
        let message = scene.messages(maker, "FailedCreate").into_iter().next()?;
        let name = maker.name.as_deref().unwrap_or_default();
        let message = message.trim_start_matches("(combined from similar events): ");
        let why = refusal(message).unwrap_or_else(|| brief(message));
        Some(format!("no pods can be made for {name}: {why}"))
    })
}

fn refusal(text: &str) -> Option<String> {
    if let Some(found) = QUOTA.captures(text) {
        return Some(format!("the quota is used up ({})", brief(&found["rest"])));
    }
    if let Some(found) = FORBIDDEN.captures(text) {
        let group = found
            .name("group")
            .map(|group| group.as_str())
            .filter(|group| !group.is_empty());
        let what = group.map_or_else(
            || found["what"].to_owned(),
            |group| format!("{}.{group}", &found["what"]),
        );
        let place = found.name("where").map_or_else(String::new, |place| {
            format!(" in namespace \"{}\"", place.as_str())
        });
        return Some(format!(
            "\"{}\" has no right to {} {what}{place} (RBAC)",
            &found["who"], &found["verb"]
        ));
    }
    if let Some(found) = WEBHOOK.captures(text) {
        return Some(format!(
            "the admission webhook \"{}\" denied it ({})",
            &found["who"],
            brief(&found["why"])
        ));
    }
    if let Some(found) = NO_ANSWER.captures(text) {
        let at = found
            .name("at")
            .map_or_else(String::new, |at| format!(" at {}", at.as_str()));
        return Some(format!(
            "the admission webhook \"{}\", which must be asked, does not answer{at} ({})",
            &found["who"],
            brief(&found["why"])
        ));
    }
    if let Some(found) = ENDING.captures(text) {
        return Some(format!(
            "namespace \"{}\" is being deleted, so nothing new can be made in it",
            &found["where"]
        ));
    }
    let policy = text.lines().find(|line| POLICY.is_match(line))?;
    Some(format!(
        "a policy of the cluster refuses it ({})",
        brief(policy)
    ))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, event};
    use super::in_output;
    use serde_json::json;

    #[test]
    fn refusals_are_told_with_who_and_what() {
        for (output, cause) in [
            (
                "Error from server (Forbidden): deployments.apps is forbidden: User \"system:serviceaccount:x:joe\" cannot list resource \
                 \"deployments\" in API group \"apps\" in the namespace \"x\"",
                Some(
                    "\"system:serviceaccount:x:joe\" has no right to list deployments.apps in namespace \"x\" (RBAC)",
                ),
            ),
            (
                "Error from server (Forbidden): nodes is forbidden: User \"joe\" cannot get resource \"nodes\" in API group \"\" at the cluster scope",
                Some("\"joe\" has no right to get nodes (RBAC)"),
            ),
            (
                "Error from server (Forbidden): pods \"b\" is forbidden: exceeded quota: one, requested: pods=1, used: pods=1, limited: pods=1",
                Some(
                    "the quota is used up (one, requested: pods=1, used: pods=1, limited: pods=1)",
                ),
            ),
            (
                "Error from server: admission webhook \"v.example.com\" denied the request: no latest tags",
                Some("the admission webhook \"v.example.com\" denied it (no latest tags)"),
            ),
            (
                "Error from server (InternalError): Internal error occurred: failed calling webhook \"v.example.com\": Post \
                 \"https://nobody.x.svc:443/?timeout=2s\": service \"nobody\" not found",
                Some(
                    "the admission webhook \"v.example.com\", which must be asked, does not answer at \
                     https://nobody.x.svc:443/?timeout=2s (service \"nobody\" not found)",
                ),
            ),
            (
                "Error from server (Forbidden): pods \"web\" is forbidden: unable to create new content in namespace x because it is being terminated",
                Some("namespace \"x\" is being deleted, so nothing new can be made in it"),
            ),
            ("pod/web created", None),
        ] {
            assert_eq!(in_output(output).as_deref(), cause, "{output}");
        }
    }

    #[test]
    fn a_set_that_may_not_make_its_pods() {
        let set = json!({"kind": "ReplicaSet", "metadata": {"name": "web-1", "uid": "u"}, "spec": {"selector": {}}});
        let failed = event(
            "FailedCreate",
            "Error creating: pods \"web-1-a\" is forbidden: exceeded quota: one, limited: pods=1",
        );
        check(
            &[set, failed],
            "no pods can be made for web-1: the quota is used up (one, limited: pods=1)",
        );
    }
}
