//! Which image recipes a run on a local cluster needs: making an image takes seconds to minutes, so none is made in vain.
//!
//! Entry point: [`needed`]. An image that the labs ask for is made by the recipe of its name; one with a registry's name
//! before it (`r.example/busybox:1.28`) also by that of the rest, which is told. Where not all that a lab applies can be read,
//! recipes count too whose name a file of the lab has, and whatever is made already.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::ClusterError;
use super::image::{full_name, split};
use super::local::{self, ImageRecipe};

/// An image that the recipe of another name makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    /// The image, as the lab calls it.
    pub image: String,
    /// The image of the recipe.
    pub recipe: String,
}

/// What a run is to have on its cluster.
#[derive(Debug, Default)]
pub(super) struct Supply {
    pub(super) recipes: Vec<ImageRecipe>,
    pub(super) stand_ins: Vec<StandIn>,
}

/// Larger files are not read.
const LARGEST: u64 = 1 << 20;
/// Where there are more files than these, or more bytes in them, every recipe counts.
const MOST_FILES: usize = 2_000;
const MOST_BYTES: u64 = 64 << 20;
/// Folders of other people's files.
const OTHERS: &[&str] = &["node_modules", "target", "vendor"];

/// Of all recipes those that make the images asked for; where there may be `more`, also those that files below `places` name.
pub(super) fn needed(
    all: Vec<ImageRecipe>,
    images: &[String],
    more: bool,
    places: &[PathBuf],
) -> Supply {
    let mut supply = Supply::default();
    let asked: BTreeSet<String> = images.iter().map(|image| full_name(image)).collect();
    let made = |image: &str| all.iter().find(|recipe| full_name(recipe.image()) == image);
    for image in images {
        let (_, rest) = split(image);
        if made(&full_name(image)).is_none()
            && rest != image
            && let Some(recipe) = made(&full_name(rest))
        {
            supply.recipes.push(recipe.called(image));
            supply.stand_ins.push(StandIn {
                image: image.clone(),
                recipe: recipe.image().to_owned(),
            });
        }
    }
    let named = match more {
        true => named(&all, places),
        false => Some(BTreeSet::new()),
    };
    let wanted = |recipe: &ImageRecipe| {
        asked.contains(&full_name(recipe.image()))
            || named
                .as_ref()
                .is_none_or(|named| named.contains(repository(recipe)))
            || more && local::is_made(recipe)
    };
    let chosen: Vec<ImageRecipe> = all.iter().filter(|it| wanted(it)).cloned().collect();
    supply.recipes.extend(chosen);
    supply
}

/// The recipes that labproof brings with it and those of all folders; of two for one image, that of the later folder.
pub(super) fn read(folders: &[PathBuf]) -> Result<Vec<ImageRecipe>, ClusterError> {
    let mut recipes = local::known_images()?;
    for folder in folders {
        for recipe in ImageRecipe::read_dir(folder)? {
            let name = full_name(recipe.image());
            recipes.retain(|other| full_name(other.image()) != name);
            recipes.push(recipe);
        }
    }
    Ok(recipes)
}

/// The image's name without registry and tag.
fn repository(recipe: &ImageRecipe) -> &str {
    let (_, rest) = split(recipe.image());
    rest.rsplit_once(':').map_or(rest, |(name, _)| name)
}

/// The repositories that files below the places name; `None` where there are too many files to look at.
fn named(recipes: &[ImageRecipe], places: &[PathBuf]) -> Option<BTreeSet<String>> {
    let mut left: BTreeSet<&str> = recipes.iter().map(repository).collect();
    let mut found = BTreeSet::new();
    let (mut files, mut bytes) = (0, 0);
    let mut waiting = places.to_vec();
    while let Some(path) = waiting.pop() {
        files += 1;
        if files > MOST_FILES || bytes > MOST_BYTES {
            return None;
        }
        // A link may lead anywhere, also back.
        let Ok(data) = std::fs::symlink_metadata(&path) else {
            continue;
        };
        if data.is_dir() {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            waiting.extend(
                entries
                    .map(|entry| entry.path())
                    .filter(|path| is_ours(path)),
            );
        } else if data.is_file() && data.len() <= LARGEST {
            bytes += data.len();
            let text = std::fs::read(&path).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            left.retain(|name| {
                let names = names(&text, name);
                if names {
                    found.insert((*name).to_owned());
                }
                !names
            });
        }
    }
    Some(found)
}

/// Neither hidden, nor other people's, nor a folder of recipes.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && name != "images" && !OTHERS.contains(&name.as_ref())
}

/// Whether a text asks for an image of that name: by a tag, or in a line that speaks of images.
fn names(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        line.match_indices(name).any(|(at, _)| {
            let inside = |c: char| c.is_alphanumeric() || "-_.".contains(c);
            let mut after = line[at + name.len()..].chars();
            if line[..at].ends_with(inside) {
                return false;
            }
            match after.next() {
                Some(':') => after.next().is_some_and(char::is_alphanumeric),
                Some(c) if inside(c) || c == '/' => false,
                _ => line.to_ascii_lowercase().contains("image"),
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn recipes(names: &[&str]) -> Vec<ImageRecipe> {
        let recipe = |name: &&str| {
            let text = format!("image: {name}\ncmd: [of-a-test]\n");
            ImageRecipe::parse(Path::new("x.yaml"), &text)
                .unwrap()
                .remove(0)
        };
        names.iter().map(recipe).collect()
    }

    /// Holds the images of the recipes that are taken.
    #[track_caller]
    fn check(images: &[&str], more: bool, file: &str, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("images")).unwrap();
        fs::write(folder.path().join("images/mail.yaml"), "image: mail:1").unwrap();
        fs::write(folder.path().join("deploy.sh"), file).unwrap();
        let all = recipes(&["web:1", "web:2", "mail:1", "r.example/shop/db:3"]);
        let images: Vec<String> = images.iter().map(|it| (*it).to_owned()).collect();
        let supply = needed(all, &images, more, &[folder.path().to_owned()]);
        let taken: Vec<&str> = supply.recipes.iter().map(ImageRecipe::image).collect();
        assert_eq!(taken, expected, "{images:?} {file}");
        let other: Vec<&str> = supply.stand_ins.iter().map(|it| &*it.image).collect();
        let own = taken.iter().filter(|it| it.starts_with("other.example"));
        assert_eq!(other, own.copied().collect::<Vec<_>>());
    }

    #[test]
    fn only_what_is_asked_for_is_made() {
        check(&["web:1", "gone:1"], false, "--image=mail", &["web:1"]);
        check(
            &["other.example/web:2", "other.example/x/web:2"],
            false,
            "",
            &["other.example/web:2"],
        );
        check(&["other.example/shop/db:3"], false, "", &[]);
    }

    #[test]
    fn what_a_file_of_the_lab_names_may_be_asked_for() {
        check(
            &[],
            true,
            "kubectl create deployment x --image=web",
            &["web:1", "web:2"],
        );
        check(
            &[],
            true,
            "run: \"r.example/shop/db:$V\" shop/db:3",
            &["r.example/shop/db:3"],
        );
        check(&["web:1"], true, "mailer:1 the mail is: web", &["web:1"]);
    }
}
