//! eks-workshop's content from end to end, with the kinds of things that its own harness is tested with: hooks around
//! steps and directories, blocks of remarks, errors that may or must happen, `raw=true`; strict and with `--compat`.

mod support;

use std::time::{Duration, Instant};

use support::{Ended, Pages};

/// A hook's script with the two functions.
fn hook(before: &str, after: &str) -> String {
    format!("set -Eeuo pipefail\nbefore() {{\n{before}\n}}\nafter() {{\n{after}\n}}\n\"$@\"\n")
}

fn page(weight: u32, body: &str) -> String {
    format!("---\ntitle: \"Part {weight}\"\nweight: {weight}\n---\n\nSome words.\n\n{body}\n")
}

fn fence(info: &str, body: &str) -> String {
    format!("```bash {info}\n{body}\n```\n")
}

/// A site of two directories with hooks of every kind.
fn site() -> Pages {
    let pages = Pages::new();
    pages.write("site/_index.md", page(1, ""));
    pages.write("site/first/_index.md", page(10, ""));
    pages.write(
        "site/first/plain.md",
        page(
            10,
            &[
                fence("", "# only a remark here"),
                fence("timeout=20", "$ export COLOUR=green\n$ cd /tmp"),
                fence("raw=true", "echo one \\\n  two\n\necho three"),
                fence(
                    "",
                    "$ echo \\\n  \"goes over lines\"\n\nBut this line says nothing of it",
                ),
            ]
            .join("\n"),
        ),
    );
    pages.write(
        "site/first/errors.md",
        page(
            20,
            &[
                fence(
                    "expectError=true",
                    "$ no-such-program-anywhere\n# as announced",
                ),
                fence(
                    "expectError=true hook=errors",
                    "$ echo fine\n$ no-such-program-anywhere",
                ),
            ]
            .join("\n"),
        ),
    );
    pages.write(
        "site/first/tests/hook-errors.sh",
        hook(
            "[[ $COLOUR == green ]]\nexport COLOUR=red",
            "[[ $TEST_OUTPUT == *fine*'command not found'* ]]\n\
             [[ $(< \"$TEST_OUTPUT_FILE\") == *'command not found'* ]]\n\
             [[ $COLOUR == green && $PWD == */site/first ]]",
        ),
    );
    pages.write("site/second/_index.md", page(20, ""));
    pages.write(
        "site/second/hooks.md",
        page(
            10,
            &fence(
                "hook=slow hookTimeout=300",
                "$ cat from-the-hook\nwritten before",
            ),
        ),
    );
    pages.write(
        "site/second/tests/hook-slow.sh",
        hook(
            "echo 'written before' > from-the-hook",
            "sleep 1\ngrep -q before <<< \"$TEST_OUTPUT\"",
        ),
    );
    for directory in ["site", "site/second"] {
        pages.write(
            &format!("{directory}/tests/hook-suite.sh"),
            hook(
                &format!("echo {directory} before >> \"$TRACE\""),
                &format!("echo {directory} after >> \"$TRACE\""),
            ),
        );
    }
    pages
}

fn rehearse(pages: &Pages, more: &[&str]) -> Ended {
    let trace = pages.path().join("trace");
    let mut command = assert_cmd::Command::cargo_bin("labproof").unwrap();
    command
        .current_dir(pages.path())
        .env("TRACE", trace)
        .args(["run", "site", "--cluster", "none"])
        .args(more);
    support::ended(&mut command)
}

#[test]
fn the_site_passes_as_it_is_and_in_the_looser_sense() {
    for more in [&[][..], &["--compat", "eks-workshop"]] {
        let pages = site();
        rehearse(&pages, more)
            .exits(0)
            .says("hook-errors.sh after")
            .says("hook-slow.sh after")
            .says("8 of 8 commands ran");
        // A suite runs around each lab below it, the outer one first in and last out.
        assert_eq!(
            pages.read("trace"),
            "site before\nsite after\n\
             site before\nsite/second before\nsite/second after\nsite after\n"
        );
    }
}

#[test]
fn a_hook_that_is_not_content_fails_its_step() {
    let pages = site();
    pages.write(
        "site/second/tests/hook-slow.sh",
        hook(":", "echo \"saw: $TEST_OUTPUT\"\nexit 4"),
    );
    pages.write("site/second/from-the-hook", "written before\n");
    rehearse(&pages, &["--compat", "eks-workshop"])
        .exits(1)
        .says("exited with 4")
        .says("saw: written before");
}

#[test]
fn with_compat_an_announced_error_need_not_happen() {
    let text = fence("expectError=true", "$ true");
    Pages::with(&text)
        .run(&["--retry", "0"])
        .exits(1)
        .says("must fail");
    Pages::with(&text)
        .run(&["--compat", "eks-workshop"])
        .exits(0);
    let pages = Pages::with(&text);
    pages.write("labproof.toml", "compat = \"eks-workshop\"\n");
    pages.run(&[]).exits(0);
    // Output is compared in either sense.
    Pages::with(&fence("expectError=true", "$ echo one\ntwo"))
        .run(&["--compat", "eks-workshop", "--retry", "0"])
        .exits(1);
}

#[test]
fn with_compat_what_cannot_be_printed_is_a_remark() {
    let text = fence("", "$ cat <<EOF > out.txt\nwritten\nEOF\nsome output");
    Pages::with(&text)
        .run(&["--compat", "eks-workshop"])
        .exits(0);
    Pages::with(&text).run(&["--retry", "0"]).exits(1);
}

#[test]
fn with_compat_a_wait_is_slept_out() {
    let started = Instant::now();
    Pages::with(&fence("wait=1", "$ true"))
        .run(&["--compat", "eks-workshop"])
        .exits(0);
    assert!(started.elapsed() >= Duration::from_secs(1));
}
