//! The cache of programs and images: what is complete stands under its final name, made by a rename.
//!
//! Entry points: [`ensure`], and [`stock`] for what lies there. Two labproofs at once take turns; what one was interrupted at, the next
//! one goes on with. [`seal`] tells when something has changed since, [`hold`] keeps what is used.

pub(crate) mod hold;
pub(crate) mod seal;
pub(crate) mod stock;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use self::hold::Hold;
use super::apt::{Apt, debs_in, names_in, unpack};
use super::error::LocalError;
use super::image::{self, ImageRecipe, hex};
use super::kubernetes;
use super::kubernetes::release::{self, Release};
use super::kubernetes::version::Version;
use super::lock::Lock;
use super::packages::{BUILD, NODE, Tools};
use super::paths::make_dir;
use super::python;
use crate::cluster::{Disk, Progress};

/// Room for source, compiler cache and programs together.
const BUILD_MB: u64 = 3500;
/// Room for the official programs of one version; those of 1.20 take 290 MB, today's 400 MB.
const RELEASE_MB: u64 = 600;
/// Room for the packages of a few images.
const IMAGES_MB: u64 = 500;

/// Programs and images that are there and complete.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    /// Debian's programs.
    pub(crate) tools: Tools,
    /// The folder of Kubernetes' programs.
    pub(crate) kubernetes: PathBuf,
    /// Their version, without a leading `v`.
    pub(crate) version: String,
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
            version: version.to_owned(),
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

    /// The same with the official programs of a version.
    fn with(root: &Path, release: Option<&Release>) -> Self {
        let cache = Self::at(root);
        match release {
            None => cache,
            Some(release) => Self {
                kubernetes: root.join(format!("kubernetes-{}{RELEASED}", release.version)),
                version: release.version.to_string(),
                ..cache
            },
        }
    }

    /// Everything that a cluster with these images uses.
    fn entries(&self, images: &[&ImageRecipe], python: bool) -> Vec<PathBuf> {
        let images = images
            .iter()
            .map(|recipe| self.images.join(image::built(recipe).file));
        let mut entries = vec![self.tools.dir.clone(), self.kubernetes.clone()];
        entries.extend(python.then(|| self.python.clone()));
        entries.extend(images);
        entries
    }

    /// Keeps everything that a cluster with these images uses from being removed; `None` where some of it is not
    /// there, or not what was put there.
    fn hold(&self, images: &[&ImageRecipe], python: bool) -> Option<Vec<Hold>> {
        let entries = self.entries(images, python);
        let holds = entries
            .iter()
            .map(|entry| Hold::take(entry))
            .collect::<Option<_>>()?;
        if entries.iter().any(|entry| damaged(entry).is_some()) {
            return None;
        }
        entries.iter().for_each(|entry| seal::touch(entry));
        Some(holds)
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
    fn wanted_packages(
        &self,
        images: &[&ImageRecipe],
        python: bool,
        release: Option<&Release>,
    ) -> Vec<String> {
        let mut packages: Vec<String> = Vec::new();
        if !self.has_tools() {
            packages.extend(NODE.iter().map(|name| (*name).to_owned()));
        }
        if let Some(release) = release.filter(|_| !self.has_kubernetes()) {
            packages.push(format!(
                "kubernetes-v{} (official programs from {})",
                release.version,
                release.site()
            ));
        } else if !self.has_kubernetes() {
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
    Supplies {
        cache: root.to_path_buf(),
        complete,
        free_mb: Disk::of(root).map(|disk| disk.free_mb()),
        needed_mb: if complete { IMAGES_MB } else { BUILD_MB },
    }
}

/// Makes everything that is missing; does nothing at all, and asks nothing, when nothing is.
pub(crate) async fn ensure(
    root: &Path,
    images: &[&ImageRecipe],
    python: bool,
    release: Option<&Release>,
    confirm: &mut (dyn FnMut(&[String]) -> bool + Send),
    progress: &dyn Progress,
) -> Result<(Cache, Vec<Hold>), LocalError> {
    let release = from_where(root, release, progress).await?;
    let cache = Cache::with(root, release);
    // Between the two somebody else may remove something, hardly twice.
    for _ in 0..3 {
        if let Some(holds) = cache.hold(images, python) {
            return Ok((cache, holds));
        }
        fill(root, &cache, images, python, release, confirm, progress).await?;
    }
    let holds = cache
        .hold(images, python)
        .ok_or_else(|| LocalError::Damaged {
            path: root.to_path_buf(),
        })?;
    Ok((cache, holds))
}

/// The version that Debian has the source of is built where its official programs cannot be had.
async fn from_where<'r>(
    root: &Path,
    release: Option<&'r Release>,
    progress: &dyn Progress,
) -> Result<Option<&'r Release>, LocalError> {
    let Some(release) = release else {
        return Ok(None);
    };
    let has_source = Version::parse(kubernetes::VERSION)? == release.version;
    if Cache::with(root, Some(release)).has_kubernetes() || release.is_mirrored() || !has_source {
        return Ok(Some(release));
    }
    match release::is_there(release).await {
        Err(LocalError::Unreachable { .. } | LocalError::Site { .. }) => {
            let what = format!(
                "{} cannot be reached: taking Debian's source",
                release.site()
            );
            progress.stage(1, 1, &what);
            Ok(None)
        }
        answer => answer.map(|()| Some(release)),
    }
}

/// Makes what is missing, and again what has changed since it was made.
async fn fill(
    root: &Path,
    cache: &Cache,
    images: &[&ImageRecipe],
    python: bool,
    release: Option<&Release>,
    confirm: &mut (dyn FnMut(&[String]) -> bool + Send),
    progress: &dyn Progress,
) -> Result<(), LocalError> {
    make_dir(root)?;
    let _turn = Lock::take(&root.join("lock"), || {
        progress.stage(1, 1, "waiting for another labproof that fills the cache");
    })
    .await?;
    for entry in cache.entries(images, python) {
        if let Some(path) = damaged(&entry)
            && !stock::remove(root, &entry)?
        {
            return Err(LocalError::Damaged { path });
        }
    }
    let missing = image::missing(&cache.images, images);
    let packages = cache.wanted_packages(images, python, release);
    if packages.is_empty() && missing.is_empty() {
        return Ok(());
    }
    if !confirm(&packages) {
        return Err(LocalError::Declined {
            packages,
            cache: root.to_path_buf(),
        });
    }
    require_space(
        root,
        match release {
            _ if cache.has_kubernetes() => IMAGES_MB,
            Some(_) => RELEASE_MB,
            None => BUILD_MB,
        },
    )?;
    let debian = !cache.has_tools() || !cache.has_python(python) || !missing.is_empty();
    let debian = debian || (release.is_none() && !cache.has_kubernetes());
    let stages = usize::from(debian)
        + usize::from(!cache.has_tools())
        + usize::from(!cache.has_python(python))
        + match release {
            _ if cache.has_kubernetes() => 0,
            Some(_) => 1,
            None => 3,
        }
        + missing.len();
    let mut number = 0;
    let mut stage = |what: &str| {
        number += 1;
        progress.stage(number, stages, what);
    };
    // Work folders keep their names, so that an interrupted build is found and continued.
    let work = root.join("work");
    let workshop = work.join(cache.kubernetes.file_name().unwrap_or_default());
    if let Some(release) = release
        && !cache.has_kubernetes()
    {
        stage(&format!("fetching Kubernetes v{}", release.version));
        make_dir(&workshop)?;
        release::fetch(release, &workshop, &cache.kubernetes, progress).await?;
    }
    if !debian {
        return clear(&work, &workshop);
    }
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
        make_dir(&workshop)?;
        kubernetes::build(&apt, &workshop, &cache.kubernetes, &mut stage, progress).await?;
    }
    clear(&work, &workshop)
}

/// Removes what was needed on the way, up to two gigabytes, and leaves what other versions were interrupted at.
fn clear(work: &Path, workshop: &Path) -> Result<(), LocalError> {
    let entries = std::fs::read_dir(work).map_err(LocalError::io("read", work))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path == *workshop || !name.starts_with("kubernetes-") {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
    // Only an empty one goes.
    let _ = std::fs::remove_dir(work);
    Ok(())
}

/// How the names of folders with official programs end.
const RELEASED: &str = "-release";

/// The version of official programs, from the name of their folder.
fn released(name: &str) -> Option<&str> {
    name.strip_prefix("kubernetes-")?.strip_suffix(RELEASED)
}

/// Whether labproof has made an entry of that name.
fn is_own(name: &str) -> bool {
    let made = ["node-", "kubernetes-", "python-"];
    made.iter().any(|start| name.starts_with(start)) && !name.ends_with(seal::ENDING)
}

/// The file of an entry that is not what was put there.
fn damaged(entry: &Path) -> Option<PathBuf> {
    if !entry.exists() {
        return None;
    }
    seal::read(entry)?.changed(entry, false)
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
    let made_from = names_in(&debs);
    let draft = work.join("node");
    let _ = std::fs::remove_dir_all(&draft);
    let debs = debs_in(&debs)?;
    for (index, deb) in debs.iter().enumerate() {
        progress.advance(index as u64, debs.len() as u64, "unpacking");
        unpack(deb, &draft).await?;
    }
    seal::put(&draft, into, made_from)
}

/// Refuses work that a nearly full disk would not let finish.
fn require_space(path: &Path, needed_mb: u64) -> Result<(), LocalError> {
    let Some(free_mb) = Disk::of(path).map(|disk| disk.free_mb()) else {
        return Ok(());
    };
    if free_mb < needed_mb {
        return Err(LocalError::LittleRoom {
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
            None,
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
                None,
                &mut |_| panic!("nothing to ask"),
                &Silent,
            )
            .await
            .unwrap();
        }
    }

    #[test]
    fn a_disk_without_room_is_refused_before_the_work() {
        let error = require_space(&super::super::paths::cache_root(), u64::MAX).unwrap_err();
        assert!(error.to_string().contains("LABPROOF_CACHE"), "{error}");
    }
}
