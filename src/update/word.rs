//! One stale line of a page and the printed one that it should be: what agrees in it stays.
//!
//! Entry points: [`renew`] and [`likeness`].

use crate::expect::lines;

/// The line of the page with what is new: its indentation, masks, parts left out and arrow stay.
pub(super) fn renew(shown: &str, printed: &str) -> String {
    let (body, marker) = lines::split_marker(shown);
    let text = body.trim_start();
    let indent = &body[..body.len() - text.len()];
    let printed = printed.trim();
    let renewed = around_elision(text, printed)
        .or_else(|| word_by_word(text, printed))
        .unwrap_or_else(|| printed.to_owned());
    format!("{indent}{renewed}{marker}")
}

/// Ways in which authors leave out a part of a line.
const PARTS: [&str; 4] = ["[...]", "(...)", "[…]", "..."];

/// A line with one part left out: as many words before and after it as the page shows.
fn around_elision(shown: &str, printed: &str) -> Option<String> {
    let part = PARTS.into_iter().find(|part| shown.contains(part))?;
    let (head, tail) = shown.split_once(part)?;
    // Dots that the program prints are text.
    if PARTS.into_iter().any(|part| tail.contains(part)) || printed.contains(part) {
        return None;
    }
    let (before, after) = (
        head.split_whitespace().count(),
        tail.split_whitespace().count(),
    );
    let words: Vec<&str> = printed.split_whitespace().collect();
    if before + after > words.len() {
        return None;
    }
    let renewed = |part: &str, words: &[&str]| word_by_word(part.trim(), &words.join(" "));
    let new_head = renewed(head, &words[..before])?;
    let new_tail = renewed(tail, &words[words.len() - after..])?;
    let gap = |has: bool| if has { " " } else { "" };
    Some(format!(
        "{new_head}{}{part}{}{new_tail}",
        gap(head.ends_with(char::is_whitespace)),
        gap(tail.starts_with(char::is_whitespace)),
    ))
}

/// Words in the places of the page's, where there are as many: those that agree stay, columns keep their place
/// where the blanks allow it.
fn word_by_word(shown: &str, printed: &str) -> Option<String> {
    let words: Vec<&str> = printed.split_whitespace().collect();
    if shown.split_whitespace().count() != words.len() {
        return None;
    }
    let mut out = String::with_capacity(printed.len());
    let mut rest = shown;
    for new in words {
        let blanks = rest.len() - rest.trim_start().len();
        // A word that became longer or shorter takes from, or gives to, the blanks after it.
        let column = shown[..shown.len() - rest.len() + blanks].chars().count();
        let wide = blanks > 1 && rest[..blanks].bytes().all(|blank| blank == b' ');
        if wide {
            let gap = column.saturating_sub(out.chars().count()).max(2);
            out.extend(std::iter::repeat_n(' ', gap));
        } else {
            out.push_str(&rest[..blanks]);
        }
        rest = &rest[blanks..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let old = &rest[..end];
        out.push_str(if lines::word_agrees(old, new) {
            old
        } else {
            new
        });
        rest = &rest[end..];
    }
    Some(out)
}

/// How much a stale line resembles a printed one, from 0 (not at all) to 100.
pub(super) fn likeness(shown: &str, printed: &str) -> i32 {
    let shown = lines::split_marker(shown).0.trim();
    let printed = printed.trim();
    let key = |line: &'_ str| line.split_once(':').map(|(key, _)| key.to_owned());
    if key(shown).is_some() && key(shown) == key(printed) {
        return 100;
    }
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (
        shown.split_whitespace().collect(),
        printed.split_whitespace().collect(),
    );
    let same = ours
        .iter()
        .filter(|word| theirs.iter().any(|other| lines::word_agrees(word, other)))
        .count();
    let share = 100 * same / ours.len().max(theirs.len()).max(1);
    if share < 40 {
        return 0;
    }
    i32::try_from(share).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_agrees_stays() {
        let check = |shown, printed, expected| assert_eq!(renew(shown, printed), expected);
        check("  replicas: 2", "replicas: 3", "  replicas: 3");
        check("id xxxx is 1", "id abcd is 2", "id xxxx is 2");
        check("a 1   <-- see", "a 2", "a 2   <-- see");
        check("Reclaim:   Keep", "Reclaim:   Delete", "Reclaim:   Delete");
        check("abc     1  x", "abcdef  2  x", "abcdef  2  x");
        check("old [...] end", "new and more end", "new [...] end");
        check("one", "two words", "two words");
    }
}
