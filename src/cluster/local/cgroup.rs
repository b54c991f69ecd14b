//! The cgroups of one cluster: a folder of its own in every hierarchy, for the node's own processes and
//! for the pods, so that they are found again even when nothing else of the cluster is left.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sha2::{Digest, Sha256};

use super::error::LocalError;
use super::image::hex;
use super::member::Member;
use super::paths::StateDir;

/// A cluster's folders below `/sys/fs/cgroup`.
#[derive(Debug, Clone)]
pub(crate) struct Cgroup {
    name: String,
    hierarchies: Vec<Hierarchy>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Hierarchy {
    mount: PathBuf,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// One controller, or several, in a tree of their own.
    V1 { cpuset: bool },
    /// All controllers in one tree.
    V2,
}

/// The part of the node's own processes, beside the pods: with cgroups v2 a folder that has children
/// with controllers may hold no process itself.
const NODE: &str = "node";

impl Cgroup {
    /// The cgroups of a cluster on this machine, whether they exist or not. Their name tells clusters
    /// of one name in different state folders apart.
    pub(crate) fn of(state: &StateDir) -> Self {
        let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
        let place = Sha256::digest(state.dir.as_os_str().as_encoded_bytes());
        Self {
            name: format!("labproof-{}-{}", state.name(), &hex(&place)[..6]),
            hierarchies: hierarchies(&mounts),
        }
    }

    /// The folder that the first node's kubelet puts the pods' cgroups in, as its configuration names it.
    pub(crate) fn pods_root(&self) -> PathBuf {
        Path::new("/").join(&self.name)
    }

    /// Makes the folders, in every hierarchy.
    pub(crate) fn create(&self, members: &[Member]) -> Result<(), LocalError> {
        for hierarchy in &self.hierarchies {
            let folder = hierarchy.mount.join(&self.name);
            if hierarchy.version == Version::V2 {
                // Controllers have to be handed down from the top, or the pods have no limits.
                hand_down(&hierarchy.mount);
            }
            make(&folder)?;
            match hierarchy.version {
                Version::V1 { cpuset: true } => copy_cpuset(&hierarchy.mount, &folder),
                Version::V1 { cpuset: false } => {}
                Version::V2 => hand_down(&folder),
            }
            make(&folder.join(NODE))?;
            if hierarchy.version == (Version::V1 { cpuset: true }) {
                copy_cpuset(&folder, &folder.join(NODE));
            }
            for member in members.iter().filter(|member| !member.is_first()) {
                let pods = member.cgroup(&folder);
                make(&pods)?;
                match hierarchy.version {
                    Version::V1 { cpuset: true } => copy_cpuset(&folder, &pods),
                    Version::V1 { cpuset: false } => {}
                    Version::V2 => hand_down(&pods),
                }
            }
        }
        Ok(())
    }

    /// Puts this process, and all that it will start, into the node's part.
    pub(crate) fn enter(&self) -> Result<(), LocalError> {
        for hierarchy in &self.hierarchies {
            let procs = hierarchy
                .mount
                .join(&self.name)
                .join(NODE)
                .join("cgroup.procs");
            // Zero is the writer itself, whatever its number is in which namespace.
            std::fs::write(&procs, "0").map_err(LocalError::io("written", &procs))?;
        }
        Ok(())
    }

    /// Kills every process that is left in the cgroups and removes them; `false` when some could not
    /// be removed within `patience`.
    pub(crate) fn remove(&self, patience: Duration) -> bool {
        let start = Instant::now();
        loop {
            let mut left = false;
            for hierarchy in &self.hierarchies {
                let folder = hierarchy.mount.join(&self.name);
                for folder in below(&folder) {
                    if std::fs::remove_dir(&folder).is_err() {
                        left = true;
                        kill_all(&folder);
                    }
                }
            }
            if !left || start.elapsed() > patience {
                return !left;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether any folder is there.
    #[cfg(test)]
    fn exists(&self) -> bool {
        self.hierarchies
            .iter()
            .any(|hierarchy| hierarchy.mount.join(&self.name).exists())
    }
}

fn hierarchies(mounts: &str) -> Vec<Hierarchy> {
    let mut found = Vec::new();
    for line in mounts.lines() {
        let mut fields = line.split(' ').skip(1);
        let (Some(mount), Some(kind), Some(options)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let version = match kind {
            "cgroup" => Version::V1 {
                cpuset: options.split(',').any(|option| option == "cpuset"),
            },
            "cgroup2" => Version::V2,
            _ => continue,
        };
        found.push(Hierarchy {
            mount: PathBuf::from(mount),
            version,
        });
    }
    found
}

fn make(folder: &Path) -> Result<(), LocalError> {
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(LocalError::io("created", folder)(error))
        }
        _ => Ok(()),
    }
}

/// Turns on, for a folder's children, each controller that the folder has itself.
fn hand_down(folder: &Path) {
    let controllers =
        std::fs::read_to_string(folder.join("cgroup.controllers")).unwrap_or_default();
    for controller in controllers.split_whitespace() {
        // One at a time: a controller that cannot be handed down must not keep the others back.
        let _ = std::fs::write(
            folder.join("cgroup.subtree_control"),
            format!("+{controller}"),
        );
    }
}

/// A new v1 cpuset is empty, and no process can enter it before it has processors and memory.
fn copy_cpuset(from: &Path, to: &Path) {
    for file in ["cpuset.cpus", "cpuset.mems"] {
        if let Ok(value) = std::fs::read_to_string(from.join(file)) {
            let _ = std::fs::write(to.join(file), value.trim());
        }
    }
}

/// A folder and all below it, the deepest first.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return all;
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            all.extend(below(&entry.path()));
        }
    }
    all.push(folder.to_path_buf());
    all
}

fn kill_all(folder: &Path) {
    let processes = std::fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    for process in processes
        .lines()
        .filter_map(|line| Pid::from_raw(line.parse().ok()?))
    {
        let _ = kill_process(process, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hierarchies_of_v1_v2_and_both() {
        let v1 = "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\ncgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0\n";
        let v2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n";
        let hybrid =
            format!("{v1}cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n/dev/vda / ext4 rw 0 0\n");
        // Beside v1 the v2 hierarchy has no controllers, but runc makes folders in it all the same.
        assert_eq!(hierarchies(&hybrid).len(), 3);
        assert_eq!(hierarchies(v1)[1].version, Version::V1 { cpuset: true });
        assert_eq!(
            hierarchies(v2),
            [Hierarchy {
                mount: "/sys/fs/cgroup".into(),
                version: Version::V2
            }]
        );
    }

    #[test]
    fn removing_what_is_not_there_is_no_error() {
        let cgroup = Cgroup::of(&StateDir::of("never-made").unwrap());
        assert!(!cgroup.exists());
        assert!(cgroup.remove(Duration::ZERO));
    }
}
