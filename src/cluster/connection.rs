//! The way to one cluster: a private kubeconfig for commands and a client for checks.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use super::ClusterError;
use super::local::Pulse;
use super::private::PrivateFolder;
use kube::config::{KubeConfigOptions, Kubeconfig, NamedAuthInfo};

/// How long an API server may take to say its version before it counts as out of reach.
const REACH_TIMEOUT: Duration = Duration::from_secs(15);

/// The server of the kubeconfig that is written where there is no cluster. `.invalid` never
/// resolves (RFC 2606), so kubectl says that it finds no host rather than trying a local port.
pub(super) const NO_CLUSTER: &str = "no-cluster.labproof.invalid";

/// Folders of programs that a cluster brings with it.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    /// Comes first on the PATH of commands: a kubectl of the server's version.
    pub first: Option<PathBuf>,
    /// Comes next: a python3 with the Kubernetes client.
    pub python: Option<PathBuf>,
    /// Comes last: what the machine may lack.
    pub last: Option<PathBuf>,
}

/// What comes with the way to a cluster, besides its kubeconfig.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Variables that commands of labs expect on such a cluster.
    pub env: Vec<(String, OsString)>,
    /// Who the cluster takes labproof for, in words; shown before the first command.
    pub identity: Option<String>,
    /// What a person does to see whether the cluster answers.
    pub by_hand: String,
    /// How a local cluster is.
    pub pulse: Option<Pulse>,
    /// The cluster was made for this run and ends with it.
    pub ends_with_run: bool,
}

/// A cluster as the commands and checks of a run see it.
pub struct Connection {
    /// `local`, `kind`, `eks`, `context` or `none`.
    pub profile: &'static str,
    /// Name of the cluster or context.
    pub name: String,
    /// Client for checks; `None` where there is no cluster.
    pub client: Option<kube::Client>,
    /// `gitVersion` of the API server.
    pub server_version: Option<String>,
    /// Credentials in the kubeconfig, for the gate that masks them.
    pub secrets: Vec<String>,
    /// Programs that come with the cluster.
    pub tools: Tools,
    /// Variables and identity that come with it.
    pub access: Access,
    /// Host and port of the API server, where there is one.
    pub(super) server: Option<String>,
    /// UID of its `kube-system`, once a state of it was taken.
    pub(super) identity: OnceLock<String>,
    /// Why it is not at its baseline, and cannot be brought back to it.
    pub(super) spoilt: OnceLock<String>,
    private: PrivateFolder,
}

impl Connection {
    /// A connection through the only context of `config`, which is copied to a private file.
    ///
    /// # Errors
    /// When the file cannot be written, the kubeconfig cannot be used, or no API server answers.
    pub(super) async fn open(
        profile: &'static str,
        name: String,
        config: Kubeconfig,
        tools: Tools,
        access: Access,
    ) -> Result<Self, ClusterError> {
        let private = private_kubeconfig(&config)?;
        let secrets = secrets(&config.auth_infos);
        let unreachable = |cause: String| ClusterError::Unreachable {
            name: name.clone(),
            cause,
            by_hand: access.by_hand.clone(),
        };
        let config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
            .await
            .map_err(|error| unreachable(causes(&error)))?;
        let server = config.cluster_url.authority().map(ToString::to_string);
        let url = config.cluster_url.to_string();
        let silent = |cause: String| {
            // kube's own names for where it noticed say nothing to anybody.
            let cause = cause.trim_start_matches("ServiceError: ");
            let cause = cause.trim_start_matches("client error (Connect): ");
            unreachable(format!("{url}: {cause}"))
        };
        let client = super::check::client(config).map_err(|error| unreachable(causes(&error)))?;
        let version = tokio::time::timeout(REACH_TIMEOUT, client.apiserver_version())
            .await
            .map_err(|_| silent(format!("no answer in {} s", REACH_TIMEOUT.as_secs())))?
            .map_err(|error| match &error {
                kube::Error::Api(status) if status.code == 401 => ClusterError::Unauthorized {
                    name: name.clone(),
                    cause: status.message.clone(),
                    by_hand: access.by_hand.clone(),
                },
                error => silent(causes(error)),
            })?;
        Ok(Self {
            profile,
            name,
            client: Some(client),
            server_version: Some(version.git_version),
            secrets,
            tools,
            access,
            server,
            identity: OnceLock::new(),
            spoilt: OnceLock::new(),
            private,
        })
    }

    /// A connection to nothing, for pages that need no cluster.
    ///
    /// # Errors
    /// When the kubeconfig that points at nothing cannot be written.
    pub(super) fn nowhere() -> Result<Self, ClusterError> {
        let config = Kubeconfig::from_yaml(&format!(
            "{{apiVersion: v1, kind: Config, current-context: none, \
              clusters: [{{name: none, cluster: {{server: 'https://{NO_CLUSTER}'}}}}], \
              contexts: [{{name: none, context: {{cluster: none, user: none}}}}], \
              users: [{{name: none, user: {{token: none}}}}]}}"
        ))
        .expect("the kubeconfig of no cluster is valid");
        Ok(Self {
            profile: "none",
            name: "none".to_owned(),
            client: None,
            server_version: None,
            secrets: Vec::new(),
            tools: Tools::default(),
            access: Access::default(),
            server: None,
            identity: OnceLock::new(),
            spoilt: OnceLock::new(),
            private: private_kubeconfig(&config)?,
        })
    }

    /// A folder that goes with the connection, and that only this user can look into.
    pub fn private_dir(&self) -> &Path {
        self.private.path()
    }

    /// The kubeconfig that commands see: this cluster and no other.
    pub fn kubeconfig(&self) -> PathBuf {
        self.private.path().join("kubeconfig")
    }

    /// Where kubectl keeps what it caches, for its variable `KUBECACHEDIR` (since 1.25): else that would be the user's HOME.
    pub fn kubectl_cache(&self) -> PathBuf {
        self.private.path().join("kubectl-cache")
    }

    /// Namespace that a command works in which names none: that of the current context, which the lab may have changed.
    pub fn namespace(&self) -> String {
        let config = Kubeconfig::read_from(self.kubeconfig()).ok();
        let named = config.and_then(|config| {
            let current = config.current_context?;
            let context = config
                .contexts
                .into_iter()
                .find(|one| one.name == current)?;
            context.context?.namespace
        });
        named.unwrap_or_else(|| "default".to_owned())
    }

    /// PATH for commands: the cluster's own tools, those of the machine, and what that may lack.
    pub fn path(&self) -> OsString {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&inherited);
        let own = self.tools.first.iter().chain(&self.tools.python).cloned();
        let folders = own.chain(folders);
        // A folder of the cache with a `:` in its name cannot stand on a PATH at all.
        std::env::join_paths(folders.chain(self.tools.last.iter().cloned())).unwrap_or(inherited)
    }

    /// Version of the kubectl that commands find; `None` if there is none or it does not say.
    pub async fn client_version(&self) -> Option<String> {
        let output = tokio::process::Command::new("kubectl")
            .args(["version", "--client", "--output=json"])
            .env("PATH", self.path())
            .env("KUBECONFIG", self.kubeconfig())
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(REACH_TIMEOUT, output)
            .await
            .ok()?
            .ok()?;
        let version: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
        Some(version["clientVersion"]["gitVersion"].as_str()?.to_owned())
    }
}

/// Writes a kubeconfig that only this user can read into a folder that goes with the run.
fn private_kubeconfig(config: &Kubeconfig) -> Result<PrivateFolder, ClusterError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| ClusterError::PrivateFile { path, cause }
    };
    let folder = PrivateFolder::new().map_err(failed(&std::env::temp_dir()))?;
    let path = folder.path().join("kubeconfig");
    // JSON is YAML, and it needs no second serializer.
    let text = serde_json::to_string_pretty(config).expect("a kubeconfig is plain data");
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(failed(&path))?;
    Ok(folder)
}

fn secrets(users: &[NamedAuthInfo]) -> Vec<String> {
    // The serialized form is the one way to all of them that does not name each secret type.
    const SECRET_KEYS: [&str; 3] = ["token", "password", "client-key-data"];
    users
        .iter()
        .filter_map(|user| serde_json::to_value(user).ok())
        .flat_map(|user| {
            SECRET_KEYS.map(|key| user["user"][key].as_str().unwrap_or_default().to_owned())
        })
        .filter(|secret| !secret.is_empty())
        .collect()
}

/// An error with all its causes in one line: kube's own message alone often says only "ServiceError".
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn no_cluster_is_a_private_kubeconfig_that_points_nowhere() {
        let connection = Connection::nowhere().unwrap();
        let path = connection.kubeconfig();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(NO_CLUSTER), "{text}");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(connection);
        assert!(!path.exists());
    }

    #[test]
    fn credentials_are_known_to_the_gate() {
        let config = Kubeconfig::from_yaml(
            "{users: [{name: a, user: {token: abcdef123456, client-key-data: a2V5a2V5}}, {name: b}]}",
        )
        .unwrap();
        assert_eq!(secrets(&config.auth_infos), ["abcdef123456", "a2V5a2V5"]);
    }
}
