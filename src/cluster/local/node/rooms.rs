//! Namespaces for the nodes after the first: each has a network, mounts and a host name of its own, and
//! shares the first one's processes, programs and memory.

use std::path::Path;

use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};

use super::environment::Environment;
use super::root;
use crate::cluster::local::error::LocalError;
use crate::cluster::local::member::{Member, nodes_dir};
use crate::cluster::local::paths::make_dir;
use crate::cluster::local::tool;

/// Where the provisioner of volumes makes them: the same folder on all nodes, so that a volume can be
/// used from each of them.
const VOLUMES: &str = "/tmp/hostpath_pv";

/// The namespaces that a node has of its own, as `unshare` and `nsenter` call them.
pub(crate) const KINDS: [&str; 3] = ["net", "mount", "uts"];

/// Prepares the place in which files stand for namespaces; must come before any [`make`].
pub(crate) fn prepare() -> Result<(), LocalError> {
    let nodes = nodes_dir();
    make_dir(&nodes)?;
    make_dir(Path::new(VOLUMES))?;
    let mounted = |result: rustix::io::Result<()>| {
        result.map_err(|error| LocalError::io("mounted", &nodes)(error.into()))
    };
    mounted(mount_bind(&nodes, &nodes))?;
    // The kernel takes the file of a mount namespace on a private mount only.
    mounted(mount_change(&nodes, MountPropagationFlags::PRIVATE))
}

/// Makes a node's namespaces and its own files. Must come before anything is mounted for pods, because
/// what is mounted then would be held by the copy.
pub(crate) async fn make(environment: &Environment, member: Member) -> Result<(), LocalError> {
    let own = member.root();
    root::fill(&own, member)?;
    make_dir(&own.join(VOLUMES.trim_start_matches('/')))?;
    let mut command = tool::command("unshare");
    environment.apply(&mut command);
    for kind in KINDS {
        let file = member.namespace(kind);
        std::fs::write(&file, "").map_err(LocalError::io("created", &file))?;
        command.arg(format!("--{kind}={}", file.display()));
    }
    let (name, own) = (member.name(), own.display());
    let script = format!(
        "echo {name} > /proc/sys/kernel/hostname
         mount --bind {VOLUMES} {own}{VOLUMES}
         for folder in etc root mnt opt tmp var run; do mount --rbind {own}/$folder /$folder; done
         mount --make-rshared /"
    );
    command.args(["sh", "-ec", &script]);
    tool::output(&mut command, &format!("making the node {name}"))
        .await
        .map(|_| ())
}
