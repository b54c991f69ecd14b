//! Outputs far longer than what a page shows: lines that can agree with no shown line need not be looked at.
//!
//! Entry point: [`read`]. A shown line has letters that every line that agrees with it has too; one search for all of them
//! leaves few lines. Runs of others become one line each that agrees with nothing, so memory is bounded by what the page
//! shows, not by what was printed.

use regex::Regex;

use super::line::Line;
use super::normalise;
use super::text::Shown;
use super::volatile::Scan;

/// Outputs up to this many bytes are read whole: that costs little, and differences can be told better.
const MAX_WHOLE: usize = 1024 * 1024;
/// Shown lines up to which one search for all of them is quick.
const MAX_LINES: usize = 200;
/// Letters below which a search for them leaves too many lines.
const MIN_LETTERS: usize = 4;

/// The lines of an output, blank ones left out; `None` if every one has to be looked at.
pub(super) fn read(text: &str, shown: &[Shown], scan: Scan) -> Option<Vec<Line>> {
    if text.len() <= MAX_WHOLE {
        return None;
    }
    let anchors = anchors(shown)?;
    let mut out: Vec<Line> = Vec::new();
    let mut run = false;
    for line in text.lines() {
        // The comparison takes blanks in a row for one, so letters that hold a blank are searched for in the words.
        let spaced = line.contains("  ") || line.contains('\t');
        let may = if spaced {
            anchors.is_match(&normalise::words(line))
        } else {
            anchors.is_match(line)
        };
        if may && !line.trim().is_empty() {
            out.push(Line::printed(line, scan));
            run = false;
        } else if let (true, Some(last)) = (run, out.last_mut()) {
            last.stands_for += usize::from(!line.is_empty());
        } else if !line.trim().is_empty() {
            out.push(Line::passed_over(line));
            run = true;
        }
    }
    Some(out)
}

/// What one of must occur in a line that is to agree with a shown one.
fn anchors(shown: &[Shown]) -> Option<Regex> {
    if shown.len() > MAX_LINES {
        return None;
    }
    let mut anchors = Vec::new();
    for line in shown.iter().filter_map(Shown::line) {
        anchors.push(regex::escape(&anchor(line)?));
    }
    if anchors.is_empty() {
        return None;
    }
    Regex::new(&anchors.join("|")).ok()
}

/// The longest stretch of a line that neither types nor notation replace; `None` if it is too short.
fn anchor(line: &Line) -> Option<String> {
    let fixed = match &line.glob {
        Some(glob) => glob.fixed_parts(),
        None => vec![line.canon.text.clone()],
    };
    // Types put characters of a private use area in the place of tokens.
    let volatile = |c: char| ('\u{E000}'..='\u{F8FF}').contains(&c);
    let typed = super::volatile::canon(&line.words, Scan::LOOSE).text;
    let parts = fixed
        .iter()
        .flat_map(|part| part.split(volatile))
        .map(normalise::words)
        .filter(|part| line.words.contains(part.as_str()) && typed.contains(part.as_str()))
        .max_by_key(String::len)?;
    (parts.len() >= MIN_LETTERS).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::super::tests::judged;

    fn log(lines: usize) -> String {
        let line = |n| {
            format!(
                "2026-11-21T00:46:51.{:03}Z INFO  request {n} took {}ms\n",
                n % 1000,
                n % 90
            )
        };
        (0..lines).map(line).collect()
    }

    #[test]
    fn a_long_output_is_judged_as_a_short_one() {
        let long = log(24_000);
        assert!(long.len() > super::MAX_WHOLE);
        let of = |from: &str, to: &str| long.replace(from, to);
        let shown = "[...]\n2021-01-01T00:00:00.1Z INFO request 7 took 3ms\n2021-01-01T00:00:00.1Z INFO request 8 took 3ms\n[...]\n2021-01-01T00:00:00.1Z INFO request 23999 took 3ms";
        let agrees = |shown: &str, actual: &str| judged("kubectl logs a", shown, actual).agrees;
        assert!(agrees(shown, &long));
        assert!(agrees(shown, &of("INFO  ", "INFO ")));
        assert!(agrees(shown, &of("INFO  ", "INFO\t")));
        assert!(!agrees(shown, &of("request 8 ", "request 08 ")));
        assert!(!agrees(
            shown,
            &of("INFO  request 8 ", "INFO  other\nINFO  request 8 ")
        ));
        assert!(!agrees(shown, &format!("{long}bye\n")));
        assert!(!agrees(&shown.replace("[...]\n2021", "2021"), &long));
        assert!(agrees("[...]\n... request 12 took ...\n[...]", &long));
        assert!(agrees(
            "[...]\nxxxx INFO request 12 took xxxx\n[...]",
            &long
        ));
        assert!(!agrees(
            "[...]\nxxxx INFO request 123456 took xxxx\n[...]",
            &long
        ));
        let reasons = judged(
            "kubectl logs a",
            "2021-01-01T00:00:00.1Z INFO request 7 took 3ms",
            &of("INFO  ", "INFO "),
        )
        .reasons;
        assert!(
            reasons
                .iter()
                .any(|reason| reason.contains("23999 lines more")),
            "{reasons:?}"
        );
    }
}
