//! Labs that fight, on purpose or by accident.

use std::time::Duration;

use labproof::shell::{End, Session, SessionOptions, ShellFate};

use crate::harness::{check, check_in, run, run_within, session};

#[tokio::test]
async fn the_protocol_cannot_be_imitated() {
    let mut session = session().await;
    let command = "printf '\\n%s 0 hB /\\0' \"$__labproof_nonce\" | tee /dev/stderr; (exit 3)";
    let outcome = run(&mut session, command).await;
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::Exited(3), ShellFate::Alive)
    );
    assert!(outcome.output.stdout.text.ends_with(" 0 hB /\0"));
    session.end().await;
}

#[tokio::test]
async fn garbage_in_every_descriptor_is_no_answer() {
    let mut session = session().await;
    let command = "(trap '' PIPE; for n in {3..255}; do { printf 'x\\nx 0 h /\\0' >&$n; } 2>/dev/null; done; exit 4)";
    let outcome = run(&mut session, command).await;
    assert_eq!(outcome.end, End::Exited(4));
    session.end().await;
}

#[tokio::test]
async fn no_descriptor_is_left_to_commands() {
    check(&[("for f in /proc/self/fd/*; do echo ${f##*/}; done | sort -n | head -n 4 | tr '\\n' ' '; echo", (0, "0 1 2 3 \n", ""))]).await;
}

#[tokio::test]
async fn odd_states_of_the_shell() {
    let mut session = session().await;
    check_in(
        &mut session,
        &[
            ("PATH=; echo a", (0, "a\n", "")),
            ("PATH=/usr/bin:/bin; ls -d /", (0, "/\n", "")),
            ("IFS=:; set -u; shopt -s nocasematch", (0, "", "")),
            ("echo b; IFS=$' \\t\\n'", (0, "b\n", "")),
            ("TMOUT=1", (0, "", "")),
            ("sleep 1.2", (0, "", "")),
            (
                "echo still; unset TMOUT; set +u; shopt -u nocasematch",
                (0, "still\n", ""),
            ),
            ("PROMPT_COMMAND='echo prompt'; PS1='$ '", (0, "", "")),
            (
                "alias eval='echo no' read=false printf=false local=false; echo c",
                (0, "c\n", ""),
            ),
            ("unalias -a", (0, "", "")),
            (
                "printf() { echo mine; }; trap() { echo mine; }; read() { echo mine; }",
                (0, "", ""),
            ),
            ("printf x; unset -f printf trap read", (0, "mine\n", "")),
            (
                "mkdir /tmp/lpd-$$; cd /tmp/lpd-$$; rmdir /tmp/lpd-$$; echo d",
                (0, "d\n", ""),
            ),
            ("cd /; echo e", (0, "e\n", "")),
            ("set -o posix; echo f; set +o posix", (0, "f\n", "")),
            ("set +m; echo g", (0, "g\n", "")),
            ("set -m; (sleep 0.01; echo h)", (0, "h\n", "")),
            ("set -v", (0, "", "")),
            ("echo i", (0, "i\n", "echo i\n")),
            ("set +v", (0, "", "set +v\n")),
        ],
    )
    .await;
    session.end().await;
}

#[tokio::test]
async fn tracing_shows_the_labs_commands() {
    check(&[
        ("set -x", (0, "", "")),
        ("echo a", (0, "a\n", "++ echo a\n")),
        ("false", (1, "", "++ false\n")),
        ("echo $?", (0, "1\n", "++ echo 1\n")),
        ("set +x", (0, "", "++ set +x\n")),
        ("echo b", (0, "b\n", "")),
    ])
    .await;
}

#[tokio::test]
async fn unset_of_everything_has_one_outcome() {
    let mut session = session().await;
    let command = "unset $(compgen -v) 2>/dev/null; echo end";
    let outcome = run_within(&mut session, command, Duration::from_secs(2)).await;
    assert_eq!(outcome.output.stdout.text, "end\n");
    check_in(&mut session, &[("echo go", (0, "go\n", ""))]).await;
    session.end().await;
}

#[tokio::test]
async fn texts_of_megabytes_work() {
    let filler = "x".repeat(1000);
    let mut text: String = (0..3000).map(|n| format!("# {n} {filler}\n")).collect();
    text.push_str("echo end");
    check(&[(&text, (0, "end\n", ""))]).await;
    let long = "y".repeat(300_000);
    check(&[(&format!("x={long}; echo ${{#x}}"), (0, "300000\n", ""))]).await;
}

#[tokio::test]
async fn a_directory_that_does_not_exist_is_an_error() {
    let error = Session::start(SessionOptions::new("/no/such"))
        .await
        .expect_err("an error");
    assert_eq!(error.to_string(), "cannot start a shell in /no/such");
}
