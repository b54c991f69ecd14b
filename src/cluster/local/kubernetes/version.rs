//! Versions of Kubernetes that a local cluster can have.

use std::fmt;

use crate::cluster::local::error::LocalError;

/// The oldest minor version whose programs these command lines are for: the one that Debian has the source of.
const OLDEST: u32 = 20;

/// The newest one. From 1.38 on kubelet asks containerd for the cgroup driver (`RuntimeConfig`), which Debian
/// bookworm's containerd 1.6 does not tell (kubernetes/website#55809, containerd/containerd#8722).
const NEWEST: u32 = 37;

/// A released version of Kubernetes 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    /// The second number.
    pub(crate) minor: u32,
    /// The third.
    pub(crate) patch: u32,
}

impl Version {
    /// Reads `1.31.0` or `v1.31.0`.
    pub(crate) fn parse(text: &str) -> Result<Self, LocalError> {
        let wrong = |reason: String| LocalError::Version {
            version: text.to_owned(),
            reason,
        };
        let numbers: Option<Vec<u32>> = text
            .strip_prefix('v')
            .unwrap_or(text)
            .split('.')
            .map(number)
            .collect();
        let Some(&[1, minor, patch]) = numbers.as_deref() else {
            return Err(wrong(
                "is not a released version: three numbers, such as 1.31.0".to_owned(),
            ));
        };
        if !(OLDEST..=NEWEST).contains(&minor) {
            return Err(wrong(format!(
                "cannot run here: a local cluster can have 1.{OLDEST} to 1.{NEWEST}; for another one name a \
                 cluster with --cluster kind or --cluster context:NAME"
            )));
        }
        Ok(Self { minor, patch })
    }
}

/// Digits and nothing else; `parse` alone would take a sign.
fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}.{}", self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_and_without_the_v() {
        for (text, minor, patch) in [("1.20.2", 20, 2), ("v1.34.11", 34, 11), ("1.37.0", 37, 0)] {
            let version = Version::parse(text).unwrap();
            assert_eq!((version.minor, version.patch), (minor, patch));
            assert_eq!(version.to_string(), text.trim_start_matches('v'));
        }
    }

    #[test]
    fn what_is_no_version_or_cannot_run_is_refused_with_the_way_out() {
        for (text, part) in [
            ("1.31", "three numbers"),
            ("latest", "three numbers"),
            ("2.0.0", "three numbers"),
            ("1.31.0-rc.1", "three numbers"),
            ("1.+31.0", "three numbers"),
            ("../1.31.0", "three numbers"),
            ("", "three numbers"),
            ("1.19.16", "1.20 to 1.37"),
            ("1.38.0", "--cluster kind"),
        ] {
            let message = Version::parse(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
