//! What is captured, and in which order.

use labproof::shell::{End, Limits, Stream};

use crate::harness::{AMPLE, check, run, session};

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
