//! Errors and statuses.

use super::judged_with;
use crate::expect::{Bindings, Happened, Shown, judge};

#[track_caller]
fn check(command: &str, shown: &str, actual: &str, status: i32, agrees: bool) {
    let judgement = judged_with(command, shown, actual, status);
    assert_eq!(
        judgement.agrees, agrees,
        "{command}: {:#?}",
        judgement.reasons
    );
}

const NOT_FOUND: &str = "Error from server (NotFound): pods \"web-0\" not found";

#[test]
fn errors_that_the_page_shows() {
    check("kubectl get pod web-0", NOT_FOUND, NOT_FOUND, 1, true);
    check(
        "kubectl get pod web-0",
        NOT_FOUND,
        &NOT_FOUND.replace("web-0", "web-1"),
        1,
        false,
    );
    check(
        "kubectl get pod web-0",
        NOT_FOUND,
        &NOT_FOUND.replace("NotFound", "Forbidden"),
        1,
        false,
    );
    check(
        "kubectl get pod web-0",
        NOT_FOUND,
        "NAME READY\nweb-0 1/1",
        0,
        false,
    );
    check("kubectl get pod web-0", NOT_FOUND, "", 0, false);
    check(
        "kubectl get pod web-0",
        "NAME    READY\nweb-0   1/1",
        NOT_FOUND,
        1,
        false,
    );
    check(
        "kubectl get pod web-5774b8d5f4-cv89c",
        "Error from server (NotFound): pods \"web-5774b8d5f4-cv89c\" not found",
        "Error from server (NotFound): pods \"web-dbbdc96d6-xlrhl\" not found",
        1,
        true,
    );
    check(
        "kubectl exec a -- cat f",
        "cat: f: No such file or directory\ncommand terminated with exit code 1",
        "cat: f: No such file or directory\ncommand terminated with exit code 1",
        1,
        true,
    );
    check(
        "kubectl exec a -- cat f",
        "cat: f: No such file or directory\ncommand terminated with exit code 1",
        "hello",
        0,
        false,
    );
    check(
        "kubectl get deployments --as=jane",
        "Error from server (Forbidden): deployments.apps is forbidden: User \"jane\" canno...",
        "Error from server (Forbidden): deployments.apps is forbidden: User \"jane\" cannot list resource",
        1,
        true,
    );
    check(
        "curl http://a:1 --max-time 2",
        "curl: (28) Connection timed out after 2001 milliseconds",
        "curl: (28) Connection timed out after 2001 milliseconds",
        28,
        true,
    );
    check(
        "kubectl get pods x y",
        "NAME   READY\nx      1/1\nError from server (NotFound): pods \"y\" not found",
        "NAME   READY\nx      1/1\nError from server (NotFound): pods \"y\" not found",
        1,
        true,
    );
    check(
        "kubectl get pods x y",
        "NAME   READY\nx      1/1\nError from server (NotFound): pods \"y\" not found",
        "NAME   READY\nx      1/1\ny      1/1",
        0,
        false,
    );
}

#[test]
fn statuses_alone() {
    check(
        "kubectl apply -f a",
        "pod/a created",
        "pod/a created",
        1,
        false,
    );
    check(
        "kubectl diff -f a",
        "-  a: 1\n+  a: 2",
        "-  a: 1\n+  a: 2",
        1,
        true,
    );
    check(
        "kubectl diff -f a",
        "-  a: 1\n+  a: 2",
        "-  a: 1\n+  a: 3",
        1,
        false,
    );
    check("kubectl auth can-i list pods", "no", "no", 1, true);
    check("kubectl auth can-i list pods", "yes", "no", 1, false);
    check("true", "", "", 1, false);
    let judged = |shown: Shown<'_>, exit_code| {
        judge(
            shown,
            Happened {
                text: "boom",
                stdout: None,
                exit_code,
            },
            &Bindings::default(),
        )
    };
    let expected = Shown {
        expect_error: true,
        ..Shown::new("x", "boom")
    };
    assert!(judged(expected, 2).agrees);
    assert_eq!(
        judged(expected, 0).reasons,
        ["the command succeeded, the page expects an error"]
    );
    let exit = Shown {
        exit: Some(3),
        ..Shown::new("x", "boom")
    };
    assert!(judged(exit, 3).agrees && !judged(exit, 1).agrees && !judged(exit, 0).agrees);
}
