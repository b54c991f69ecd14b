//! A program run in a container, with its output bounded and its exit status told apart from
//! what kept it from running.
//!
//! Over WebSockets, with the `v4` protocol where the API server knows no newer one (1.20 does not).

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Status;
use kube::api::AttachParams;
use kube::{Api, Client};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::look::Unable;
use super::problem;

/// How long one program may take where nobody says more.
pub(super) const LIMIT: Duration = Duration::from_secs(20);
/// How much of stderr is kept.
const STDERR_KEPT: usize = 4096;

/// A container of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Container<'a> {
    pub namespace: &'a str,
    pub pod: &'a str,
    pub name: &'a str,
}

/// What a program did.
#[derive(Debug, Clone)]
pub(super) struct Output {
    /// Its exit status.
    pub code: i32,
    /// What the sink did not take is lost.
    pub stderr: String,
}

/// Why a program gave no exit status.
#[derive(Debug, Clone)]
pub(super) enum NoExit {
    /// The container has no such program.
    NoProgram,
    /// Anything else.
    Unable(Unable),
}

/// Runs a program and hands its standard output over in pieces, however long it is.
pub(super) async fn run(
    client: &Client,
    container: &Container<'_>,
    command: &[&str],
    sink: impl FnMut(&[u8]),
) -> Result<Output, NoExit> {
    run_for(LIMIT, client, container, command, sink).await
}

/// The same, for as long as it may take.
pub(super) async fn run_for(
    limit: Duration,
    client: &Client,
    container: &Container<'_>,
    command: &[&str],
    mut sink: impl FnMut(&[u8]),
) -> Result<Output, NoExit> {
    let running = run_unlimited(client, container, command, &mut sink);
    tokio::time::timeout(limit, running)
        .await
        .unwrap_or_else(|_| {
            Err(NoExit::Unable(Unable::for_now(format!(
                "`{}` in pod {} did not end within {} s",
                command[0],
                container.pod,
                limit.as_secs()
            ))))
        })
}

async fn run_unlimited(
    client: &Client,
    container: &Container<'_>,
    command: &[&str],
    sink: &mut impl FnMut(&[u8]),
) -> Result<Output, NoExit> {
    let api: Api<Pod> = Api::namespaced(client.clone(), container.namespace);
    let params = AttachParams::default()
        .container(container.name)
        .max_stdout_buf_size(64 * 1024);
    let mut process = api
        .exec(container.pod, command.iter().copied(), &params)
        .await
        .map_err(|error| NoExit::Unable(refused(&error, container)))?;
    let status = process.take_status();
    // Both streams are read at once: a program that fills the one not read would never end.
    let stdout = drain(process.stdout(), |piece| sink(piece));
    let mut stderr = Vec::new();
    let kept = |piece: &[u8]| {
        let room = STDERR_KEPT.saturating_sub(stderr.len());
        stderr.extend_from_slice(&piece[..piece.len().min(room)]);
    };
    let (out, err) = tokio::join!(stdout, drain(process.stderr(), kept));
    let status = match status {
        Some(status) => status.await,
        None => None,
    };
    let broken_off = || {
        NoExit::Unable(Unable::for_now(format!(
            "the connection to pod {} broke off",
            container.pod
        )))
    };
    out.and(err).map_err(|_| broken_off())?;
    let status = status.ok_or_else(broken_off)?;
    let stderr = String::from_utf8_lossy(&stderr).trim().to_owned();
    exit(&status, stderr, container)
}

async fn drain(
    stream: Option<impl AsyncRead + Unpin>,
    mut sink: impl FnMut(&[u8]),
) -> std::io::Result<()> {
    let Some(mut stream) = stream else {
        return Ok(());
    };
    let mut piece = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut piece).await? {
            0 => return Ok(()),
            length => sink(&piece[..length]),
        }
    }
}

/// The API server's last word on a program: its exit status, or why it did not run.
fn exit(status: &Status, stderr: String, container: &Container<'_>) -> Result<Output, NoExit> {
    if status.status.as_deref() == Some("Success") {
        return Ok(Output { code: 0, stderr });
    }
    let message = status.message.as_deref().unwrap_or("no reason given");
    // The container runtime says it in words only; containerd and CRI-O take them from runc.
    let missing = ["executable file not found", "no such file or directory"];
    let causes = status
        .details
        .as_ref()
        .and_then(|details| details.causes.as_ref());
    let code = causes.into_iter().flatten().find_map(|cause| {
        let is_code = cause.reason.as_deref() == Some("ExitCode");
        cause.message.as_ref().filter(|_| is_code)?.parse().ok()
    });
    match code {
        // A runtime that starts programs through a shim reports a missing one as an exit.
        Some(126 | 127) if missing.iter().any(|words| stderr.contains(words)) => {
            Err(NoExit::NoProgram)
        }
        Some(code) => Ok(Output { code, stderr }),
        None if missing.iter().any(|words| message.contains(words)) => Err(NoExit::NoProgram),
        None => Err(NoExit::Unable(Unable::for_now(format!(
            "nothing could be run in pod {}: {message}",
            container.pod
        )))),
    }
}

fn refused(error: &kube::Error, container: &Container<'_>) -> Unable {
    let Container {
        namespace,
        pod,
        name,
    } = container;
    if let kube::Error::UpgradeConnection(upgrade) = error {
        let text = upgrade.to_string();
        // The body of a refused upgrade is not read by the client: only its status is known.
        return match text.contains("403") {
            true => Unable::for_good(format!(
                "not allowed to run programs in pod {pod} (verb create, or get for newer \
                 servers, on pods/exec in namespace {namespace})"
            )),
            false => Unable::for_now(format!(
                "no program could be run in container {name} of pod {pod}: {text} \
                 (is the pod gone, or the container not running?)"
            )),
        };
    }
    problem::unable(error, &format!("run a program in pod {pod} in {namespace}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const CONTAINER: Container<'_> = Container {
        namespace: "n",
        pod: "p",
        name: "c",
    };

    fn check(status: serde_json::Value, stderr: &str) -> Result<Output, NoExit> {
        let status: Status = serde_json::from_value(status).unwrap();
        exit(&status, stderr.to_owned(), &CONTAINER)
    }

    #[test]
    fn the_exit_status_is_read_from_the_causes() {
        assert_eq!(check(json!({"status": "Success"}), "").unwrap().code, 0);
        let failed = json!({"status": "Failure", "reason": "NonZeroExitCode",
            "message": "command terminated with non-zero exit code: exit status 3",
            "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}});
        assert_eq!(check(failed, "").unwrap().code, 3);
    }

    #[test]
    fn a_missing_program_is_told_from_a_failed_one() {
        let message = "failed to exec in container: OCI runtime exec failed: exec failed: \
             \"sh\": executable file not found in $PATH: unknown";
        let missing = json!({"status": "Failure", "reason": "InternalError", "message": message});
        assert!(matches!(check(missing, ""), Err(NoExit::NoProgram)));
        let other = json!({"status": "Failure", "message": "container not found (\"c\")"});
        let Err(NoExit::Unable(unable)) = check(other, "") else {
            panic!("nothing was run");
        };
        assert!(unable.reason.contains("container not found"), "{unable:?}");
        // `cat` of a file that is not there is an exit like any other.
        let cat = json!({"status": "Failure",
            "details": {"causes": [{"reason": "ExitCode", "message": "1"}]}});
        assert_eq!(
            check(cat, "cat: /x: no such file or directory")
                .unwrap()
                .code,
            1
        );
    }
}
