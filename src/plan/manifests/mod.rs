//! Manifests that pages apply → their objects and images, as far as reading tells.
//!
//! Entry points: [`applied`] for what a command applies; [`find`] for the file that an author means, [`read`] for a file or
//! directory, [`of_text`] for text.
//! Documents are read line by line and not as YAML on purpose: manifests of workshops hold templates and variables that no
//! parser takes, and all that is asked for stands on lines of its own. `Manifests` says whether all was understood.

mod text;

use std::fs;
use std::path::{Component, Path, PathBuf};

pub(crate) use text::of_text;
use text::{is_plain, key_of, text_into, unquoted};

/// Larger files are not read.
const LARGEST: u64 = 4 << 20;
/// More files than these are not read.
const MOST_FILES: usize = 400;

/// API groups that every cluster has, and those of files that never reach one.
const BUILT_IN: &[&str] = &[
    "",
    "apps",
    "batch",
    "autoscaling",
    "policy",
    "extensions",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "resource.k8s.io",
    "kustomize.config.k8s.io",
    "eksctl.io",
    "kind.x-k8s.io",
    "kubeadm.k8s.io",
];

/// Whether every cluster knows the kinds of an API group.
pub(crate) fn is_built_in(group: &str) -> bool {
    BUILT_IN.contains(&group)
}

/// What some manifests hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Manifests {
    pub objects: Vec<Object>,
    pub images: Vec<Image>,
    /// Namespaces that objects are put into.
    pub namespaces: Vec<String>,
    /// A Service asks for a load balancer.
    pub load_balancer: bool,
    /// A set of pods asks for volumes.
    pub claims: bool,
    /// Something could not be read or understood: there may be more.
    pub partial: bool,
}

/// An image that a manifest asks for, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Image {
    pub name: String,
    /// The manifest's file; none for text of a page.
    pub file: Option<PathBuf>,
    /// The line in it, from 1.
    pub line: usize,
}

/// One object of a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Object {
    /// Group and version.
    pub api: String,
    pub kind: String,
    pub name: String,
}

impl Object {
    /// The API group; empty for the core's.
    pub fn group(&self) -> &str {
        self.api.split_once('/').map_or("", |(group, _)| group)
    }
}

/// What a path that a command applies stands for.
#[derive(Debug)]
pub(crate) enum Applied {
    /// Manifests that could be read, in part at least.
    Here(Manifests),
    /// A path that leads to nothing here.
    Elsewhere(String),
    /// A variable, a placeholder, or what another command prints.
    Unknown,
}

/// What a command of that text applies when it is given `-f path`: files, directories, a here-document of its own.
/// Paths below `https://k8s.io/` stand for files of that site.
pub(crate) fn applied(page: &Path, path: &str, text: &str) -> Vec<Applied> {
    if path == "-" {
        let body = here_document(text);
        return vec![body.map_or(Applied::Unknown, |body| Applied::Here(of_text(body)))];
    }
    if path.contains(['$', '`', '<', '{', '*']) {
        return vec![Applied::Unknown];
    }
    path.split(',')
        .map(|path| {
            let here = path
                .strip_prefix("https://k8s.io/")
                .or((!path.contains("://")).then_some(path));
            match here.and_then(|here| find(page, here)) {
                Some(found) => Applied::Here(read(&found)),
                None => Applied::Elsewhere(path.to_owned()),
            }
        })
        .collect()
}

/// The body of a command's here-document, its last line included.
pub(crate) fn here_document(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("<<")?;
    let rest = (!rest.starts_with('<')).then_some(rest)?;
    Some(rest.split_once('\n')?.1)
}

/// The file or directory that an author means by `path`: on the reader's machine it may be below another root,
/// so leading parts are left out until something is found.
pub(crate) fn find(page: &Path, path: &str) -> Option<PathBuf> {
    let parts: Vec<Component<'_>> = Path::new(path)
        .components()
        .filter(|part| matches!(part, Component::Normal(name) if *name != "~"))
        .collect();
    for above in page.ancestors().skip(1).take(8) {
        for root in [above.to_owned(), above.join("manifests")] {
            for skipped in 0..parts.len() {
                let tail: PathBuf = parts[skipped..].iter().collect();
                // A bare name is only looked for beside the page; further up it may be anything.
                let beside = Some(above) == page.parent();
                if parts.len() - skipped < 2 && !(beside && skipped == 0) {
                    continue;
                }
                let found = root.join(&tail);
                if found.exists() {
                    return Some(found);
                }
            }
        }
    }
    None
}

/// Reads a manifest, a directory of them, or a kustomization.
pub(crate) fn read(path: &Path) -> Manifests {
    let mut found = Manifests::default();
    let mut files = MOST_FILES;
    read_into(path, &mut found, &mut files);
    found
}

fn read_into(path: &Path, found: &mut Manifests, files: &mut usize) {
    if *files == 0 {
        found.partial = true;
        return;
    }
    *files -= 1;
    if path.is_dir() {
        let kustomization = ["kustomization.yaml", "kustomization.yml", "Kustomization"]
            .into_iter()
            .map(|name| path.join(name))
            .find(|file| file.is_file());
        match kustomization {
            Some(file) => kustomization_into(path, &file, found, files),
            None => directory_into(path, found, files),
        }
        return;
    }
    let small = fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= LARGEST);
    match fs::read_to_string(path) {
        Ok(text) if small => {
            let before = found.images.len();
            text_into(&text, found);
            for image in &mut found.images[before..] {
                image.file = Some(path.to_owned());
            }
        }
        _ => found.partial = true,
    }
}

fn directory_into(path: &Path, found: &mut Manifests, files: &mut usize) {
    let Ok(entries) = fs::read_dir(path) else {
        found.partial = true;
        return;
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let has = |path: &Path, extension: &str| path.extension().is_some_and(|own| own == extension);
    found.partial |= entries.iter().any(|path| has(path, "json"));
    entries.retain(|path| has(path, "yaml") || has(path, "yml"));
    entries.sort();
    for entry in entries {
        read_into(&entry, found, files);
    }
}

/// A kustomization: what it lists, files and directories alike.
fn kustomization_into(path: &Path, file: &Path, found: &mut Manifests, files: &mut usize) {
    let Ok(text) = fs::read_to_string(file) else {
        found.partial = true;
        return;
    };
    let mut section = "";
    for line in text.lines() {
        if let Some((key, value)) = key_of(line, 0) {
            section = key;
            if key == "namespace" && is_plain(value) {
                found.namespaces.push(value.to_owned());
            }
            // What these make, rename or take away is not followed.
            found.partial |= text.contains("$patch")
                || matches!(
                    key,
                    "images"
                        | "namePrefix"
                        | "nameSuffix"
                        | "helmCharts"
                        | "generators"
                        | "transformers"
                )
                || key.ends_with("Generator");
            continue;
        }
        let item = line.trim().trim_start_matches("- ");
        let listed = match section {
            "resources" | "bases" | "components" | "patchesStrategicMerge" => unquoted(item),
            "patches" => match item.strip_prefix("path:") {
                Some(path) => unquoted(path),
                None => continue,
            },
            _ => continue,
        };
        if listed.is_empty() || listed.starts_with('#') {
            continue;
        }
        let listed = path.join(listed);
        match listed.exists() {
            true if section.starts_with("patches") => {
                let mut patch = Manifests::default();
                read_into(&listed, &mut patch, files);
                found.images.extend(patch.images);
            }
            true => read_into(&listed, found, files),
            false => found.partial = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    name: other\n  name: web # it\n  \
        namespace: shop\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: \"nginx:1.25\"\n---\n\
        apiVersion: v1\nkind: Service\nmetadata: {}\nspec:\n  type: LoadBalancer\n";

    #[test]
    fn objects_and_images() {
        let found = of_text(WEB);
        let objects: Vec<String> = found
            .objects
            .iter()
            .map(|object| format!("{} {} {}", object.group(), object.kind, object.name))
            .collect();
        assert_eq!(objects, ["apps Deployment web", " Service "]);
        assert_eq!(found.images.len(), 1);
        assert_eq!(found.images[0].name, "nginx:1.25");
        assert_eq!(found.images[0].line, 13);
        assert_eq!(found.namespaces, ["shop"]);
        assert!(found.load_balancer && found.partial);
        let variable = of_text("kind: Pod\nmetadata:\n  name: $X\nspec:\n  image: $Y\n");
        assert!(variable.partial && variable.images.is_empty());
    }

    #[test]
    fn kustomizations_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("base/web.yaml", WEB);
        write("base/unlisted.yaml", "kind: Pod\n");
        write("base/kustomization.yaml", "resources:\n- web.yaml\n");
        write(
            "over/kustomization.yaml",
            "namespace: stage\nresources:\n  - ../base\npatches:\n  - path: image.yaml\n",
        );
        write(
            "over/image.yaml",
            "kind: Deployment\nspec:\n  image: web:2\n",
        );
        let found = read(&folder.path().join("over"));
        assert_eq!(found.objects.len(), 2);
        let images: Vec<_> = found.images.iter().map(|image| &*image.name).collect();
        assert_eq!(images, ["nginx:1.25", "web:2"]);
        assert!(
            found.images[1]
                .file
                .as_ref()
                .unwrap()
                .ends_with("over/image.yaml")
        );
        assert_eq!(found.namespaces, ["stage", "shop"]);
    }
}
