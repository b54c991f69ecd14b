//! Makes container images from recipes, without a registry and without a container engine.
//!
//! Entry point: [`make`]. Steps: read the recipe, fetch its packages with all dependencies, pick the
//! named packages' files and the libraries that they need, write one deterministic layer and with it
//! an archive that containerd (and kind) can load.

mod archive;
mod elf;
mod known;
mod recipe;
pub(crate) mod registry;
mod tree;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

pub(crate) use known::known;
pub use recipe::ImageRecipe;
pub(crate) use recipe::hex;

use super::apt::{Apt, debs_in};
use super::cache::seal;
use super::error::LocalError;
use super::paths::make_dir;
use super::tool;
use crate::cluster::Progress;

/// The sandbox of every pod: a static program that waits and reaps, from Debian's catatonit.
pub(crate) const PAUSE: &str = include_str!("pause.yaml");

/// An image that is ready to be loaded.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct BuiltImage {
    /// The full name.
    pub(crate) name: String,
    /// The archive's file name in the folder of images; it changes with the recipe.
    pub(crate) file: String,
}

/// The recipe of the image that every pod's sandbox runs.
pub(crate) fn pause() -> Result<ImageRecipe, LocalError> {
    ImageRecipe::parse_one(Path::new("pause.yaml"), PAUSE)
}

/// The archive of a recipe, as it is or would be called.
pub(crate) fn built(recipe: &ImageRecipe) -> BuiltImage {
    let file = format!("{}-{}.tar", recipe.digest()[..24].to_owned(), FORMAT);
    BuiltImage {
        name: recipe.image().to_owned(),
        file,
    }
}

/// Changes when the same recipe would give another archive.
const FORMAT: u32 = 1;

/// The recipes whose archives are not in the folder yet, one for each archive.
pub(crate) fn missing<'r>(folder: &Path, recipes: &[&'r ImageRecipe]) -> Vec<&'r ImageRecipe> {
    let mut files = HashSet::new();
    recipes
        .iter()
        .copied()
        .filter(|recipe| {
            let file = built(recipe).file;
            !folder.join(&file).exists() && files.insert(file)
        })
        .collect()
}

/// Makes one image's archive in `folder`.
pub(crate) async fn make(
    recipe: &ImageRecipe,
    apt: &Apt,
    work: &Path,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), LocalError> {
    make_dir(folder)?;
    let debs = if recipe.packages().is_empty() {
        Vec::new()
    } else {
        // Recipes with the same packages, as those of several tags, fetch them once.
        let downloads: PathBuf = work.join("image-debs").join(recipe.packages().join(","));
        apt.download_closure(recipe.packages(), &downloads, progress)
            .await?;
        debs_in(&downloads)?
    };
    let mut packages = Vec::new();
    let mut made_from = Vec::new();
    for (index, deb) in debs.iter().enumerate() {
        let name = deb
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        progress.advance(index as u64, debs.len() as u64, &name);
        let package = name.split('_').next().unwrap_or_default().to_owned();
        packages.push((package, contents(deb).await?));
        made_from.push(name);
    }
    let wrong = |reason: String| LocalError::Image {
        image: recipe.image().to_owned(),
        reason,
    };
    let tree = tree::Tree::build(recipe, &packages).map_err(wrong)?;
    let path = folder.join(built(recipe).file);
    let draft = path.with_extension("draft");
    archive::write(recipe, &tree, &draft).map_err(LocalError::io("written", &draft))?;
    seal::put(&draft, &path, made_from)
}

/// The name of the image in an archive.
pub(crate) fn name_of(archive: &Path) -> Option<String> {
    let mut archive = tar::Archive::new(std::fs::File::open(archive).ok()?);
    let manifest = archive
        .entries_with_seek()
        .ok()?
        .flatten()
        .find(|entry| entry.path_bytes().as_ref() == b"manifest.json")?;
    let manifest: serde_json::Value = serde_json::from_reader(manifest).ok()?;
    Some(manifest[0]["RepoTags"][0].as_str()?.to_owned())
}

/// A package's files, as an uncompressed tar.
async fn contents(deb: &Path) -> Result<Vec<u8>, LocalError> {
    let failed = |tail: String| LocalError::Tool {
        program: format!("unpacking {}", deb.display()),
        tail,
    };
    let mut command = tool::command("dpkg-deb");
    command.arg("--fsys-tarfile").arg(deb);
    let output = command
        .output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(output.stdout)
}
