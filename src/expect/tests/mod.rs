//! Cases of the rules: what must pass, what must fail and with which words. One file a rule.

mod action;
mod describe;
mod error;
mod http;
mod listing;
mod page;
mod table;
mod text;
mod tree;

use super::{Bindings, Happened, Judgement, Shown, judge};

/// Judges with a status of 0, as the only output of a page.
pub(super) fn judged(command: &str, shown: &str, actual: &str) -> Judgement {
    let happened = Happened {
        text: actual,
        stdout: None,
        exit_code: 0,
    };
    judge(Shown::new(command, shown), happened, &Bindings::default())
}

/// Judges with a status.
pub(super) fn judged_with(command: &str, shown: &str, actual: &str, exit_code: i32) -> Judgement {
    judge(
        Shown::new(command, shown),
        Happened {
            text: actual,
            stdout: None,
            exit_code,
        },
        &Bindings::default(),
    )
}

/// They agree, by this rule.
#[track_caller]
pub(super) fn passes(rule: &str, command: &str, shown: &str, actual: &str) {
    let judgement = judged(command, shown, actual);
    assert!(
        judgement.agrees,
        "{command}\n{:#?}\n--- shown\n{shown}\n--- actual\n{actual}",
        judgement.reasons
    );
    assert_eq!(judgement.rule, rule, "{command}\n{shown}");
}

/// They do not agree, and a reason says so with these words.
#[track_caller]
pub(super) fn fails(words: &str, command: &str, shown: &str, actual: &str) {
    let judgement = judged(command, shown, actual);
    assert!(
        !judgement.agrees,
        "passed by {}: {command}\n--- shown\n{shown}\n--- actual\n{actual}",
        judgement.rule
    );
    assert!(
        judgement
            .reasons
            .iter()
            .any(|reason| reason.contains(words)),
        "{words:?} not in {:#?}",
        judgement.reasons
    );
    assert!(
        !judgement.diff.is_empty() || actual.is_empty() || shown.is_empty(),
        "a fail shows a diff"
    );
}
