//! bash itself says whether a command is whole; the scanner must agree.

use std::process::{Command, Stdio};

use labproof::syntax::{Open, Scanner};
use proptest::prelude::*;

/// What `bash -n` makes of a text.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Whole,
    WaitsForMore,
    Wrong,
}

fn bash(text: &str) -> Said {
    let output = Command::new("bash")
        .args(["-n", "-c", text])
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // Where bash complains of a word it did not expect, what it says of the end follows from that.
    if said.contains("near") || said.contains("conditional") {
        Said::Wrong
    } else if said.contains("unexpected end of file")
        || said.contains("unexpected EOF")
        || said.contains("delimited by end-of-file")
    {
        Said::WaitsForMore
    } else if output.status.success() && said.is_empty() {
        Said::Whole
    } else {
        Said::Wrong
    }
}

/// Lines of which some are commands, and some only parts of them.
const LINES: [&str; 44] = [
    "echo a",
    "echo 'b",
    "c'",
    "echo \"d",
    "e\" f",
    "echo $(g",
    "h)",
    "for i in 1 2; do",
    "do",
    "done",
    "if true; then",
    "then",
    "elif x; then",
    "else",
    "fi",
    "while read x; do",
    "case $a in",
    "x|y) echo x;;",
    "(z) ;;",
    "*)",
    ";;",
    "esac",
    "{",
    "}",
    "f() {",
    "function g {",
    "(",
    ")",
    "[[ -n $a &&",
    "-n $b ]]",
    "a |",
    "a &&",
    "b || c",
    "# it's a comment",
    "x=(1",
    "2)",
    "echo ${a:-b}",
    "echo $((1 + 2))",
    "echo done fi esac",
    "echo a # don't",
    "! true",
    "time sleep 1 &",
    "select v in a b; do",
    "until false; do :; done",
];

fn check(lines: &[&str]) {
    let text = lines.join("\n");
    let mut scanner = Scanner::new();
    for line in lines {
        scanner.feed(line);
    }
    let expected = bash(&text);
    let waits = scanner.open().is_some_and(|open| open != Open::Backslash);
    match expected {
        Said::Whole => assert!(
            !waits,
            "bash is content, the scanner waits for {:?}:\n{text}",
            scanner.open()
        ),
        Said::WaitsForMore => assert!(waits, "bash waits for more, the scanner does not:\n{text}"),
        // Where the syntax is wrong anyway, neither answer is.
        Said::Wrong => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_lines(lines in prop::collection::vec(0..LINES.len(), 1..7)) {
        check(&lines.into_iter().map(|index| LINES[index]).collect::<Vec<_>>());
    }
}

#[test]
fn every_beginning_of_a_command_is_unfinished() {
    for command in [
        "cat <<EOF | kubectl apply -f -\napiVersion: v1\n  it's\nEOF",
        "cat <<'A' <<-B\n$(\nA\n\tx\n\tB",
        "for i in $(seq 1 3); do\n  if [[ $i == 2 ]]; then\n    echo \"two $i\"\n  fi\ndone",
        "case \"$1\" in\n  start|stop)\n    echo 'x'\n    ;;\n  *) echo y ;;\nesac",
        "deploy() {\n  kubectl apply -f \"$1\" \\\n    -n shop\n}",
        "kubectl get pods -o json |\n  jq '.items[]\n  | .metadata.name' |\n  sort",
        "a=$(cat <<EOF\n)\nEOF\n)",
        "while true; do curl -s x; done &&\n echo",
        "while (( i < 3 )); do\n (( i++ ))\ndone",
        "if ! kubectl get ns x; then\nkubectl create ns x; fi",
    ] {
        let lines: Vec<&str> = command.lines().collect();
        for end in 1..lines.len() {
            let mut scanner = Scanner::new();
            lines[..end].iter().for_each(|line| scanner.feed(line));
            assert!(scanner.open().is_some(), "{}", lines[..end].join("\n"));
        }
        check(&lines);
        assert_eq!(bash(command), Said::Whole, "{command}");
    }
}
