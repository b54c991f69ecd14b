//! State, statuses and the ends of texts.

use labproof::shell::{End, ShellFate};

use crate::harness::{check, check_in, run, session};

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
        ("true &", (0, "", "")),
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
