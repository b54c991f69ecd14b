//! Variables that nothing has set.

use std::cell::LazyCell;
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use super::super::assigned;
use super::super::slips::Slips;
use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::page::Block;
use crate::source::{Severity, nearest};

pub(super) const NEVER_SET: Rule = Rule {
    code: "LP008",
    title: "a variable that is never set",
    severity: Severity::Warning,
    explanation: "No block of the lab sets the variable before the command uses it: it is empty there. Not reported: variables that every machine has \
                  (`HOME`, `AWS_REGION`), those that the text mentions, and, where a set-up script (`source`, `prepare-environment`) may set more, \
                  names that resemble none that the lab sets.",
    example: "```bash\n$ POD_NAME=$(kubectl get pods -o name | head -1)\n$ kubectl logs $POD_NMAE\n```\n",
    check: never_set,
};

static USES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)([}:#%/^,\[=+-])?)").ok()
});

/// Commands that may set any variable.
const SETS_ANY: [&str; 3] = ["source", ".", "eval"];

/// Set-up commands of eks-workshop, which set variables with names in capitals.
const SETS_CAPITALS: [&str; 2] = ["use-cluster", "prepare-environment"];

/// Variables of the shell and of every machine.
const GIVEN: [&str; 38] = [
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "PWD",
    "OLDPWD",
    "SHELL",
    "SHLVL",
    "HOSTNAME",
    "HOSTTYPE",
    "MACHTYPE",
    "OSTYPE",
    "LANG",
    "TERM",
    "UID",
    "EUID",
    "PPID",
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "LINENO",
    "COLUMNS",
    "LINES",
    "IFS",
    "REPLY",
    "OPTARG",
    "OPTIND",
    "PIPESTATUS",
    "FUNCNAME",
    "EDITOR",
    "DISPLAY",
    "TMPDIR",
    "KUBECONFIG",
    "GOPATH",
    "GOROOT",
    "JAVA_HOME",
];

/// What the names of variables begin with that the machine, the cloud or the workshop's environment gives.
const GIVEN_PREFIXES: [&str; 12] = [
    "AWS_",
    "EKS_",
    "BASH",
    "SSH_",
    "XDG_",
    "LC_",
    "GOOGLE_",
    "CLOUDSDK_",
    "ARM_",
    "AZURE_",
    "GITHUB_",
    "DEVSHELL_",
];

fn never_set(lab: &LabView<'_>, findings: &mut Findings) {
    let Some(uses) = USES.as_ref() else { return };
    // Where each name is set first: the number of the command.
    let mut first_set: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut any, mut capitals) = (!lab.whole, false);
    for (number, (_, _, view)) in lab.all_commands().enumerate() {
        for name in assigned::names(&view.command.text) {
            first_set.entry(name).or_insert(number);
        }
        let runs = |names: &[&str]| view.parts.iter().any(|part| names.contains(&part.name()));
        any |= runs(&SETS_ANY);
        // The prefix of that workshop's own variables, on a page of it that is looked at by itself.
        capitals |= runs(&SETS_CAPITALS)
            || view.command.text.contains("$EKS_")
            || view.command.text.contains("${EKS_");
    }
    let known = LazyCell::new(|| Slips::of(first_set.keys().copied()));
    let mentioned = LazyCell::new(|| mentioned(lab));
    let mut said: HashSet<&str> = HashSet::new();
    for (number, (page, step, view)) in lab.all_commands().enumerate() {
        let text = &view.command.text;
        if step.step.skip.is_some() || !text.contains('$') {
            continue;
        }
        let literal = literal(text);
        for found in uses.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            let Some(name) = found.get(1).or(found.get(2)).map(|name| name.as_str()) else {
                continue;
            };
            let before = &text[..whole.start()];
            let defaulted = found
                .get(3)
                .is_some_and(|sign| matches!(sign.as_str(), ":" | "-" | "=" | "+"));
            if before.ends_with(['\\', '$'])
                || defaulted
                || literal.iter().any(|range| range.contains(&whole.start()))
                || said.contains(name)
                || is_given(name)
            {
                continue;
            }
            let hidden = any || capitals && is_capital(name);
            let message = match first_set.get(name) {
                Some(set) if *set <= number => continue,
                Some(_) if !hidden => format!("`{name}` is set only further down"),
                Some(_) => continue,
                None => {
                    let near = known.near(name).into_iter();
                    let near = nearest(name, near.filter(|near| is_slip(name, near)));
                    match near {
                        Some(near) => format!("`{name}` is never set; `{near}` is"),
                        None if !hidden && !lab.set_elsewhere(name) => {
                            format!("`{name}` is never set in this lab")
                        }
                        None => continue,
                    }
                }
            };
            said.insert(name);
            if mentioned.contains(name) {
                continue;
            }
            let span = view.span(page.file(), whole.start(), whole.end());
            findings.add(page.file(), span, message);
        }
    }
}

fn is_given(name: &str) -> bool {
    GIVEN.contains(&name) || GIVEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn is_capital(name: &str) -> bool {
    !name.contains(|c: char| c.is_ascii_lowercase())
}

/// The words of the text, and of fences that are no shell's: they may say that a variable is there.
fn mentioned<'a>(lab: &'a LabView<'_>) -> HashSet<&'a str> {
    let pages = lab.pages.iter();
    let texts = pages.flat_map(|page| {
        let other = |block: &&Block| !crate::page::is_shell(&block.language);
        let blocks = page.blocks.iter().filter(other);
        page.prose().chain(blocks.map(|block| block.text.as_str()))
    });
    texts
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'))
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

/// The parts of a text in which `$` is a letter: single quotes, and the bodies of quoted here-documents.
fn literal(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    if let Some(at) = text
        .find("<<'")
        .or_else(|| text.find("<< '"))
        .or_else(|| text.find("<<-'"))
        .or_else(|| text.find("<<\""))
    {
        found.push(at..text.len());
    }
    // What is open: double quotes, and substitutions, in which quotes count anew.
    let mut open: Vec<u8> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let quoted = open.last() == Some(&b'"');
        match bytes[at] {
            b'\\' => at += 1,
            b'"' if quoted => {
                open.pop();
            }
            b'"' => open.push(b'"'),
            b'$' if bytes.get(at + 1) == Some(&b'(') => {
                open.push(b'(');
                at += 1;
            }
            b'(' if !quoted => open.push(b'('),
            b')' if !quoted => {
                open.pop();
            }
            b'\'' if !quoted => {
                let end = text[at + 1..]
                    .find('\'')
                    .map_or(text.len(), |offset| at + 1 + offset);
                found.push(at..end);
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_dollar_is_a_letter() {
        for (text, expected) in [
            ("echo '$a' $b", vec!["'$a"]),
            ("echo \"'$a'\"", vec![]),
            ("X=\"$(awk '{print $n}' f)\"", vec!["'{print $n}"]),
            ("echo \\' $a", vec![]),
            ("cat <<'EOF'\n$a\nEOF", vec!["<<'EOF'\n$a\nEOF", "'EOF"]),
        ] {
            let found: Vec<&str> = literal(text)
                .into_iter()
                .map(|range| &text[range])
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
