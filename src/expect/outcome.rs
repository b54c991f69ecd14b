//! What a rule takes and gives: the same for every rule, so that one can be put in another's place.

use super::command::Command;
use crate::page::Rows;

/// Two texts to hold against each other, and what is known about where they come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) command: &'a Command,
    pub(super) shown: &'a str,
    pub(super) actual: &'a str,
    pub(super) rows: Rows,
}

impl<'a> Task<'a> {
    /// The same question about other texts: a part of an output.
    pub(super) fn with(self, shown: &'a str, actual: &'a str) -> Task<'a> {
        Task {
            shown,
            actual,
            ..self
        }
    }
}

/// The answer of a rule.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    /// Why not, most telling first; empty when they agree.
    pub(super) reasons: Vec<String>,
    /// Differences that are no failure.
    pub(super) warnings: Vec<String>,
    /// Lines for the diff, where a rule knows better than line order which belong together.
    pub(super) sides: Option<(Vec<Keyed>, Vec<Keyed>)>,
}

impl Outcome {
    pub(super) fn fail(reason: impl Into<String>) -> Outcome {
        Outcome {
            reasons: vec![reason.into()],
            ..Outcome::default()
        }
    }

    pub(super) fn agrees(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// A line with what decides whether it is the same as one on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keyed {
    pub(super) text: String,
    pub(super) key: String,
    /// Line of its text, from 0.
    pub(super) line: usize,
}

/// A word in the form that its number asks for.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {noun}s")
    }
}

/// A canonical text for people: what is generated is a star.
pub(super) fn readable(canonical: &str) -> String {
    let mut out = String::new();
    for c in canonical.chars() {
        if !('\u{E100}'..='\u{E1FF}').contains(&c) {
            out.push(c);
        } else if !out.ends_with('*') && !out.ends_with("*-") {
            out.push('*');
        }
    }
    // The hyphen between two generated parts says nothing after the star.
    let out = out.replace("*-\"", "*\"").replace("*- ", "* ");
    short(
        out.strip_suffix("*-")
            .map_or(&*out, |_| &out[..out.len() - 1]),
    )
}

/// Two lines that differ, both cut to the place where they do: the beginning of two long lines may be the same.
pub(super) fn short_apart(one: &str, other: &str) -> (String, String) {
    const BEFORE: usize = 20;
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    let skipped = same.count().saturating_sub(BEFORE);
    // A short line is told whole.
    if skipped < 2 * BEFORE {
        return (short(one), short(other));
    }
    let rest = |line: &str| {
        let rest: String = line.chars().skip(skipped).collect();
        short(&format!("…{rest}"))
    };
    (rest(one), rest(other))
}

/// A line short enough for a sentence.
pub(super) fn short(line: &str) -> String {
    const MAX: usize = 100;
    let line = line.trim();
    if line.chars().count() <= MAX {
        return line.to_owned();
    }
    let head: String = line.chars().take(MAX - 1).collect();
    format!("{head}…")
}
