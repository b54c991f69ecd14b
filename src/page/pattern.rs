//! A pattern in the text of a page, compiled when it is first asked for: most pages ask for few.

use std::sync::LazyLock;

use regex::Regex;

/// A pattern; where it is none, which the tests of its file would tell, it matches nothing.
pub(super) type Pattern = LazyLock<Option<Regex>>;

/// Whether a text has a part that the pattern matches.
pub(super) fn says(pattern: &Pattern, text: &str) -> bool {
    pattern
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(text))
}
