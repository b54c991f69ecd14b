//! An AWS on loopback: the real CLI, moto's server, and the local cluster as an EKS cluster that knows who asks.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use labproof::cluster::local::{ApiServerExtras, LocalCluster, UpOptions};
use tokio::runtime::Runtime;

use crate::support::{Ended, Pages, ended};
use crate::{away, shared};

/// From PyPI: the AWS CLI, moto, and what moto's server needs.
const PACKAGES: [&str; 4] = ["awscli~=1.46", "moto~=5.2", "flask~=3.1", "flask-cors~=6.0"];
/// The one key pair that the authenticator knows.
pub const KEY: (&str, &str) = ("tests", "of-labproofs-own-tests-0123456789");
/// Seconds after which the authenticator refuses a token. EKS takes fifteen minutes; the API server remembers for ten
/// seconds more that it was good.
const LIFETIME: &str = "40";
/// Where the authenticator listens, on the loopback of the node.
const PORT: &str = "18765";

/// What is shared by the tests: one cluster and one AWS.
pub struct Aws {
    cluster: LocalCluster,
    /// moto's port on loopback.
    pub port: u16,
    python: PathBuf,
    reviews: tempfile::TempDir,
    /// They end when this process does, which closes their stdin.
    _servers: [Child; 2],
    _runtime: Runtime,
}

impl Aws {
    /// Started by the first test that asks.
    pub fn get() -> &'static Aws {
        static AWS: OnceLock<Aws> = OnceLock::new();
        AWS.get_or_init(|| std::thread::spawn(Aws::start).join().unwrap())
    }

    fn start() -> Aws {
        let python = virtual_environment();
        let name = format!("eks-{}", std::process::id());
        let runtime = Runtime::new().unwrap();
        let cluster = runtime.block_on(cluster(&name)).unwrap();
        let kubeconfig = kube::config::Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
        let server = kubeconfig.clusters[0].cluster.clone().unwrap();
        let reviews = tempfile::tempdir().unwrap();
        let authority = reviews.path().join("ca.crt");
        let data = server.certificate_authority_data.unwrap();
        let data = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, data).unwrap();
        std::fs::write(&authority, data).unwrap();

        let mut webhook = Command::new("nsenter");
        webhook.arg(format!(
            "--net=/proc/{}/ns/net",
            away::api_server(&name).as_raw_nonzero()
        ));
        webhook.arg("python3").arg(source("token_webhook.py"));
        webhook.args([PORT, "workshop", KEY.0, KEY.1, LIFETIME]);
        let (webhook, ready) = serve(webhook.arg(reviews.path().join("reviews")));
        assert_eq!(ready, "ready");
        let mut moto = Command::new(&python);
        moto.arg(source("moto_server.py"));
        let (moto, port) = serve(moto.arg(server.server.unwrap()).arg(authority));
        Aws {
            cluster,
            port: port.parse().unwrap(),
            python,
            reviews,
            _servers: [webhook, moto],
            _runtime: runtime,
        }
    }

    /// What the authenticator was asked so far, a line each: which token, and what it thought of it.
    pub fn reviews(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.reviews.path().join("reviews"));
        text.unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// `labproof` with the user's key pair, a HOME and a kubeconfig of the user's own, and the AWS CLI on PATH.
    pub fn labproof(&self, pages: &Pages, arguments: &[&str]) -> Command {
        let bin = pages.path().join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        if !bin.join("aws").exists() {
            self.renew_in_time(pages);
        }
        let inherited = std::env::var_os("PATH").unwrap();
        let own = [bin, self.cluster.bin_dir().to_owned()];
        let path = own.into_iter().chain(std::env::split_paths(&inherited));
        let mut command = Command::new(env!("CARGO_BIN_EXE_labproof"));
        for (name, _) in std::env::vars() {
            if name.starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(pages.path())
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", pages.path())
            .env("KUBECONFIG", pages.path().join("users-own"))
            .env(
                "AWS_ENDPOINT_URL",
                format!("http://127.0.0.1:{}", self.port),
            )
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", KEY.0)
            .env("AWS_SECRET_ACCESS_KEY", KEY.1)
            .args(arguments);
        command
    }

    /// `labproof run page.md --cluster CLUSTER` with more arguments.
    pub fn run(&self, pages: &Pages, cluster: &str, more: &[&str]) -> Ended {
        let mut arguments = vec!["run", "page.md", "--cluster", cluster];
        arguments.extend(more);
        ended(&mut self.labproof(pages, &arguments).into())
    }

    /// The CLI of that folder says of its tokens that they live as long as EKS would take them, which is not true here.
    pub fn never_renew(&self, pages: &Pages) {
        std::fs::create_dir_all(pages.path().join("bin")).unwrap();
        let aws = pages.path().join("bin/aws");
        symlink(self.python.with_file_name("aws"), aws).unwrap();
    }

    /// The CLI of that folder has its tokens renewed in time.
    fn renew_in_time(&self, pages: &Pages) {
        let script = format!(
            "#!/bin/sh\nexec '{}' '{}' \"$@\"\n",
            self.python.display(),
            source("short_lived.py").display()
        );
        let aws = pages.write("bin/aws", script);
        std::fs::set_permissions(aws, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// A cluster whose API server asks the authenticator whose a token is.
async fn cluster(name: &str) -> Result<LocalCluster, labproof::cluster::local::LocalError> {
    let file = "token-webhook";
    let kubeconfig = format!(
        "{{apiVersion: v1, kind: Config, current-context: it, \
         clusters: [{{name: it, cluster: {{server: 'http://127.0.0.1:{PORT}/'}}}}], \
         contexts: [{{name: it, context: {{cluster: it, user: it}}}}], users: [{{name: it}}]}}"
    );
    let api_server = ApiServerExtras {
        flags: vec![
            format!(
                "--authentication-token-webhook-config-file={}/{file}",
                ApiServerExtras::FILES
            ),
            "--authentication-token-webhook-cache-ttl=1s".to_owned(),
        ],
        files: vec![(file.to_owned(), kubeconfig)],
    };
    LocalCluster::up(UpOptions {
        release: None,
        name,
        nodes: 1,
        images: &[],
        python: false,
        confirm: &mut |_| true,
        api_server: &api_server,
        progress: &shared::Stages,
        stay: false,
        program: Some(Path::new(env!("CARGO_BIN_EXE_labproof"))),
    })
    .await
}

/// A file beside this one.
fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cluster/eks_moto")
        .join(name)
}

/// Starts a server that ends with its stdin; gives its first line.
fn serve(command: &mut Command) -> (Child, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = child.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    assert!(!line.is_empty(), "{command:?} ended without a word");
    (child, line.trim().to_owned())
}

/// The Python that has [`PACKAGES`], made once below the target folder.
fn virtual_environment() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aws");
    let made = folder.join("made-of");
    let wanted = PACKAGES.join(" ");
    if std::fs::read_to_string(&made).is_ok_and(|text| text == wanted) {
        return folder.join("bin/python");
    }
    let _ = std::fs::remove_dir_all(&folder);
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "the AWS CLI and moto cannot be had ({command:?}); they need python3-venv and a package index of \
             Python:\n{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    };
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    run(Command::new(folder.join("bin/pip"))
        // What is used of it is compiled when it is; of most nothing is.
        .args([
            "install",
            "--no-compile",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(PACKAGES));
    std::fs::write(&made, wanted).unwrap();
    folder.join("bin/python")
}
