//! A judgement as text for a person.
//!
//! Entry point: [`explain`]: the verdict with its rule, the reasons, the warnings, then the diff.

use std::fmt::Write;

use super::{Judgement, Side};

/// The verdict with its reasons and the diff; `shown` and `actual` name the two sides (files, or `page` and `run`).
pub fn explain(judgement: &Judgement, shown: &str, actual: &str) -> String {
    let mut out = String::new();
    let verdict = if judgement.agrees { "pass" } else { "fail" };
    let lines = judgement.lines_compared;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "{verdict} (rule {}, {lines} line{} compared)",
        judgement.rule,
        if lines == 1 { "" } else { "s" }
    );
    for reason in &judgement.reasons {
        let _ = writeln!(out, "  {reason}");
    }
    for warning in &judgement.warnings {
        let _ = writeln!(out, "  warning: {warning}");
    }
    if judgement.diff.is_empty() {
        return out;
    }
    let _ = writeln!(out, "--- {shown}\n+++ {actual}");
    for line in &judgement.diff {
        let mark = match line.side {
            Side::Both => ' ',
            Side::Shown => '-',
            Side::Actual => '+',
        };
        let _ = writeln!(out, "{mark}{}", line.text);
    }
    out
}
