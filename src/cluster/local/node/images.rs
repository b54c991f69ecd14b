//! Loads image archives into containerd.

use super::component::CONTAINERD_SOCKET;
use super::environment::{Environment, images_dir, tools_dir};
use crate::cluster::local::error::LocalError;
use crate::cluster::local::image::BuiltImage;
use crate::cluster::local::tool;

/// Loads one image under its full name, where kubelet finds it.
pub(crate) async fn load(environment: &Environment, image: &BuiltImage) -> Result<(), LocalError> {
    let mut command = tool::command(tools_dir().join("usr/bin/ctr"));
    environment.apply(&mut command);
    command.args([
        "--address",
        CONTAINERD_SOCKET,
        "--namespace",
        "k8s.io",
        "images",
        "import",
    ]);
    command.arg(images_dir().join(&image.file));
    tool::output(&mut command, &format!("loading the image {}", image.name))
        .await
        .map(|_| ())
}
