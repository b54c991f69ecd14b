//! One stale block: what the page shows and what was printed → the new text, judged by the matcher.
//!
//! Entry point: [`rewrite`]. Ways to rewrite are tried from the smallest change to the largest; the first whose text
//! the matcher judges to agree with what was printed is taken.

use super::merge::{self, Ends};
use super::tokens::Tokens;
use super::{Piece, table, text_of};
use crate::expect::{self, Bindings, Happened, Judgement, Shown, lines};
use crate::page::MatchKind;

/// Lines that agree with what was printed, and the judgement that says so.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) lines: Vec<Piece>,
    pub(super) judgement: Judgement,
}

/// Rewrites a block; `None` where no way to do so agrees with what was printed and keeps the author's notation.
pub(super) fn rewrite(
    shown: Shown<'_>,
    happened: Happened<'_>,
    bindings: &Bindings,
) -> Option<Rewritten> {
    let old: Vec<&str> = shown.text.lines().collect();
    let printed = printed(shown.text, happened.text);
    let actual: Vec<&str> = printed.lines().collect();
    let mut known = Tokens::default();
    known.learn(bindings.iter());
    let free = matches!(
        shown.match_kind,
        MatchKind::Auto | MatchKind::Table | MatchKind::Json | MatchKind::Yaml | MatchKind::Lines
    );
    let whole = || {
        let lines = actual.iter().filter(|line| !lines::is_noise(line));
        Some(lines.map(|line| Piece::New(known.in_page(line))).collect())
    };
    let ways: [&dyn Fn() -> Option<Vec<Piece>>; 4] = [
        &|| paragraphs(&old, &actual, Ends::Open, &known),
        &|| paragraphs(&old, &actual, Ends::Closed, &known),
        &|| merge::lines(&old, &actual, Ends::Closed, &mut known.clone()),
        &whole,
    ];
    let from = if free { 0 } else { ways.len() - 1 };
    ways[from..].iter().find_map(|way| {
        let lines = way()?;
        let text = text_of(&lines, &old);
        if text.trim().is_empty() || loses_notation(&lines, &old) {
            return None;
        }
        let judgement = expect::judge(
            Shown {
                text: &text,
                ..shown
            },
            happened,
            bindings,
        );
        judgement.agrees.then_some(Rewritten { lines, judgement })
    })
}

/// What was printed, in the layout of the page: JSON over several lines or in one.
fn printed(shown: &str, output: &str) -> String {
    let output = lines::seen(output);
    let several = |text: &str| text.trim().lines().nth(1).is_some();
    if !shown.trim_start().starts_with(['{', '[']) || several(shown) == several(&output) {
        return output;
    }
    let Ok(value) = serde_json::from_str::<serde_json::Value>(&output) else {
        return output;
    };
    let other = if several(shown) {
        serde_json::to_string_pretty(&value)
    } else {
        serde_json::to_string(&value)
    };
    other.unwrap_or(output)
}

/// Merges part by part: what blank lines set apart, where both sides have as many parts; each as a table if it is one.
fn paragraphs(shown: &[&str], actual: &[&str], ends: Ends, known: &Tokens) -> Option<Vec<Piece>> {
    let (ours, theirs) = (parts(shown), parts(actual));
    let mut tokens = known.clone();
    if ours.len() != theirs.len() {
        return part(shown, actual, ends, &mut tokens);
    }
    let mut out = Vec::new();
    let mut at = 0;
    for ((from, to), (other_from, other_to)) in ours.into_iter().zip(theirs) {
        out.extend((at..from).map(Piece::Kept));
        let merged = part(
            &shown[from..to],
            &actual[other_from..other_to],
            ends,
            &mut tokens,
        )?;
        out.extend(merged.into_iter().map(|piece| match piece {
            Piece::Kept(line) => Piece::Kept(from + line),
            new @ Piece::New(_) => new,
        }));
        at = to;
    }
    out.extend((at..shown.len()).map(Piece::Kept));
    Some(out)
}

fn part(shown: &[&str], actual: &[&str], ends: Ends, tokens: &mut Tokens) -> Option<Vec<Piece>> {
    table::merge(shown, actual, tokens).or_else(|| merge::lines(shown, actual, ends, tokens))
}

/// Where the parts of a text begin and end that blank lines set apart.
fn parts(lines: &[&str]) -> Vec<(usize, usize)> {
    let mut parts = Vec::new();
    let mut start = None;
    for (at, line) in lines.iter().chain([&""]).enumerate() {
        if !line.trim().is_empty() {
            start.get_or_insert(at);
        } else if let Some(from) = start.take() {
            parts.push((from, at));
        }
    }
    parts
}

/// Whether what the author left out, masked or pointed at is gone.
fn loses_notation(new: &[Piece], old: &[&str]) -> bool {
    let count = |lines: &mut dyn Iterator<Item = &str>| {
        let mut left_out = 0;
        let mut marked = 0;
        for line in lines {
            left_out += usize::from(lines::is_elision(line) || lines::is_remark(line));
            marked += usize::from(!lines::split_marker(line).1.is_empty());
        }
        (left_out, marked)
    };
    let kept = |at: &usize| new.contains(&Piece::Kept(*at));
    let before = count(&mut old.iter().copied());
    let after = count(&mut new.iter().map(|piece| piece.text(old)));
    // A row with a mask or an arrow may go with what it was about; a line left out may not.
    after.0 < before.0
        || after.1 < before.1 && !new.iter().any(|piece| matches!(piece, Piece::Kept(_)))
        || (0..old.len()).any(|at| lines::is_elision(old[at]) && !kept(&at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, shown: &str, actual: &str, expected: Option<&str>) {
        let happened = Happened {
            text: actual,
            stdout: None,
            exit_code: 0,
        };
        let new = rewrite(Shown::new(command, shown), happened, &Bindings::default());
        let old: Vec<&str> = shown.lines().collect();
        let text = new.map(|new| text_of(&new.lines, &old));
        assert_eq!(text.as_deref(), expected, "{command}");
    }

    #[test]
    fn tables_under_each_other() {
        check(
            "kubectl get all",
            "NAME        READY   AGE\npod/web-0   1/1     5s\n\nNAME          TYPE        AGE\nservice/web   ClusterIP   5s\n",
            "NAME        READY   AGE\npod/web-0   1/1     9s\n\nNAME          TYPE       AGE\nservice/web   NodePort   9s\n",
            Some(
                "NAME        READY   AGE\npod/web-0   1/1     5s\n\nNAME          TYPE        AGE\nservice/web   NodePort    5s",
            ),
        );
    }

    #[test]
    fn pods_of_one_replica_set_keep_its_hash() {
        check(
            "kubectl get pods",
            "NAME                   READY   STATUS    RESTARTS   AGE\nweb-5774b8d5f4-cv89c   1/1     Running   0          5s",
            "NAME                   READY   STATUS    RESTARTS   AGE\nweb-7d9bf4c68f-x4k2b   1/1     Running   0          9s\nweb-7d9bf4c68f-zz7xk   1/1     Running   0          9s",
            Some(
                "NAME                   READY   STATUS    RESTARTS   AGE\nweb-5774b8d5f4-cv89c   1/1     Running   0          5s\nweb-5774b8d5f4-zz7xk   1/1     Running   0          9s",
            ),
        );
    }

    #[test]
    fn documents_keep_their_elisions_and_their_layout() {
        check(
            "kubectl get cm a -o yaml",
            "apiVersion: v1\ndata:\n  color: green\n[...]",
            "apiVersion: v1\ndata:\n  color: blue\nkind: ConfigMap\nmetadata:\n  name: a",
            Some("apiVersion: v1\ndata:\n  color: blue\n[...]"),
        );
        check(
            "kubectl get cm a -o jsonpath='{.data}' | jq .",
            "{\n  \"color\": \"green\"\n}",
            "{\"color\":\"blue\"}",
            Some("{\n  \"color\": \"blue\"\n}"),
        );
    }

    #[test]
    fn noise_of_the_client_never_gets_into_a_page() {
        check(
            "kubectl exec a -- cat x",
            "one",
            "Defaulted container \"a\" out of: a, b\ntwo",
            Some("two"),
        );
    }

    #[test]
    fn what_a_description_shows_in_part_stays_a_part() {
        check(
            "kubectl describe deploy web",
            "Replicas:   2 desired | 2 updated\nStrategyType:   RollingUpdate",
            "Name:   web\nReplicas:   3 desired | 3 updated\nStrategyType:   RollingUpdate\nEvents:   <none>",
            Some("Replicas:   3 desired | 3 updated\nStrategyType:   RollingUpdate"),
        );
    }
}
