//! What no reader of a page sees: line ends, terminal colours, trailing blanks, outer blank lines.
//!
//! Entry points: [`text`] for a whole output, [`words`] for one line. Nothing here decides what
//! agrees; every rule works on text that went through here.

use std::borrow::Cow;

/// Longest output that is compared. What a terminal shows of more than this is not something
/// a page shows; the bound keeps memory and time of a judgement in hand.
pub(super) const MAX_BYTES: usize = 128 * 1024 * 1024;

/// The text as lines without carriage returns, escape sequences and trailing blanks.
///
/// A carriage return in the middle of a line overwrites it on a terminal (progress meters), so only
/// what follows the last one is kept. Leading and trailing blank lines go.
pub(super) fn text(raw: &str) -> String {
    let raw = cut(raw);
    let mut out = String::with_capacity(raw.len());
    let mut pending_blank = 0;
    for line in raw.split('\n') {
        let line = line.trim_end_matches('\r');
        let line = match line.rfind('\r') {
            Some(at) => &line[at + 1..],
            None => line,
        };
        let line = without_escapes(line);
        let line = line.trim_end();
        if line.is_empty() {
            pending_blank += 1;
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
            for _ in 0..pending_blank {
                out.push('\n');
            }
        }
        pending_blank = 0;
        match bash_message(line) {
            Some(message) => {
                out.push_str("bash: ");
                out.push_str(message);
            }
            None => out.push_str(line),
        }
    }
    out
}

/// The same for what a page shows: where its author copied the prompt that came next, or the `^C` that ended a stream, that is
/// no output.
pub(super) fn shown(raw: &str, actual: &str) -> String {
    let mut out = text(raw);
    fn last(text: &str) -> &str {
        text.lines().last().unwrap_or_default().trim()
    }
    while matches!(last(&out), "$" | "^C" | "^D" | "^Z") && last(&out) != last(actual) {
        out.truncate(out.rfind('\n').unwrap_or_default());
    }
    out
}

/// What bash says of itself, without what depends on how it was started: a login shell at a
/// terminal says `-bash: x`, one that reads commands from elsewhere `bash: line 1: x`.
fn bash_message(line: &str) -> Option<&str> {
    if let Some(message) = line.strip_prefix("-bash: ") {
        return Some(message);
    }
    let (number, message) = line.strip_prefix("bash: line ")?.split_once(": ")?;
    number
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some(message)
}

/// One line with every run of blanks made one space, none at its ends: column widths and
/// indentation are layout.
pub(super) fn words(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for word in line.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The number of blanks before a line's first word, a tab counting as up to the next multiple of 8.
pub(super) fn indent(line: &str) -> usize {
    let mut width = 0;
    for c in line.chars() {
        match c {
            ' ' => width += 1,
            '\t' => width = (width / 8 + 1) * 8,
            _ => break,
        }
    }
    width
}

fn cut(raw: &str) -> &str {
    if raw.len() <= MAX_BYTES {
        return raw;
    }
    let mut end = MAX_BYTES;
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    &raw[..end]
}

/// Removes CSI (`ESC [ ... letter`), OSC (`ESC ] ... BEL`) and two-byte escape sequences (ECMA-48).
fn without_escapes(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('[') => {
                for c in chars.by_ref() {
                    if ('\u{40}'..='\u{7e}').contains(&c) {
                        break;
                    }
                }
            }
            Some(']') => {
                let mut before = ' ';
                for c in chars.by_ref() {
                    if c == '\u{7}' || (before == '\u{1b}' && c == '\\') {
                        break;
                    }
                    before = c;
                }
            }
            _ => {}
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: &str) {
        assert_eq!(text(raw), expected, "{raw:?}");
    }

    #[test]
    fn layout_goes() {
        check("\n\na  \r\nb\n\n", "a\nb");
        check("a\n\n\nb", "a\n\n\nb");
        check("\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}x", "red x");
        check("10%\r50%\r100%", "100%");
        check("   ", "");
    }

    #[test]
    fn bash_says_the_same_however_it_was_started() {
        check("-bash: x: command not found", "bash: x: command not found");
        check(
            "bash: line 12: x: command not found",
            "bash: x: command not found",
        );
        check("bash: line noise: y", "bash: line noise: y");
    }

    #[test]
    fn a_line_is_its_words() {
        assert_eq!(words("  a \t b  "), "a b");
        assert_eq!(indent("  \tx"), 8);
    }
}
