//! Deadlines and other limits: they end a command and only that.

use labproof::shell::{End, Limits, ShellFate, Stream};
use tokio_util::sync::CancellationToken;

use crate::harness::{
    AMPLE, SHORT, assert_outcome, check_in, lives, run, run_within, session, wait_until_gone,
};

#[tokio::test]
async fn a_deadline_ends_the_command_and_only_that() {
    let mut session = session().await;
    let job = run(&mut session, "x=1; while :; do sleep 0.05; done & echo $!").await;
    let job = job.output.stdout.text;
    for command in [
        "echo begun; sleep 1000; echo no",
        "echo begun; sleep 1000 | sleep 1000 & wait; echo no",
        "echo begun; (trap '' TERM; sleep 1000; sleep 1000); echo no",
        "echo begun; perl -e '$SIG{TERM} = \"IGNORE\"; sleep 1 while 1'; echo no",
        "echo begun; x=$(sleep 1000); echo no",
        "echo begun; while :; do :; done; echo no",
        "echo begun; while :; do sleep 0.01; done; echo no",
        "f() { while :; do sleep 0.01; done; echo no; }; echo begun; f || echo no\necho no",
        "f() { for ((;;)); do :; done; }; echo begun; until f; do :; done; if true; then echo no; fi",
        "echo begun; setsid -w sleep 1000; echo no",
        "echo begun; kill -STOP $$; echo no",
        "echo begun; sh -c 'kill -STOP $$; sleep 1000' & wait; echo no",
        "echo begun; sleep 1000 & sleep 1000 & echo no >/dev/null; wait; echo no",
        "echo begun; bash -c 'set -m; sleep 1000 & sleep 1000'; echo no",
    ] {
        let outcome = run_within(&mut session, command, SHORT).await;
        assert_eq!(outcome.end, End::TimedOut, "{command:?}");
        assert_eq!(outcome.shell, ShellFate::Alive, "{command:?}");
        assert_eq!(outcome.output.stdout.text, "begun\n", "{command:?}");
        assert!(lives(&job), "{command:?}");
        let outcome = run(
            &mut session,
            "echo $x; ps -o args= -s $$ | grep -c '[s]leep 1000'",
        )
        .await;
        let stdout = outcome.output.stdout.text;
        assert!(
            ["1\n0\n", "\n0\n"].contains(&stdout.as_str()),
            "{command:?}: {stdout:?}"
        );
        run(&mut session, "x=1").await;
    }
    session.end().await;
    wait_until_gone(&job).await;
}

#[tokio::test]
async fn a_shell_that_cannot_be_interrupted_is_replaced() {
    let mut session = session().await;
    run(&mut session, "x=1").await;
    let outcome = run_within(
        &mut session,
        "trap '' PWR; echo begun; while :; do :; done",
        SHORT,
    )
    .await;
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::TimedOut, ShellFate::Restored)
    );
    check_in(&mut session, &[("echo $x", (0, "1\n", ""))]).await;
    let outcome = run_within(&mut session, "trap '' PWR TERM; while :; do :; done", SHORT).await;
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::TimedOut, ShellFate::Lost)
    );
    let outcome = run_within(&mut session, "set -n", SHORT).await;
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::TimedOut, ShellFate::Lost)
    );
    check_in(&mut session, &[("echo go", (0, "go\n", ""))]).await;
    session.end().await;
}

#[tokio::test]
async fn a_mild_fork_bomb_ends() {
    let mut session = session().await;
    let bomb = "b() { for i in 1 2 3; do (trap '' TERM; sleep 1000) & done; (( $1 )) && { b $(($1 - 1)) & b $(($1 - 1)) & }; wait; }; b 4";
    let outcome = run_within(&mut session, bomb, SHORT).await;
    assert_eq!(outcome.end, End::TimedOut);
    assert_eq!(outcome.shell, ShellFate::Alive);
    assert_eq!(session.end().await.processes, 0);
}

#[tokio::test]
async fn a_text_ends_a_command() {
    let mut session = session().await;
    let limits = Limits::within(AMPLE).until("ready now");
    let command = "echo -n 'rea'; echo -n 'dy now' >&2; sleep 1000; echo no";
    let outcome = session.run(command, limits).await.expect("an outcome");
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::SawText, ShellFate::Alive)
    );
    assert_eq!(outcome.output.merged.text, "ready now");
    let limits = Limits::within(AMPLE).until("never");
    let outcome = session.run("echo a", limits).await.expect("an outcome");
    assert_outcome("echo a", &outcome, (0, "a\n", ""));
    session.end().await;
}

#[tokio::test]
async fn endless_output_into_a_sink_ends_at_the_deadline() {
    let mut session = session().await;
    let mut bytes_seen = 0;
    let mut sink = |_: Stream, bytes: &[u8]| bytes_seen += bytes.len() as u64;
    let limits = Limits {
        on_output: Some(&mut sink),
        ..Limits::within(SHORT)
    };
    let outcome = session.run("yes", limits).await.expect("an outcome");
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::TimedOut, ShellFate::Alive)
    );
    assert_eq!(outcome.output.stdout.total_bytes, bytes_seen);
    session.end().await;
}

#[tokio::test]
async fn an_interrupt_ends_a_command() {
    let mut session = session().await;
    let token = CancellationToken::new();
    let cancel = token.clone();
    let mut sink = |_: Stream, _: &[u8]| cancel.cancel();
    let limits = Limits {
        interrupt: Some(&token),
        on_output: Some(&mut sink),
        ..Limits::within(AMPLE)
    };
    let outcome = session
        .run("echo begun; sleep 1000", limits)
        .await
        .expect("an outcome");
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::Interrupted, ShellFate::Alive)
    );
    assert_eq!(outcome.output.stdout.text, "begun\n");
    session.end().await;
}

#[tokio::test]
async fn a_run_that_was_dropped_is_ended_by_the_next() {
    let mut session = session().await;
    let forgotten = session.run("echo old; sleep 1000; echo no", Limits::within(AMPLE));
    assert!(tokio::time::timeout(SHORT, forgotten).await.is_err());
    check_in(&mut session, &[("echo new", (0, "new\n", ""))]).await;
    assert_eq!(session.end().await.processes, 0);
}
