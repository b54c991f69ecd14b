//! Loads image archives into containerd.

use super::component::containerd_socket;
use super::environment::{Environment, images_dir, tools_dir};
use crate::cluster::local::error::LocalError;
use crate::cluster::local::image::BuiltImage;
use crate::cluster::local::member::Member;
use crate::cluster::local::tool;

/// Loads one image under its full name, where a node's kubelet finds it.
pub(crate) async fn load(
    environment: &Environment,
    member: Member,
    image: &BuiltImage,
) -> Result<(), LocalError> {
    let mut command = environment.command(Member::FIRST, tools_dir().join("usr/bin/ctr"));
    command.arg("--address").arg(containerd_socket(member));
    command.args(["--namespace", "k8s.io", "images", "import"]);
    command.arg(images_dir().join(&image.file));
    tool::output(&mut command, &format!("loading the image {}", image.name))
        .await
        .map(|_| ())
}
