//! Finds the packages whose types the API server describes, by the tag that their source carries.

use std::path::Path;

use super::read;
use crate::cluster::local::error::LocalError;

/// The packages whose types the API server describes: those that carry the generator's tag.
pub(super) fn packages(source: &Path) -> Result<Vec<String>, LocalError> {
    let mut found = Vec::new();
    for (folder, import) in [
        ("staging/src/k8s.io", "k8s.io/kubernetes/vendor/k8s.io"),
        ("pkg", "k8s.io/kubernetes/pkg"),
        ("cmd", "k8s.io/kubernetes/cmd"),
    ] {
        find_tagged(&source.join(folder), import, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn find_tagged(folder: &Path, import: &str, found: &mut Vec<String>) -> Result<(), LocalError> {
    let mut tagged = false;
    for entry in std::fs::read_dir(folder)
        .map_err(LocalError::io("read", folder))?
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            if !matches!(
                name.as_str(),
                "code-generator" | "sample-apiserver" | "testdata" | "test"
            ) {
                find_tagged(&entry.path(), &format!("{import}/{name}"), found)?;
            }
        } else if !tagged && kind.is_file() && name.ends_with(".go") {
            tagged = read(&entry.path())?.contains("+k8s:openapi-gen=");
        }
    }
    if tagged {
        found.push(import.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tagged_packages_are_found_below_their_import_path() {
        let tree = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = tree.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "staging/src/k8s.io/api/core/v1/doc.go",
            "// +k8s:openapi-gen=true\npackage v1",
        );
        write(
            "staging/src/k8s.io/sample-apiserver/pkg/doc.go",
            "// +k8s:openapi-gen=true",
        );
        write("pkg/apis/plain/doc.go", "package plain");
        write("cmd/x/x.go", "package main");
        assert_eq!(
            packages(tree.path()).unwrap(),
            ["k8s.io/kubernetes/vendor/k8s.io/api/core/v1"]
        );
    }
}
