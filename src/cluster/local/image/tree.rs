//! The files of an image, in memory: chosen from packages, with the libraries they need, and the recipe's own.

use std::collections::BTreeMap;
use std::io::Read;

use super::elf;
use super::recipe::{ImageRecipe, mode, owner};
use crate::cluster::local::packages::triplet;

/// What stands at a path.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A folder.
    Directory,
    /// A file and its bytes.
    File(Vec<u8>),
    /// A symbolic link and where it points.
    Link(String),
}

/// A path's contents and rights.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) owner: (u64, u64),
}

type Files = BTreeMap<String, Entry>;

/// All entries by path, without the leading slash, parents before children.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) entries: Files,
}

/// Old top-level folders that are links to their place in /usr, as on every Debian.
const MERGED: [&str; 4] = ["bin", "lib", "lib64", "sbin"];

/// What only a person or the host's service manager reads.
const LEFT_OUT: [&str; 17] = [
    "etc/cron.d/",
    "etc/init.d/",
    "etc/logrotate.d/",
    "etc/systemd/",
    "etc/ufw/",
    "usr/lib/systemd/",
    "usr/share/apport/",
    "usr/share/bash-completion/",
    "usr/share/bug/",
    "usr/share/doc/",
    "usr/share/doc-base/",
    "usr/share/info/",
    "usr/share/lintian/",
    "usr/share/locale/",
    "usr/share/man/",
    "usr/share/menu/",
    "usr/share/initramfs-tools/",
];

impl Tree {
    /// Puts the recipe's files together; `packages` are all that it names and all that they depend on,
    /// each with its files as a tar.
    pub(crate) fn build(
        recipe: &ImageRecipe,
        packages: &[(String, Vec<u8>)],
    ) -> Result<Self, String> {
        let mut tree = Self::default();
        let mut rest = Files::new();
        for (name, tar) in packages {
            let files = files_of(tar)
                .map_err(|error| format!("has the unreadable package {name}: {error}"))?;
            if recipe.packages().contains(name) {
                tree.entries
                    .extend(files.into_iter().filter(|(path, _)| !left_out(path)));
            } else {
                rest.extend(files);
            }
        }
        tree.add_libraries(&rest)?;
        tree.add_own(recipe);
        if !packages.is_empty() {
            for folder in MERGED {
                tree.insert(folder, Kind::Link(format!("usr/{folder}")), 0o777, (0, 0));
            }
        }
        tree.add_parents();
        Ok(tree)
    }

    fn insert(&mut self, path: &str, kind: Kind, mode: u32, owner: (u64, u64)) {
        self.entries
            .insert(merged(path), Entry { kind, mode, owner });
    }

    /// Adds the loaders and libraries that the programs need, and what those need in turn.
    fn add_libraries(&mut self, rest: &Files) -> Result<(), String> {
        let mut todo: Vec<String> = self.entries.keys().cloned().collect();
        while let Some(path) = todo.pop() {
            let Some(Entry {
                kind: Kind::File(bytes),
                ..
            }) = self.entries.get(&path)
            else {
                continue;
            };
            let Some(needs) = elf::needs(bytes) else {
                continue;
            };
            let libraries = needs.libraries.iter().map(|name| {
                let folder = format!("usr/lib/{}", triplet().display());
                [
                    format!("{folder}/{name}"),
                    format!("usr/lib/{name}"),
                    format!("usr/lib64/{name}"),
                ]
            });
            let loader = needs
                .loader
                .iter()
                .map(|path| [merged(path), String::new(), String::new()]);
            for places in libraries.chain(loader) {
                if places.iter().any(|place| self.entries.contains_key(place)) {
                    continue;
                }
                let Some(place) = places.iter().find(|place| rest.contains_key(*place)) else {
                    return Err(format!(
                        "lacks {}, which {path} needs; name its package",
                        places[0]
                    ));
                };
                self.take(place, rest, &mut todo);
            }
        }
        Ok(())
    }

    /// Takes one file over, following links to the file that is meant.
    fn take(&mut self, place: &str, rest: &Files, todo: &mut Vec<String>) {
        let mut place = place.to_owned();
        for _ in 0..8 {
            let Some(entry) = rest.get(&place) else {
                return;
            };
            self.entries.insert(place.clone(), entry.clone());
            todo.push(place.clone());
            let Kind::Link(target) = &entry.kind else {
                return;
            };
            place = match target.strip_prefix('/') {
                Some(absolute) => merged(absolute),
                None => beside(&place, target),
            };
        }
    }

    fn add_own(&mut self, recipe: &ImageRecipe) {
        let content = &recipe.content;
        let rights = |mode_text: Option<&str>, owner_text: Option<&str>, usual: u32| {
            (
                mode_text.and_then(mode).unwrap_or(usual),
                owner_text.and_then(owner).unwrap_or((0, 0)),
            )
        };
        self.insert("tmp", Kind::Directory, 0o1777, (0, 0));
        for directory in &content.directories {
            let (mode, owner) =
                rights(directory.mode.as_deref(), directory.owner.as_deref(), 0o755);
            self.insert(&directory.path, Kind::Directory, mode, owner);
        }
        for file in &content.files {
            let bytes = recipe
                .sources
                .get(&file.path)
                .cloned()
                .or_else(|| file.content.clone().map(String::into_bytes));
            let (mode, owner) = rights(file.mode.as_deref(), file.owner.as_deref(), 0o644);
            self.insert(
                &file.path,
                Kind::File(bytes.unwrap_or_default()),
                mode,
                owner,
            );
        }
        for (path, target) in &content.links {
            self.insert(path, Kind::Link(target.clone()), 0o777, (0, 0));
        }
    }

    fn add_parents(&mut self) {
        let paths: Vec<String> = self.entries.keys().cloned().collect();
        for path in paths {
            let mut parent = path.as_str();
            while let Some((above, _)) = parent.rsplit_once('/') {
                self.entries.entry(above.to_owned()).or_insert(Entry {
                    kind: Kind::Directory,
                    mode: 0o755,
                    owner: (0, 0),
                });
                parent = above;
            }
        }
    }
}

/// The files, folders and links of a package; what else a tar can hold has no place in an image.
fn files_of(tar: &[u8]) -> std::io::Result<Files> {
    let mut files = Files::new();
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        let path = merged(&entry.path()?.to_string_lossy());
        let header = entry.header();
        let (mode, owner) = (header.mode()? & 0o7777, (header.uid()?, header.gid()?));
        let target = entry
            .link_name()?
            .map(|target| target.to_string_lossy().into_owned());
        let kind = match (header.entry_type(), target) {
            (tar::EntryType::Directory, _) => Kind::Directory,
            (tar::EntryType::Symlink, Some(target)) => Kind::Link(target),
            (tar::EntryType::Link, Some(target)) => match files.get(&merged(&target)) {
                Some(linked) => linked.kind.clone(),
                None => continue,
            },
            (tar::EntryType::Regular, _) => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                Kind::File(bytes)
            }
            _ => continue,
        };
        if !path.is_empty() && !MERGED.contains(&path.as_str()) {
            files.insert(path, Entry { kind, mode, owner });
        }
    }
    Ok(files)
}

/// A path without leading `./` or `/`, in /usr where Debian has merged its folder.
fn merged(path: &str) -> String {
    let path = path.trim_start_matches("./").trim_matches('/');
    match path.split_once('/') {
        Some((top, _)) if MERGED.contains(&top) => format!("usr/{path}"),
        _ if path == "." => String::new(),
        _ => path.to_owned(),
    }
}

/// Where a relative link in the folder of `place` points.
fn beside(place: &str, target: &str) -> String {
    let mut parts: Vec<&str> = place.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    merged(&parts.join("/"))
}

fn left_out(path: &str) -> bool {
    let folder = format!("{path}/");
    LEFT_OUT.iter().any(|prefix| folder.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_a_merged_usr() {
        for (path, expected) in [
            ("./bin/bash", "usr/bin/bash"),
            ("/lib64/ld.so", "usr/lib64/ld.so"),
            ("./usr/bin/env", "usr/bin/env"),
            ("./", ""),
            ("/etc/passwd", "etc/passwd"),
        ] {
            assert_eq!(merged(path), expected);
        }
        assert_eq!(
            beside("usr/lib/x/liba.so.1", "liba.so.1.2"),
            "usr/lib/x/liba.so.1.2"
        );
        assert_eq!(
            beside("lib64/ld.so", "../lib/x/ld.so.2"),
            "usr/lib/x/ld.so.2"
        );
    }

    #[test]
    fn manuals_and_services_stay_out() {
        assert!(left_out("usr/share/doc/bash/copyright"));
        assert!(left_out("usr/share/man"));
        assert!(!left_out("usr/share/documents/x"));
    }
}
