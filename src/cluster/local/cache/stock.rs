//! What lies in the cache, and what of it can go.
//!
//! Entry points: [`list`] and [`prune`].

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::hold::Hold;
use super::{Cache, seal};
use crate::cluster::Progress;
use crate::cluster::local::error::LocalError;
use crate::cluster::local::image::{self, ImageRecipe};
use crate::cluster::local::lock::Lock;
use crate::cluster::local::node::spec::NodeSpec;
use crate::cluster::local::paths::StateDir;
use crate::cluster::local::{Life, LocalCluster};

/// How long an image that no recipe at hand makes is kept: its recipe may be in another folder.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// One thing in the cache.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is, in words.
    pub what: String,
    /// Where it is.
    pub path: PathBuf,
    /// Bytes that it takes.
    pub size: u64,
    /// When it was last used, as far as that is known.
    pub last_used: Option<SystemTime>,
    /// Who uses it: clusters, or `another process`.
    pub used_by: Vec<String>,
    /// Why nothing needs it any more; `None` while something may.
    pub stale: Option<&'static str>,
    /// What it was made from: Debian packages with their versions, or an address.
    pub made_from: Vec<String>,
    /// Whether it is what was put there.
    pub state: State,
}

/// What is known of an entry's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// As it was put there.
    Whole,
    /// Made by a labproof that kept no record of it.
    Unrecorded,
    /// This file is not what it was.
    Changed(PathBuf),
    /// Work that was interrupted; the next build goes on with it.
    Unfinished,
}

/// Everything in the cache at `root`; with `verify` all content is read.
pub(crate) fn list(root: &Path, recipes: &[ImageRecipe], verify: bool) -> Vec<Entry> {
    let current = Cache::at(root);
    let users = users();
    let mut entries = Vec::new();
    for path in children(root) {
        let name = file_name(&path);
        let (what, stale) = if path == current.tools.dir {
            ("the node's programs".to_owned(), None)
        } else if path == current.kubernetes {
            let version = super::kubernetes::VERSION;
            (
                format!("Kubernetes v{version}, built from Debian's source"),
                None,
            )
        } else if path == current.python {
            ("python3 with the Kubernetes client".to_owned(), None)
        } else if let Some(version) = super::released(&name) {
            (format!("Kubernetes v{version}, official programs"), None)
        } else if name == "work" {
            (
                "an interrupted download or build".to_owned(),
                Some("unfinished work"),
            )
        } else if super::is_own(&name) {
            (name.clone(), Some("made for another version of labproof"))
        } else {
            continue;
        };
        entries.push(entry(&path, what, stale, &users, verify));
    }
    let made: Vec<String> = recipes
        .iter()
        .chain(image::pause().iter())
        .map(|recipe| image::built(recipe).file)
        .collect();
    for path in children(&current.images) {
        let name = file_name(&path);
        if path.extension().is_none_or(|ending| ending != "tar") {
            continue;
        }
        let what = image::name_of(&path).map_or(name.clone(), |image| format!("image {image}"));
        let idle = seal::last_used(&path).and_then(|time| time.elapsed().ok());
        let stale = (!made.contains(&name) && idle.is_some_and(|idle| idle > KEPT))
            .then_some("no recipe here makes it, and not used for 30 days");
        entries.push(entry(&path, what, stale, &users, verify));
    }
    entries
}

/// Removes what nothing needs, or all that nobody uses; gives what went, and with `dry_run` what would go.
pub(crate) async fn prune(
    root: &Path,
    recipes: &[ImageRecipe],
    all: bool,
    dry_run: bool,
    progress: &dyn Progress,
) -> Result<Vec<Entry>, LocalError> {
    if !root.exists() {
        return Ok(Vec::new());
    }
    let _turn = Lock::take(&root.join("lock"), || {
        progress.stage(1, 1, "waiting for another labproof that fills the cache");
    })
    .await?;
    let mut gone = Vec::new();
    for entry in list(root, recipes, false) {
        let unneeded = all || entry.stale.is_some() || matches!(entry.state, State::Changed(_));
        if !unneeded || !entry.used_by.is_empty() {
            continue;
        }
        if dry_run || remove(root, &entry.path)? {
            gone.push(entry);
        }
    }
    Ok(gone)
}

/// Removes an entry unless somebody holds it. It goes under another name first, so that nobody ever finds half of it.
pub(crate) fn remove(root: &Path, entry: &Path) -> Result<bool, LocalError> {
    let Some(_alone) = Hold::alone(entry) else {
        return Ok(false);
    };
    let gone = root.join("work").join(format!("gone-{}", file_name(entry)));
    if entry.file_name().is_some_and(|name| name == "work") {
        return delete(entry).map(|()| true);
    }
    let existed = root.join("work").exists();
    super::make_dir(&root.join("work"))?;
    delete(&gone)?;
    std::fs::rename(entry, &gone).map_err(LocalError::io("removed", entry))?;
    delete(&seal::place(entry))?;
    delete(&gone)?;
    if !existed {
        delete(&root.join("work"))?;
    }
    Ok(true)
}

fn delete(path: &Path) -> Result<(), LocalError> {
    let result = if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    };
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(LocalError::io("removed", path)(error))
        }
        _ => Ok(()),
    }
}

fn entry(
    path: &Path,
    what: String,
    stale: Option<&'static str>,
    users: &[(String, NodeSpec)],
    verify: bool,
) -> Entry {
    let seal = seal::read(path);
    let mut used_by: Vec<String> = users
        .iter()
        .filter(|(_, spec)| {
            let loads = spec
                .images
                .iter()
                .chain([&spec.pause])
                .map(|image| spec.archives.join(&image.file));
            [&spec.tools, &spec.kubernetes].contains(&&path.to_path_buf())
                || loads.into_iter().any(|image| image == path)
        })
        .map(|(name, _)| format!("cluster {name}"))
        .collect();
    if used_by.is_empty() && Hold::alone(path).is_none() {
        used_by.push("another process".to_owned());
    }
    Entry {
        what,
        path: path.to_path_buf(),
        size: size(path),
        last_used: seal::last_used(path),
        used_by,
        stale,
        state: match &seal {
            _ if path.file_name().is_some_and(|name| name == "work") => State::Unfinished,
            None => State::Unrecorded,
            Some(seal) => seal
                .changed(path, verify)
                .map_or(State::Whole, State::Changed),
        },
        made_from: seal.map(|seal| seal.made_from).unwrap_or_default(),
    }
}

/// The clusters that run, and what they were told to use.
fn users() -> Vec<(String, NodeSpec)> {
    let running = LocalCluster::list().into_iter();
    let running = running.filter(|cluster| cluster.life != Life::Dead);
    running
        .filter_map(|cluster| {
            let spec = std::fs::read(StateDir::of(&cluster.name).ok()?.spec()).ok()?;
            Some((cluster.name, serde_json::from_slice(&spec).ok()?))
        })
        .collect()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    all.sort();
    all
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn size(path: &Path) -> u64 {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => children(path).iter().map(|path| size(path)).sum(),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}
