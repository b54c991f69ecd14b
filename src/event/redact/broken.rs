//! Secrets that a text does not hold in one piece: broken over lines, spaced out, or cut off.
//!
//! Entry points: [`Squeezed`], a text without its white space; [`cut_off`], the rests of secrets beside a mark of what was left out.

use std::collections::BTreeSet;
use std::ops::Range;

/// Bytes of a secret without its white space that are looked for in a text without: less may come together by chance.
const SHORTEST: usize = 16;
/// Bytes of a secret before or behind a mark that are known for a part of it.
const SHORTEST_REST: usize = 6;
/// What stands for what was left out of a text.
const MARK: &str = "…";
/// Marks of a text that are looked at: a text of more is made of them.
const MOST_MARKS: usize = 50;

/// A text without its white space, and where each of its bytes stood.
pub(super) struct Squeezed {
    pub(super) text: String,
    places: Vec<u32>,
}

impl Squeezed {
    /// `None` where the text is in one piece, or larger than any output that is kept.
    pub(super) fn of(text: &str) -> Option<Self> {
        if !text.trim().contains(char::is_whitespace) || u32::try_from(text.len()).is_err() {
            return None;
        }
        let mut squeezed = Self {
            text: String::with_capacity(text.len()),
            places: Vec::with_capacity(text.len()),
        };
        for (at, character) in text.char_indices() {
            if !character.is_whitespace() {
                squeezed.text.push(character);
                let bytes = at..at + character.len_utf8();
                squeezed.places.extend(bytes.map(|byte| byte as u32));
            }
        }
        Some(squeezed)
    }

    /// Where something that was found stands in the whole text, if it is broken there and long enough to be no chance.
    pub(super) fn place(&self, found: Range<usize>) -> Option<Range<usize>> {
        let long = found.len() >= SHORTEST;
        let (first, last) = (
            *self.places.get(found.start)?,
            *self.places.get(found.end - 1)?,
        );
        let place = first as usize..last as usize + 1;
        (long && place.len() > found.len()).then_some(place)
    }
}

/// A secret as it is looked for in a squeezed text; `None` where that is too short.
pub(super) fn squeezed(secret: &str) -> Option<String> {
    let squeezed: String = secret.chars().filter(|one| !one.is_whitespace()).collect();
    (squeezed.len() >= SHORTEST).then_some(squeezed)
}

/// What stands of secrets before and behind the marks of a text.
pub(super) fn cut_off(text: &str, secrets: &BTreeSet<String>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(MARK).take(MOST_MARKS) {
        let before = text[..at].trim_end();
        let behind_at = at + MARK.len();
        let behind = text[behind_at..].trim_start();
        let behind_at = text.len() - behind.len().min(text.len() - behind_at);
        let head = secrets
            .iter()
            .filter_map(|secret| head(before, secret))
            .max();
        found.extend(head.map(|length| before.len() - length..before.len()));
        let tail = secrets
            .iter()
            .filter_map(|secret| tail(behind, secret))
            .max();
        found.extend(tail.map(|length| behind_at..behind_at + length));
    }
    found
}

/// How much of the beginning of a secret a text ends with.
fn head(text: &str, secret: &str) -> Option<usize> {
    let last = text.get(text.len().checked_sub(SHORTEST_REST)?..)?;
    let ends = secret.match_indices(last).map(|(at, _)| at + SHORTEST_REST);
    ends.filter(|end| text.ends_with(&secret[..*end])).max()
}

/// How much of the end of a secret a text begins with.
fn tail(text: &str, secret: &str) -> Option<usize> {
    let first = text.get(..SHORTEST_REST)?;
    let starts = secret.match_indices(first).map(|(at, _)| at);
    let rests = starts.filter(|start| text.starts_with(&secret[*start..]));
    rests.map(|start| secret.len() - start).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_of_secrets_are_found_beside_a_mark_only() {
        let secrets = BTreeSet::from(["correct-horse-battery".to_owned()]);
        let check = |text: &str, rests: &[&str]| {
            let found = cut_off(text, &secrets);
            let found: Vec<&str> = found.into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, rests, "{text}");
        };
        check("pw: correct-ho…", &["correct-ho"]);
        check("pw: correct-ho … (12 bytes left out)", &["correct-ho"]);
        check("a … se-battery, b", &["se-battery"]);
        check("a correct-ho …  battery", &["correct-ho", "battery"]);
        check("correct …", &["correct"]);
        check("that is correct-ho, and corre …", &[]);
    }

    #[test]
    fn a_place_in_a_squeezed_text_is_that_in_the_whole() {
        let text = "a: abcdefgh\n   ijklmnop b";
        let squeezed = Squeezed::of(text).unwrap();
        let at = squeezed.text.find("abcdefghijklmnop").unwrap();
        assert_eq!(
            &text[squeezed.place(at..at + 16).unwrap()],
            "abcdefgh\n   ijklmnop"
        );
        assert_eq!(squeezed.place(at..at + 15), None);
        assert!(Squeezed::of("one-word\n").is_none());
    }
}
