//! What can go wrong with a local cluster, one variant for each thing a person can act on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::paths::{cache_root, state_root};
use crate::cluster::disk::{self, Disk};

/// Why a local cluster could not be brought up, used or taken down; each message names the cause
/// and the next step.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The operating system is not Linux.
    #[error(
        "a local cluster needs Linux; name a cluster that you have with --cluster context:NAME instead"
    )]
    NotLinux,
    /// The process lacks root's rights.
    #[error(
        "a local cluster needs root (namespaces, mounts and cgroups); run this with sudo, or name a \
         cluster that you have with --cluster context:NAME"
    )]
    NotRoot,
    /// The machine has no Debian packages to take the programs from.
    #[error(
        "a local cluster is made from Debian's packages, and this machine {found}; name a cluster \
         that you have with --cluster context:NAME"
    )]
    NotDebian {
        /// What was found in place of Debian, as the end of a sentence.
        found: String,
    },
    /// A version of Kubernetes that cannot be had here.
    #[error("Kubernetes {version:?} {reason}")]
    Version {
        /// The version as it was given.
        version: String,
        /// What is wrong with it, and what to do instead.
        reason: String,
    },
    /// A mirror that is no address.
    #[error(
        "{address:?} is no mirror of Kubernetes' releases: it has to be an address such as \
         https://mirror.example.org/kubernetes, below which v1.31.0/bin/linux/amd64/kubelet is found"
    )]
    Mirror {
        /// The mirror as it was given.
        address: String,
    },
    /// The release site or mirror does not have a version.
    #[error(
        "there is no Kubernetes v{version} at {address}; choose a version that has been released, or a mirror that \
         has it with --mirror URL"
    )]
    NoRelease {
        /// The version.
        version: String,
        /// What was looked for.
        address: String,
    },
    /// The release site or mirror cannot be reached.
    #[error(
        "{address} cannot be reached: {reason}; name a mirror with --mirror URL (or LABPROOF_MIRROR), or leave \
         --kubernetes-version out for the version that is built from Debian's source"
    )]
    Unreachable {
        /// What was asked for.
        address: String,
        /// The system's reason.
        reason: String,
    },
    /// The release site or mirror answers something that cannot be used.
    #[error(
        "{address} could not be fetched: {reason}; running the command again goes on where it stopped, and \
         --mirror URL names another site"
    )]
    Site {
        /// What was asked for.
        address: String,
        /// What came instead.
        reason: String,
    },
    /// A download is not what its checksum says.
    #[error(
        "{address} does not have the checksum that is published beside it (SHA-256 {found}, not {wanted}); it was \
         thrown away and nothing of it was run; run the command again, or name another site with --mirror URL"
    )]
    Checksum {
        /// What was fetched.
        address: String,
        /// The published checksum.
        wanted: String,
        /// The checksum of what came.
        found: String,
    },
    /// A running cluster has another version than is wanted.
    #[error(
        "the cluster {name} runs Kubernetes v{has} and v{wanted} is wanted; end it with: labproof cluster down \
         --name {name}, or take another name"
    )]
    OtherVersion {
        /// The cluster's name.
        name: String,
        /// Its version.
        has: String,
        /// The version that it shall have.
        wanted: String,
    },
    /// Programs in the cache that a running cluster uses are not what was put there.
    #[error(
        "{} has changed since it was put into the cache, and a running cluster uses it; end the local clusters \
         (labproof cluster status lists them), then it is made again", .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The download of packages was not confirmed; whoever was asked has seen their names.
    #[error(
        "the local cluster needs {} downloads that are not in {} yet; say --yes to fetch them \
         (they are unpacked there, not installed)", .packages.len(), .cache.display()
    )]
    Declined {
        /// The packages, and versions of Kubernetes, that would have been fetched.
        packages: Vec<String>,
        /// Where they would have been kept.
        cache: PathBuf,
    },
    /// apt-get ended with an error.
    #[error(
        "apt-get could not {doing}:\n{tail}\ncheck that the Debian mirror can be reached (apt-get update)"
    )]
    Apt {
        /// What it was asked to do.
        doing: String,
        /// The last lines that it printed.
        tail: String,
    },
    /// A file system has no room left.
    #[error("{} cannot be {doing}: there is no room on {disk}; {}", .path.display(), make_room(.path))]
    DiskFull {
        /// What was done with it, as a participle.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The disk that it is on.
        disk: Disk,
    },
    /// A file system has less room than the work needs.
    #[error(
        "{} has {free_mb} MB free and {needed_mb} MB are needed; {}", .path.display(), make_room(.path)
    )]
    LittleRoom {
        /// A folder on the file system.
        path: PathBuf,
        /// Room that the work needs.
        needed_mb: u64,
        /// Room that there is.
        free_mb: u64,
    },
    /// Kubernetes did not compile.
    #[error(
        "building Kubernetes failed:\n{tail}\nthe whole log is in {}; running the command again goes on \
         where it stopped", .log.display()
    )]
    Build {
        /// The last lines of the log.
        tail: String,
        /// The whole log.
        log: PathBuf,
    },
    /// A program of the node ended on its own.
    #[error(
        "{component} ended ({status}) and the cluster with it; its last words:\n{tail}\nthe whole log is in {}",
        .log.display()
    )]
    ComponentDied {
        /// The program's name.
        component: String,
        /// How it ended.
        status: String,
        /// The last lines of its log.
        tail: String,
        /// The whole log.
        log: PathBuf,
    },
    /// The cluster did not become ready in time.
    #[error(
        "the cluster was not ready after {} s, still waiting for {waiting_for}; the logs are in {}; on a \
         busy machine trying again may help", .after.as_secs(), .logs.display()
    )]
    NotReady {
        /// What was still missing.
        waiting_for: String,
        /// How long it was waited for.
        after: Duration,
        /// The folder of the logs.
        logs: PathBuf,
    },
    /// The node could not set up its surroundings.
    #[error("the node could not be set up: {reason}; the log is in {}", .log.display())]
    Node {
        /// What the node said.
        reason: String,
        /// The node's own log.
        log: PathBuf,
    },
    /// The kernel refuses namespaces to this process.
    #[error(
        "this machine does not permit new namespaces ({reason}); in a container, start it with --privileged, \
         or name a cluster that you have with --cluster context:NAME"
    )]
    Namespaces {
        /// What `unshare` said.
        reason: String,
    },
    /// A cluster name that cannot be used in paths.
    #[error(
        "{name:?} cannot name a cluster: 1 to 24 lower-case letters, digits and dashes, a letter first"
    )]
    BadName {
        /// The name as it was given.
        name: String,
    },
    /// A live cluster was expected.
    #[error("the cluster {name} is no longer running; bring it up with: labproof cluster up")]
    Gone {
        /// The cluster's name.
        name: String,
    },
    /// More nodes than a local cluster can have.
    #[error(
        "a local cluster has 1 to {most} nodes, and {wanted} are wanted; name a larger cluster that you have \
         with --cluster context:NAME"
    )]
    ManyNodes {
        /// The nodes that it shall have.
        wanted: u8,
        /// The most that it can have.
        most: u8,
    },
    /// A running cluster is too small.
    #[error(
        "the cluster {name} runs with {has} node(s) and {wanted} are wanted; end it with: labproof cluster \
         down --name {name}, and bring it up with: labproof cluster up --name {name} --nodes {wanted}"
    )]
    FewNodes {
        /// The cluster's name.
        name: String,
        /// Its nodes.
        has: u8,
        /// The nodes that it shall have.
        wanted: u8,
    },
    /// An image recipe is wrong.
    #[error("{}: {reason}", .path.display())]
    Recipe {
        /// The recipe's file.
        path: PathBuf,
        /// What is wrong, with line and column where they are known.
        reason: String,
    },
    /// An image could not be made or loaded.
    #[error("the image {image} {reason}")]
    Image {
        /// The image's full name.
        image: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A program of the machine failed.
    #[error("{program} failed: {tail}")]
    Tool {
        /// The program and what it was to do.
        program: String,
        /// The last lines that it printed.
        tail: String,
    },
    /// Certificates could not be made.
    #[error("making the cluster's certificates failed: {0}")]
    Certificates(#[from] rcgen::Error),
    /// A file could not be read or written.
    #[error("{} cannot be {doing}: {source}", .path.display())]
    Io {
        /// What was done with it, as a participle.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl LocalError {
    /// Wraps an I/O error; a full disk becomes [`LocalError::DiskFull`].
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| match Disk::of(&path).filter(|_| disk::is_full(&source)) {
            Some(disk) => Self::DiskFull { doing, path, disk },
            None => Self::Io {
                doing,
                path,
                source,
            },
        }
    }

    /// The same where a program said that there was no room; `None` where it said something else.
    pub(crate) fn full(doing: &'static str, path: &Path, said: &str) -> Option<Self> {
        let disk = Disk::of(path).filter(|_| disk::says_full(said))?;
        let path = path.to_path_buf();
        Some(Self::DiskFull { doing, path, disk })
    }
}

/// The next step where the disk of a path is full.
fn make_room(path: &Path) -> String {
    let variable = [
        (cache_root(), "LABPROOF_CACHE"),
        (state_root(), "XDG_RUNTIME_DIR"),
    ];
    let moved = variable
        .iter()
        .find(|(folder, _)| path.starts_with(folder))
        .map(|(_, name)| format!(", or set {name} to a folder on another disk"));
    format!("free some space{}", moved.unwrap_or_default())
}

/// The last `lines` lines of `text`, for a message.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// What a program said about why it ended: its last fatal message, or else its last lines.
pub(crate) fn last_words(log: &str) -> String {
    let lines: Vec<&str> = log.trim_end().lines().collect();
    let fatal = lines.iter().rposition(|line| {
        let mut start = line.bytes();
        let logged = start.next() == Some(b'F') && start.take(4).all(|byte| byte.is_ascii_digit());
        logged
            || ["panic: ", "fatal error: ", "Error: ", "error: "]
                .iter()
                .any(|mark| line.starts_with(mark))
    });
    match fatal {
        Some(at) => lines[at..]
            .iter()
            .take(3)
            .copied()
            .collect::<Vec<_>>()
            .join("\n"),
        None => tail(log, 8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_the_fatal_message_not_the_trace_below_it() {
        let log = "I1121 07:00:00 a\nF1121 07:00:01 no such file\ngoroutine 1 [running]:\nmain()\n\t/x.go:1\n";
        assert_eq!(
            last_words(log),
            "F1121 07:00:01 no such file\ngoroutine 1 [running]:\nmain()"
        );
        assert_eq!(last_words("one\nFinished\n"), "one\nFinished");
    }
}
