//! Background jobs, and what is left when a session ends.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use labproof::shell::{End, Limits, Stream};

use crate::harness::{AMPLE, assert_outcome, lives, run, session, wait_until_gone};

#[tokio::test]
async fn a_background_job_can_be_waited_for() {
    let mut session = session().await;
    run(
        &mut session,
        "mkfifo /tmp/lp-$$; (read x </tmp/lp-$$; exit 5) & p=$!",
    )
    .await;
    // What bash says of the job's end, and when, is its own affair.
    let outcome = run(
        &mut session,
        "kill -0 $p && echo go >/tmp/lp-$$; rm /tmp/lp-$$; jobs -p",
    )
    .await;
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(run(&mut session, "wait $p").await.end, End::Exited(5));
    let outcome = run(&mut session, "sleep 1000 & kill %1; wait %1").await;
    assert_eq!(outcome.end, End::Exited(143));
    assert_eq!(session.end().await.processes, 0);
}

#[tokio::test]
async fn everything_ends_with_the_session() {
    let mut session = session().await;
    let pids = run(
        &mut session,
        "sleep 1000 & echo $!; (trap '' TERM HUP; exec sleep 1000) & echo $!; \
         setsid -f sleep 1000 >/dev/null",
    )
    .await;
    let pids = pids.output.stdout.text;
    let leftovers = session.end().await;
    for pid in pids.lines() {
        assert!(!lives(pid), "{pid}");
    }
    assert_eq!(leftovers.processes, 3);
}

#[tokio::test]
async fn everything_ends_when_the_session_is_dropped() {
    let mut session = session().await;
    let pids = run(&mut session, "sleep 1000 & echo $! $$")
        .await
        .output
        .stdout
        .text;
    drop(session);
    for pid in pids.split_whitespace() {
        assert!(!lives(pid), "{pid}");
    }
}

/// Not a test of its own: the process that the test below kills.
#[tokio::test]
async fn victim() {
    if std::env::var_os("SHELL_CONFORMANCE_VICTIM").is_none() {
        return;
    }
    let mut session = session().await;
    let command = "sleep 1000 & echo $$ $!; setsid sleep 1000 & echo $!; sleep 1000";
    let mut sink = |_: Stream, bytes: &[u8]| {
        std::io::stderr().write_all(bytes).expect("stderr");
    };
    let limits = Limits {
        on_output: Some(&mut sink),
        ..Limits::within(AMPLE)
    };
    session.run(command, limits).await.expect("an outcome");
}

#[tokio::test]
async fn everything_ends_when_labproof_is_killed() {
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "--nocapture", "jobs::victim"])
        .env("SHELL_CONFORMANCE_VICTIM", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a process");
    let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let lines: Vec<String> = stderr.lines().map_while(Result::ok).take(2).collect();
    child.kill().expect("a kill");
    child.wait().expect("an end");
    let pids: Vec<&str> = lines
        .iter()
        .flat_map(|line| line.split_whitespace())
        .collect();
    assert_eq!(pids.len(), 3);
    for pid in pids {
        wait_until_gone(pid).await;
    }
}

#[tokio::test]
async fn a_child_that_keeps_stdout_open_delays_nothing() {
    let mut session = session().await;
    let outcome = run(&mut session, "sh -c 'sleep 1000 &'; echo done").await;
    assert_outcome("sleep", &outcome, (0, "done\n", ""));
    assert!(outcome.duration < Duration::from_secs(100));
    session.end().await;
}

#[tokio::test]
async fn late_output_goes_to_the_next_command_or_the_end() {
    let mut session = session().await;
    run(
        &mut session,
        "mkfifo /tmp/lpb-$$; (read x </tmp/lpb-$$; echo late; echo >/tmp/lpb-$$) &",
    )
    .await;
    let outcome = run(
        &mut session,
        "echo go >/tmp/lpb-$$; read x </tmp/lpb-$$; rm /tmp/lpb-$$",
    )
    .await;
    assert_eq!(outcome.output.stdout.text, "late\n");
    run(&mut session, "trap 'echo bye' EXIT").await;
    let leftovers = session.end().await;
    assert_eq!(leftovers.output.stdout.text, "bye\n");
}
