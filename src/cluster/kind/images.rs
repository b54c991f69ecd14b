//! Puts the images of the labs into a kind cluster's nodes.

use std::path::Path;
use std::time::Duration;

use super::{Engine, KindCluster, kind};
use crate::cluster::{ClusterError, Progress};

/// How long pulling or saving one image may take.
const PULL: Duration = Duration::from_secs(600);
/// How long kind may take to load one image into its nodes.
const LOAD: Duration = Duration::from_secs(300);

/// The engine whose `save` has to be told which platform.
const DOCKER: &str = "docker";
/// The engine that asks which registry a short name is of, and where nobody answers fails.
const PODMAN: &str = "podman";
/// The registry of a short name.
const HUB: &str = "docker.io";

/// The platform of the nodes, in the words of OCI.
fn platform() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("linux/{architecture}")
}

/// The name of an image that the engine takes without a question.
fn in_full(engine: &Engine, image: &str) -> String {
    if engine.name() != PODMAN {
        return image.to_owned();
    }
    match image.split_once('/') {
        None => format!("{HUB}/library/{image}"),
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => image.to_owned(),
        Some(_) => format!("{HUB}/{image}"),
    }
}

impl KindCluster {
    /// Loads each image that the engine has or can pull; gives those that could not be loaded, each with the
    /// reason. That is no error yet: the nodes pull by themselves what they lack.
    ///
    /// # Errors
    /// There is no room for an image.
    pub(in crate::cluster) async fn load(
        &self,
        images: &[String],
        progress: &dyn Progress,
    ) -> Result<Vec<(String, String)>, ClusterError> {
        let folder = tempfile::tempdir().map_err(|cause| ClusterError::PrivateFile {
            path: std::env::temp_dir(),
            cause,
        })?;
        let mut missing = Vec::new();
        // An archive does not keep a digest as a name, so the nodes would not find the image by it.
        let named: Vec<&String> = images.iter().filter(|image| !image.contains('@')).collect();
        for (index, image) in named.iter().enumerate() {
            progress.stage(index + 1, named.len(), &format!("loading {image}"));
            let saved = folder.path().join(format!("{index}.tar"));
            let loaded = match self.save(image, &saved).await {
                Ok(()) => self
                    .load_archive(&saved)
                    .await
                    .map_err(|error| error.to_string()),
                Err(reason) => Err(reason),
            };
            if let Err(reason) = loaded {
                missing.push(((*image).clone(), reason));
            }
            // One at a time: images may be large.
            let _ = std::fs::remove_file(&saved);
        }
        Ok(missing)
    }

    /// Writes the image as an archive, pulled where the engine does not have it.
    async fn save(&self, image: &str, archive: &Path) -> Result<(), String> {
        let image = &in_full(&self.engine, image);
        let has = self.engine.ask(&["image", "inspect", image], PULL).await?;
        if !has.good {
            let pulled = self.engine.ask(&["pull", image], PULL).await?;
            if !pulled.good {
                return Err(pulled.last_words());
            }
        }
        let archive = archive.to_string_lossy();
        let platform = platform();
        let whole = ["save", "--output", &archive, image];
        let one = ["save", "--platform", &platform, "--output", &archive, image];
        // A Docker that keeps images in containerd (usual since 29) names all platforms of an image in the archive and
        // adds the layers of one, which kind refuses. An older Docker does not know the flag, and need not.
        if self.engine.name() == DOCKER && self.engine.ask(&one, PULL).await?.good {
            return Ok(());
        }
        let saved = self.engine.ask(&whole, PULL).await?;
        saved.good.then_some(()).ok_or_else(|| saved.last_words())
    }

    /// Loads an archive that was made from a recipe.
    ///
    /// # Errors
    /// kind refuses it.
    pub(in crate::cluster) async fn load_archive(
        &self,
        archive: &Path,
    ) -> Result<(), ClusterError> {
        let archive = archive.to_string_lossy();
        let args = ["load", "image-archive", &archive, "--name", &self.name];
        kind(&self.engine, &args, LOAD).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn podman_is_told_the_registry() {
        let podman = Engine::named(PODMAN);
        for (short, full) in [
            ("busybox:1.36", "docker.io/library/busybox:1.36"),
            ("bitnami/redis", "docker.io/bitnami/redis"),
            ("localhost/mine", "localhost/mine"),
            ("quay.io/a/b:1", "quay.io/a/b:1"),
            ("registry:5000/a", "registry:5000/a"),
        ] {
            assert_eq!(in_full(&podman, short), full);
            assert_eq!(in_full(&Engine::named(DOCKER), short), short);
        }
    }
}
