//! The container engine that kind works with: Docker, podman or nerdctl.

use std::time::Duration;

use tokio::process::Command;

use crate::cluster::ClusterError;
use crate::cluster::program::{self, Answer};

/// How long an engine may take to say whether it runs. One that is not running refuses at once; one
/// behind a virtual machine may have to wake it.
const ANSWER: Duration = Duration::from_secs(20);

/// Engines that kind supports, in the order in which kind itself looks for them.
const ENGINES: [&str; 3] = ["docker", "nerdctl", "podman"];

/// kind's own variable that names the engine.
const PROVIDER: &str = "KIND_EXPERIMENTAL_PROVIDER";

/// An engine that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster) struct Engine {
    /// The name of its program, which is kind's name for it too.
    name: String,
}

impl std::fmt::Display for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl Engine {
    /// The engine that kind would take: the one that its variable names, else the first that runs.
    ///
    /// # Errors
    /// What each of them said, with the next step.
    pub(in crate::cluster) async fn find() -> Result<Self, ClusterError> {
        let named = std::env::var(PROVIDER).ok().filter(|name| !name.is_empty());
        let tried: Vec<String> = match named {
            Some(name) => vec![name],
            None => ENGINES.map(str::to_owned).to_vec(),
        };
        let mut reasons = Vec::new();
        for name in tried {
            if !program::is_on_path(&name) {
                reasons.push(format!("{name}: not on PATH"));
                continue;
            }
            match program::ask(program::command(&name).arg("info"), ANSWER).await {
                Ok(answer) if answer.good => return Ok(Self { name }),
                Ok(answer) => reasons.push(format!("{name}: {}", answer.last_words())),
                Err(cause) => reasons.push(format!("{name}: {cause}")),
            }
        }
        Err(ClusterError::NoEngine { reasons })
    }

    /// The engine of that name, whether it runs or not.
    #[cfg(test)]
    pub(super) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
        }
    }

    /// kind, told to use this engine.
    pub(super) fn kind(&self, args: &[&str]) -> Command {
        let mut command = program::command("kind");
        command.env(PROVIDER, &self.name).args(args);
        command
    }

    /// The name of its program.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The engine itself.
    pub(super) async fn ask(&self, args: &[&str], deadline: Duration) -> Result<Answer, String> {
        program::ask(program::command(&self.name).args(args), deadline).await
    }
}
