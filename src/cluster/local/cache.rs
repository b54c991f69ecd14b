//! The cache of programs and images: what is complete stands under its final name, made by a rename.
//!
//! Entry point: [`ensure`]. Two labproofs at once take turns; what one was interrupted at, the next
//! one goes on with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::apt::{Apt, debs_in, unpack};
use super::error::LocalError;
use super::image::{self, ImageRecipe, hex};
use super::kubernetes;
use super::lock::Lock;
use super::packages::{BUILD, NODE, Tools};
use super::paths::make_dir;
use super::python;
use crate::cluster::Progress;

/// Room for source, compiler cache and programs together.
const BUILD_MB: u64 = 3500;
/// Room for the packages of a few images.
const IMAGES_MB: u64 = 500;

/// Programs and images that are there and complete.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    /// Debian's programs.
    pub(crate) tools: Tools,
    /// The folder of Kubernetes' programs.
    pub(crate) kubernetes: PathBuf,
    /// A python3 with the Kubernetes client, unpacked; only there where a lab has asked for it.
    pub(crate) python: PathBuf,
    /// The folder of image archives.
    pub(crate) images: PathBuf,
}

impl Cache {
    /// The places in the cache at `root`, whether anything is there or not.
    pub(crate) fn at(root: &Path) -> Self {
        let key = |text: &str| hex(&Sha256::digest(text))[..12].to_owned();
        let node = format!("{NODE:?} {}", super::packages::SUITE);
        let version = kubernetes::VERSION;
        Self {
            tools: Tools {
                dir: root.join(format!("node-{}", key(&node))),
            },
            kubernetes: root.join(format!(
                "kubernetes-{version}-{}",
                key(&kubernetes::recipe())
            )),
            python: root.join(format!(
                "python-{}",
                key(&format!(
                    "{:?} {} {}",
                    python::PACKAGES,
                    super::packages::SUITE,
                    python::FORMAT
                ))
            )),
            images: root.join("images"),
        }
    }

    fn has_tools(&self) -> bool {
        self.tools.dir.exists()
    }

    fn has_kubernetes(&self) -> bool {
        self.kubernetes.exists()
    }

    /// Whether the python3 is there, or nobody wants it.
    fn has_python(&self, wanted: bool) -> bool {
        !wanted || self.python.exists()
    }

    /// The Debian packages that would have to be fetched, sorted.
    fn wanted_packages(&self, images: &[&ImageRecipe], python: bool) -> Vec<String> {
        let mut packages: Vec<String> = Vec::new();
        if !self.has_tools() {
            packages.extend(NODE.iter().map(|name| (*name).to_owned()));
        }
        if !self.has_kubernetes() {
            packages.extend(BUILD.iter().map(|name| (*name).to_owned()));
            packages.push("kubernetes (source)".to_owned());
        }
        if !self.has_python(python) {
            packages.extend(python::PACKAGES.iter().map(|name| (*name).to_owned()));
        }
        for recipe in image::missing(&self.images, images) {
            packages.extend(recipe.packages().iter().cloned());
        }
        packages.sort();
        packages.dedup();
        packages
    }
}

/// What the cache has, and what the disk leaves it.
#[derive(Debug, Clone)]
pub struct Supplies {
    /// The folder of the cache.
    pub cache: PathBuf,
    /// Whether all programs of a node are in it.
    pub complete: bool,
    /// Room on its disk in MB, where that can be told.
    pub free_mb: Option<u64>,
    /// Room in MB that is needed to make what is missing.
    pub needed_mb: u64,
}

/// Looks at the cache at `root`.
pub(crate) fn supplies(root: &Path) -> Supplies {
    let cache = Cache::at(root);
    let complete = cache.has_tools() && cache.has_kubernetes();
    let existing = root.ancestors().find(|folder| folder.exists());
    Supplies {
        cache: root.to_path_buf(),
        complete,
        free_mb: existing.and_then(free_mb),
        needed_mb: if complete { IMAGES_MB } else { BUILD_MB },
    }
}

/// Makes everything that is missing; does nothing at all, and asks nothing, when nothing is.
pub(crate) async fn ensure(
    root: &Path,
    images: &[&ImageRecipe],
    python: bool,
    confirm: &mut (dyn FnMut(&[String]) -> bool + Send),
    progress: &dyn Progress,
) -> Result<Cache, LocalError> {
    let cache = Cache::at(root);
    if cache.has_tools()
        && cache.has_kubernetes()
        && cache.has_python(python)
        && image::missing(&cache.images, images).is_empty()
    {
        return Ok(cache);
    }
    make_dir(root)?;
    let _turn = Lock::take(&root.join("lock"), || {
        progress.stage(1, 1, "waiting for another labproof that fills the cache");
    })
    .await?;
    let missing = image::missing(&cache.images, images);
    let packages = cache.wanted_packages(images, python);
    if packages.is_empty() && missing.is_empty() {
        return Ok(cache);
    }
    if !confirm(&packages) {
        return Err(LocalError::Declined {
            packages,
            cache: root.to_path_buf(),
        });
    }
    require_space(
        root,
        if cache.has_kubernetes() {
            IMAGES_MB
        } else {
            BUILD_MB
        },
    )?;
    let stages = 1
        + usize::from(!cache.has_tools())
        + usize::from(!cache.has_python(python))
        + if cache.has_kubernetes() { 0 } else { 3 }
        + missing.len();
    let mut number = 0;
    let mut stage = |what: &str| {
        number += 1;
        progress.stage(number, stages, what);
    };
    // Work folders keep their names, so that an interrupted build is found and continued.
    let work = root.join("work");
    stage("fetching Debian's package lists");
    let apt = Apt::prepare(&work.join("apt")).await?;
    if !cache.has_tools() {
        stage("fetching the node's programs");
        fetch_tools(&apt, &work, &cache.tools.dir, progress).await?;
    }
    if !cache.has_python(python) {
        stage("fetching python3 with the Kubernetes client");
        python::fetch(&apt, &work, &cache.python, progress).await?;
    }
    for recipe in missing {
        stage(&format!("making the image {}", recipe.image()));
        image::make(recipe, &apt, &work, &cache.images, progress).await?;
    }
    if !cache.has_kubernetes() {
        let name = cache.kubernetes.file_name().unwrap_or_default().to_owned();
        let workshop = work.join(name);
        make_dir(&workshop)?;
        kubernetes::build(&apt, &workshop, &cache.kubernetes, &mut stage, progress).await?;
    }
    // Two gigabytes that nobody needs once the programs are there.
    let _ = std::fs::remove_dir_all(&work);
    Ok(cache)
}

/// Makes the images whose archives are missing, and nothing else; gives all archives.
pub(crate) async fn ensure_images(
    root: &Path,
    images: &[&ImageRecipe],
    confirm: &mut (dyn FnMut(&[String]) -> bool + Send),
    progress: &dyn Progress,
) -> Result<Vec<PathBuf>, LocalError> {
    let folder = Cache::at(root).images;
    let archives = || {
        let files: BTreeSet<String> = images
            .iter()
            .map(|recipe| image::built(recipe).file)
            .collect();
        files.iter().map(|file| folder.join(file)).collect()
    };
    if image::missing(&folder, images).is_empty() {
        return Ok(archives());
    }
    make_dir(root)?;
    let _turn = Lock::take(&root.join("lock"), || {
        progress.stage(1, 1, "waiting for another labproof that fills the cache");
    })
    .await?;
    let missing = image::missing(&folder, images);
    let mut packages: Vec<String> = missing
        .iter()
        .flat_map(|recipe| recipe.packages())
        .cloned()
        .collect();
    packages.sort();
    packages.dedup();
    if !packages.is_empty() && !confirm(&packages) {
        let cache = root.to_path_buf();
        return Err(LocalError::Declined { packages, cache });
    }
    require_space(root, IMAGES_MB)?;
    let work = root.join("work");
    let apt = Apt::prepare(&work.join("apt")).await?;
    for (index, recipe) in missing.iter().enumerate() {
        progress.stage(
            index + 1,
            missing.len(),
            &format!("making the image {}", recipe.image()),
        );
        image::make(recipe, &apt, &work, &folder, progress).await?;
    }
    Ok(archives())
}

async fn fetch_tools(
    apt: &Apt,
    work: &Path,
    into: &Path,
    progress: &dyn Progress,
) -> Result<(), LocalError> {
    let debs = work.join("node-debs");
    apt.download(NODE, &debs, progress).await?;
    let draft = work.join("node");
    let _ = std::fs::remove_dir_all(&draft);
    let debs = debs_in(&debs)?;
    for (index, deb) in debs.iter().enumerate() {
        progress.advance(index as u64, debs.len() as u64, "unpacking");
        unpack(deb, &draft).await?;
    }
    std::fs::rename(&draft, into).map_err(LocalError::io("moved", &draft))
}

fn free_mb(path: &Path) -> Option<u64> {
    let room = rustix::fs::statvfs(path).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize) >> 20)
}

/// Refuses work that a nearly full disk would not let finish.
fn require_space(path: &Path, needed_mb: u64) -> Result<(), LocalError> {
    let Some(free_mb) = free_mb(path) else {
        return Ok(());
    };
    if free_mb < needed_mb {
        return Err(LocalError::DiskFull {
            path: path.to_path_buf(),
            needed_mb,
            free_mb,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Silent;
    impl Progress for Silent {
        fn stage(&self, _: usize, _: usize, _: &str) {}
        fn advance(&self, _: u64, _: u64, _: &str) {}
    }

    #[tokio::test]
    async fn nothing_is_fetched_without_a_yes_and_everything_is_listed() {
        let root = tempfile::tempdir().unwrap();
        let mut asked = Vec::new();
        let result = ensure(
            root.path(),
            &[],
            true,
            &mut |packages| {
                asked = packages.to_vec();
                false
            },
            &Silent,
        )
        .await;
        let message = result.unwrap_err().to_string();
        assert!(
            asked.contains(&"containerd".to_owned())
                && asked.contains(&"kubernetes (source)".to_owned())
                && asked.contains(&"python3-kubernetes".to_owned())
        );
        assert!(message.contains("--yes"), "{message}");
        assert!(!root.path().join("work").exists());
    }

    #[tokio::test]
    async fn a_complete_cache_is_used_without_asking() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::at(root.path());
        std::fs::create_dir_all(&cache.tools.dir).unwrap();
        std::fs::create_dir_all(&cache.kubernetes).unwrap();
        std::fs::create_dir_all(&cache.python).unwrap();
        for python in [true, false] {
            ensure(
                root.path(),
                &[],
                python,
                &mut |_| panic!("nothing to ask"),
                &Silent,
            )
            .await
            .unwrap();
        }
    }

    #[test]
    fn a_disk_without_room_is_refused_before_the_work() {
        let error = require_space(Path::new("/"), u64::MAX).unwrap_err();
        assert!(error.to_string().contains("LABPROOF_CACHE"));
    }
}
