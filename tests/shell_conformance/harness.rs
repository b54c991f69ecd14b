//! One way to say what a command is to do, and the few things that every subject needs.

use std::time::{Duration, Instant};

use labproof::shell::{End, Limits, Outcome, Session, SessionOptions, ShellFate};

/// Long enough for whatever ends by itself.
pub(crate) const AMPLE: Duration = Duration::from_secs(120);
/// Long enough for a command to have begun.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

/// What a command is to do: status, stdout, stderr.
pub(crate) type Expected<'a> = (i32, &'a str, &'a str);

pub(crate) async fn session() -> Session {
    let mut options = SessionOptions::new("/tmp");
    options.grace = Duration::from_millis(300);
    Session::start(options).await.expect("a session")
}

pub(crate) async fn run(session: &mut Session, command: &str) -> Outcome {
    let outcome = session.run(command, Limits::within(AMPLE)).await;
    outcome.unwrap_or_else(|error| panic!("{command:?}: {error:?}"))
}

pub(crate) async fn run_within(
    session: &mut Session,
    command: &str,
    deadline: Duration,
) -> Outcome {
    session
        .run(command, Limits::within(deadline))
        .await
        .expect("an outcome")
}

/// Runs commands one after the other in one session; each must do exactly what is said, and the
/// shell must go on.
pub(crate) async fn check(commands: &[(&str, Expected<'_>)]) {
    let mut session = session().await;
    check_in(&mut session, commands).await;
    session.end().await;
}

pub(crate) async fn check_in(session: &mut Session, commands: &[(&str, Expected<'_>)]) {
    for (command, expected) in commands {
        let outcome = run(session, command).await;
        assert_eq!(outcome.shell, ShellFate::Alive, "{command:?}: {outcome:?}");
        assert_outcome(command, &outcome, *expected);
    }
}

pub(crate) fn assert_outcome(
    command: &str,
    outcome: &Outcome,
    (status, stdout, stderr): Expected<'_>,
) {
    let found = (
        outcome.end,
        outcome.output.stdout.text.as_str(),
        outcome.output.stderr.text.as_str(),
    );
    assert_eq!(found, (End::Exited(status), stdout, stderr), "{command:?}");
}

/// Whether a process lives; a zombie does not.
pub(crate) fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| {
        !stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'))
    })
}

pub(crate) async fn wait_until_gone(pid: &str) {
    let begun = Instant::now();
    while lives(pid) {
        assert!(begun.elapsed() < AMPLE, "process {pid} lives");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
