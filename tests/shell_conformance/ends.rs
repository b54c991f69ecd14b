//! Shells that end, and what the next one goes on with.

use labproof::shell::{End, Session, ShellFate};

use crate::harness::{assert_outcome, check, check_in, run, session};

async fn check_fate(command: &str, end: End, fate: ShellFate) -> Session {
    let mut session = session().await;
    let outcome = run(&mut session, command).await;
    assert_eq!(
        (outcome.end, outcome.shell),
        (end, fate),
        "{command:?}: {outcome:?}"
    );
    check_in(&mut session, &[("echo go", (0, "go\n", ""))]).await;
    session
}

#[tokio::test]
async fn a_shell_that_ends_is_restored() {
    for (command, status) in [
        ("exit 3", 3),
        ("exit", 0),
        ("set -e; false; echo no; set +e", 1),
        ("f() { local l=1; exit 4; }; f", 4),
        ("set -u; echo $nothing; set +u", 127),
        ("exec sh -c 'exit 6'", 6),
        ("trap 'exit 9' EXIT; exit 3", 9),
    ] {
        let fate = if command.starts_with("trap") {
            ShellFate::Lost
        } else {
            ShellFate::Restored
        };
        check_fate(command, End::Exited(status), fate)
            .await
            .end()
            .await;
    }
}

#[tokio::test]
async fn what_is_restored() {
    let mut session = session().await;
    for command in [
        "cd /usr; x='one\ntwo'; export y=\"it's\"; a=(1 '2 3'); declare -A m=([k]='v w'); readonly r=1",
        "shopt -s extglob",
        "f() { case $1 in +(a)) echo many;; esac; }; alias hi='echo hi'; umask 027",
        "shopt -s nullglob; set -f; trap 'echo got' USR1; unset HOME; declare -i n=3; g() { echo g; }; export -f g; sleep 1000 & p=$!",
    ] {
        run(&mut session, command).await;
    }
    let outcome = run(&mut session, "exit 3").await;
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::Exited(3), ShellFate::Restored)
    );
    assert_eq!(outcome.output.merged.text, "");
    check_in(
        &mut session,
        &[
            (
                "pwd; echo \"$x|$y|${a[1]}|${m[k]}|$r|${HOME-none}|$n\"",
                (0, "/usr\none\ntwo|it's|2 3|v w|1|none|3\n", ""),
            ),
            (
                "f aa; hi; umask; shopt -q nullglob && echo null; echo $-; n=2+2; echo $n",
                (0, "many\nhi\n0027\nnull\nfhmBc\n4\n", ""),
            ),
            (
                "kill -USR1 $$; bash -c 'echo $y; g'",
                (0, "got\nit's\ng\n", ""),
            ),
            ("kill -0 $p", (0, "", "")),
            ("r=2", (1, "", "bash: line 1: r: readonly variable\n")),
        ],
    )
    .await;
    assert_eq!(session.end().await.processes, 1);
}

#[tokio::test]
async fn a_killed_shell_is_lost_but_not_its_directory() {
    let mut session = session().await;
    run(&mut session, "cd \"/usr\"; x=1").await;
    let outcome = run(&mut session, "echo before; kill -9 $$; echo after").await;
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::ShellKilled, ShellFate::Lost)
    );
    assert_eq!(outcome.output.stdout.text, "before\n");
    check_in(
        &mut session,
        &[("pwd; echo ${x-none}", (0, "/usr\nnone\n", ""))],
    )
    .await;
    let outcome = run(&mut session, "x=2; kill $$").await;
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::ShellKilled, ShellFate::Restored)
    );
    check_in(&mut session, &[("echo $x", (0, "2\n", ""))]).await;
    session.end().await;
}

#[tokio::test]
async fn traps_are_the_labs() {
    let mut session = session().await;
    run(&mut session, "trap 'echo bye $?' EXIT; x=1").await;
    let outcome = run(&mut session, "exit 3").await;
    assert_eq!(outcome.shell, ShellFate::Restored);
    assert_outcome("exit 3", &outcome, (3, "bye 3\n", ""));
    check_in(&mut session, &[("echo $x", (0, "1\n", ""))]).await;
    run(&mut session, "trap - EXIT").await;
    let outcome = run(&mut session, "exit").await;
    assert_eq!(outcome.shell, ShellFate::Restored);
    let outcome = run(&mut session, "trap - EXIT; exit 2").await;
    assert_eq!(
        (outcome.end, outcome.shell),
        (End::Exited(2), ShellFate::Lost)
    );
    check_in(
        &mut session,
        &[
            ("trap 'echo error' ERR", (0, "", "")),
            // Once for the command and once for the driver's `eval` around it.
            ("false", (1, "error\nerror\n", "")),
            ("echo $?", (0, "1\n", "")),
            ("trap - ERR; false", (1, "", "")),
        ],
    )
    .await;
    session.end().await;
}

#[tokio::test]
async fn redirections_of_the_shell_itself() {
    check(&[
        ("exec 3>&1 1>&2; echo a", (0, "", "a\n")),
        ("echo b; exec 1>&3 3>&-; echo c", (0, "c\n", "b\n")),
        (
            "exec 4>&2 2>&1; nosuch",
            (127, "bash: line 1: nosuch: command not found\n", ""),
        ),
        (
            "exec 2>&4; exec 4>&1 1>&-; echo gone",
            (
                1,
                "",
                "bash: line 1: echo: write error: Bad file descriptor\n",
            ),
        ),
        ("exec 1>&4; echo back", (0, "back\n", "")),
        ("exec 0</etc/hostname; read x; [ -n \"$x\" ]", (0, "", "")),
    ])
    .await;
}

/// `pipefail` makes a failure of every `| head`, which it is in nobody else's shell.
#[tokio::test]
async fn a_reader_that_has_enough_is_no_failure() {
    check(&[
        ("yes | head -n 1", (0, "y\n", "")),
        ("echo $?", (0, "0\n", "")),
        ("set -x", (0, "", "")),
        ("{ seq 1000000 | sed 1q; } 2>/dev/null", (0, "1\n", "")),
        ("echo $?; set +x", (0, "0\n", "++ echo 0\n++ set +x\n")),
        ("seq 1000000 | grep -m 1 9", (0, "9\n", "")),
        (
            "for i in 1 2; do yes $i | head -n 1; done",
            (0, "1\n2\n", ""),
        ),
        ("x=$(yes | head -n 1)", (0, "", "")),
        ("yes | head -n 1 | grep n", (1, "", "")),
        ("(yes; exit 3) | head -n 1", (3, "y\n", "")),
        ("echo $?", (0, "3\n", "")),
        ("yes | grep -q y && echo found", (141, "", "")),
        ("(kill -PIPE $BASHPID)", (141, "", "")),
        ("echo $?", (0, "141\n", "")),
    ])
    .await;
    check_fate(
        "set -e; yes | head -n 0",
        End::Exited(0),
        ShellFate::Restored,
    )
    .await
    .end()
    .await;
}
