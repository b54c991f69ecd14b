//! The config file that a lab brings for its kind cluster.

use std::path::{Path, PathBuf};

use crate::cluster::ClusterError;

/// The name of the file, in the lab's directory or one above it.
const FILE: &str = "kind.yaml";

/// The config file of the directories; they share one cluster, so they must agree on it.
///
/// # Errors
/// Where two labs bring different ones.
pub(super) fn of(directories: &[PathBuf]) -> Result<Option<PathBuf>, ClusterError> {
    let mut found: Vec<PathBuf> = Vec::new();
    for file in directories
        .iter()
        .filter_map(|directory| nearest(directory))
    {
        if !found.contains(&file) {
            found.push(file);
        }
    }
    match found.as_slice() {
        [] => Ok(None),
        [file] => Ok(Some(file.clone())),
        [one, other, ..] => Err(ClusterError::KindConfigs {
            one: one.clone(),
            other: other.clone(),
        }),
    }
}

/// Writes the config of a cluster of that many nodes, the control plane's among them, into a folder.
pub(super) fn of_nodes(nodes: u8, folder: &Path) -> Result<PathBuf, ClusterError> {
    let mut text =
        "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- role: control-plane\n"
            .to_owned();
    text.extend((1..nodes).map(|_| "- role: worker\n"));
    let path = folder.join(FILE);
    std::fs::write(&path, text).map_err(|cause| ClusterError::PrivateFile {
        path: path.clone(),
        cause,
    })?;
    Ok(path)
}

/// The first of the directory and those above it that has one; the search ends at a repository's top.
fn nearest(directory: &Path) -> Option<PathBuf> {
    let real = std::fs::canonicalize(directory).ok()?;
    for above in real.ancestors() {
        let file = above.join(FILE);
        if file.is_file() {
            return Some(file);
        }
        if above.join(".git").exists() {
            break;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labs_share_one_config_or_are_told_so() {
        let top = tempfile::tempdir().unwrap();
        let lab = |name: &str| {
            let folder = top.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            folder
        };
        let (one, other, none) = (lab("one/deep"), lab("other"), lab("none"));
        std::fs::create_dir(top.path().join(".git")).unwrap();
        assert_eq!(of(std::slice::from_ref(&none)).unwrap(), None);
        std::fs::write(top.path().join("one/kind.yaml"), "kind: Cluster\n").unwrap();
        let found = of(&[one.clone(), none.clone(), one.clone()]).unwrap();
        assert!(found.is_some_and(|file| file.ends_with("one/kind.yaml")));
        std::fs::write(other.join("kind.yaml"), "kind: Cluster\n").unwrap();
        let error = of(&[one, other]).unwrap_err().to_string();
        assert!(
            error.contains("one/kind.yaml") && error.contains("other/kind.yaml"),
            "{error}"
        );
    }
}
