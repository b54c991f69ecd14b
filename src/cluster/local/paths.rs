//! Where a cluster's state and the cache of programs and images are kept.

use std::path::{Path, PathBuf};

use super::error::LocalError;

/// The folder of everything that can be made again: programs, images, package lists.
///
/// `LABPROOF_CACHE`, else `XDG_CACHE_HOME/labproof`, else `~/.cache/labproof`.
pub(crate) fn cache_root() -> PathBuf {
    folder_of("LABPROOF_CACHE").unwrap_or_else(|| {
        folder_of("XDG_CACHE_HOME")
            .or_else(|| folder_of("HOME").map(|home| home.join(".cache")))
            .unwrap_or_else(|| PathBuf::from("/root/.cache"))
            .join("labproof")
    })
}

/// The folder in which each running cluster has a folder of its own.
pub(crate) fn state_root() -> PathBuf {
    folder_of("XDG_RUNTIME_DIR")
        .unwrap_or_else(|| PathBuf::from("/run"))
        .join("labproof")
}

/// An absolute path from the environment; an empty or relative one counts as not set.
fn folder_of(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

/// The files of one running cluster; on the host, everything that it leaves there is below `dir`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StateDir {
    pub(crate) dir: PathBuf,
}

impl StateDir {
    /// The folder of the cluster `name`, whether it exists or not.
    pub(crate) fn of(name: &str) -> Result<Self, LocalError> {
        check_name(name)?;
        Ok(Self {
            dir: state_root().join(name),
        })
    }

    /// The cluster's name.
    pub(crate) fn name(&self) -> String {
        let name = self.dir.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Held by the node's first process for as long as it lives.
    pub(crate) fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }

    /// Held by the one run that works on the cluster.
    pub(crate) fn reservation(&self) -> PathBuf {
        self.dir.join("reserved")
    }

    /// Held by whoever brings the cluster up or down; beside the folder, because it outlives it.
    pub(crate) fn turn(&self) -> PathBuf {
        let name = self.name();
        self.dir.with_file_name(format!(".{name}.turn"))
    }

    /// Written last by a successful `up`.
    pub(crate) fn ready(&self) -> PathBuf {
        self.dir.join("ready.json")
    }

    /// What the cluster held when `cluster up` was done, for `cluster reset`.
    pub(crate) fn baseline(&self) -> PathBuf {
        self.dir.join("baseline.json")
    }

    /// What the node is told when it starts.
    pub(crate) fn spec(&self) -> PathBuf {
        self.dir.join("node.json")
    }

    /// The administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.dir.join("kubeconfig")
    }

    /// Certificates and keys.
    pub(crate) fn pki(&self) -> PathBuf {
        self.dir.join("pki")
    }

    /// Files that flags of the API server name.
    pub(crate) fn api_server(&self) -> PathBuf {
        self.dir.join("api-server")
    }

    /// One log a component.
    pub(crate) fn logs(&self) -> PathBuf {
        self.dir.join("log")
    }

    /// The log of one component.
    pub(crate) fn log(&self, component: &str) -> PathBuf {
        self.logs().join(format!("{component}.log"))
    }

    /// Where the node takes requests.
    pub(crate) fn control(&self) -> PathBuf {
        self.dir.join("control.sock")
    }

    /// An empty folder on which the node mounts a root of its own.
    pub(crate) fn root(&self) -> PathBuf {
        self.dir.join("root")
    }

    /// A folder for the end of PATH, holding programs that labs use and the machine may lack.
    pub(crate) fn spare(&self) -> PathBuf {
        self.dir.join("spare")
    }

    /// A folder for PATH, holding the cluster's kubectl and nothing else.
    pub(crate) fn bin(&self) -> PathBuf {
        self.dir.join("bin")
    }
}

/// A name becomes a folder, a cgroup and a part of a socket's path, which is short.
fn check_name(name: &str) -> Result<(), LocalError> {
    let fits = (1..=24).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    fits.then_some(()).ok_or_else(|| LocalError::BadName {
        name: name.to_owned(),
    })
}

/// Makes a folder and its parents.
pub(crate) fn make_dir(path: &Path) -> Result<(), LocalError> {
    std::fs::create_dir_all(path).map_err(LocalError::io("created", path))
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, contents: &[u8]) -> Result<(), LocalError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(contents))
        .map_err(LocalError::io("written", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_state_folder() {
        for good in ["labproof", "a", "two-2"] {
            assert!(StateDir::of(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "../up",
            "Upper",
            "9lives",
            "a/b",
            "a.b",
            "much-too-long-for-a-socket",
        ] {
            assert!(StateDir::of(bad).is_err(), "{bad}");
        }
    }
}
