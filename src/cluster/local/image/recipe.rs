//! Image recipes: YAML files that say what goes into a container image and what runs in it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::cluster::local::error::LocalError;

/// An image that labproof makes itself, without a registry, from Debian packages and files.
#[derive(Debug, Clone)]
pub struct ImageRecipe {
    pub(crate) content: Content,
    /// The files that `source` names, by the path in the image.
    pub(crate) sources: BTreeMap<String, Vec<u8>>,
    path: PathBuf,
    digest: String,
    names: Vec<String>,
}

/// A recipe as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    /// The name under which a manifest asks for the image; without its tag where there are `tags`.
    pub(crate) image: String,
    /// Makes an image of each tag; `{tag}` stands for it in all that the recipe says. Without a `{tag}` the tags
    /// are names of one image.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// Debian packages whose files go in; the shared libraries that these need follow by themselves.
    #[serde(default)]
    pub(crate) packages: Vec<String>,
    #[serde(default)]
    pub(crate) directories: Vec<Directory>,
    #[serde(default)]
    pub(crate) files: Vec<FileEntry>,
    /// Symbolic links: path to target.
    #[serde(default)]
    pub(crate) links: BTreeMap<String, String>,
    /// `uid` or `uid:gid`, in numbers, so that Kubernetes can tell that it is not root.
    pub(crate) user: Option<String>,
    #[serde(default)]
    pub(crate) entrypoint: Vec<String>,
    #[serde(default)]
    pub(crate) cmd: Vec<String>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) working_dir: Option<String>,
    #[serde(default)]
    pub(crate) ports: Vec<u16>,
}

/// A folder of the image.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Directory {
    pub(crate) path: String,
    /// Octal, for example `"1777"`.
    pub(crate) mode: Option<String>,
    /// `uid` or `uid:gid`.
    pub(crate) owner: Option<String>,
}

/// A file of the image: its text, or the file beside the recipe that holds it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileEntry {
    pub(crate) path: String,
    pub(crate) content: Option<String>,
    pub(crate) source: Option<PathBuf>,
    pub(crate) mode: Option<String>,
    pub(crate) owner: Option<String>,
}

impl ImageRecipe {
    /// Reads one file: one image, or one for each of its `tags`.
    ///
    /// # Errors
    /// The file cannot be read, is not a recipe (line and column are named), or a file that it
    /// names is missing.
    pub fn read(path: &Path) -> Result<Vec<Self>, LocalError> {
        let text = std::fs::read_to_string(path).map_err(LocalError::io("read", path))?;
        Self::parse(path, &text)
    }

    /// Reads all recipes (`*.yaml`) of a folder, in the order of their names; a folder that does
    /// not exist holds none.
    ///
    /// # Errors
    /// As [`ImageRecipe::read`]; two recipes for one image are an error too.
    pub fn read_dir(folder: &Path) -> Result<Vec<Self>, LocalError> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(LocalError::io("read", folder)(error)),
        };
        let mut paths: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "yaml")
            })
            .collect();
        paths.sort();
        let mut recipes: Vec<Self> = Vec::new();
        for path in paths {
            for recipe in Self::read(&path)? {
                if let Some(other) = recipes.iter().find(|other| other.image() == recipe.image()) {
                    let reason = format!(
                        "{} is made by {} as well",
                        recipe.image(),
                        other.path.display()
                    );
                    return Err(LocalError::Recipe { path, reason });
                }
                recipes.push(recipe);
            }
        }
        Ok(recipes)
    }

    /// Parses a recipe's text; `path` is where it stands, for messages and for the files beside it.
    ///
    /// # Errors
    /// As [`ImageRecipe::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Vec<Self>, LocalError> {
        let untagged = content(path, text)?;
        if untagged.tags.is_empty() {
            return Ok(vec![Self::of(path, text, untagged)?]);
        }
        let name = |tag: &String| format!("{}:{tag}", untagged.image);
        let names: Vec<String> = untagged.tags.iter().map(name).collect();
        let tagged = untagged.tags.iter().map(|tag| {
            let tagged = text.replace(TAG, tag);
            let mut content = content(path, &tagged)?;
            content.image = name(tag);
            // The tags of a recipe that says the same for all of them are names of one image.
            let differs = tagged != text;
            let recipe = Self::of(path, &tagged, content)?;
            let names = if differs {
                recipe.names.clone()
            } else {
                names.clone()
            };
            Ok(Self { names, ..recipe })
        });
        tagged.collect()
    }

    /// Parses the text of a recipe that makes one image. Errors as [`ImageRecipe::read`].
    pub(crate) fn parse_one(path: &Path, text: &str) -> Result<Self, LocalError> {
        Self::of(path, text, content(path, text)?)
    }

    /// One image. `text` is what tells it from others.
    fn of(path: &Path, text: &str, content: Content) -> Result<Self, LocalError> {
        let wrong = |reason: String| LocalError::Recipe {
            path: path.to_path_buf(),
            reason,
        };
        check(&content).map_err(wrong)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut hash = Sha256::new();
        hash.update(text);
        let mut sources = BTreeMap::new();
        for file in &content.files {
            if let Some(source) = &file.source {
                let source = folder.join(source);
                let bytes = std::fs::read(&source).map_err(|error| {
                    wrong(format!(
                        "the source of {} cannot be read: {}: {error}",
                        file.path,
                        source.display()
                    ))
                })?;
                hash.update(&bytes);
                sources.insert(file.path.clone(), bytes);
            }
        }
        let digest = hex(&hash.finalize());
        Ok(Self {
            names: vec![content.image.clone()],
            content,
            sources,
            path: path.to_path_buf(),
            digest,
        })
    }

    /// The name under which a manifest asks for the image.
    pub fn image(&self) -> &str {
        &self.content.image
    }

    /// The same image under another name.
    pub(crate) fn called(&self, name: &str) -> Self {
        let mut other = self.clone();
        name.clone_into(&mut other.content.image);
        other
    }

    /// All names of the image in its archive.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The Debian packages that the image is made from.
    pub fn packages(&self) -> &[String] {
        &self.content.packages
    }

    /// Tells two versions of a recipe, or of the files that it names, apart.
    pub(crate) fn digest(&self) -> &str {
        &self.digest
    }
}

/// What stands for the tag in a recipe with `tags`.
const TAG: &str = "{tag}";

fn content(path: &Path, text: &str) -> Result<Content, LocalError> {
    serde_saphyr::from_str(text).map_err(|error| LocalError::Recipe {
        path: path.to_path_buf(),
        reason: error.to_string(),
    })
}

fn check(content: &Content) -> Result<(), String> {
    let image = &content.image;
    if image.is_empty()
        || image.contains(char::is_whitespace)
        || !image
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains(':'))
    {
        return Err(format!(
            "image: {image:?} needs a name and a tag, like example.org/shop/assets:1.0"
        ));
    }
    if image
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .matches(':')
        .count()
        > 1
    {
        return Err(format!(
            "image: {image:?} has more than one tag: with `tags` the name is written without"
        ));
    }
    for package in &content.packages {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
        if package.is_empty() || package.starts_with('-') || !package.chars().all(fits) {
            return Err(format!(
                "packages: {package:?} is no name of a Debian package"
            ));
        }
    }
    for directory in &content.directories {
        check_entry(
            &directory.path,
            directory.mode.as_deref(),
            directory.owner.as_deref(),
        )?;
    }
    for file in &content.files {
        check_entry(&file.path, file.mode.as_deref(), file.owner.as_deref())?;
        if file.content.is_some() == file.source.is_some() {
            return Err(format!(
                "files: {} needs either content or source",
                file.path
            ));
        }
    }
    for path in content.links.keys() {
        check_entry(path, None, None)?;
    }
    if let Some(user) = &content.user {
        owner(user).ok_or_else(|| format!("user: {user:?} is not UID or UID:GID in numbers"))?;
    }
    if content.entrypoint.is_empty() && content.cmd.is_empty() {
        return Err("entrypoint or cmd: one of them has to say what runs".to_owned());
    }
    Ok(())
}

fn check_entry(
    path: &str,
    mode_text: Option<&str>,
    owner_text: Option<&str>,
) -> Result<(), String> {
    let inside = Path::new(path)
        .components()
        .skip(1)
        .all(|part| matches!(part, Component::Normal(_)));
    if !path.starts_with('/') || !inside || path == "/" {
        return Err(format!("{path:?} is not an absolute path without .."));
    }
    if let Some(text) = mode_text {
        mode(text).ok_or_else(|| format!("{path}: mode {text:?} is not octal, like \"0755\""))?;
    }
    if let Some(text) = owner_text {
        owner(text)
            .ok_or_else(|| format!("{path}: owner {text:?} is not UID or UID:GID in numbers"))?;
    }
    Ok(())
}

/// An octal file mode.
pub(crate) fn mode(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 8)
        .ok()
        .filter(|mode| *mode <= 0o7777)
}

/// `uid` or `uid:gid`; the group is the user's number where it is left out.
pub(crate) fn owner(text: &str) -> Option<(u64, u64)> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    Some((user.parse().ok()?, group.parse().ok()?))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_message(text: &str, parts: &[&str]) {
        let error = ImageRecipe::parse(Path::new("labs/images/x.yaml"), text)
            .unwrap_err()
            .to_string();
        for part in parts {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line() {
        check_message(
            "image: a:1\ncmd: [sh]\npackage: [bash]\n",
            &["labs/images/x.yaml", "package", "line 3"],
        );
    }

    #[test]
    fn what_cannot_become_an_image_is_said() {
        check_message("image: a\ncmd: [sh]\n", &["name and a tag"]);
        check_message("image: a:1\n", &["entrypoint or cmd"]);
        check_message("image: a:1\ncmd: [x]\npackages: [--yes]\n", &["--yes"]);
        check_message(
            "image: a:1\ncmd: [x]\nfiles: [{path: /a/../b, content: x}]\n",
            &["/a/../b"],
        );
        check_message(
            "image: a:1\ncmd: [x]\nfiles: [{path: /a}]\n",
            &["/a needs either content or source"],
        );
        check_message(
            "image: a:1\ncmd: [x]\nfiles: [{path: /a, source: gone.jpg}]\n",
            &["gone.jpg"],
        );
        check_message(
            "image: a:1\ncmd: [x]\ndirectories: [{path: /a, mode: '999'}]\n",
            &["octal"],
        );
        check_message("image: a:1\ncmd: [x]\nuser: nginx\n", &["in numbers"]);
    }

    #[test]
    fn tags_make_an_image_each() {
        let text = "image: a\ntags: ['1', '2']\ncmd: [sh]\nenv: {VERSION: 'v{tag}'}\n";
        let recipes = ImageRecipe::parse(Path::new("a.yaml"), text).unwrap();
        let seen: Vec<_> = recipes
            .iter()
            .map(|recipe| (recipe.image(), &*recipe.content.env["VERSION"]))
            .collect();
        assert_eq!(seen, [("a:1", "v1"), ("a:2", "v2")]);
        assert_ne!(recipes[0].digest(), recipes[1].digest());
        assert_eq!(recipes[1].names(), ["a:2"]);
        // Where nothing in the recipe says which tag it is, they are names of one archive.
        let text = "image: a\ntags: ['1', '2']\ncmd: [sh]\n";
        let recipes = ImageRecipe::parse(Path::new("a.yaml"), text).unwrap();
        assert_eq!(recipes[0].digest(), recipes[1].digest());
        assert_eq!((recipes[0].image(), recipes[1].image()), ("a:1", "a:2"));
        assert_eq!(recipes[0].names(), ["a:1", "a:2"]);
        check_message(
            "image: a:1\ntags: ['1']\ncmd: [sh]\n",
            &["\"a:1:1\"", "more than one tag"],
        );
    }

    #[test]
    fn the_recipes_of_this_repository_are_valid() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("labs/images");
        let recipes = ImageRecipe::read_dir(&folder).unwrap();
        assert!(
            recipes
                .iter()
                .any(|recipe| recipe.image().ends_with("retail-store-sample-assets:0.4.0"))
        );
    }
}
