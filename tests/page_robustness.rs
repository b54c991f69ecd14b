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

/// What rules look at: names, flags, tables, templates, variables, quotes, comments that switch rules off.
const COMMANDS: [&str; 40] = [
    "$ kubectl get pods -n a -n b\n",
    "NAME   READY   STATUS\n",
    "web    1/1     Running\n",
    "web    1/1     Running\n",
    "$ kubectl apply -f - <<EOF\n",
    "kind: Service\nmetadata:\n  name: web\n",
    "EOF\n",
    "service/web created\n",
    "service \"web\" deleted\n",
    "$ kubectl scale deploy/\u{e9} --replicas=3\n",
    "$ kubectl create -f x -f\n",
    "$ kubectl create secret\n",
    "$ kubectl expose\n",
    "$ kubectl get -o jsonpath='{range .a[*}\n",
    "$ kubectl get x -o go-template='{{range}}'\n",
    "$ kubectl label deploy a= -\n",
    "$ kubectl\n",
    "$ kubectl -n\n",
    "$ timeout\n",
    "$ sleep 99999999999999999999s\n",
    "$ echo $a ${b} \"$(c '$d')\" ${e:-f} $(( g++ ))\n",
    "$ echo \u{2019}$\u{e9} \\\u{1930}\n",
    "$ cat <<'A' >\n",
    "$ tee <<A\n",
    "$ curl -s x\n",
    "  % Total    % Received\n",
    "$ $ a\n",
    "$ a \\ \n",
    "$a\n",
    "<!-- labproof: off LP001 -->\n",
    "<!-- labproof: off LP001,LP999 why -->\n",
    "labproof: off\n",
    "```bash hook=a\n",
    "```json\n",
    "```yaml\n",
    "```\n",
    "Scale to three replicas:\n\n",
    "arn:aws:iam::682844965773:role/x\n",
    "-----BEGIN PRIVATE KEY-----\n",
    "> - ",
];

/// Heads of pages.
const HEADS: [&str; 14] = [
    "title: x\n",
    "title: [\n",
    "weight: 1e999\n",
    "lab: true\n",
    "labproof: {lint: {LP001: x}}\n",
    "labproof:\n",
    "  dialect: bare\n",
    "  - a\n",
    "a: &a [*a]\n",
    "b: !!binary x\n",
    "? c\n",
    "'\u{e9}\n",
    "\t\n",
    "---\n",
];

/// Runs every rule on a page that was read.
fn linted(page: Page) -> Vec<source::Diagnostic> {
    let plan = plan::Plan {
        labs: vec![plan::Lab {
            title: page.title.clone(),
            path: "page.md".into(),
            directory: "nowhere".into(),
            pages: vec![page],
            verifier: None,
            suites: Vec::new(),
            from_disk: Vec::new(),
        }],
        ..plan::Plan::default()
    };
    let found = lint::check(&plan, &LintOptions::default());
    for diagnostic in &found {
        if let Some((file, span)) = &diagnostic.place {
            assert!(span.start <= span.end && span.end <= file.text().len());
            assert!(file.text().is_char_boundary(span.start), "{diagnostic:?}");
        }
    }
    lint::render_text(&found, false);
    lint::fix(&found);
    found
}

proptest! {
    // Rules may ask bash, each time a process: fewer cases.
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rules_take_any_page(pieces in prop::collection::vec(0..COMMANDS.len(), 0..40)) {
        let content: String = pieces.into_iter().map(|index| COMMANDS[index]).collect();
        linted(check(&content));
        linted(check(&format!("```bash\n{content}\n```\n")));
    }

    #[test]
    fn heads_of_random_pieces(pieces in prop::collection::vec(0..HEADS.len(), 0..12), text in "\\PC{0,40}") {
        let head: String = pieces.into_iter().map(|index| HEADS[index]).collect();
        check(&format!("---\n{head}---\n```bash\n$ a\n```\n"));
        check(&format!("---\n{head}{text}\n---\n"));
        check(&format!("---\n{head}{text}"));
    }
}

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
        format!("```bash\n$ echo {}\n```\n", "$(".repeat(20_000)),
        format!(
            "```bash\n$ a\n```\n{}",
            "```bash\nkubectl get pods\n```\n".repeat(2_000)
        ),
        format!("```bash\n$ {}\n```\n", "(".repeat(20_000)),
        format!("```bash\n$ {}\n```\n", "{ ".repeat(20_000)),
        format!("```bash\n$ {}\n```\n", "\"$(".repeat(20_000)),
        (0..500).fold(String::new(), |text, number| {
            text + &format!("```bash\n$ kubectl get po -n ns{number} $X{number}\n```\n")
        }),
    ] {
        linted(check(&text));
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
