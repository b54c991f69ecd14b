//! The badge: how much of a run was verified, as a small SVG.

use std::fmt::Write;

use crate::event::{RunRecord, Verdict};

/// What stands on the left.
const LABEL: &str = "verified";
/// Height in pixels, as other badges have it.
const HEIGHT: usize = 20;
/// Width of a letter of the 11 px font, a little more than the average of digits and small letters.
const LETTER: usize = 7;
/// Room around a text.
const MARGIN: usize = 10;

/// The badge of a run: the lowest share that was verified, or the word for a run that did not pass.
pub fn render(record: &RunRecord) -> String {
    match record.verdict {
        Verdict::Pass => {
            let percent = record.coverage.percent;
            let colour = match percent {
                90.. => "#2e7d32",
                70..90 => "#7a8a10",
                50..70 => "#b26a00",
                _ => "#a33b1f",
            };
            draw(LABEL, &format!("{percent}%"), colour)
        }
        Verdict::Skipped => draw(LABEL, "nothing", "#666"),
        Verdict::Broken => draw(LABEL, "broken", "#b26a00"),
        Verdict::Fail => draw(LABEL, "failing", "#b71c1c"),
    }
}

fn draw(label: &str, value: &str, colour: &str) -> String {
    let width = |text: &str| text.chars().count() * LETTER + MARGIN;
    let (left, right) = (width(label), width(value));
    let all = left + right;
    let (label, value) = (escape(label), escape(value));
    let mut out = String::new();
    let _ = writeln!(
        out,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{all}" height="{HEIGHT}" role="img" aria-label="{label}: {value}">
<title>{label}: {value}</title>
<clipPath id="round"><rect width="{all}" height="{HEIGHT}" rx="3"/></clipPath>
<g clip-path="url(#round)">
<rect width="{left}" height="{HEIGHT}" fill="#444"/>
<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{colour}"/>
</g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="{}" y="14">{label}</text>
<text x="{}" y="14">{value}</text>
</g>
</svg>"##,
        left / 2,
        left + right / 2,
    );
    out
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Coverage, Recorder};

    fn badge(verdict: Verdict, percent: usize) -> String {
        let mut record = Recorder::default().finish();
        record.verdict = verdict;
        record.coverage = Coverage {
            percent,
            ..Coverage::default()
        };
        render(&record)
    }

    #[test]
    fn a_failed_run_shows_no_figure() {
        assert!(badge(Verdict::Pass, 93).contains(">93%<"));
        assert!(badge(Verdict::Fail, 93).contains(">failing<"));
        assert!(!badge(Verdict::Broken, 93).contains("93"));
        assert_ne!(
            badge(Verdict::Pass, 93),
            badge(Verdict::Pass, 40).replace("40", "93")
        );
    }

    #[test]
    fn markup_is_text() {
        assert!(draw("a<b>&\"", "1", "#000").contains("a&lt;b&gt;&amp;&quot;"));
    }
}
