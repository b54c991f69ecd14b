//! What of a cluster's state is its own business: written by the system, whatever a lab does.
//!
//! One place for all of it. Kinds that are never looked at, objects that the system makes in every
//! namespace, and fields that controllers write into what people own.

use serde_json::Value;

use super::kinds::Kind;
use super::snapshot::Object;

/// Kinds that are not looked at: group, plural, and why.
const KINDS: [(&str, &str, &str); 12] = [
    ("", "events", "what happened, not what is; they expire"),
    ("events.k8s.io", "events", "the same under another name"),
    ("coordination.k8s.io", "leases", "written every few seconds"),
    ("discovery.k8s.io", "endpointslices", "mirror Services"),
    ("", "componentstatuses", "made up for each request"),
    ("metrics.k8s.io", "pods", "measurements"),
    ("metrics.k8s.io", "nodes", "measurements"),
    (
        "extensions",
        "ingresses",
        "networking.k8s.io under its old name",
    ),
    (
        "storage.k8s.io",
        "volumeattachments",
        "follow pods and volumes",
    ),
    (
        "storage.k8s.io",
        "csistoragecapacities",
        "measured by drivers",
    ),
    ("networking.k8s.io", "ipaddresses", "follow Services"),
    (
        "internal.apiserver.k8s.io",
        "storageversions",
        "kept by API servers",
    ),
];

/// Annotations, by the beginning of their names, that controllers write into what people own.
const ANNOTATIONS: [&str; 5] = [
    // Counts the rollouts of a Deployment; putting its template back is one more.
    "deployment.kubernetes.io/revision",
    // When the pods of a Service last changed.
    "endpoints.kubernetes.io/last-change-trigger-time",
    // Who leads, and since when.
    "control-plane.alpha.kubernetes.io/leader",
    // The status of an autoscaler in `autoscaling/v1`.
    "autoscaling.alpha.kubernetes.io/",
    // How many times a DaemonSet was rolled out.
    "deprecated.daemonset.template.generation",
];

/// Fields that controllers write into what people own: group, kind, where, and why.
const FIELDS: [(&str, &str, &str, &str); 4] = [
    (
        "",
        "ServiceAccount",
        "/secrets",
        "tokens that are made for it",
    ),
    (
        "flowcontrol.apiserver.k8s.io",
        "FlowSchema",
        "/metadata/annotations",
        "kept by the API server",
    ),
    ("", "Node", "/spec/podCIDR", "given by the system"),
    ("", "Node", "/spec/podCIDRs", "given by the system"),
];

/// Whether objects of the kind are not looked at.
pub(super) fn is_kind(kind: &Kind) -> bool {
    KINDS
        .iter()
        .any(|(group, plural, _)| kind.group == *group && kind.plural == *plural)
}

/// Whether the system makes the object by itself wherever it belongs, and makes it again when it is deleted.
pub(super) fn is_made_by_system(
    kind: &Kind,
    namespace: Option<&str>,
    name: &str,
    content: &Value,
) -> bool {
    let annotation = |key: &str| content["metadata"]["annotations"][key].as_str();
    match (kind.group.as_str(), kind.kind.as_str()) {
        ("", "ServiceAccount") => name == "default",
        ("", "ConfigMap") => name == "kube-root-ca.crt",
        // Unlike one that somebody asks for, such a token has a name of this form.
        ("", "Secret") => annotation("kubernetes.io/service-account.name")
            .and_then(|account| name.strip_prefix(account)?.strip_prefix("-token-"))
            .is_some_and(|rest| rest.len() == 5),
        // Written by the API server itself.
        ("", "Endpoints") => namespace == Some("default") && name == "kubernetes",
        // One for each served version of a group, those of custom resources too.
        ("apiregistration.k8s.io", "APIService") => content["metadata"]["labels"]
            .get("kube-aggregator.kubernetes.io/automanaged")
            .is_some(),
        // Nodes ask for their own certificates, again and again.
        ("certificates.k8s.io", "CertificateSigningRequest") => content["spec"]["username"]
            .as_str()
            .is_some_and(|user| user.starts_with("system:node:")),
        _ => false,
    }
}

/// Takes out of an object's content what is the system's own business; `controlled`: another object decides what it holds.
pub(super) fn strip(kind: &Kind, controlled: bool, content: &mut Value) {
    for (group, name, pointer, _) in FIELDS {
        if kind.group == group && kind.kind == name {
            remove(content, pointer);
        }
    }
    if controlled {
        // A Deployment counts its ReplicaSets' pods and copies its annotations to them.
        remove(content, "/metadata/annotations");
        remove(content, "/spec/replicas");
    }
    if let Some(annotations) = content
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.retain(|key, _| !ANNOTATIONS.iter().any(|noise| key.starts_with(noise)));
        if annotations.is_empty() {
            remove(content, "/metadata/annotations");
        }
    }
    if let Some(finalizers) = content
        .pointer_mut("/metadata/finalizers")
        .and_then(Value::as_array_mut)
    {
        finalizers.retain(|one| !one.as_str().is_some_and(is_system_finalizer));
        if finalizers.is_empty() {
            remove(content, "/metadata/finalizers");
        }
    }
    // An aggregated role has the rules of others.
    if kind.kind == "ClusterRole" && content.get("aggregationRule").is_some() {
        remove(content, "/rules");
    }
    // Taints that say how a node is, as opposed to those that people set.
    if kind.kind == "Node"
        && let Some(taints) = content
            .pointer_mut("/spec/taints")
            .and_then(Value::as_array_mut)
    {
        taints.retain(|taint| {
            !taint["key"]
                .as_str()
                .is_some_and(|key| key.starts_with("node.kubernetes.io/"))
        });
        if taints.is_empty() {
            remove(content, "/spec/taints");
        }
    }
}

/// Gives a content that is to be put back the fields that are the system's own business from the object as it is now.
pub(super) fn carry(kind: &Kind, from: &Value, to: &mut Value) {
    for (group, name, pointer, _) in FIELDS {
        if kind.group == group
            && kind.kind == name
            && let Some((parent, key)) = pointer.rsplit_once('/')
        {
            match (
                from.pointer(pointer),
                to.pointer_mut(parent).and_then(Value::as_object_mut),
            ) {
                (Some(value), Some(parent)) => drop(parent.insert(key.to_owned(), value.clone())),
                (None, Some(parent)) => drop(parent.remove(key)),
                (_, None) => {}
            }
        }
    }
}

/// Finalizers that controllers of Kubernetes itself set and take away.
pub(super) fn is_system_finalizer(finalizer: &str) -> bool {
    let (domain, _) = finalizer.split_once('/').unwrap_or((finalizer, ""));
    matches!(domain, "foregroundDeletion" | "orphan" | "kubernetes")
        || domain == "kubernetes.io"
        || domain.ends_with(".kubernetes.io")
}

/// Finalizers that the API server and kube-controller-manager of any cluster answer themselves; whoever sets another of Kubernetes'
/// own, a cloud's or a storage driver's, may be nowhere.
const ANSWERED: [&str; 9] = [
    "foregroundDeletion",
    "orphan",
    "kubernetes",
    "kubernetes.io/pv-protection",
    "kubernetes.io/pvc-protection",
    "kubernetes.io/vac-protection",
    "customresourcecleanup.apiextensions.k8s.io",
    "batch.kubernetes.io/job-tracking",
    "networking.k8s.io/service-cidr-finalizer",
];

/// Whether somebody in every cluster answers a finalizer: without it objects behind it would be lost, not deleted.
pub(super) fn is_answered_finalizer(finalizer: &str) -> bool {
    ANSWERED.contains(&finalizer)
}

/// Whether an Endpoints object mirrors a Service, rather than being written by hand.
pub(super) fn mirrors(object: &Object) -> bool {
    object.kind.group.is_empty() && object.kind.kind == "Endpoints"
}

fn remove(content: &mut Value, pointer: &str) {
    if let Some((parent, key)) = pointer.rsplit_once('/')
        && let Some(parent) = content.pointer_mut(parent).and_then(Value::as_object_mut)
    {
        parent.remove(key);
    }
}
