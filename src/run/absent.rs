//! A file that a command asked for in vain → what was meant.
//!
//! Entry point: [`cause`].

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::plan::manifests;
use crate::source::near_file;

/// What kubectl says of a manifest that is not there, and others of a file.
static NOT_THERE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"the path "(?<manifest>[^"]+)" does not exist|[ '](?<file>[\w./-]+)'?: No such file or directory"#,
    )
    .expect("the pattern is valid")
});

/// Why a file is not there, of a lab that starts in `directory`; nothing where there is none that it may be.
pub(super) fn cause(page: &Path, directory: &Path, output: &str) -> Option<String> {
    let found = NOT_THERE.captures(output)?;
    let manifest = found.name("manifest");
    let path = manifest.or_else(|| found.name("file"))?.as_str();
    if path.starts_with(['/', '~']) {
        return None;
    }
    let here = directory.join(path);
    if here.exists() {
        return Some(format!(
            "{path} is where the lab starts, and the lab is in another directory by now (`cd`)"
        ));
    }
    if let Some(near) = near_file(&here) {
        let near = Path::new(path).with_file_name(near);
        return Some(format!(
            "there is no {path}; there is one named {}",
            near.display()
        ));
    }
    if let Some(other) = manifests::find(page, path) {
        return Some(format!(
            "there is no {path} where the lab starts; there is {}",
            other.display()
        ));
    }
    let advice = "what readers are to write themselves, the page can write: `cat > FILE <<'EOF'`";
    manifest.map(|_| format!("{path} is not beside the page, and no command has made it; {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_named() {
        let root = tempfile::tempdir().expect("a directory");
        let page = root.path().join("page.md");
        std::fs::create_dir(root.path().join("manifests")).expect("a directory");
        for file in ["manifests/web.yaml", "manifests/pod-1.yaml", "setup.sh"] {
            std::fs::write(root.path().join(file), "").expect("a file");
        }
        let told = |output: &str| cause(&page, root.path(), output).unwrap_or_default();
        let manifest = |path: &str| told(&format!("error: the path \"{path}\" does not exist\n"));
        assert_eq!(
            manifest("manifests/wep.yaml"),
            "there is no manifests/wep.yaml; there is one named manifests/web.yaml"
        );
        assert_eq!(
            manifest("manifests/web.yml"),
            "there is no manifests/web.yml; there is one named manifests/web.yaml"
        );
        assert!(
            manifest("web.yaml")
                .starts_with("there is no web.yaml where the lab starts; there is /")
        );
        assert!(
            manifest("manifests/pod-2.yaml")
                .starts_with("manifests/pod-2.yaml is not beside the page")
        );
        assert!(manifest("setup.sh").starts_with("setup.sh is where the lab starts"));
        assert_eq!(
            told("bash: line 3: ./setpu.sh: No such file or directory"),
            "there is no ./setpu.sh; there is one named ./setup.sh"
        );
        assert_eq!(told("cat: /etc/nothing: No such file or directory"), "");
        assert_eq!(told("cat: nothing: No such file or directory"), "");
    }
}
