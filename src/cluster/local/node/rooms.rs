//! Namespaces for the nodes after the first: each has a network, mounts and a host name of its own, and
//! shares the first one's processes, programs and memory.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};

use super::environment::Environment;
use super::root;
use crate::cluster::local::error::{LocalError, tail};
use crate::cluster::local::member::{Member, nodes_dir};
use crate::cluster::local::paths::make_dir;
use crate::cluster::local::tool;

/// Where the provisioner of volumes makes them: the same folder on all nodes, so that a volume can be
/// used from each of them.
const VOLUMES: &str = "/tmp/hostpath_pv";

/// The namespaces that a node has of its own, as `unshare` and `nsenter` call them.
pub(crate) const KINDS: [&str; 3] = ["net", "mount", "uts"];

/// A node's namespaces, which live at least as long as this.
#[derive(Debug)]
pub(crate) struct Room {
    _namespaces: Vec<File>,
}

/// Makes a node's namespaces and its own files. Must come before anything is mounted for pods, because
/// what is mounted then would be held by the copy.
///
/// The namespaces are held open by this process, and the files by which they are entered are links to what it holds. `unshare`
/// could mount them on files instead, save for Linux 6.18: that takes the mount namespace for an older one than this
/// process' own, and refuses it with EINVAL, where the two were made on different processors.
pub(crate) async fn make(environment: &Environment, member: Member) -> Result<Room, LocalError> {
    let own = member.root();
    make_dir(&nodes_dir())?;
    make_dir(Path::new(VOLUMES))?;
    root::fill(&own, member)?;
    make_dir(&own.join(VOLUMES.trim_start_matches('/')))?;
    let (name, own) = (member.name(), own.display());
    let script = format!(
        "echo {name} > /proc/sys/kernel/hostname
         mount --bind {VOLUMES} {own}{VOLUMES}
         for folder in etc root mnt opt tmp var run; do mount --rbind {own}/$folder /$folder; done
         mount --make-rshared /
         echo made
         read -r _ || true"
    );
    let mut command = tool::command("unshare");
    environment.apply(&mut command);
    command.args(KINDS.map(|kind| format!("--{kind}")));
    command.args(["sh", "-ec", &script]);
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped());
    command.stderr(Stdio::piped());
    let failed = || LocalError::io("made", Path::new("the namespaces of a node"));
    let mut inside = command.spawn().map_err(failed())?;
    let mut said = String::new();
    if let Some(output) = inside.stdout.take() {
        let read = BufReader::new(output).read_line(&mut said).await;
        read.map_err(failed())?;
    }
    let namespaces = match inside.id() {
        Some(id) if said == "made\n" => hold(member, id)?,
        _ => Vec::new(),
    };
    // It waits for its standard input to end, and ends then.
    let output = inside.wait_with_output().await.map_err(failed())?;
    if namespaces.is_empty() || !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(LocalError::Tool {
            program: format!("making the node {name}"),
            tail: format!("{}\n{}", output.status, tail(&said, 12)),
        });
    }
    Ok(Room {
        _namespaces: namespaces,
    })
}

/// Opens the namespaces of a process and makes the files by which they are entered.
fn hold(member: Member, process: u32) -> Result<Vec<File>, LocalError> {
    let hold = |kind: &str| {
        // The kernel calls it by a shorter name.
        let file = kind.replace("mount", "mnt");
        let path = format!("/proc/{process}/ns/{file}");
        let held = File::open(&path).map_err(LocalError::io("opened", Path::new(&path)))?;
        let (own, link) = (std::process::id(), member.namespace(kind));
        symlink(format!("/proc/{own}/fd/{}", held.as_raw_fd()), &link)
            .map_err(LocalError::io("created", &link))?;
        Ok(held)
    };
    KINDS.into_iter().map(hold).collect()
}
