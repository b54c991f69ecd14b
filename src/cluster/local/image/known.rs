//! Recipes that labproof brings with it, for the images that labs everywhere ask for.

use std::path::Path;

use super::ImageRecipe;
use crate::cluster::local::error::LocalError;

macro_rules! recipe {
    ($name:literal) => {
        (
            concat!("labs/images/", $name, ".yaml"),
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/labs/images/",
                $name,
                ".yaml"
            )),
        )
    };
}

/// Those of `labs/images` that need no file beside them.
const KNOWN: [(&str, &str); 15] = [
    recipe!("agnhost"),
    recipe!("bash"),
    recipe!("busybox"),
    recipe!("curl"),
    recipe!("debian"),
    recipe!("hello-app"),
    recipe!("httpd"),
    recipe!("mysql"),
    recipe!("nginx"),
    recipe!("nginx-slim"),
    recipe!("pause"),
    recipe!("perl"),
    recipe!("python"),
    recipe!("redis"),
    recipe!("stress"),
];

/// What each of them makes. A recipe in a folder of the user's is taken in its place.
pub(crate) fn known() -> Result<Vec<ImageRecipe>, LocalError> {
    let mut recipes = Vec::new();
    for (path, text) in KNOWN {
        recipes.extend(ImageRecipe::parse(Path::new(path), text)?);
    }
    Ok(recipes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_can_be_read_and_makes_something_of_its_own() {
        let recipes = known().unwrap();
        let names: Vec<&str> = recipes.iter().map(ImageRecipe::image).collect();
        assert!(
            names.contains(&"busybox:1.35") && names.contains(&"nginx:1.14.2"),
            "{names:?}"
        );
        let once: std::collections::BTreeSet<&&str> = names.iter().collect();
        assert_eq!(once.len(), names.len());
    }
}
