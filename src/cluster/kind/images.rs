//! Puts the images of the labs into a kind cluster's nodes.

use std::path::Path;
use std::time::Duration;

use super::{KindCluster, kind};
use crate::cluster::{ClusterError, Progress};

/// How long pulling or saving one image may take.
const PULL: Duration = Duration::from_secs(600);
/// How long kind may take to load one image into its nodes.
const LOAD: Duration = Duration::from_secs(300);

impl KindCluster {
    /// Loads each image that the engine has or can pull; gives those that could not be had, each with the
    /// engine's reason.
    ///
    /// # Errors
    /// kind refuses an image, or there is no room for one.
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
        for (index, image) in images.iter().enumerate() {
            progress.stage(index + 1, images.len(), &format!("loading {image}"));
            let saved = folder.path().join(format!("{index}.tar"));
            match self.save(image, &saved).await {
                Ok(()) => self.load_archive(&saved).await?,
                Err(reason) => missing.push((image.clone(), reason)),
            }
            // One at a time: images may be large.
            let _ = std::fs::remove_file(&saved);
        }
        Ok(missing)
    }

    /// Writes the image as an archive, pulled where the engine does not have it.
    async fn save(&self, image: &str, archive: &Path) -> Result<(), String> {
        let has = self.engine.ask(&["image", "inspect", image], PULL).await?;
        if !has.good {
            let pulled = self.engine.ask(&["pull", image], PULL).await?;
            if !pulled.good {
                return Err(pulled.last_words());
            }
        }
        let archive = archive.to_string_lossy();
        let saved = self
            .engine
            .ask(&["save", "--output", &archive, image], PULL)
            .await?;
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
