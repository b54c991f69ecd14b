//! One meaningful change at a time in outputs of labs: the matcher must see it.
//!
//! Each file of `tests/expect/` holds a command, its output, and the output of another healthy run. Words that differ
//! between the two are chance; every other word, and every line, is meaningful and gets changed once.

use std::fs;
use std::path::Path;

use labproof::expect::{Bindings, Happened, Shown, judge};

struct Case {
    name: String,
    command: String,
    shown: String,
    other: String,
}

fn cases() -> Vec<Case> {
    let mut paths: Vec<_> = fs::read_dir(Path::new("tests/expect"))
        .expect("directory")
        .map(|entry| entry.expect("entry").path())
        .collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).expect("file");
        let (command, rest) = text.split_once('\n').expect("a command");
        let (shown, other) = rest.split_once("=== another run\n").expect("two runs");
        let name = path
            .file_stem()
            .expect("name")
            .to_string_lossy()
            .into_owned();
        Case {
            name,
            command: command.trim_start_matches("$ ").to_owned(),
            shown: shown.to_owned(),
            other: other.to_owned(),
        }
    };
    paths.iter().map(read).collect()
}

fn agrees(command: &str, shown: &str, actual: &str) -> bool {
    let failed = shown.starts_with("Error");
    judge(
        Shown::new(command, shown),
        Happened {
            text: actual,
            stdout: None,
            exit_code: i32::from(failed),
        },
        &Bindings::default(),
    )
    .agrees
}

/// A word that says something else: a number three higher, a name with another end.
fn other_word(word: &str) -> String {
    let digits = word.rfind(|c: char| c.is_ascii_digit());
    let letters = word.rfind(|c: char| c.is_ascii_alphabetic());
    let mut bytes = word.as_bytes().to_vec();
    match (digits, letters) {
        // `1/1`, `80/TCP`, `nginx:1.14.2`: the number is what counts. One restart more would be chance, three are not.
        (Some(at), _) => bytes[at] = b'0' + (bytes[at] - b'0' + 3) % 10,
        (None, Some(at)) => bytes[at] = if bytes[at] == b'q' { b'k' } else { b'q' },
        (None, None) => bytes.push(b'q'),
    }
    String::from_utf8(bytes).expect("ASCII words")
}

/// Changes of the other run, each with a name.
fn mutations(case: &Case) -> Vec<(String, String)> {
    let shown: Vec<&str> = case.shown.lines().collect();
    let other: Vec<&str> = case.other.lines().collect();
    assert_eq!(
        shown.len(),
        other.len(),
        "{}: the two runs have the same lines",
        case.name
    );
    let mut out = Vec::new();
    for (at, line) in other.iter().enumerate() {
        if line.trim().is_empty() || is_frame(case, line) {
            continue;
        }
        let mut dropped = other.clone();
        dropped.remove(at);
        out.push((format!("drop `{line}`"), dropped.join("\n")));
        let mut from = 0;
        for (n, word) in line.split_whitespace().enumerate() {
            let start = from + line[from..].find(word).expect("word");
            from = start + word.len();
            if shown[at].split_whitespace().nth(n) != Some(word)
                || !word.is_ascii()
                || is_frame_word(word)
                || is_chance(line, n, word)
            {
                continue;
            }
            let mut changed: Vec<String> = other.iter().map(|line| (*line).to_owned()).collect();
            changed[at] = format!("{}{}{}", &line[..start], other_word(word), &line[from..]);
            out.push((format!("`{word}` in `{line}`"), changed.join("\n")));
        }
    }
    out
}

/// Lines whose absence or change says nothing by policy: sums of blocks, frames of events.
fn is_frame(case: &Case, line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.first() == Some(&"total")
        || words.iter().all(|word| word.bytes().all(|b| b == b'-'))
        || case.command.contains(" describe ")
            && (words.first() == Some(&"Events:") || words.starts_with(&["Type", "Reason", "Age"]))
}

/// Words that are layout, or whose value is chance even where two runs agree by accident.
fn is_frame_word(word: &str) -> bool {
    word.bytes()
        .all(|b| matches!(b, b'-' | b'|' | b'{' | b'}' | b'[' | b']' | b','))
        || matches!(word, "+0000" | "UTC" | "GMT")
}

/// Words that are chance where they stand, though two runs of one day on one machine have them both.
fn is_chance(line: &str, n: usize, word: &str) -> bool {
    // How many names a file has.
    let links = n == 1 && (line.starts_with("-r") || line.starts_with("drw"));
    // Whether an image was there already or had to be pulled.
    let cached = line.ends_with("already present on machine")
        && matches!(word, "already" | "present" | "on" | "machine");
    // How long a job took.
    let seconds = word
        .strip_suffix('s')
        .is_some_and(|n| n.parse::<u32>().is_ok());
    links || cached || seconds
}

#[test]
fn healthy_runs_agree() {
    for case in cases() {
        assert!(
            agrees(&case.command, &case.shown, &case.other),
            "{}",
            case.name
        );
        assert!(
            agrees(&case.command, &case.other, &case.shown),
            "{} the other way",
            case.name
        );
    }
}

#[test]
fn meaningful_changes_are_caught() {
    let (mut caught, mut all, mut missed) = (0, 0, Vec::new());
    for case in cases() {
        for (name, actual) in mutations(&case) {
            all += 1;
            if agrees(&case.command, &case.shown, &actual) {
                missed.push(format!("{}: {name}", case.name));
            } else {
                caught += 1;
            }
        }
    }
    assert!(all > 500, "{all} changes are few");
    assert!(
        caught * 1000 >= all * 985,
        "{caught} of {all} caught, missed:\n{}",
        missed.join("\n")
    );
}
