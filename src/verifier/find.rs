//! Which verifier file belongs to a lab or page, by its path alone.

use std::path::{Component, Path, PathBuf};

/// The verifier of a lab directory or of a page, if there is one.
///
/// - Below a directory `labs` with a directory `verifiers` beside it: the same path there, with
///   `.yaml`: `labs/storage/ephemeral.md` has `verifiers/storage/ephemeral.yaml`, the directory
///   `labs/storage` has `verifiers/storage.yaml`. An `index.md` or `README.md` has that of its
///   directory.
/// - Elsewhere, by the last name of the path: in `verifiers` beside the lab (for a page: beside
///   its directory too), then in `verifiers` of the current directory.
pub fn find_for(lab_path: &Path) -> Option<PathBuf> {
    candidates(lab_path).into_iter().find(|path| path.is_file())
}

/// Where the verifier of a lab may stand, most telling first.
fn candidates(lab_path: &Path) -> Vec<PathBuf> {
    // Only a lab named as `.` or through `..` needs its real place; others keep the path that
    // people named, which is what messages show.
    let plain = lab_path
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::RootDir));
    let whole = match plain {
        true => lab_path.to_owned(),
        false => lab_path
            .canonicalize()
            .unwrap_or_else(|_| lab_path.to_owned()),
    };
    let subject = match whole.extension().is_some_and(|extension| extension == "md") {
        true if is_index(&whole) => whole.parent().unwrap_or(Path::new("")).to_owned(),
        true => whole.with_extension(""),
        false => whole,
    };
    let mut found = below_labs(&subject);
    if found.is_empty() && !subject.is_absolute() {
        // `cd labs && labproof run storage`: the directory `labs` is not in the path as named.
        if let Ok(absolute) = std::path::absolute(&subject) {
            found = below_labs(&absolute);
        }
    }
    if !found.is_empty() {
        return found;
    }
    let Some(name) = subject.file_name() else {
        return Vec::new();
    };
    let file = Path::new("verifiers")
        .join(name)
        .with_added_extension("yaml");
    let above = subject.ancestors().skip(1).take(2);
    above
        .map(|directory| directory.join(&file))
        .chain([file.clone()])
        .collect()
}

/// The same path in `verifiers` beside `labs`, for the nearest such `labs`.
fn below_labs(subject: &Path) -> Vec<PathBuf> {
    subject
        .ancestors()
        .skip(1)
        .filter(|above| above.file_name().is_some_and(|name| name == "labs"))
        .filter_map(|labs| {
            let rest = subject.strip_prefix(labs).ok()?;
            let verifiers = labs.parent()?.join("verifiers");
            Some(verifiers.join(rest).with_added_extension("yaml"))
        })
        .collect()
}

/// The verifiers of labs and pages that are not there, for a directory `labs`, one in it, or one that holds it: who renames a page
/// and forgets its verifier would be told nothing by it any more.
pub fn strays(directory: &Path) -> Vec<PathBuf> {
    let Ok(here) = std::path::absolute(directory) else {
        return Vec::new();
    };
    let is_labs = |path: &&Path| path.file_name().is_some_and(|name| name == "labs");
    let (labs, below) = match here.ancestors().find(is_labs) {
        _ if here.join("labs").is_dir() => (here.join("labs"), PathBuf::new()),
        Some(labs) => (
            labs.to_owned(),
            here.strip_prefix(labs).unwrap_or(&here).to_owned(),
        ),
        None => return Vec::new(),
    };
    let verifiers = labs.with_file_name("verifiers");
    let mut found = Vec::new();
    let mut folders = vec![verifiers.join(below)];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
                && let Ok(rest) = path.strip_prefix(&verifiers)
                && !stands(&labs.join(rest).with_extension(""))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    // As short as people write it.
    let current = std::env::current_dir().unwrap_or_default();
    let short = |path: PathBuf| {
        path.strip_prefix(&current)
            .map(Path::to_owned)
            .unwrap_or(path)
    };
    found.into_iter().map(short).collect()
}

/// Whether there is a lab or page of this path.
fn stands(subject: &Path) -> bool {
    let page = |extension: &&str| subject.with_added_extension(extension).is_file();
    subject.is_dir() || ["md", "mdx"].iter().any(page)
}

fn is_index(page: &Path) -> bool {
    page.file_stem().is_some_and(|stem| {
        ["index", "_index", "readme"].contains(&&*stem.to_string_lossy().to_lowercase())
    })
}

/// The lab that a verifier file at this path stands for: its path below the nearest directory
/// `verifiers`. `None` where it is in no such directory: any name is then right.
pub(super) fn lab_of(verifier: &Path) -> Option<String> {
    let absolute = std::path::absolute(verifier).ok()?;
    let verifiers = absolute
        .ancestors()
        .skip(1)
        .find(|above| above.file_name().is_some_and(|name| name == "verifiers"))?;
    let rest = absolute.strip_prefix(verifiers).ok()?.with_extension("");
    let parts: Vec<_> = rest.iter().map(|part| part.to_string_lossy()).collect();
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file found for `subject`, below a fresh directory that holds `files`.
    fn check(files: &[&str], subject: &str, expected: Option<&str>) {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = find_for(&root.path().join(subject));
        assert_eq!(
            found,
            expected.map(|path| root.path().join(path)),
            "{subject}"
        );
    }

    #[test]
    fn the_same_path_beside_labs() {
        let files = [
            "labs/storage/ephemeral.md",
            "labs/storage/index.md",
            "labs/storage/v1.2.md",
            "verifiers/storage.yaml",
            "verifiers/storage/ephemeral.yaml",
            "verifiers/storage/v1.2.yaml",
        ];
        check(&files, "labs/storage", Some("verifiers/storage.yaml"));
        check(
            &files,
            "labs/storage/index.md",
            Some("verifiers/storage.yaml"),
        );
        check(
            &files,
            "labs/storage/v1.2.md",
            Some("verifiers/storage/v1.2.yaml"),
        );
        for page in ["ephemeral.md", "ephemeral"] {
            let page = format!("labs/storage/{page}");
            check(&files, &page, Some("verifiers/storage/ephemeral.yaml"));
        }
        check(&files, "labs/storage/shared.md", None);
    }

    #[test]
    fn outside_labs_beside_the_page_or_its_directory() {
        check(
            &["x/a.md", "x/verifiers/a.yaml"],
            "x/a.md",
            Some("x/verifiers/a.yaml"),
        );
        check(
            &["x/a.md", "verifiers/a.yaml"],
            "x/a.md",
            Some("verifiers/a.yaml"),
        );
        check(
            &["x/a.md", "verifiers/x.yaml"],
            "x",
            Some("verifiers/x.yaml"),
        );
        check(&["x/a.md"], "x/a.md", None);
    }

    #[test]
    fn verifiers_of_nothing_are_strays() {
        let root = tempfile::tempdir().unwrap();
        for file in [
            "labs/storage/ephemeral.md",
            "labs/storage/v1.2.md",
            "verifiers/storage.yaml",
            "verifiers/storage/ephemeral.yaml",
            "verifiers/storage/v1.2.yaml",
            "verifiers/storage/epemeral.yaml",
            "verifiers/gone.yaml",
            "verifiers/schema.json",
        ] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let check = |directory: &str, expected: &[&str]| {
            let expected: Vec<PathBuf> =
                expected.iter().map(|path| root.path().join(path)).collect();
            assert_eq!(
                strays(&root.path().join(directory)),
                expected,
                "{directory}"
            );
        };
        let misspelt = "verifiers/storage/epemeral.yaml";
        check("labs", &["verifiers/gone.yaml", misspelt]);
        check("", &["verifiers/gone.yaml", misspelt]);
        check("labs/storage", &[misspelt]);
        check("labs/other", &[]);
        check("verifiers", &[]);
    }

    #[test]
    fn a_file_knows_the_lab_it_stands_for() {
        let lab = |path| lab_of(Path::new(path));
        assert_eq!(
            lab("/r/verifiers/storage/a.yaml").as_deref(),
            Some("storage/a")
        );
        assert_eq!(lab("verifiers/a.yaml").as_deref(), Some("a"));
        assert_eq!(lab("/tmp/a.yaml"), None);
    }
}
