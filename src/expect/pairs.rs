//! Many judgements at once: pairs of outputs, one JSON object a line, in and out in the same order.
//!
//! Entry point: [`judge_all`]. The format is design.md's `compare --pairs`; each pair is judged as the only output of
//! its page. A line that is no pair is an error with its number: a silently skipped pair would look like a pass.

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};

use super::{Bindings, Happened, Shown, judge};

/// Why judging pairs stopped.
#[derive(Debug, thiserror::Error)]
pub enum PairsError {
    /// A line is no pair.
    #[error("line {line}: {message}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// How many pairs agreed and how many did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Verdict `pass`.
    pub passed: usize,
    /// Verdict `fail`.
    pub failed: usize,
}

#[derive(Deserialize)]
struct Pair {
    id: serde_json::Value,
    command: String,
    expected: String,
    actual: String,
    #[serde(default)]
    exit_code: i32,
}

#[derive(Serialize)]
struct Verdict<'a> {
    id: &'a serde_json::Value,
    verdict: &'static str,
    rule: &'static str,
    reasons: &'a [String],
}

/// Judges every pair of `input` and writes a verdict a line. Empty lines are skipped.
pub fn judge_all(input: impl BufRead, mut output: impl Write) -> Result<Tally, PairsError> {
    let mut tally = Tally::default();
    for (at, bytes) in input.split(b'\n').enumerate() {
        let bytes = bytes?;
        let broken = |message: String| PairsError::Line {
            line: at + 1,
            message,
        };
        let line =
            std::str::from_utf8(&bytes).map_err(|error| broken(format!("not UTF-8: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        let pair: Pair = serde_json::from_str(line).map_err(|error| {
            broken(format!(
                "not one JSON object with id, command, expected and actual: {error}"
            ))
        })?;
        let happened = Happened {
            text: &pair.actual,
            stdout: None,
            exit_code: pair.exit_code,
        };
        let judgement = judge(
            Shown::new(&pair.command, &pair.expected),
            happened,
            &Bindings::default(),
        );
        let verdict = if judgement.agrees { "pass" } else { "fail" };
        if judgement.agrees {
            tally.passed += 1;
        } else {
            tally.failed += 1;
        }
        let verdict = Verdict {
            id: &pair.id,
            verdict,
            rule: judgement.rule,
            reasons: &judgement.reasons,
        };
        serde_json::to_writer(&mut output, &verdict).map_err(std::io::Error::from)?;
        output.write_all(b"\n")?;
    }
    output.flush()?;
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_in_verdicts_out() {
        let input = concat!(
            r#"{"id":"a","command":"echo x","expected":"x","actual":"x\n","exit_code":0,"why":"ignored"}"#,
            "\n\n",
            r#"{"id":7,"command":"echo x","expected":"x","actual":"y"}"#,
        );
        let mut out = Vec::new();
        let tally = judge_all(input.as_bytes(), &mut out).expect("judged");
        assert_eq!(
            tally,
            Tally {
                passed: 1,
                failed: 1
            }
        );
        let out = String::from_utf8(out).expect("UTF-8");
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(
            lines[0],
            r#"{"id":"a","verdict":"pass","rule":"value","reasons":[]}"#
        );
        assert!(
            lines[1].starts_with(r#"{"id":7,"verdict":"fail","rule":"value","reasons":[""#),
            "{}",
            lines[1]
        );
    }

    #[test]
    fn a_broken_line_is_named() {
        for broken in ["{", r#"{"id":1}"#, "\u{1}"] {
            let input = format!(
                "{}\n{broken}\n",
                r#"{"id":1,"command":"","expected":"","actual":""}"#
            );
            let error = judge_all(input.as_bytes(), Vec::new()).expect_err("broken");
            assert!(error.to_string().starts_with("line 2: "), "{error}");
        }
    }
}
