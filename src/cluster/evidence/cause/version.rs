//! A page that is written for another version of Kubernetes than the cluster's.
//!
//! The tables are from the changelogs and the deprecation guide of Kubernetes; a field is listed with the version whose API
//! has it first, as an alpha one or not, because that is where it stops being unknown.

use std::sync::LazyLock;

use regex::Regex;

static NO_KIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"no matches for kind "(?P<kind>[^"]+)" in version "(?P<api>[^"]+)""#)
        .expect("the pattern is valid")
});
static NO_FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"ValidationError\((?P<place>[^)]+)\): unknown field "(?P<field>[^"]+)""#)
        .expect("the pattern is valid")
});
static NOT_UNDERSTOOD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"unknown (?:command "(?P<command>[^"]+)" for "kubectl"|(?:shorthand )?flag: '?(?P<flag>-[^\s']+))|unrecognized condition: "(?P<condition>jsonpath)="#,
    )
    .expect("the pattern is valid")
});

/// Kinds, and the minor version of Kubernetes 1 that serves them first.
const KINDS: &[(&str, &str, u32)] = &[
    ("batch/v1", "CronJob", 21),
    ("policy/v1", "PodDisruptionBudget", 21),
    ("discovery.k8s.io/v1", "EndpointSlice", 21),
    ("autoscaling/v2", "HorizontalPodAutoscaler", 23),
    ("storage.k8s.io/v1", "CSIStorageCapacity", 24),
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicy",
        30,
    ),
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingAdmissionPolicyBinding",
        30,
    ),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", 29),
    ("networking.k8s.io/v1", "Ingress", 19),
    ("networking.k8s.io/v1", "IngressClass", 19),
    ("node.k8s.io/v1", "RuntimeClass", 20),
    ("networking.k8s.io/v1", "ServiceCIDR", 33),
    ("resource.k8s.io/v1", "ResourceClaim", 34),
    ("resource.k8s.io/v1", "ResourceClaimTemplate", 34),
    ("resource.k8s.io/v1", "DeviceClass", 34),
];

/// Kinds, and the minor version that serves them no more.
const GONE: &[(&str, &str, u32)] = &[
    ("extensions/v1beta1", "Deployment", 16),
    ("extensions/v1beta1", "DaemonSet", 16),
    ("apps/v1beta1", "Deployment", 16),
    ("apps/v1beta2", "Deployment", 16),
    ("apps/v1beta1", "StatefulSet", 16),
    ("apps/v1beta2", "StatefulSet", 16),
    ("extensions/v1beta1", "Ingress", 22),
    ("networking.k8s.io/v1beta1", "Ingress", 22),
    (
        "apiextensions.k8s.io/v1beta1",
        "CustomResourceDefinition",
        22,
    ),
    ("rbac.authorization.k8s.io/v1beta1", "ClusterRole", 22),
    ("batch/v1beta1", "CronJob", 25),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", 25),
    ("policy/v1beta1", "PodDisruptionBudget", 25),
    ("policy/v1beta1", "PodSecurityPolicy", 25),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", 25),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", 26),
];

/// Fields, what their place ends with, and the minor version that has them first.
const FIELDS: &[(&str, &str, u32)] = &[
    ("grpc", "Probe", 23),
    ("completionMode", "spec", 21),
    ("suspend", "spec", 21),
    ("podFailurePolicy", "spec", 25),
    ("backoffLimitPerIndex", "spec", 28),
    ("maxFailedIndexes", "spec", 28),
    ("successPolicy", "spec", 30),
    ("timeZone", "spec", 24),
    ("minReadySeconds", "spec", 22),
    ("persistentVolumeClaimRetentionPolicy", "spec", 23),
    ("ordinals", "spec", 26),
    ("internalTrafficPolicy", "spec", 21),
    ("loadBalancerClass", "spec", 21),
    ("trafficDistribution", "spec", 30),
    ("unhealthyPodEvictionPolicy", "spec", 26),
    ("hostUsers", "spec", 25),
    ("os", "spec", 23),
    ("schedulingGates", "spec", 26),
    ("resizePolicy", "]", 27),
    ("restartPolicy", "]", 28),
    ("matchLabelKeys", "]", 25),
    ("minDomains", "]", 24),
];

/// What kubectl itself has learnt, and when.
const KUBECTL: &[(&str, u32)] = &[
    ("events", 26),
    ("kuberc", 33),
    ("--subresource", 24),
    ("--show-managed-fields", 21),
    ("jsonpath", 23),
];

/// What kubectl says of a kind or field that the cluster does not know, where its version explains that.
pub(super) fn in_output(output: &str, server: Option<&str>) -> Option<String> {
    let version = server?;
    let minor = minor_of(version)?;
    let is = format!("the cluster is {}", version.trim_start_matches('v'));
    if let Some(found) = NO_KIND.captures(output) {
        let (kind, api) = (&found["kind"], &found["api"]);
        let when = |table: &[(&str, &str, u32)]| {
            let found = table.iter().find(|(a, k, _)| *a == api && *k == kind);
            found.map(|(_, _, minor)| *minor)
        };
        if let Some(since) = when(KINDS).filter(|since| minor < *since) {
            return Some(format!("{is}: {api} {kind} needs 1.{since} or newer"));
        }
        if let Some(until) = when(GONE).filter(|until| minor >= *until) {
            return Some(format!("{is}: {api} {kind} went with 1.{until}"));
        }
        return Some(format!(
            "{is} and serves no {kind} of {api}: it is of another version, or what defines it is not installed"
        ));
    }
    if let Some(found) = NO_FIELD.captures(output) {
        let (place, field) = (&found["place"], &found["field"]);
        let since = FIELDS
            .iter()
            .find(|(name, end, since)| *name == field && place.ends_with(end) && minor < *since);
        return Some(match since {
            Some((_, _, since)) => {
                format!("{is}: the field `{field}` in {place} needs 1.{since} or newer")
            }
            None => {
                format!("{is} and knows no field `{field}` in {place}: it is newer, or misspelt")
            }
        });
    }
    // Clusters that labproof makes come with the kubectl of their version.
    let found = NOT_UNDERSTOOD.captures(output)?;
    let what = ["command", "flag", "condition"]
        .iter()
        .find_map(|name| found.name(name))?
        .as_str();
    let (_, since) = KUBECTL
        .iter()
        .find(|(name, since)| *name == what && minor < *since)?;
    Some(format!(
        "{is}: `{what}` needs a kubectl of 1.{since} or newer"
    ))
}

/// The minor version of `v1.20.2` or `v1.29.3-eks-1`.
fn minor_of(version: &str) -> Option<u32> {
    let mut parts = version.trim_start_matches('v').split('.');
    parts.next().filter(|major| *major == "1")?;
    let minor = parts.next()?;
    minor.trim_end_matches('+').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, server: &str, expected: Option<&str>) {
        assert_eq!(
            in_output(output, Some(server)).as_deref(),
            expected,
            "{output}"
        );
    }

    #[test]
    fn kinds_of_other_versions() {
        let unable = |api: &str, kind: &str| {
            format!(
                "error: unable to recognize \"x.yaml\": no matches for kind \"{kind}\" in version \"{api}\""
            )
        };
        check(
            &unable("batch/v1", "CronJob"),
            "v1.20.2",
            Some("the cluster is 1.20.2: batch/v1 CronJob needs 1.21 or newer"),
        );
        check(
            &unable("batch/v1beta1", "CronJob"),
            "v1.29.1-eks-508b6b3",
            Some("the cluster is 1.29.1-eks-508b6b3: batch/v1beta1 CronJob went with 1.25"),
        );
        check(
            &unable("shop.example/v1", "Cart"),
            "v1.20.2",
            Some(
                "the cluster is 1.20.2 and serves no Cart of shop.example/v1: it is of another version, or what defines it \
                 is not installed",
            ),
        );
        assert_eq!(in_output(&unable("batch/v1", "CronJob"), None), None);
    }

    #[test]
    fn fields_and_commands_of_other_versions() {
        let invalid = |place: &str, field: &str| {
            format!(
                "error: error validating \"x.yaml\": error validating data: ValidationError({place}): unknown field \"{field}\" in io.k8s.x"
            )
        };
        check(
            &invalid("Pod.spec.containers[0].livenessProbe", "grpc"),
            "v1.20.2",
            Some(
                "the cluster is 1.20.2: the field `grpc` in Pod.spec.containers[0].livenessProbe needs 1.23 or newer",
            ),
        );
        check(
            &invalid("Pod.spec", "restartPolice"),
            "v1.20.2",
            Some(
                "the cluster is 1.20.2 and knows no field `restartPolice` in Pod.spec: it is newer, or misspelt",
            ),
        );
        check(
            "error: unknown command \"events\" for \"kubectl\"",
            "v1.20.2",
            Some("the cluster is 1.20.2: `events` needs a kubectl of 1.26 or newer"),
        );
        check(
            "error: unknown command \"evnts\" for \"kubectl\"",
            "v1.20.2",
            None,
        );
        check("pod/web created", "v1.20.2", None);
    }
}
