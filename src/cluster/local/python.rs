//! A python3 with the Kubernetes client, for pages whose python fences import it on machines that have none.
//!
//! Debian's own interpreter and modules, unpacked beside the node's programs and fetched only where a run asks for
//! them: the machine's python3 may be of another version, and loads no compiled module of this one.

use std::path::{Path, PathBuf};

use super::apt::{Apt, debs_in, names_in, unpack};
use super::cache::seal;
use super::error::LocalError;
use super::packages::triplet;
use super::paths::make_dir;
use super::tool;
use crate::cluster::Progress;

/// Debian bookworm's interpreter, the client, and what the two load.
pub(crate) const PACKAGES: &[&str] = &[
    "libbz2-1.0",
    "libexpat1",
    "libffi8",
    "liblzma5",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
    "libsqlite3-0",
    "libssl3",
    "libuuid1",
    "libyaml-0-2",
    "python3-cachetools",
    "python3-certifi",
    "python3-chardet",
    "python3-charset-normalizer",
    "python3-dateutil",
    "python3-google-auth",
    "python3-idna",
    "python3-kubernetes",
    "python3-oauthlib",
    "python3-pkg-resources",
    "python3-pyasn1",
    "python3-pyasn1-modules",
    "python3-requests",
    "python3-requests-oauthlib",
    "python3-rsa",
    "python3-six",
    "python3-urllib3",
    "python3-websocket",
    "python3-yaml",
    "python3.11-minimal",
    "zlib1g",
];

/// Changes when the same packages would give another folder.
pub(crate) const FORMAT: u32 = 3;

/// The folder for PATH within the unpacked packages.
pub(crate) fn programs(dir: &Path) -> PathBuf {
    dir.join("labproof")
}

/// Fetches and unpacks the packages into `into`, which appears at once, whole.
pub(crate) async fn fetch(
    apt: &Apt,
    work: &Path,
    into: &Path,
    progress: &dyn Progress,
) -> Result<(), LocalError> {
    let debs = work.join("python-debs");
    apt.download(PACKAGES, &debs, progress).await?;
    let draft = work.join("python");
    let _ = std::fs::remove_dir_all(&draft);
    let made_from = names_in(&debs);
    let debs = debs_in(&debs)?;
    for (index, deb) in debs.iter().enumerate() {
        progress.advance(index as u64, debs.len() as u64, "unpacking");
        unpack(deb, &draft).await?;
    }
    make_dir(&programs(&draft))?;
    let python3 = programs(&draft).join("python3");
    write_python3(&python3)?;
    // Debian compiles modules when it installs them. Without, every script of a lab compiles the thousand of the client.
    progress.advance(0, 1, "compiling the client");
    let mut import = tool::command(&python3);
    import.args(["-c", "from kubernetes import client, config"]);
    // Whoever has set these wants no compiled modules beside their own.
    for variable in ["PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"] {
        import.env_remove(variable);
    }
    tool::output(&mut import, "compiling python3's Kubernetes client").await?;
    seal::put(&draft, into, made_from)
}

/// Writes the script that runs the interpreter with the libraries and modules that were unpacked with it. The folder is
/// found from the script's own place, because it is moved when it is complete.
fn write_python3(path: &Path) -> Result<(), LocalError> {
    use std::os::unix::fs::PermissionsExt;
    let triplet = triplet().display();
    let script = format!(
        "#!/bin/sh\n\
         here=${{0%/*}}/..\n\
         LD_LIBRARY_PATH=$here/usr/lib/{triplet}:$here/lib/{triplet} PYTHONHOME=$here/usr \
         exec \"$here/usr/bin/python3.11\" \"$@\"\n"
    );
    std::fs::write(path, script)
        .and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)))
        .map_err(LocalError::io("written", path))
}
