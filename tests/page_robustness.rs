//! Whatever a file holds, reading it ends, and what is read makes sense: bounded fuzzing, kept cases, large pages.

use std::fmt::Write as _;

use labproof::lint::{self, LintOptions};
use labproof::page::{self, Page};
use labproof::plan::{self, PlanOptions};
use labproof::source::{self, SourceFile};
use labproof::syntax::{self, Scanner};
use proptest::prelude::*;

/// Reads a page and holds what must be true of every page.
fn check(text: &str) -> Page {
    let file = SourceFile::new("page.md", text);
    let (page, diagnostics) = page::read(&file, None);
    source::render(&diagnostics, false);
    let mut last = 0;
    for step in &page.steps {
        assert!(step.skip.is_some() || !step.commands.is_empty(), "{text:?}");
        assert!(step.line >= 1 && step.line <= file.line_count());
        assert!(step.span.start >= last, "steps are in page order: {text:?}");
        last = step.span.start;
        for command in &step.commands {
            assert!(!command.text.trim().is_empty(), "{text:?}");
            assert!(command.span.start < command.span.end && command.span.end <= text.len());
            assert_eq!(file.line_of(command.span.start), command.line, "{text:?}");
            if let Some(shown) = &command.expected {
                assert!(!shown.text.trim().is_empty(), "{text:?}");
                assert_eq!(file.line_of(shown.span.start), shown.line, "{text:?}");
                assert!(shown.span.end <= text.len());
            }
        }
    }
    page
}

/// Pieces that pages are made of, and that parsers trip over.
const PIECES: [&str; 48] = [
    "```bash\n",
    "```\n",
    "~~~sh\n",
    "~~~\n",
    "````md\n",
    "````\n",
    "```bash timeout=3 hook=a\n",
    "```shell\n",
    "```console\n",
    "    ```bash\n",
    "   ```\n",
    "\t```sh\n",
    "> ```bash\n",
    "> $ a\n",
    "> ```\n",
    "- ",
    "1. ",
    "  ",
    "\n",
    "\r\n",
    "$ echo 'a\n",
    "$ a \\\n",
    "$ cat <<EOF\n",
    "EOF\n",
    "> EOF\n",
    "$ for i in 1; do\n",
    "done\n",
    "$(",
    ")",
    "`",
    "\"",
    "'",
    "{",
    "}",
    "((",
    "))",
    "<!-- ",
    "-->\n",
    "{/*",
    "*/}\n",
    "<details>\n",
    "</details>\n",
    "---\n",
    "title: x\n",
    "The output is similar to this:\n\n",
    "root@pod:/# ls\n",
    "kubectl exec -it a -- sh\n",
    "NAME   READY   \u{e9}\u{1f600}\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_of_random_pieces(pieces in prop::collection::vec(0..PIECES.len(), 0..60)) {
        let text: String = pieces.into_iter().map(|index| PIECES[index]).collect();
        check(&text);
    }

    #[test]
    fn random_text(text in "\\PC{0,200}") {
        check(&text);
        check(&format!("```bash\n$ {text}\n```\n"));
        check(&format!("```sh\n{text}\n```\n"));
        check(&format!("---\n{text}\n---\n"));
    }

    #[test]
    fn the_scanner_takes_any_lines(lines in prop::collection::vec("[-a-z$(){}`'\"<>|&;#\\\\ \t=!\\[\\]\u{e9}]{0,30}", 0..12)) {
        let mut scanner = Scanner::new();
        for line in &lines {
            scanner.feed(line);
            let _ = scanner.open();
        }
        for simple in syntax::simple_commands(&lines.join("\n")) {
            for word in simple.words {
                prop_assert!(word.start < word.end);
            }
        }
    }
}

#[test]
fn cases_that_once_were_trouble() {
    for text in [
        "",
        "---",
        "---\n",
        "```",
        "```bash",
        "```bash\n$ ",
        "```bash\n$ a\n```\n```",
        "<details>\n```bash\na\n\nb\n```\n</details>\n```bash\nc\n",
        "- ```bash\n  $ a\n```\n",
        "> ```bash\n$ a\n",
        "\u{feff}---\ntitle: x\n---\n```bash\n$ a\n```",
        "1. x\n\n\t```bash\n\t\t$ a\n\t```\n",
        "```bash\n$ a\n\u{c}\n```\n",
        "```sh\n\\\n```\n",
        "```bash\n$ cat <<\n```\n",
        "```bash\n$ ''\\\u{1930}\n```\n",
    ] {
        check(text);
    }
}

/// A page of `blocks` blocks like those of workshops.
fn page_of(blocks: usize) -> String {
    let mut text = String::from("---\ntitle: Large\n---\n");
    for block in 0..blocks {
        let _ = write!(
            text,
            "\n## Part {block}\n\nSome words about it, `inline` and not.\n\n```bash timeout=30\n$ kubectl get pods \\\n  -n shop\n\
             NAME   READY\nweb    1/1\n$ cat <<EOF | kubectl apply -f -\nkind: Pod\nEOF\n```\n\n:::tip\nText\n\n```sh\necho a\n```\n:::\n"
        );
    }
    text
}

#[test]
fn large_and_hostile_pages_are_read() {
    let quotes = format!("```bash\n{}```\n", "$ echo 'a\n".repeat(20_000));
    let loops = format!("```bash\n{}```\n", "$ for i in 1; do\n".repeat(20_000));
    let documents = format!("```bash\n{}```\n", "$ cat <<EOF\n".repeat(20_000));
    let crossing = "<details>\n```bash\na\n\nb\n```\n".repeat(5_000);
    let half_open = "<p>\n```bash\na\n\n```\n".repeat(5_000);
    // Were the cost of one of them quadratic, this test would not end within minutes.
    for text in [
        page_of(4_000),
        "- ".repeat(10_000),
        "> ".repeat(10_000),
        (0..1_000)
            .map(|depth| format!("{}- x\n", "  ".repeat(depth)))
            .collect(),
        "```bash\n".repeat(20_000),
        quotes,
        loops,
        documents,
        crossing,
        half_open,
        "a ".repeat(2_000_000),
        "`".repeat(200_000),
        "[".repeat(100_000),
    ] {
        check(&text);
    }
}

#[test]
fn what_cannot_be_read_leaves_the_rest_of_the_plan() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("a.md"), "```bash\n$ true\n```\n").unwrap();
    std::fs::write(root.path().join("b.md"), [0xff, 0x00, 0xfe]).unwrap();
    std::fs::write(root.path().join("c\n d.md"), "```bash\n$ true\n").unwrap();
    let plan = plan::build(&[root.path().to_owned()], &PlanOptions::default());
    assert_eq!(plan.steps().count(), 2);
    assert_eq!(plan.diagnostics.len(), 2);
    lint::check(&plan, &LintOptions::default());
}

#[test]
fn what_is_too_large_is_said_and_costs_nothing() {
    let root = tempfile::tempdir().unwrap();
    let page = root.path().join("huge.md");
    let file = std::fs::File::create(&page).unwrap();
    file.set_len(100 << 20).unwrap();
    let plan = labproof::plan::build(&[page], &labproof::plan::PlanOptions::default());
    assert_eq!(
        plan.diagnostics[0].message,
        "is larger than 64 MB, which no page is"
    );

    let text = format!("```bash {}\n$ a\n```\n", "a=b ".repeat(100_000));
    let file = labproof::source::SourceFile::new("page.md", text);
    let (_, diagnostics) = labproof::page::read(&file, None);
    let messages: Vec<_> = diagnostics.iter().map(|found| &found.message).collect();
    assert_eq!(
        messages,
        ["the fence's info string is longer than 4096 bytes"]
    );
}
