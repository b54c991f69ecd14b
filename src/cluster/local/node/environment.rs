//! What every program of the node needs to find its own programs and libraries.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::rooms;
use crate::cluster::local::member::Member;
use crate::cluster::local::packages::Tools;
use crate::cluster::local::tool;

/// The folder of everything that is labproof's own inside the node's root.
pub(crate) const BASE: &str = "/labproof";

/// Paths inside the node's root, and the environment of its programs.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    variables: Vec<(&'static str, OsString)>,
}

impl Environment {
    /// The environment inside the node's root.
    pub(crate) fn inside() -> Self {
        let tools = Tools { dir: tools_dir() };
        let path = format!(
            "{BASE}/bin:{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            tools.path()
        );
        Self {
            variables: vec![
                ("PATH", path.into()),
                ("LD_LIBRARY_PATH", tools.libraries().into()),
                ("XTABLES_LIBDIR", tools.xtables().into()),
                ("HOME", "/root".into()),
                ("LC_ALL", "C".into()),
            ],
        }
    }

    /// A program on one of the nodes, with this environment.
    pub(crate) fn command(&self, member: Member, program: impl AsRef<OsStr>) -> Command {
        let mut command = if member.is_first() {
            tool::command(program)
        } else {
            let mut command = tool::command("nsenter");
            for kind in rooms::KINDS {
                command.arg(format!("--{kind}={}", member.namespace(kind).display()));
            }
            command.arg("--").arg(program);
            command
        };
        self.apply(&mut command);
        command
    }

    /// Gives a program this environment and no other.
    pub(crate) fn apply(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir("/");
    }
}

/// This program.
pub(crate) fn labproof() -> PathBuf {
    Path::new(BASE).join("labproof")
}

/// Debian's programs.
pub(crate) fn tools_dir() -> PathBuf {
    Path::new(BASE).join("tools")
}

/// One of Kubernetes' programs.
pub(crate) fn kubernetes(program: &str) -> PathBuf {
    Path::new(BASE).join("kubernetes").join(program)
}

/// The cluster's state folder.
pub(crate) fn state_dir() -> PathBuf {
    Path::new(BASE).join("state")
}

/// The archives of images.
pub(crate) fn images_dir() -> PathBuf {
    Path::new(BASE).join("images")
}
