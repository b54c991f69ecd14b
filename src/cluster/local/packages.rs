//! Which Debian packages the programs of a node come from, and how they are found once unpacked.
//!
//! Nothing is installed: the packages are unpacked into the cache and run from there, so no service
//! starts and no file of the machine changes.

use std::path::{Path, PathBuf};

/// The suite whose source package holds the whole of Kubernetes; later ones hold kubectl alone.
pub(crate) const SUITE: &str = "bookworm";

/// What a node runs, with the libraries that a small Debian lacks.
pub(crate) const NODE: &[&str] = &[
    "conntrack",
    "containerd",
    "containernetworking-plugins",
    "etcd-server",
    "iproute2",
    "iptables",
    "jq",
    "libbpf1",
    "libbsd0",
    "libcap2",
    "libelf1",
    "libip4tc2",
    "libip6tc2",
    "libjq1",
    "libmd0",
    "libmnl0",
    "libnetfilter-conntrack3",
    "libnfnetlink0",
    "libnftnl11",
    "libonig5",
    "libseccomp2",
    "libxtables12",
    "runc",
];

/// Programs of [`NODE`] that labs use as well; a lab finds them where the machine has none of its own.
pub(crate) const SPARE: &[&str] = &["jq"];

/// What compiles Kubernetes; needed once.
pub(crate) const BUILD: &[&str] = &[
    "golang-1.19-go",
    "golang-1.19-src",
    "golang-github-modern-go-reflect2-dev",
    "patch",
    "xz-utils",
];

/// A folder into which packages were unpacked.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    pub(crate) dir: PathBuf,
}

impl Tools {
    /// The folders of programs, in the order in which they are searched.
    pub(crate) fn path(&self) -> String {
        ["usr/sbin", "usr/bin", "sbin", "bin"]
            .map(|part| self.dir.join(part).to_string_lossy().into_owned())
            .join(":")
    }

    /// The folders of shared libraries, for `LD_LIBRARY_PATH`.
    pub(crate) fn libraries(&self) -> String {
        ["usr/lib", "lib"]
            .map(|part| {
                self.dir
                    .join(part)
                    .join(triplet())
                    .to_string_lossy()
                    .into_owned()
            })
            .join(":")
    }

    /// The extensions of iptables.
    pub(crate) fn xtables(&self) -> PathBuf {
        self.dir.join("usr/lib").join(triplet()).join("xtables")
    }
}

/// Debian's name for this machine's architecture in library paths.
pub(crate) fn triplet() -> &'static Path {
    Path::new(match std::env::consts::ARCH {
        "aarch64" => "aarch64-linux-gnu",
        _ => "x86_64-linux-gnu",
    })
}
