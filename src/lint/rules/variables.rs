//! Variables that nothing has set.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::source::{Severity, nearest};

pub(super) const NEVER_SET: Rule = Rule {
    code: "LP008",
    title: "a variable that is never set",
    severity: Severity::Warning,
    explanation: "The command uses a variable that no earlier block of the lab sets: it is empty there. Upper-case names that \
                  no block sets anywhere may come from the machine's environment; they are reported only where they look like a slip for one that is set.",
    example: "```bash\n$ POD_NAME=$(kubectl get pods -o name | head -1)\n$ kubectl logs $POD_NMAE\n```\n",
    check: never_set,
};

static USES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)([}:#%/^,\[-])?)").ok()
});
static SETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|[\s;&|(`{])(?:export\s+|local\s+|declare\s+(?:-\w+\s+)*|readonly\s+)?([A-Za-z_][A-Za-z0-9_]*)\+?=|\bfor\s+([A-Za-z_][A-Za-z0-9_]*)\b|\bread\s+(?:-\w+\s+)*([A-Za-z_][A-Za-z0-9_ ]*)|\b(?:mapfile|readarray)\s+(?:-\w+\s+)*([A-Za-z_]\w*)|\bprintf\s+-v\s+([A-Za-z_]\w*)",
    )
    .ok()
});

/// Commands that set variables in ways that cannot be seen.
const OPAQUE: [&str; 6] = [
    "source",
    ".",
    "eval",
    "use-cluster",
    "prepare-environment",
    "awscurl",
];

fn never_set(lab: &LabView<'_>, findings: &mut Findings) {
    let (Some(uses), Some(sets)) = (USES.as_ref(), SETS.as_ref()) else {
        return;
    };
    // Where each name is set first: the number of the command.
    let mut first_set: BTreeMap<String, usize> = BTreeMap::new();
    let mut opaque = false;
    for (number, (_, _, view)) in lab.all_commands().enumerate() {
        for name in names_set(sets, &view.command.text) {
            first_set.entry(name).or_insert(number);
        }
        opaque |= view.parts.iter().any(|part| OPAQUE.contains(&part.name()));
    }
    let mut said: HashSet<String> = HashSet::new();
    for (number, (page, step, view)) in lab.all_commands().enumerate() {
        if step.step.skip.is_some() {
            continue;
        }
        let text = &view.command.text;
        let hidden = single_quoted(text);
        for found in uses.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            let Some(name) = found.get(1).or(found.get(2)).map(|name| name.as_str()) else {
                continue;
            };
            let escaped =
                text[..whole.start()].ends_with('\\') || text[..whole.start()].ends_with('$');
            let defaulted = found
                .get(3)
                .is_some_and(|sign| matches!(sign.as_str(), ":" | "-"));
            if escaped
                || defaulted
                || hidden.iter().any(|range| range.contains(&whole.start()))
                || said.contains(name)
            {
                continue;
            }
            let message = match first_set.get(name) {
                Some(set) if *set <= number => continue,
                Some(_) if !opaque && name.to_uppercase() != name => {
                    format!("`{name}` is set only further down")
                }
                Some(_) => continue,
                None => {
                    let near = nearest(name, first_set.keys().map(String::as_str))
                        .filter(|near| is_slip(name, near) && !near.eq(&name));
                    match near {
                        Some(near) => format!("`{name}` is never set; `{near}` is"),
                        None if !opaque && name.to_uppercase() != name && name.len() > 1 => {
                            format!("`{name}` is never set in this lab")
                        }
                        None => continue,
                    }
                }
            };
            said.insert(name.to_owned());
            let span = view.span(page.file(), whole.start(), whole.end());
            findings.add(page.file(), span, message);
        }
    }
}

fn names_set(pattern: &Regex, text: &str) -> Vec<String> {
    pattern
        .captures_iter(text)
        .flat_map(|found| {
            (1..=5)
                .filter_map(|group| found.get(group))
                .flat_map(|names| {
                    names
                        .as_str()
                        .split(' ')
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Names of one length or nearly so that differ in letters, not in numbers or words: a slip of the hand.
fn is_slip(name: &str, near: &str) -> bool {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let words = |text: &str| text.split('_').count();
    name.len() >= 5
        && digits(name) == digits(near)
        && words(name) == words(near)
        && name.len().abs_diff(near.len()) <= 1
        && differing(name, near) <= 2
        // The word that differs must be one: `TOKEN_A` and `TOKEN_B` are two names.
        && name.split('_').zip(near.split('_')).all(|(a, b)| a == b || a.len().min(b.len()) >= 4)
}

fn differing(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let back = a
        .bytes()
        .rev()
        .zip(b.bytes().rev())
        .take_while(|(x, y)| x == y)
        .count();
    a.len().max(b.len()).saturating_sub(same + back)
}

/// The parts of a text in single quotes, where `$` is a letter, and the bodies of quoted here-documents.
fn single_quoted(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    if let Some(at) = text
        .find("<<'")
        .or_else(|| text.find("<< '"))
        .or_else(|| text.find("<<\""))
    {
        found.push(at..text.len());
    }
    let mut double = false;
    let mut open = None;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (open, bytes[at]) {
            (Some(start), b'\'') => {
                found.push(start..at);
                open = None;
            }
            (Some(_), _) => {}
            (None, b'\\') => at += 1,
            (None, b'"') => double = !double,
            (None, b'\'') if !double => open = Some(at),
            _ => {}
        }
        at += 1;
    }
    found
}
