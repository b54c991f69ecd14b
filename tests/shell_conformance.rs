//! What a session promises, against the real bash. Commands in, exact outcomes out.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use labproof::shell::{End, Limits, Outcome, Session, SessionOptions, ShellFate, Stream};
use tokio_util::sync::CancellationToken;

/// Long enough for whatever ends by itself.
const AMPLE: Duration = Duration::from_secs(120);
/// Long enough for a command to have begun.
const SHORT: Duration = Duration::from_millis(300);

/// What a command is to do: status, stdout, stderr.
type Expected<'a> = (i32, &'a str, &'a str);

async fn session() -> Session {
    let mut options = SessionOptions::new("/tmp");
    options.grace = Duration::from_millis(300);
    Session::start(options).await.expect("a session")
}

async fn run(session: &mut Session, command: &str) -> Outcome {
    let outcome = session.run(command, Limits::within(AMPLE)).await;
    outcome.unwrap_or_else(|error| panic!("{command:?}: {error:?}"))
}

async fn run_within(session: &mut Session, command: &str, deadline: Duration) -> Outcome {
    session
        .run(command, Limits::within(deadline))
        .await
        .expect("an outcome")
}

/// Runs commands one after the other in one session; each must do exactly what is said, and the
/// shell must go on.
async fn check(commands: &[(&str, Expected<'_>)]) {
    let mut session = session().await;
    check_in(&mut session, commands).await;
    session.end().await;
}

async fn check_in(session: &mut Session, commands: &[(&str, Expected<'_>)]) {
    for (command, expected) in commands {
        let outcome = run(session, command).await;
        assert_eq!(outcome.shell, ShellFate::Alive, "{command:?}: {outcome:?}");
        assert_outcome(command, &outcome, *expected);
    }
}

fn assert_outcome(command: &str, outcome: &Outcome, (status, stdout, stderr): Expected<'_>) {
    let found = (
        outcome.end,
        outcome.output.stdout.text.as_str(),
        outcome.output.stderr.text.as_str(),
    );
    assert_eq!(found, (End::Exited(status), stdout, stderr), "{command:?}");
}

/// Whether a process lives; a zombie does not.
fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| {
        !stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'))
    })
}

async fn wait_until_gone(pid: &str) {
    let begun = Instant::now();
    while lives(pid) {
        assert!(begun.elapsed() < AMPLE, "process {pid} lives");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

// What lives on from command to command.

#[tokio::test]
async fn state_lives_on() {
    check(&[
        ("cd /usr; pwd", (0, "/usr\n", "")),
        ("pwd; cd - >/dev/null; pwd", (0, "/usr\n/tmp\n", "")),
        ("greet() { echo \"hello $1\"; }", (0, "", "")),
        ("greet you", (0, "hello you\n", "")),
        ("x='one\ntwo'; y=$'a\\tb'", (0, "", "")),
        (
            "echo \"$x|$y\"; bash -c 'echo \"<$x>\"'",
            (0, "one\ntwo|a\tb\n<>\n", ""),
        ),
        ("a=(1 '2 3' 4); declare -A m=([k]='v w')", (0, "", "")),
        (
            "echo ${#a[@]} \"${a[1]}\" \"${m[k]}\"",
            (0, "3 2 3 v w\n", ""),
        ),
        ("shopt -s extglob nullglob; set -f", (0, "", "")),
        (
            "case aab in +(a)b) echo yes;; esac; echo $-",
            (0, "yes\nfhmBc\n", ""),
        ),
        ("set +f; alias hi='echo hi there'", (0, "", "")),
        ("hi", (0, "hi there\n", "")),
        ("ulimit -S -c 0; ulimit -S -n 100", (0, "", "")),
        ("ulimit -n", (0, "100\n", "")),
        ("umask 027", (0, "", "")),
        ("umask", (0, "0027\n", "")),
        ("set -- p q; shift", (0, "", "")),
        ("echo $1 $#", (0, "q 1\n", "")),
    ])
    .await;
}

#[tokio::test]
async fn statuses_are_those_of_bash() {
    check(&[
        ("false", (1, "", "")),
        ("echo $?", (0, "1\n", "")),
        ("(exit 7)", (7, "", "")),
        ("echo $?; echo $?", (0, "7\n0\n", "")),
        ("true | false | true", (1, "", "")),
        ("(sh -c 'kill -KILL $$'; true) 2>/dev/null", (0, "", "")),
        (
            "nosuchcommand",
            (127, "", "bash: line 1: nosuchcommand: command not found\n"),
        ),
        (
            "true\nnosuchcommand",
            (127, "", "bash: line 2: nosuchcommand: command not found\n"),
        ),
        ("cat", (0, "", "")),
        ("read x", (1, "", "")),
        ("", (0, "", "")),
        ("   \n\n", (0, "", "")),
        ("true", (0, "", "")),
    ])
    .await;
}

#[tokio::test]
async fn ends_of_texts() {
    check(&[
        ("echo a # a comment", (0, "a\n", "")),
        ("# nothing", (0, "", "")),
        ("echo a;", (0, "a\n", "")),
        ("echo a \\", (0, "a\n", "")),
        ("echo a &&\necho b", (0, "a\nb\n", "")),
        ("x=5; cat <<EOF\n$x\nEOF", (0, "5\n", "")),
        ("cat <<'X'\n$x\nX", (0, "$x\n", "")),
        ("cat <<-E\n\ttabbed\n\tE", (0, "tabbed\n", "")),
        ("echo a &", (0, "a\n", "")),
    ])
    .await;
}

#[tokio::test]
async fn broken_texts_leave_the_shell_alive() {
    let mut session = session().await;
    for (command, status, message) in [
        (
            "echo 'unterminated",
            2,
            "unexpected EOF while looking for matching",
        ),
        (
            "echo \"unterminated",
            2,
            "unexpected EOF while looking for matching",
        ),
        (
            "if true; then echo",
            2,
            "syntax error: unexpected end of file",
        ),
        ("echo $(", 2, "unexpected EOF"),
        ("fi", 2, "syntax error near unexpected token `fi'"),
        ("{ echo a", 2, "syntax error: unexpected end of file"),
        (
            "return 3",
            2,
            "can only `return' from a function or sourced script",
        ),
    ] {
        let outcome = run(&mut session, command).await;
        assert_eq!(outcome.end, End::Exited(status), "{command:?}");
        assert_eq!(outcome.shell, ShellFate::Alive, "{command:?}");
        let stderr = outcome.output.stderr.text;
        assert!(stderr.contains(message), "{command:?}: {stderr:?}");
    }
    let outcome = run(&mut session, "cat <<EOF\nunfinished").await;
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(outcome.output.stdout.text, "unfinished\n");
    assert!(outcome.output.stderr.text.contains("here-document"));
    check_in(
        &mut session,
        &[
            ("break 9; echo b", (0, "", "")),
            ("echo go", (0, "go\n", "")),
        ],
    )
    .await;
    session.end().await;
}

// Background jobs.

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
         setsid sleep 1000 & echo $!; (setsid sh -c 'echo $$; exec sleep 1000' &)",
    )
    .await;
    let pids: Vec<&str> = pids.output.stdout.text.lines().collect();
    let leftovers = session.end().await;
    for pid in &pids {
        assert!(!lives(pid), "{pid}");
    }
    // The last pid may come after the command's end.
    assert_eq!(leftovers.processes, 4);
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
        .args(["--exact", "--nocapture", "victim"])
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

// Output.

#[tokio::test]
async fn large_output_is_bounded() {
    let mut session = session().await;
    let outcome = run(&mut session, "head -c 200M /dev/zero; echo end >&2").await;
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(outcome.output.stdout.total_bytes, 200 << 20);
    assert!(outcome.output.stdout.truncated);
    assert!(outcome.output.stdout.text.len() < (2 << 20) + 100);
    assert!(outcome.output.merged.text.ends_with("end\n"));
    session.end().await;
}

#[tokio::test]
async fn any_byte_is_data() {
    check(&[
        (
            r"printf 'a\0b\xff\xfec\n'",
            (0, "a\0b\u{fffd}\u{fffd}c\n", ""),
        ),
        (r"printf 'é\r\n\e[31m'", (0, "é\r\n\u{1b}[31m", "")),
        ("echo a\0b", (0, "ab\n", "")),
        ("echo \u{1}\u{7f}é", (0, "\u{1}\u{7f}é\n", "")),
    ])
    .await;
}

#[tokio::test]
async fn streams_are_files_that_can_be_opened() {
    check(&[
        (
            "echo a >/dev/stderr; echo b >/dev/stdout",
            (0, "b\n", "a\n"),
        ),
        (
            "echo a >>/proc/self/fd/2; cat </dev/null >/dev/stdout",
            (0, "", "a\n"),
        ),
        ("echo a | tee /dev/stderr", (0, "a\n", "a\n")),
        (
            "[ -t 1 ] || [ -t 2 ] || [ -t 0 ] || echo no terminal",
            (0, "no terminal\n", ""),
        ),
    ])
    .await;
}

/// The merged output must be the numbers in turn.
async fn check_order(command: &str, count: usize) {
    let mut session = session().await;
    let outcome = run(&mut session, command).await;
    let expected: String = (0..count).map(|n| format!("{n}\n")).collect();
    let merged = &outcome.output.merged.text;
    let wrong = merged
        .lines()
        .zip(expected.lines())
        .position(|(a, b)| a != b);
    assert_eq!(wrong, None, "{command:?}");
    assert_eq!(merged.len(), expected.len());
    assert!(outcome.output.stdout.total_bytes > 0 && outcome.output.stderr.total_bytes > 0);
    session.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_writes_is_kept() {
    let builtin = "i=0; while ((i < 20000)); do echo $((i++)); echo $((i++)) >&2; done";
    let perl = "perl -e 'for (0..39999) { syswrite($_ % 3 ? STDOUT : STDERR, \"$_\\n\") }'";
    let busy = "perl -e '$p = $$; if (!fork) { 1 while getppid == $p; exit } \
                for (0..39999) { syswrite($_ % 7 % 2 ? STDOUT : STDERR, \"$_\\n\") }'";
    let children =
        "for i in {0..399}; do if ((i % 2)); then /bin/echo $i; else /bin/echo $i >&2; fi; done";
    tokio::join!(
        check_order(builtin, 20000),
        check_order(perl, 40000),
        check_order(busy, 40000),
        check_order(children, 400),
    );
}

#[tokio::test]
async fn a_sink_gets_all_bytes() {
    let mut session = session().await;
    let mut live = Vec::new();
    let mut sink = |stream: Stream, bytes: &[u8]| live.push((stream, bytes.to_vec()));
    let limits = Limits {
        on_output: Some(&mut sink),
        ..Limits::within(AMPLE)
    };
    session
        .run("echo a; echo b >&2; echo c", limits)
        .await
        .expect("an outcome");
    let expected = [
        (Stream::Stdout, b"a\n".to_vec()),
        (Stream::Stderr, b"b\n".to_vec()),
        (Stream::Stdout, b"c\n".to_vec()),
    ];
    assert_eq!(live, expected);
    session.end().await;
}

// Shells that end.

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

// Deadlines and other limits.

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

// Labs that fight.

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
