//! What comes and goes with Kubernetes' releases: labels, keys, fields, columns.
//!
//! Entry points: one test for each. A page was written for one release and is run on another; each row says which.

/// Labels that servers add by themselves since some release: a page from before does not show them.
pub(super) fn is_added_label(label: &str) -> bool {
    const ADDED: [&str; 5] = [
        "apps.kubernetes.io/pod-index=",             // StatefulSet pods, 1.28
        "batch.kubernetes.io/job-name=",             // 1.27
        "batch.kubernetes.io/controller-uid=",       // 1.27
        "batch.kubernetes.io/job-completion-index=", // 1.28
        "kubernetes.io/metadata.name=",              // namespaces, 1.21
    ];
    ADDED.iter().any(|prefix| label.trim().starts_with(prefix))
}

/// Keys of `describe` that came (or went) with a release of kubectl: not showing them is an old page, not a lie.
pub(super) fn is_added_key(key: &str) -> bool {
    const ADDED: [&str; 17] = [
        "Service Account",           // pods, 1.24
        "Node-Selectors",            // pod templates, 1.31
        "Tolerations",               // pod templates, 1.31
        "SeccompProfile",            // pods, 1.25
        "IP Family Policy",          // services, 1.20
        "IP Families",               // services, 1.20
        "IPs",                       // services and pods, 1.16 and later
        "Internal Traffic Policy",   // services, 1.26
        "Session Affinity",          // services, moved
        "Runtime Class Name",        // pods, 1.26
        "VolumeAttributesClass",     // PVs, 1.31
        "VolumeAttributesClassName", // PVCs, 1.31
        "Ingress Class",             // ingresses, 1.22
        "Completion Mode",           // jobs, 1.21
        "Suspend",                   // jobs, 1.24
        "Backoff Limit",             // jobs, 1.32
        "Used By",                   // PVCs, 1.19
    ];
    ADDED.contains(&key)
}

/// Keys that servers put into objects by themselves, by release. A page from before does not show them.
pub(super) fn is_added_field(key: &str) -> bool {
    const ADDED: [&str; 20] = [
        "managedFields",         // 1.18 to 1.20 in every `-o yaml`
        "selfLink",              // gone in 1.24
        "internalTrafficPolicy", // services, 1.22
        "ipFamilies",            // services, 1.20
        "ipFamilyPolicy",        // services, 1.20
        "allocateLoadBalancerNodePorts",
        "clusterIPs",                           // services, 1.20
        "enableServiceLinks",                   // pods, 1.13
        "preemptionPolicy",                     // pods, 1.15
        "podReplacementPolicy",                 // jobs, 1.28
        "completionMode",                       // jobs, 1.21
        "suspend",                              // jobs, 1.21
        "hostIPs",                              // pods, 1.28
        "podIPs",                               // pods, 1.16
        "allocatedResources",                   // pods, 1.33
        "observedGeneration",                   // pod conditions, 1.33
        "terminatingReplicas",                  // deployments, 1.33
        "persistentVolumeClaimRetentionPolicy", // stateful sets, 1.27
        "recursiveReadOnly",                    // mounts, 1.30
        "lastPhaseTransitionTime",              // PVs, 1.28
    ];
    ADDED.contains(&key)
}

/// Keys under which a server notes who set what and when: which manager came first is chance, and nobody reads it.
pub(super) fn is_bookkeeping(key: &str) -> bool {
    key == "managedFields"
}

/// Objects that a cluster makes in every namespace by itself, by release: the ConfigMap with its certificate authority, since 1.20.
pub(super) fn is_added_object(name: &str) -> bool {
    name == "kube-root-ca.crt"
}

/// Columns that came or went with a release.
pub(super) fn column(name: &str) -> bool {
    const COLUMNS: [&str; 20] = [
        "VOLUMEATTRIBUTESCLASS",
        "VOLUMEMODE",
        "TIMEZONE",
        "SECRETS",
        "CLASS",
        "REASON",
        "NODE",
        "IP",
        "NOMINATED NODE",
        "READINESS GATES",
        "CONTAINERS",
        "IMAGES",
        "SELECTOR",
        "ALLOWVOLUMEEXPANSION",
        "RECLAIMPOLICY",
        "VOLUMEBINDINGMODE",
        "DESIRED",
        "CURRENT",
        "APIGROUP",
        "APIVERSION",
    ];
    COLUMNS.contains(&name)
}
