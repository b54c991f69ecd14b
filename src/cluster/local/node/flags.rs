//! Flags and settings that not every version of Kubernetes takes.
//!
//! Everything else that [`component`](super::component) writes is taken by all versions that a local cluster can
//! have; [`FLAGS`] also names flags that people know from elsewhere and that must not come back.

/// A flag of a program and the minor versions in which the program takes it.
#[derive(Debug)]
pub(crate) struct Flag {
    program: &'static str,
    name: &'static str,
    /// What labproof gives it; without one, labproof never passes it.
    value: Option<&'static str>,
    /// The first minor version that takes it, as far as a local cluster can have it.
    from: u32,
    /// The last one.
    until: u32,
}

const EVER: u32 = u32::MAX;

/// Sources: the pull request that removed or added it, or the changelog of the version.
pub(crate) const FLAGS: &[Flag] = &[
    // kubernetes/kubernetes#114017: `remote` had been the only value since 1.24; gone in 1.27.
    flag("kubelet", "container-runtime", Some("remote"), 20, 26),
    // With dockershim, in 1.24 (CHANGELOG-1.24).
    flag("kubelet", "network-plugin", None, 20, 23),
    flag("kubelet", "cni-bin-dir", None, 20, 23),
    flag("kubelet", "cni-conf-dir", None, 20, 23),
    // kubernetes/kubernetes#133779; containerd's own `sandbox_image` says which it is, in every version.
    flag("kubelet", "pod-infra-container-image", None, 20, 34),
    // Azure/karpenter-provider-azure#1543 names both.
    flag("kubelet", "keep-terminated-pod-volumes", None, 20, 30),
    flag("kubelet", "cloud-config", None, 20, 33),
    // kubernetes/kubernetes#95856: without effect since 1.20, gone in 1.24.
    flag("kube-apiserver", "insecure-port", None, 20, 23),
    flag("kube-controller-manager", "port", None, 20, 23),
    flag("kube-scheduler", "port", None, 20, 23),
    // An API server takes progress requests only of etcd 3.4.31 and newer (kubernetes/kubernetes#124612), and
    // bookworm's is 3.4.23: watches that begin with a list, on by default from 1.32 on and used by clients from
    // 1.35 on, would fail with status 500 inside the stream. Refused as a whole (422), clients list instead
    // (KEP 3157). Lists that want the cache fall back by themselves.
    flag(
        "kube-apiserver",
        "feature-gates",
        Some("WatchList=false"),
        32,
        EVER,
    ),
];

const fn flag(
    program: &'static str,
    name: &'static str,
    value: Option<&'static str>,
    from: u32,
    until: u32,
) -> Flag {
    Flag {
        program,
        name,
        value,
        from,
        until,
    }
}

/// The arguments that a program gets in this minor version and not in others.
pub(crate) fn of(program: &str, minor: u32) -> impl Iterator<Item = String> {
    FLAGS
        .iter()
        .filter(move |flag| flag.program == program && (flag.from..=flag.until).contains(&minor))
        .filter_map(|flag| Some(format!("--{}={}", flag.name, flag.value?)))
}

/// Settings of kubelet's configuration that came later than 1.20.
pub(crate) fn kubelet_settings(minor: u32) -> serde_json::Map<String, serde_json::Value> {
    let mut settings = serde_json::Map::new();
    // From 1.35 on kubelet refuses a machine with the first cgroup hierarchy unless told not to
    // (kubernetes/kubernetes#134298); the setting is there since 1.31 (KEP 4569).
    if minor >= 31 {
        settings.insert("failCgroupV1".to_owned(), false.into());
    }
    settings
}

/// Whether a ServiceAccount gets a Secret with a token of its own: until 1.23
/// (`LegacyServiceAccountTokenNoAutoGeneration`, CHANGELOG-1.24).
pub(crate) fn accounts_have_secrets(minor: u32) -> bool {
    minor <= 23
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// No argument is one that the program does not take in this version.
    pub(crate) fn assert_taken(program: &str, arguments: &[String], minor: u32) {
        for flag in FLAGS.iter().filter(|flag| flag.program == program) {
            let given = arguments
                .iter()
                .filter(|argument| argument.split('=').next() == Some(&format!("--{}", flag.name)))
                .count();
            let takes = (flag.from..=flag.until).contains(&minor);
            let expected = usize::from(takes && flag.value.is_some());
            assert_eq!(given, expected, "1.{minor}: {program} --{}", flag.name);
        }
    }

    #[test]
    fn the_runtime_is_named_only_where_kubelet_knows_the_flag() {
        for (minor, flags) in [
            (20, vec!["--container-runtime=remote"]),
            (24, vec!["--container-runtime=remote"]),
            (26, vec!["--container-runtime=remote"]),
            (27, vec![]),
            (34, vec![]),
        ] {
            assert_eq!(of("kubelet", minor).collect::<Vec<_>>(), flags, "1.{minor}");
        }
    }

    #[test]
    fn what_came_later_is_not_said_to_older_versions() {
        for (minor, gates, settings) in [(20, 0, 0), (30, 0, 0), (31, 0, 1), (32, 1, 1), (35, 1, 1)]
        {
            assert_eq!(of("kube-apiserver", minor).count(), gates, "1.{minor}");
            assert_eq!(kubelet_settings(minor).len(), settings, "1.{minor}");
        }
    }
}
