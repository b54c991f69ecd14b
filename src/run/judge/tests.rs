//! What the annotations of a fence make of one and the same outcome.

use std::time::Duration;

use super::*;
use crate::page;
use crate::shell::{Captured, Output, ShellFate};
use crate::source::SourceFile;

/// The last command of a page's first step.
struct Case {
    page: Page,
    may_succeed: bool,
    failed_before: bool,
}

impl Case {
    /// A page with one block, its info string behind `bash`.
    fn new(info: &str, block: &str) -> Case {
        let file = SourceFile::new("lab.md", format!("```bash {info}\n{block}\n```\n"));
        let (page, diagnostics) = page::read(&file, None);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        Case {
            page,
            may_succeed: false,
            failed_before: false,
        }
    }

    fn judged(&self, outcome: &Outcome) -> Judged {
        let step = &self.page.steps[0];
        let command = step.commands.last().expect("a command");
        let place = Place {
            page: &self.page,
            step,
            command,
            last: true,
            failed_before: self.failed_before,
            may_succeed: self.may_succeed,
        };
        judge(place, outcome, &Bindings::default())
    }

    /// The verdict and, where it is no pass, words of its first reason.
    #[track_caller]
    fn is(&self, outcome: &Outcome, verdict: Verdict, words: &str) {
        let judged = self.judged(outcome);
        assert_eq!(judged.verdict(), verdict, "{:#?}", judged.checks);
        let reason = judged.first_reason();
        assert!(reason.contains(words), "{words:?} is not in {reason:?}");
    }
}

fn captured(text: &str) -> Captured {
    Captured {
        text: text.to_owned(),
        total_bytes: text.len() as u64,
        truncated: false,
    }
}

fn ended(end: End, stdout: &str, stderr: &str) -> Outcome {
    Outcome {
        end,
        output: Output {
            merged: captured(&format!("{stdout}{stderr}")),
            stdout: captured(stdout),
            stderr: captured(stderr),
        },
        duration: Duration::ZERO,
        stood_still: Duration::ZERO,
        shell: ShellFate::Alive,
    }
}

fn exited(code: i32, stdout: &str, stderr: &str) -> Outcome {
    ended(End::Exited(code), stdout, stderr)
}

#[test]
fn without_annotations() {
    let case = Case::new("", "$ echo hello\nhello");
    case.is(&exited(0, "hello\n", ""), Verdict::Pass, "");
    case.is(&exited(0, "bye\n", ""), Verdict::Fail, "`bye` is printed");
    case.is(&exited(0, "", ""), Verdict::Fail, "nothing was printed");
    case.is(
        &exited(2, "hello\n", "no\n"),
        Verdict::Fail,
        "exited with 2: no",
    );
    case.is(
        &ended(End::TimedOut, "hello\n", ""),
        Verdict::Fail,
        "did not end within 120 s",
    );
    case.is(
        &ended(End::Interrupted, "hello\n", ""),
        Verdict::Broken,
        "interrupted",
    );
    case.is(
        &ended(End::ShellKilled, "hello\n", ""),
        Verdict::Broken,
        "killed",
    );
    let silent = Case::new("", "$ kubectl get pods");
    let outcome = exited(0, "anything\n", "");
    assert_eq!(
        silent.judged(&outcome).checks.len(),
        1,
        "nothing is shown, so only the status counts"
    );
}

#[test]
fn an_error_on_the_page_is_an_expected_failure() {
    const ERROR: &str = "Error from server (NotFound): pods \"web-0\" not found";
    let case = Case::new("", &format!("$ kubectl get pod web-0\n{ERROR}"));
    case.is(&exited(1, "", &format!("{ERROR}\n")), Verdict::Pass, "");
    case.is(
        &exited(0, "NAME    READY\nweb-0   1/1\n", ""),
        Verdict::Fail,
        "",
    );
    let other = ERROR.replace("web-0", "web-1");
    case.is(&exited(1, "", &other), Verdict::Fail, "");
}

#[test]
fn a_failure_that_the_fence_announces() {
    let case = Case::new("expectError=true", "$ kubectl get pod web-0");
    case.is(&exited(1, "", "Error\n"), Verdict::Pass, "");
    case.is(
        &exited(0, "web-0\n", ""),
        Verdict::Fail,
        "succeeded, but the page says that it must fail",
    );
    let before = Case {
        failed_before: true,
        ..Case::new("expectError=true", "$ false\n$ true")
    };
    before.is(&exited(0, "", ""), Verdict::Pass, "");
    let loose = Case {
        may_succeed: true,
        ..Case::new("expectError=true", "$ kubectl get pod web-0")
    };
    loose.is(&exited(0, "", ""), Verdict::Pass, "");
    loose.is(&exited(1, "", ""), Verdict::Pass, "");
    let shown = Case::new("expectError=true", "$ kubectl get pod web-0\nError: one");
    shown.is(&exited(1, "", "Error: one\n"), Verdict::Pass, "");
    shown.is(&exited(1, "", "Error: two\n"), Verdict::Fail, "");
}

#[test]
fn a_status_that_the_fence_names() {
    let case = Case::new("exit=3", "$ ./check\nnot ready");
    case.is(&exited(3, "not ready\n", ""), Verdict::Pass, "");
    case.is(
        &exited(0, "not ready\n", ""),
        Verdict::Fail,
        "exited with 0, the page says exit=3",
    );
    case.is(
        &exited(1, "not ready\n", ""),
        Verdict::Fail,
        "exited with 1",
    );
    case.is(
        &exited(3, "ready\n", ""),
        Verdict::Fail,
        "`ready` is printed",
    );
}

#[test]
fn a_stream_ends_when_it_shows_its_text() {
    let case = Case::new("until=done timeout=5", "$ kubectl get jobs -w");
    case.is(&ended(End::SawText, "done\n", ""), Verdict::Pass, "");
    case.is(&exited(0, "", ""), Verdict::Fail, "without showing `done`");
    case.is(
        &ended(End::TimedOut, "", ""),
        Verdict::Fail,
        "`done` did not appear within 5 s",
    );
}

#[test]
fn text_that_must_be_absent() {
    let case = Case::new("absent=Warning", "$ kubectl logs web");
    case.is(&exited(0, "fine\n", ""), Verdict::Pass, "");
    case.is(
        &exited(0, "", "Warning: x\n"),
        Verdict::Fail,
        "the page says is absent",
    );
}

#[test]
fn what_was_cut_is_not_judged() {
    let cut = |text: &str| {
        let mut outcome = exited(0, text, "");
        outcome.output.merged.truncated = true;
        outcome
    };
    let shown = Case::new("", "$ cat log\nhello");
    shown.is(&cut("hello\n"), Verdict::Broken, "too long");
    let ignored = Case::new("match=ignore", "$ cat log\nhello");
    ignored.is(&cut("bye\n"), Verdict::Pass, "");
    let absent = Case::new("absent=Warning", "$ cat log");
    absent.is(&cut("hello\n"), Verdict::Broken, "too long");
    absent.is(&cut("Warning\n"), Verdict::Fail, "Warning");
}

#[test]
fn a_missing_tool_is_no_failure_of_the_page() {
    let case = Case::new("", "$ helm list\nNAME   STATUS\nui     deployed");
    case.is(
        &exited(127, "", "bash: line 1: helm: command not found\n"),
        Verdict::Broken,
        "helm",
    );
    let shown = Case::new("", "$ nope\nbash: nope: command not found");
    shown.is(
        &exited(127, "", "bash: line 1: nope: command not found\n"),
        Verdict::Pass,
        "",
    );
}

#[test]
fn a_text_that_a_broken_pipe_cut_is_not_judged() {
    let case = Case::new("", "$ kubectl logs web | grep -q up && echo up\nup");
    case.is(&exited(141, "", ""), Verdict::Broken, "had enough");
    Case::new("", "$ ./serve").is(&exited(141, "", ""), Verdict::Fail, "141");
}

#[test]
fn bindings_outlive_only_what_agrees() {
    let case = Case::new(
        "",
        "$ kubectl get rs -o name\nreplicaset.apps/web-5774b8d5f4",
    );
    let agreed = case.judged(&exited(0, "replicaset.apps/web-6666b8d5f4\n", ""));
    assert_eq!(agreed.bindings.len(), 1);
    let failed = case.judged(&exited(0, "replicaset.apps/api-6666b8d5f4\n", ""));
    assert!(failed.bindings.is_empty());
}

#[test]
fn a_status_that_says_what_was_found() {
    let counts = Case::new("", "$ kubectl get pods | grep -c Evicted\n0");
    counts.is(&exited(1, "0\n", ""), Verdict::Pass, "");
    counts.is(&exited(1, "1\n", ""), Verdict::Fail, "");
    counts.is(&exited(2, "0\n", ""), Verdict::Fail, "exited with 2");
    let may = Case::new("", "$ kubectl auth can-i list pods --as ann\nno");
    may.is(&exited(1, "no\n", ""), Verdict::Pass, "");
    may.is(&exited(0, "yes\n", ""), Verdict::Fail, "");
    let silent = Case::new("", "$ kubectl get pods | grep web");
    silent.is(&exited(1, "", ""), Verdict::Fail, "find nothing");
    let differs = Case::new("", "$ kubectl diff -f web.yaml");
    differs.is(&exited(1, "-  replicas: 1\n", ""), Verdict::Pass, "");
    differs.is(&exited(1, "", "error: x\n"), Verdict::Fail, "error: x");
    let script = Case::new("", "$ ./deploy.sh\n0 errors\ndone");
    script.is(
        &exited(1, "0 errors\ndone\n", ""),
        Verdict::Fail,
        "exited with 1",
    );
}

#[test]
fn an_error_after_a_table_is_an_expected_failure() {
    const BOTH: &str = "pod/a created\nError from server (NotFound): namespaces \"b\" not found";
    let case = Case::new("", &format!("$ kubectl apply -f pods.yaml\n{BOTH}"));
    case.is(&exited(1, &format!("{BOTH}\n"), ""), Verdict::Pass, "");
    case.is(&exited(1, "pod/a created\n", ""), Verdict::Fail, "");
}

#[test]
fn a_stream_that_is_ended_in_time_has_no_other_end() {
    let silent = Case::new("", "$ timeout 3 kubectl get pods -w");
    silent.is(&exited(124, "NAME\n", ""), Verdict::Pass, "");
    let waits = Case::new(
        "",
        "$ timeout 60 bash -c 'until curl web; do sleep 1; done'",
    );
    waits.is(&exited(124, "", ""), Verdict::Fail, "exited with 124");
}
