//! Katacoda's and Killercoda's mark for what a click runs: `` `kubectl get pods`{{execute}} ``, and the same behind
//! the closing line of a fence, where CommonMark allows nothing.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::blocks::marks;
use crate::source::Span;

/// Whether what follows the marks of a closing fence is one of theirs: `{{execute}}`, `{{exec}}`, `{{copy}}`.
pub(super) fn is_mark(rest: &str) -> bool {
    rest.trim()
        .strip_prefix("{{")
        .and_then(|rest| rest.strip_suffix("}}"))
        .is_some_and(|inner| {
            let word = inner.split_whitespace().next();
            matches!(word, Some("execute" | "exec" | "copy"))
        })
}

/// Whether a fence that ends with this line is run by a click.
pub(super) fn is_executed(closing: &str) -> bool {
    closing
        .split_once("{{")
        .is_some_and(|(_, rest)| rest.trim_start().starts_with("exec") && closing.contains("}}"))
}

/// The text with blanks in place of the marks behind closing fences, so that CommonMark sees these close. Offsets are kept.
pub(super) fn without_marks(text: &str) -> Cow<'_, str> {
    if !text.contains("`{{") && !text.contains("~{{") {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches([' ', '\t', '>']);
        let count = marks(bare);
        let rest = bare.get(count..).unwrap_or("").trim_end();
        if count < 3 || !is_mark(rest) {
            plain.push_str(line);
            continue;
        }
        let before = line.len() - bare.len() + count;
        plain.push_str(&line[..before]);
        plain.extend(std::iter::repeat_n(' ', rest.len()));
        plain.push_str(&line[before + rest.len()..]);
    }
    Cow::Owned(plain)
}

static INLINE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"`([^`\n]+)`\{\{\s*exec(?:ute)?\b[^}\n]*\}\}").ok());

/// The commands in prose that a click runs: where each stands in it, and where its mark ends.
pub(super) fn inline(prose: &str) -> Vec<(Span, usize)> {
    let Some(pattern) = INLINE.as_ref().filter(|_| prose.contains("`{{")) else {
        return Vec::new();
    };
    pattern
        .captures_iter(prose)
        .filter_map(|found| {
            let (whole, command) = (found.get(0)?, found.get(1)?);
            Some((Span::new(command.start(), command.end()), whole.end()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_a_click() {
        assert!(is_mark("{{execute}}"));
        assert!(is_mark(" {{execute T2}} "));
        assert!(is_mark("{{copy}}"));
        assert!(!is_mark("{{x}}"));
        assert!(!is_mark("bash {{execute}}"));
        assert!(is_executed("```{{execute HOST1}}"));
        assert!(!is_executed("```{{copy}}"));
        assert!(!is_executed("```"));
    }

    #[test]
    fn marks_become_blanks() {
        let text = "```\na\n```{{exec}}\n`b`{{execute}}\n";
        assert_eq!(without_marks(text), "```\na\n```        \n`b`{{execute}}\n");
    }

    #[test]
    fn commands_that_a_click_runs() {
        let prose = "Run `a b`{{execute}} or `c`, then `d`{{execute T1}}.";
        let found: Vec<&str> = inline(prose)
            .into_iter()
            .map(|(span, _)| &prose[span.start..span.end])
            .collect();
        assert_eq!(found, ["a b", "d"]);
    }
}
