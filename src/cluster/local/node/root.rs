//! The node's own root: a file system in memory that ends with the node, with the host's programs
//! read-only in it. Whatever the node writes outside the state folder can so never reach the host.

use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive,
    mount_change, mount_remount, unmount,
};

use sha2::{Digest, Sha256};

use super::environment::BASE;
use super::spec::NodeSpec;
use crate::cluster::local::error::LocalError;
use crate::cluster::local::image::hex;
use crate::cluster::local::member::Member;
use crate::cluster::local::network;
use crate::cluster::local::paths::{StateDir, make_dir};

/// Files of the host's /etc that programs look into.
const ETC: [&str; 8] = [
    "group",
    "ld.so.cache",
    "localtime",
    "nsswitch.conf",
    "passwd",
    "protocols",
    "services",
    "ld.so.conf",
];

/// Settings of the whole kernel that kubelet would change, and the values that it wants to see.
const KERNEL_SETTINGS: [(&str, &str); 6] = [
    ("vm/overcommit_memory", "1"),
    ("vm/panic_on_oom", "0"),
    ("kernel/panic", "10"),
    ("kernel/panic_on_oops", "1"),
    ("kernel/keys/root_maxkeys", "1000000"),
    ("kernel/keys/root_maxbytes", "25000000"),
];

/// Makes the root below the state folder and moves this process, and all that it will start, into it.
pub(crate) fn enter(state: &StateDir, spec: &NodeSpec) -> Result<(), LocalError> {
    let root = state.root();
    make_dir(&root)?;
    mounted(
        "/",
        mount_change(
            "/",
            MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
        ),
    )?;
    let options =
        std::ffi::CString::new(format!("mode=0755,size={}", spec.memory)).unwrap_or_default();
    mounted(
        &root,
        mount(
            "labproof",
            &root,
            "tmpfs",
            MountFlags::empty(),
            options.as_c_str(),
        ),
    )?;

    for top in ["bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr"] {
        let host = Path::new("/").join(top);
        let place = root.join(top);
        if let Ok(target) = std::fs::read_link(&host) {
            symlink(&target, &place).map_err(LocalError::io("created", &place))?;
        } else if host.is_dir() {
            bind_read_only(&host, &place)?;
        }
    }
    for (host, place) in [("/dev", "dev"), ("/sys", "sys")] {
        let place = root.join(place);
        make_dir(&place)?;
        mounted(&place, mount_bind_recursive(host, &place))?;
    }
    let proc = root.join("proc");
    make_dir(&proc)?;
    mounted(
        &proc,
        mount("proc", &proc, "proc", MountFlags::empty(), None),
    )?;

    let base = root.join(BASE.trim_start_matches('/'));
    for (host, place) in [
        (&spec.tools, "tools"),
        (&spec.kubernetes, "kubernetes"),
        (&spec.archives, "images"),
    ] {
        bind_read_only(host, &base.join(place))?;
    }
    let own = base.join("labproof");
    std::fs::write(&own, "").map_err(LocalError::io("created", &own))?;
    // The link leads to the program that runs, whatever has become of its path.
    mounted(&own, mount_bind("/proc/self/exe", &own))?;
    make_dir(&base.join("state"))?;
    mounted(&state.dir, mount_bind(&state.dir, base.join("state")))?;
    fill(&root, Member::FIRST)?;
    shield_kernel(&root)?;
    pivot(&root)?;
    // Inside, mounts may pass from the node to its pods, as kubelet expects.
    mounted(
        "/",
        mount_change(
            "/",
            MountPropagationFlags::SHARED | MountPropagationFlags::REC,
        ),
    )
}

/// Makes the folders and files that programs expect on a node.
pub(crate) fn fill(root: &Path, member: Member) -> Result<(), LocalError> {
    for folder in [
        "etc/cni/net.d",
        "run",
        "tmp",
        "root",
        "var/lib",
        "var/log",
        "var/tmp",
        "mnt",
        "opt",
        "etc/alternatives",
    ] {
        make_dir(&root.join(folder))?;
    }
    symlink("/run", root.join("var/run")).map_err(LocalError::io("created", root))?;
    for folder in ["tmp", "var/tmp"] {
        use std::os::unix::fs::PermissionsExt;
        let path = root.join(folder);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o1777))
            .map_err(LocalError::io("changed", &path))?;
    }
    for file in ETC {
        let _ = std::fs::copy(Path::new("/etc").join(file), root.join("etc").join(file));
    }
    // Commands like awk are links through here.
    for entry in std::fs::read_dir("/etc/alternatives")
        .into_iter()
        .flatten()
        .flatten()
    {
        if let Ok(target) = std::fs::read_link(entry.path()) {
            let _ = symlink(
                target,
                root.join("etc/alternatives").join(entry.file_name()),
            );
        }
    }
    let (name, place) = (member.name(), member.own("1abf00f0"));
    let machine: String = hex(&Sha256::digest(place)).chars().take(32).collect();
    for (file, text) in [
        ("etc/hosts", format!("127.0.0.1 localhost {name}\n")),
        ("etc/hostname", format!("{name}\n")),
        ("etc/machine-id", format!("{machine}\n")),
        (
            "etc/resolv.conf",
            "# nothing outside the cluster can be reached\n".to_owned(),
        ),
        (
            "etc/cni/net.d/10-labproof.conflist",
            network::cni_config(member),
        ),
    ] {
        let path = root.join(file);
        std::fs::write(&path, text).map_err(LocalError::io("written", &path))?;
    }
    Ok(())
}

/// Lays a file with the wanted value over each setting, so that the host's stays what it is.
fn shield_kernel(root: &Path) -> Result<(), LocalError> {
    let shields = root.join("run/labproof/kernel");
    make_dir(&shields)?;
    for (setting, value) in KERNEL_SETTINGS {
        let shield = shields.join(setting.replace('/', "."));
        std::fs::write(&shield, format!("{value}\n"))
            .map_err(LocalError::io("written", &shield))?;
        let place = root.join("proc/sys").join(setting);
        if place.exists() {
            mounted(&place, mount_bind(&shield, &place))?;
        }
    }
    Ok(())
}

fn bind_read_only(host: &Path, place: &Path) -> Result<(), LocalError> {
    make_dir(place)?;
    mounted(host, mount_bind(host, place))?;
    // A read-only bind takes two calls: the first ignores the flag.
    mounted(
        place,
        mount_remount(place, MountFlags::BIND | MountFlags::RDONLY, ""),
    )
}

fn pivot(root: &Path) -> Result<(), LocalError> {
    let old = root.join("host");
    make_dir(&old)?;
    mounted(root, rustix::process::pivot_root(root, &old))?;
    std::env::set_current_dir("/").map_err(LocalError::io("entered", Path::new("/")))?;
    mounted("/host", unmount("/host", UnmountFlags::DETACH))?;
    std::fs::remove_dir("/host").map_err(LocalError::io("removed", Path::new("/host")))
}

fn mounted(path: impl AsRef<Path>, result: rustix::io::Result<()>) -> Result<(), LocalError> {
    result.map_err(|error| LocalError::io("mounted", path.as_ref())(error.into()))
}
