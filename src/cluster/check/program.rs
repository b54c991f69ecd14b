//! `exec`: what a program says in the ready pods of a workload.

use std::time::Duration;

use kube::Client;

use crate::verifier::{Exec, Replicas};

use super::Finding;
use super::exec::{LIMIT, NoExit, Output, run_for};
use super::look::{Look, Unable};
use super::pods::{self, Member};
use super::poll::{Poll, until};

/// How much of what it prints is looked at.
const KEPT: usize = 1 << 20;

/// Makes an `exec` check.
pub(super) async fn make(client: &Client, exec: &Exec, within: Duration) -> Finding {
    let expected = format!(
        "`{}` in {} in {}: exit status {}{}",
        exec.command.join(" "),
        exec.pods.of,
        exec.pods.namespace,
        exec.exit,
        match exec.stdout.is_empty() {
            true => String::new(),
            false => format!(", stdout {}", exec.stdout),
        }
    );
    until(Poll::new(expected, within), || async {
        let limit = LIMIT.max(within);
        look(client, exec, limit).await.unwrap_or_else(Look::from)
    })
    .await
}

async fn look(client: &Client, exec: &Exec, limit: Duration) -> Result<Look, Unable> {
    let set = pods::read(client, &exec.pods).await?;
    if let Some(reason) = set.unsettled() {
        return Err(Unable::for_now(format!("{}: {reason}", exec.pods.of)));
    }
    let asked = set
        .ready()
        .map(|pod| async move { Ok((pod.name.clone(), ask(client, exec, pod, limit).await?)) });
    judge(exec.replicas, &futures::future::try_join_all(asked).await?)
}

/// What is wrong with what the program did in one pod.
async fn ask(
    client: &Client,
    exec: &Exec,
    pod: &Member,
    limit: Duration,
) -> Result<Option<String>, Unable> {
    let container = pod.container(&exec.pods.namespace)?;
    let command: Vec<&str> = exec.command.iter().map(String::as_str).collect();
    let mut stdout = Vec::new();
    let mut length = 0;
    let kept = |piece: &[u8]| {
        length += piece.len();
        let room = KEPT.saturating_sub(stdout.len());
        stdout.extend_from_slice(&piece[..piece.len().min(room)]);
    };
    let output = match run_for(limit, client, &container, &command, kept).await {
        Ok(output) => output,
        Err(NoExit::NoProgram) => {
            let program = command[0];
            return Err(Unable::for_good(format!(
                "container {} of pod {} has no `{program}`",
                container.name, container.pod
            )));
        }
        Err(NoExit::Unable(unable)) => return Err(unable),
    };
    let whole = length == stdout.len();
    wrong_with(exec, &output, &String::from_utf8_lossy(&stdout), whole)
        .map_err(|reason| Unable::for_good(format!("pod {}: {reason}", pod.name)))
}

fn wrong_with(
    exec: &Exec,
    output: &Output,
    stdout: &str,
    whole: bool,
) -> Result<Option<String>, String> {
    if !exec.exit.holds(Some(&output.code.into())) {
        let Output { code, stderr } = output;
        let stderr = match stderr.is_empty() {
            true => String::new(),
            false => format!(" ({stderr})"),
        };
        return Ok(Some(format!(
            "exit status {code}, expected {}{stderr}",
            exec.exit
        )));
    }
    exec.stdout.wrong_with(stdout, whole)
}

/// What comes of what is wrong in each pod.
///
/// # Errors
/// There is no pod.
pub(super) fn judge(replicas: Replicas, said: &[(String, Option<String>)]) -> Result<Look, Unable> {
    if said.is_empty() {
        return Err(Unable::for_now("there is no pod to ask"));
    }
    let wrong: Vec<String> = said
        .iter()
        .filter_map(|(pod, wrong)| wrong.as_ref().map(|wrong| format!("pod {pod}: {wrong}")))
        .collect();
    let good = said.len() - wrong.len();
    let holds = match replicas {
        Replicas::Some => good > 0,
        Replicas::Every | Replicas::Same | Replicas::Different => wrong.is_empty(),
    };
    Ok(match holds {
        true => Look::Holds(format!("so in {good} of {} pods", said.len())),
        false => Look::Not {
            reason: wrong.join("; "),
            seen: wrong.join("; "),
        },
    })
}
