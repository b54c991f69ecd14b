//! Shown lines and printed lines → the lines that the page should show.
//!
//! Entry point: [`lines()`]. Steps: lines that agree are found in order and stay as they are; between them, stale
//! lines are paired with printed ones and take over what is new (`word`); what is printed and neither shown nor left
//! out is added, what is shown and not printed any more goes. Elisions and remarks stay.

use super::Piece;
use super::tokens::Tokens;
use super::word;
use crate::expect::lines::{self, Line};

/// Comparisons of lines after which a text is too large to be merged.
const MAX_PAIRS: usize = 4_000_000;

/// Whether printed lines before the first and after the last line of the page that is found are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// The page may show a middle part.
    Open,
    /// The page shows all.
    Closed,
}

/// What a shown line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Elision,
    /// The author's: it stays and says nothing about the output.
    Remark,
    Blank,
    Text,
}

/// The lines of the page, merged; `None` where it cannot be told which lines an elision of the page stands for.
pub(super) fn lines(
    shown: &[&str],
    actual: &[&str],
    ends: Ends,
    tokens: &mut Tokens,
) -> Option<Vec<Piece>> {
    if shown.len().saturating_mul(actual.len()) > MAX_PAIRS {
        return None;
    }
    let kinds: Vec<Kind> = shown.iter().map(|line| kind(line, actual)).collect();
    // `}, ...` leaves out lines from within one: which, only its author knows.
    let cut = |line: &str| line.trim_end().ends_with(", ...") && lines::has_notation(line);
    if (0..shown.len()).any(|at| kinds[at] == Kind::Text && cut(shown[at])) {
        return None;
    }
    let anchors = anchors(shown, &kinds, actual, tokens);
    let mut out = Vec::new();
    let (mut s, mut a) = (0, 0);
    let end = (shown.len(), actual.len());
    for (index, &(next_s, next_a)) in anchors.iter().chain([&end]).enumerate() {
        let segment = Segment {
            shown,
            kinds: &kinds,
            from: s,
            to: next_s,
            actual: &actual[a..next_a],
        };
        let open = Open {
            start: index == 0 && ends == Ends::Open,
            end: index == anchors.len() && ends == Ends::Open,
        };
        segment.merge(open, tokens, &mut out)?;
        if next_s < shown.len() {
            out.push(Piece::Kept(next_s));
        }
        (s, a) = (next_s + 1, next_a + 1);
    }
    Some(out)
}

fn kind(line: &str, actual: &[&str]) -> Kind {
    let printed = || actual.iter().any(|other| other.trim() == line.trim());
    if line.trim().is_empty() {
        Kind::Blank
    } else if lines::is_elision(line) && (line.trim() == "..." || !printed()) {
        Kind::Elision
    } else if lines::is_remark(line) && !printed() {
        Kind::Remark
    } else {
        Kind::Text
    }
}

/// Pairs of lines that agree, as many as there are in order.
fn anchors(
    shown: &[&str],
    kinds: &[Kind],
    actual: &[&str],
    tokens: &mut Tokens,
) -> Vec<(usize, usize)> {
    let texts: Vec<(usize, Line)> = shown
        .iter()
        .enumerate()
        .filter(|(at, _)| kinds[*at] == Kind::Text)
        .map(|(at, line)| (at, Line::new(lines::split_marker(line).0)))
        .collect();
    let printed: Vec<(usize, Line)> = actual
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| (at, Line::new(line)))
        .collect();
    let score = |s: usize, a: usize| i32::from(texts[s].1.agrees(&printed[a].1));
    let pairs = in_order(texts.len(), printed.len(), score);
    for &(s, a) in &pairs {
        tokens.learn(texts[s].1.tokens(&printed[a].1));
    }
    pairs
        .into_iter()
        .map(|(s, a)| (texts[s].0, printed[a].0))
        .collect()
}

/// The pairs in order on both sides with the highest sum of scores.
fn in_order(n: usize, m: usize, score: impl Fn(usize, usize) -> i32) -> Vec<(usize, usize)> {
    let mut best = vec![vec![0i32; m + 1]; n + 1];
    let mut scores = vec![vec![0i32; m]; n];
    for s in (0..n).rev() {
        for a in (0..m).rev() {
            scores[s][a] = score(s, a);
            let pair = if scores[s][a] > 0 {
                scores[s][a] + best[s + 1][a + 1]
            } else {
                0
            };
            best[s][a] = pair.max(best[s + 1][a]).max(best[s][a + 1]);
        }
    }
    let (mut s, mut a) = (0, 0);
    let mut pairs = Vec::new();
    while s < n && a < m {
        if scores[s][a] > 0 && best[s][a] == scores[s][a] + best[s + 1][a + 1] {
            pairs.push((s, a));
            (s, a) = (s + 1, a + 1);
        } else if best[s][a] == best[s + 1][a] {
            s += 1;
        } else {
            a += 1;
        }
    }
    pairs
}

/// Whether what is printed at the edge of the output need not be shown.
#[derive(Debug, Clone, Copy)]
struct Open {
    start: bool,
    end: bool,
}

/// What stands between two lines that agree.
struct Segment<'a> {
    shown: &'a [&'a str],
    kinds: &'a [Kind],
    from: usize,
    to: usize,
    actual: &'a [&'a str],
}

impl Segment<'_> {
    /// The shown lines of it that say something.
    fn texts(&self) -> impl Iterator<Item = usize> {
        (self.from..self.to).filter(|at| self.kinds[*at] == Kind::Text)
    }

    /// Adds what the page should show here.
    fn merge(&self, open: Open, tokens: &Tokens, out: &mut Vec<Piece>) -> Option<()> {
        let kept = |at: &usize| self.kinds[*at] != Kind::Text;
        let elided = (self.from..self.to).any(|at| self.kinds[at] == Kind::Elision);
        let nothing_new = self.actual.iter().all(|line| line.trim().is_empty());
        if self.texts().next().is_none() && (elided || open.start || open.end || nothing_new) {
            out.extend((self.from..self.to).filter(kept).map(Piece::Kept));
            return Some(());
        }
        if elided {
            return self.merge_elided(tokens, out);
        }
        let remarks = (self.from..self.to).filter(|at| self.kinds[*at] == Kind::Remark);
        out.extend(remarks.map(Piece::Kept));
        let stale: Vec<usize> = self.texts().collect();
        let printed: Vec<usize> = (0..self.actual.len())
            .filter(|at| !self.actual[*at].trim().is_empty())
            .collect();
        let pairs: Vec<(usize, usize)> = if stale.len() == printed.len() {
            (0..stale.len()).map(|at| (at, at)).collect()
        } else {
            in_order(stale.len(), printed.len(), |s, a| {
                word::likeness(self.shown[stale[s]], self.actual[printed[a]])
            })
        };
        let edge = |pair: Option<&(usize, usize)>| pair.map(|(_, a)| printed[*a]);
        let (first, last) = (edge(pairs.first()), edge(pairs.last()));
        for (at, line) in self.actual.iter().enumerate() {
            let outside = open.start && first.is_some_and(|first| at < first)
                || open.end && last.is_some_and(|last| at > last);
            if outside || lines::is_noise(line) {
                continue;
            }
            let partner = pairs.iter().find(|(_, a)| printed[*a] == at);
            out.push(match partner {
                Some((s, _)) => self.renewed(stale[*s], line, tokens),
                None => Piece::New(tokens.in_page(line)),
            });
        }
        Some(())
    }

    /// Stale lines beside an elision: those before the first elision stand for what is printed first, those after the
    /// last one for what is printed last, and those between two for what resembles them.
    fn merge_elided(&self, tokens: &Tokens, out: &mut Vec<Piece>) -> Option<()> {
        let is_elision = |at: &usize| self.kinds[*at] == Kind::Elision;
        let first = (self.from..self.to).find(is_elision)?;
        let last = (self.from..self.to).rfind(is_elision)?;
        let printed: Vec<&str> = self
            .actual
            .iter()
            .filter(|line| !line.trim().is_empty() && !lines::is_noise(line))
            .copied()
            .collect();
        let (before, after): (Vec<usize>, Vec<usize>) = (
            self.texts().filter(|at| *at < first).collect(),
            self.texts().filter(|at| *at > last).collect(),
        );
        if before.len() + after.len() > printed.len() {
            return None;
        }
        let tail = printed.len() - after.len();
        // Lines that have nothing in common with what stands in their place stand for what they resemble.
        let like = |at: usize, index: usize| word::likeness(self.shown[at], printed[index]);
        let in_place = (0..before.len()).all(|n| like(before[n], n) > 0)
            && (0..after.len()).all(|n| like(after[n], tail + n) > 0);
        if !in_place {
            let stale: Vec<usize> = self.texts().collect();
            let pairs = in_order(stale.len(), printed.len(), |s, a| like(stale[s], a));
            if pairs.len() == stale.len() {
                out.extend((self.from..self.to).map(|at| {
                    match stale.iter().position(|other| *other == at) {
                        Some(n) => self.renewed(at, printed[pairs[n].1], tokens),
                        None => Piece::Kept(at),
                    }
                }));
                return Some(());
            }
        }
        let between: Vec<usize> = self
            .texts()
            .filter(|at| *at > first && *at < last)
            .collect();
        let middle = &printed[before.len()..tail];
        let pairs = in_order(between.len(), middle.len(), |s, a| {
            word::likeness(self.shown[between[s]], middle[a])
        });
        if pairs.len() < between.len() {
            return None;
        }
        for at in self.from..self.to {
            let place = |lines: &[usize]| lines.iter().position(|other| *other == at);
            let partner = place(&before)
                .or_else(|| place(&after).map(|index| tail + index))
                .or_else(|| place(&between).map(|index| before.len() + pairs[index].1));
            out.push(match partner {
                Some(index) => self.renewed(at, printed[index], tokens),
                None => Piece::Kept(at),
            });
        }
        Some(())
    }

    fn renewed(&self, at: usize, printed: &str, tokens: &Tokens) -> Piece {
        let shown = self.shown[at];
        let new = word::renew(shown, &tokens.in_page(printed));
        if new == shown {
            Piece::Kept(at)
        } else {
            Piece::New(new)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text_of;
    use super::*;

    #[track_caller]
    fn check(shown: &str, actual: &str, ends: Ends, expected: Option<&str>) {
        let shown: Vec<&str> = shown.lines().collect();
        let actual: Vec<&str> = actual.lines().collect();
        let merged = lines(&shown, &actual, ends, &mut Tokens::default());
        assert_eq!(merged.map(|new| text_of(&new, &shown)).as_deref(), expected);
    }

    #[test]
    fn stale_lines_are_renewed_and_others_stay() {
        check("a\nb 1\nc", "a\nb 2\nc", Ends::Closed, Some("a\nb 2\nc"));
        check("a\nc", "a\nb\nc\nd", Ends::Closed, Some("a\nb\nc\nd"));
        check("a\nb\nc", "a\nc", Ends::Closed, Some("a\nc"));
    }

    #[test]
    fn elisions_stay_and_hide_what_they_hid() {
        check(
            "a\n[...]\nold last",
            "a\nx\ny\nnew last",
            Ends::Closed,
            Some("a\n[...]\nnew last"),
        );
        check("old\n...", "new\nx\ny", Ends::Closed, Some("new\n..."));
        check("a\n[...]\nb\n[...]\nc", "a\nc", Ends::Closed, None);
        check(
            "[...]\nReplicas: 2\n[...]",
            "Name: x\nReplicas: 3\nType: y",
            Ends::Closed,
            Some("[...]\nReplicas: 3\n[...]"),
        );
    }

    #[test]
    fn what_stands_elsewhere_is_found_by_its_likeness() {
        check(
            "metadata:\n  name: asset\n  ...",
            "metadata:\n  annotations:\n    a: b\n  name: assets\n  uid: 1",
            Ends::Closed,
            Some("metadata:\n  name: assets\n  ..."),
        );
        check(
            "{\n  \"a\": {\n    \"m\": 1\n  }, ...\n}",
            "{\n  \"a\": {\n    \"m\": 2\n  },\n  \"b\": {\n    \"m\": 3\n  }\n}",
            Ends::Closed,
            None,
        );
    }

    #[test]
    fn a_middle_part_stays_one() {
        check(
            "Image: a:1\nPort: 80",
            "Name: x\nImage: a:2\nPort: 80\nHost: y",
            Ends::Open,
            Some("Image: a:2\nPort: 80"),
        );
    }

    #[test]
    fn remarks_and_markers_stay() {
        check(
            "# look\nb 1   <---- here\nc",
            "b 2\nc",
            Ends::Closed,
            Some("# look\nb 2   <---- here\nc"),
        );
    }
}
