//! Marks, colours and units that every report for people shares.

use anstyle::{AnsiColor, Style};

use crate::event::Verdict;

/// Text that matters.
pub const BOLD: Style = Style::new().bold();
/// Text that can be passed over.
pub const DIM: Style = Style::new().dimmed();
/// Warnings.
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
/// What the page shows and the run does not.
pub const RED: Style = AnsiColor::Red.on_default();
/// What the run printed and the page does not show.
pub const GREEN: Style = AnsiColor::Green.on_default();

/// Text in a style; whoever writes it to something that is no terminal strips the codes.
pub fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The mark of a verdict, coloured.
pub fn mark(verdict: Verdict) -> String {
    match verdict {
        Verdict::Pass => paint(GREEN, "✓"),
        Verdict::Fail => paint(RED.bold(), "✗"),
        Verdict::Broken => paint(YELLOW.bold(), "!"),
        Verdict::Skipped => paint(DIM, "-"),
    }
}

/// A duration as people read it: `0.3 s`, `75 s`.
pub fn seconds(milliseconds: u64) -> String {
    if milliseconds < 10_000 {
        format!("{}.{} s", milliseconds / 1000, milliseconds % 1000 / 100)
    } else {
        format!("{} s", milliseconds / 1000)
    }
}

/// `1 lab`, `2 labs`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// The first line of a command, shortened to `width` characters with an ellipsis where more follows.
pub fn one_line(text: &str, width: usize) -> String {
    let first = text.lines().next().unwrap_or_default();
    let more = text.lines().nth(1).is_some();
    if first.chars().count() <= width && !more {
        return first.to_owned();
    }
    let kept: String = first.chars().take(width.saturating_sub(2)).collect();
    format!("{} …", kept.trim_end_matches(['\\', ' ']))
}

/// Text in lines of at most `width` characters, broken at blanks; a longer word has a line to itself.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Text with its control characters made harmless, so that no output can move the cursor or
/// change the colours of a report.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' => ' ',
            other if other.is_control() => '\u{fffd}',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_counts_read_well() {
        assert_eq!(seconds(340), "0.3 s");
        assert_eq!(seconds(75_200), "75 s");
        assert_eq!(count(1, "lab"), "1 lab");
        assert_eq!(count(0, "lab"), "0 labs");
    }

    #[test]
    fn long_and_multi_line_commands_are_shortened() {
        assert_eq!(one_line("ls", 10), "ls");
        assert_eq!(one_line("kubectl exec \\\n  -it", 40), "kubectl exec …");
        assert_eq!(one_line("0123456789abc", 10), "01234567 …");
    }

    #[test]
    fn text_breaks_between_words_and_loses_none() {
        assert_eq!(wrapped("a b c", usize::MAX), ["a b c"]);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrapped("incomprehensible no", 4),
            ["incomprehensible", "no"]
        );
        assert_eq!(wrapped("", 4), [""]);
    }

    #[test]
    fn output_cannot_drive_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\u{7}"), "a\u{fffd}[31mb\u{fffd}");
    }
}
