//! Clusters of Amazon EKS, by name, through the AWS CLI.
//!
//! Entry point: [`connect`]. Steps: who am I (`aws sts`), what is the cluster (`aws eks describe-cluster`),
//! a kubeconfig in a private folder (`aws eks update-kubeconfig`). Its credentials come from the exec
//! plugin `aws eks get-token`, which kubectl and the checks' client ask again when a token has run out.

mod environment;
mod error;

use std::time::Duration;

use kube::config::Kubeconfig;
use serde_json::Value;

use super::connection::{Access, Tools};
use super::context::only_context;
use super::{ClusterError, Connection, Safety, program};
use environment::Facts;
pub use error::EksError;

/// How long the AWS CLI may take for an answer; it repeats what fails on the network by itself.
const ANSWER: Duration = Duration::from_secs(60);

/// The AWS CLI's own variable for `--profile`.
const PROFILE: &str = "AWS_PROFILE";
/// The same, as older versions call it.
const OLD_PROFILE: &str = "AWS_DEFAULT_PROFILE";

/// `--region` and `--profile`: which of the user's AWS settings to take.
#[derive(Debug, Clone, Default)]
pub struct Aws {
    /// The region; what the CLI is configured to without.
    pub region: Option<String>,
    /// The profile of the CLI's configuration.
    pub profile: Option<String>,
}

/// Connects to the cluster of that name.
///
/// # Errors
/// Each [`EksError`] says what stood in the way and what to do next.
pub(super) async fn connect(
    name: &str,
    aws: &Aws,
    safety: &Safety,
) -> Result<Connection, ClusterError> {
    if !program::is_on_path("aws") {
        return Err(EksError::NoCli.into());
    }
    // A profile says which account, and that is what a cluster's own name often leaves out.
    let variable = |name| std::env::var(name).ok();
    let profile = aws.profile.clone().or_else(|| variable(PROFILE));
    let profile = profile.or_else(|| variable(OLD_PROFILE));
    let profile = profile.map(|name| format!("profile {name}"));
    safety.check(name, [name].into_iter().chain(profile.as_deref()))?;
    let cli = Cli { name, aws };
    let describe = ["eks", "describe-cluster", "--name", name];
    let (identity, cluster) = tokio::join!(
        cli.json(&["sts", "get-caller-identity"]),
        cli.json(&describe)
    );
    let (identity, cluster) = (identity?, cluster?);
    let cluster = &cluster["cluster"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    error::usable(name, &text(&cluster["status"]))?;
    let who = text(&identity["Arn"]);
    let tags = cluster["tags"].as_object();
    let tags = tags.into_iter().flatten().map(|(key, value)| {
        // `environment: production`, but also `prod: true`.
        format!("tag {key}={}", value.as_str().unwrap_or_default())
    });
    let tags: Vec<String> = tags.collect();
    let known = [who.as_str()].into_iter();
    safety.check(name, known.chain(tags.iter().map(String::as_str)))?;
    let arn = text(&cluster["arn"]);
    // arn:aws:eks:REGION:ACCOUNT:cluster/NAME
    let region = arn.split(':').nth(3).unwrap_or_default().to_owned();
    let account = text(&identity["Account"]);
    let (config, node_group, secrets) = tokio::join!(
        cli.kubeconfig(&region),
        cli.default_node_group(),
        cli.secrets()
    );
    let facts = Facts {
        name,
        region: &region,
        account: &account,
        cluster,
        node_group: node_group.as_ref(),
    };
    let access = Access {
        env: environment::variables(&facts, aws),
        identity: Some(format!("account {account}, region {region}, as {who}")),
        by_hand: format!(
            "aws eks update-kubeconfig --name {name} --kubeconfig FILE, then kubectl --kubeconfig FILE version (a private endpoint answers only inside its VPC)"
        ),
        pulse: None,
        ends_with_run: false,
    };
    let opened = Connection::open("eks", name.to_owned(), config?, Tools::default(), access).await;
    let mut connection = opened.map_err(|error| match error {
        ClusterError::Unauthorized { .. } => EksError::NoAccessEntry {
            name: name.to_owned(),
            principal: error::principal(&who),
            who,
        }
        .into(),
        other => other,
    })?;
    connection.secrets.extend(secrets);
    Ok(connection)
}

/// The AWS CLI, asked about one cluster.
struct Cli<'a> {
    name: &'a str,
    aws: &'a Aws,
}

impl Cli<'_> {
    async fn run(&self, args: &[&str], region: Option<&str>) -> Result<String, EksError> {
        let mut command = program::command("aws");
        command.args(args).env("AWS_PAGER", "");
        if let Some(region) = region.or(self.aws.region.as_deref()) {
            command.args(["--region", region]);
        }
        if let Some(profile) = &self.aws.profile {
            command.args(["--profile", profile]);
        }
        match program::ask(&mut command, ANSWER).await {
            Ok(answer) if answer.good => Ok(answer.stdout),
            Ok(answer) => Err(error::classify(
                self.name,
                self.aws,
                &args[..2],
                &answer.last_words(),
            )),
            Err(cause) => Err(error::other(&args[..2], cause)),
        }
    }

    async fn json(&self, args: &[&str]) -> Result<Value, EksError> {
        let args = [args, &["--output", "json"]].concat();
        let text = self.run(&args, None).await?;
        serde_json::from_str(&text)
            .map_err(|cause| error::other(&args[..2], format!("its answer is not JSON: {cause}")))
    }

    /// The kubeconfig that the CLI writes, made in a folder that is gone at once; the user's own file is
    /// not read and not written.
    async fn kubeconfig(&self, region: &str) -> Result<Kubeconfig, ClusterError> {
        let folder = tempfile::tempdir().map_err(|cause| ClusterError::PrivateFile {
            path: std::env::temp_dir(),
            cause,
        })?;
        let file = folder.path().join("kubeconfig");
        let path = file.to_string_lossy();
        let args = [
            "eks",
            "update-kubeconfig",
            "--name",
            self.name,
            "--alias",
            self.name,
            "--kubeconfig",
            &path,
        ];
        self.run(&args, Some(region)).await?;
        let config =
            Kubeconfig::read_from(&file).map_err(|error| ClusterError::KubeconfigFile {
                path: file.clone(),
                cause: error.to_string(),
            })?;
        only_context(config, self.name)
    }
}
