//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::cluster::{Aws, Choice, Safety};
use crate::plan::PlanOptions;
use crate::plan::project::Project;

/// Rehearses Kubernetes workshop labs before an audience does.
///
/// labproof reads markdown lab pages as they are, runs every command in one persistent bash against
/// a real cluster, and proves that what the page says is what happens.
#[derive(Debug, Parser)]
#[command(version, after_help = START, max_term_width = 100)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

const START: &str = "\
Start with a page that has a bash block:
  labproof plan my-lab.md                 what would run; touches nothing
  labproof lint my-lab.md                 mistakes that show without a cluster
  labproof cluster doctor                 what this machine lacks for a run
  labproof run my-lab.md                  run it, and judge what happens

Exit codes: 0 all good, 1 a check failed, 2 the command line, a page or a \
verifier is invalid, 3 the tool or the cluster could not do its job, 130 interrupted.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Rehearse labs on a cluster and judge what happens
    Run(RunArgs),
    /// Go through a lab step by step, at your own pace
    Learn(LearnArgs),
    /// Rewrite stale output in pages from a real run
    Update(UpdateArgs),
    /// Show what would run, in order; touches nothing
    Plan(PlanArgs),
    /// Find mistakes in pages without a cluster
    Lint(LintArgs),
    /// Explain why two outputs agree or not, or judge many pairs
    Compare(CompareArgs),
    /// The cluster behind it: up, down, status, reset, cache, doctor
    Cluster(ClusterArgs),
    /// Print a completion script for bash, zsh, fish and others
    #[command(after_help = "Examples:\n  \
        labproof completions bash > /etc/bash_completion.d/labproof\n  \
        labproof completions zsh > /usr/local/share/zsh/site-functions/_labproof\n  \
        labproof completions fish > ~/.config/fish/completions/labproof.fish")]
    Completions {
        /// The shell to complete in
        shell: Shell,
    },
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    labproof run labs\n  \
    labproof run docs/lab.md --cluster context:kind-dev --junit report.xml\n  \
    labproof run labs/storage --cluster local --setup base.yaml --fail-fast")]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) rehearse: RehearseArgs,
    /// Stop at the first step that does not pass
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// What goes to the terminal
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: RunFormat,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Write the whole record as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Write events as they happen, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// Keep all that explains a failed step (outputs, describe, events, logs) in DIR/LAB/PAGE/STEP
    #[arg(long, value_name = "DIR")]
    pub(super) artifacts: Option<PathBuf>,
    /// Draw how much was verified as a badge, an SVG
    #[arg(long, value_name = "FILE")]
    pub(super) badge: Option<PathBuf>,
    /// Fail where less than this share of the commands, shown lines or claims was verified
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(super) min_coverage: Option<u8>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum RunFormat {
    /// For people
    #[default]
    Text,
    /// For people, with annotations of GitHub's workflow commands at the end
    Github,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    labproof update labs/storage --dry-run\n  \
    labproof update labs/storage/index.md --cluster local")]
pub(super) struct UpdateArgs {
    #[command(flatten)]
    pub(super) rehearse: RehearseArgs,
    /// Show what would change; write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Take what failed commands printed, and what came after them, for the truth too
    #[arg(long)]
    pub(super) accept: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    labproof learn labs/storage\n  \
    labproof learn labs/storage --from upload")]
pub(super) struct LearnArgs {
    #[command(flatten)]
    pub(super) rehearse: RehearseArgs,
    /// The step to go on at; what comes before it runs without asking
    #[arg(long, value_name = "STEP")]
    pub(super) from: Option<String>,
}

/// What every command that rehearses labs takes.
#[derive(Debug, clap::Args)]
pub(super) struct RehearseArgs {
    /// Lab directories or pages
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) on: WhereArgs,
    #[command(flatten)]
    pub(super) kubernetes: KubernetesArgs,
    /// A manifest to apply before the labs; what it creates is deleted after them
    #[arg(long, value_name = "FILE")]
    pub(super) setup: Option<PathBuf>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Labs that run side by side, each on a local or kind cluster of its own
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: u16,
    /// How many nodes a local cluster needs; else what the pages ask for, or 1
    #[arg(long, value_name = "N", value_parser = nodes())]
    pub(super) nodes: Option<u8>,
    /// How many seconds a read-only command is asked again while its output does not match
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    pub(super) retry: u64,
    /// Mask what this regular expression matches wherever it would be shown (may be repeated)
    #[arg(long, value_name = "REGEX")]
    pub(super) redact: Vec<regex::Regex>,
    /// Agree to download and build what the local cluster needs
    #[arg(long, short)]
    pub(super) yes: bool,
}

/// Which Kubernetes a cluster that labproof makes has.
#[derive(Debug, clap::Args)]
pub(super) struct KubernetesArgs {
    /// The Kubernetes version of a kind or local cluster that is made, such as 1.31.0; a local one fetches the
    /// official programs [default: `kubernetes-version` of labproof.toml, else for a local one what Debian has the source of]
    #[arg(long, value_name = "VERSION")]
    pub(super) kubernetes_version: Option<String>,
    /// Where a local cluster's programs are fetched, in place of the release site:
    /// URL/vVERSION/bin/linux/ARCHITECTURE/PROGRAM and PROGRAM.sha256 [default: `mirror` of labproof.toml]
    #[arg(long, value_name = "URL", env = "LABPROOF_MIRROR")]
    pub(super) mirror: Option<String>,
}

/// Which cluster.
#[derive(Debug, clap::Args)]
pub(super) struct WhereArgs {
    /// Which cluster: auto, local, local:NAME, kind, kind:NAME, eks:NAME, context:NAME,
    /// kubeconfig:FILE, kubeconfig:FILE#CONTEXT or none [default: `cluster` of labproof.toml, else auto]
    #[arg(long, value_name = "WHICH")]
    pub(super) cluster: Option<Choice>,
    /// The region of --cluster eks:NAME [default: what the AWS CLI is configured to]
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<String>,
    /// The AWS CLI's profile for --cluster eks:NAME
    #[arg(long, value_name = "PROFILE")]
    pub(super) profile: Option<String>,
    /// Run on the cluster of that name although it looks like production
    #[arg(long, value_name = "NAME")]
    pub(super) i_know_this_is: Option<String>,
}

impl WhereArgs {
    /// What the user has confirmed.
    pub(super) fn safety(&self) -> Safety {
        Safety {
            known: self.i_know_this_is.clone(),
        }
    }

    /// Which of the user's AWS settings to take.
    pub(super) fn aws(&self) -> Aws {
        Aws {
            region: self.region.clone(),
            profile: self.profile.clone(),
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct SelectArgs {
    /// Only steps whose page path, title, tag or step id this glob matches (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub(super) filter: Vec<String>,
    /// Meanings of another harness where they differ from labproof's
    #[arg(long, value_name = "HARNESS")]
    pub(super) compat: Option<Compat>,
}

impl SelectArgs {
    /// What a plan depends on besides the pages.
    pub(super) fn options(&self, cluster: Option<&Choice>, project: &Project) -> PlanOptions {
        PlanOptions {
            profile: cluster.and_then(Choice::profile).map(str::to_owned),
            dialect: project.dialect,
            interpreters: project.interpreters.clone(),
            filters: self.filter.clone(),
            compat_eks_workshop: self.compat == Some(Compat::EksWorkshop)
                || project.compat_eks_workshop,
            urls: Some(project.urls.clone()),
        }
    }
}

/// Harnesses whose meanings labproof can take on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Compat {
    /// eks-workshop's testing/util
    EksWorkshop,
}

#[derive(Debug, clap::Args)]
pub(super) struct PlanArgs {
    /// Lab directories or pages
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlanFormat,
    /// A record of an earlier run (`run --json FILE`): also show how long everything took then
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PlanFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct LintArgs {
    /// Lab directories or pages
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: LintFormat,
    /// Apply the fixes that are safe
    #[arg(long)]
    pub(super) fix: bool,
    /// Hold shown lists against the manifests, rendered with the kubectl on the machine
    #[arg(long)]
    pub(super) render: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum LintFormat {
    /// For people
    #[default]
    Text,
    /// For programs and editors
    Json,
    /// Annotations of GitHub's workflow commands
    Github,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DoctorFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(Debug, clap::Args)]
pub(super) struct CompareArgs {
    /// The command whose output it is; it decides which rule compares
    #[arg(long, value_name = "CMD", default_value = "", conflicts_with = "pairs")]
    pub(super) command: String,
    /// The exit status of the command
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "pairs")]
    pub(super) exit_code: i32,
    /// What the page shows
    #[arg(value_name = "EXPECTED_FILE", required_unless_present = "pairs")]
    pub(super) expected: Option<PathBuf>,
    /// What was printed
    #[arg(value_name = "ACTUAL_FILE", required_unless_present = "pairs")]
    pub(super) actual: Option<PathBuf>,
    /// Judge many: a file with one JSON object (id, command, expected, actual, exit_code) a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["expected", "actual"])]
    pub(super) pairs: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct ClusterArgs {
    #[command(subcommand)]
    pub(super) command: ClusterCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ClusterCommand {
    /// Bring the local cluster up; it stays until `down`
    Up {
        /// Name of the cluster
        #[arg(long, default_value = crate::cluster::local::DEFAULT_NAME)]
        name: String,
        /// How many nodes it has; each starts a kubelet and a containerd of its own
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = nodes())]
        nodes: u8,
        /// Folders of image recipes, all of which are made; without it those of labs/images that are made already
        #[arg(long, value_name = "DIR")]
        images: Vec<PathBuf>,
        #[command(flatten)]
        kubernetes: KubernetesArgs,
        /// Agree to download and build what it needs
        #[arg(long, short)]
        yes: bool,
    },
    /// End the local cluster and everything it started
    Down {
        /// Name of the cluster
        #[arg(long, default_value = crate::cluster::local::DEFAULT_NAME)]
        name: String,
    },
    /// Show the local clusters of this machine
    Status,
    /// Bring the local cluster back to what it held when `up` was done
    Reset {
        /// Name of the cluster
        #[arg(long, default_value = crate::cluster::local::DEFAULT_NAME)]
        name: String,
        /// Show what would be deleted, put back and made again; change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show what lies in the cache of local clusters, or remove what is not needed
    Cache {
        #[command(subcommand)]
        command: CacheCommand,
    },
    /// Find what stands between this machine and a run, with the next step for each
    Doctor {
        /// Labs whose tools are looked for as well
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
        #[command(flatten)]
        on: WhereArgs,
        /// How to write it
        #[arg(long, value_enum, default_value_t)]
        format: DoctorFormat,
    },
    /// The first process of a local cluster's namespaces; started by `up`
    #[command(hide = true)]
    Node {
        /// The cluster's state folder
        #[arg(long)]
        state: PathBuf,
    },
    /// The DNS server of a local cluster; started by its node
    #[command(hide = true)]
    Dns {
        /// How to reach the API server
        #[arg(long)]
        kubeconfig: PathBuf,
        /// Where to take questions
        #[arg(long)]
        listen: std::net::SocketAddr,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum CacheCommand {
    /// List programs and images: size, last use, who uses them, and what they were made from
    List {
        /// Read all content and compare it with what was put there; name the packages that it is from
        #[arg(long)]
        verify: bool,
    },
    /// Remove what this labproof does not need, what has changed, and work that was interrupted
    Prune {
        /// Remove everything that no running cluster uses; the next `cluster up` makes it again
        #[arg(long)]
        all: bool,
        /// Show what would go; remove nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// The number of nodes that a local cluster may have.
fn nodes() -> clap::builder::RangedI64ValueParser<u8> {
    clap::value_parser!(u8).range(1..=i64::from(crate::cluster::local::MOST_NODES))
}
