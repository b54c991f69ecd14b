//! Flags that do not do what they seem to.

use std::sync::LazyLock;

use regex::Regex;

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::source::Severity;

pub(super) const GIVEN_TWICE: Rule = Rule {
    code: "LP022",
    title: "a flag given twice",
    severity: Severity::Warning,
    explanation: "Of a flag that takes one value the last one counts; the first says something that is not so.",
    example: "```bash\n$ kubectl get pods -n shop -n default\n```\n",
    check: given_twice,
};

/// Flags that take one value, in all their spellings, and the programs that have them. Flags that may be repeated
/// (`--set`, `-f`, `-L`, the `--include` of `aws s3`) are not among them.
const SINGLE: &[(&str, &[&[&str]])] = &[
    (
        "kubectl",
        &[
            &["-n", "--namespace"],
            &["-o", "--output"],
            &["-l", "--selector"],
            &["--field-selector"],
            &["--sort-by"],
            &["--timeout"],
            &["--replicas"],
            &["--tail"],
            &["--since"],
            &["--type"],
            &["--port"],
            &["--target-port"],
            &["--grace-period"],
            &["--context"],
            &["--kubeconfig"],
        ],
    ),
    (
        "helm",
        &[&["-n", "--namespace"], &["--version"], &["--timeout"]],
    ),
    (
        "eksctl",
        &[&["--cluster"], &["--name"], &["--region"], &["--version"]],
    ),
    (
        "aws",
        &[
            &["--region"],
            &["--query"],
            &["--output"],
            &["--profile"],
            &["--filters"],
            &["--cluster-name"],
        ],
    ),
];

fn given_twice(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        for part in &view.parts {
            let flags = SINGLE.iter().find(|(name, _)| *name == part.name());
            for names in flags.map_or(&[][..], |(_, flags)| *flags) {
                let mut given = part.flags(names);
                let (Some((first, word)), Some((last, _))) = (given.next(), given.next_back())
                else {
                    continue;
                };
                let span = view.word_span(page.file(), word);
                let flag = names[names.len() - 1];
                if first == last {
                    findings
                        .add(page.file(), span, format!("`{flag}` is given twice"))
                        .severity = Severity::Note;
                } else {
                    findings.add(
                        page.file(),
                        span,
                        format!("`{flag}` is given twice: `{last}` counts, `{first}` does not"),
                    );
                }
            }
        }
    }
}

pub(super) const RANGE_WITHOUT_END: Rule = Rule {
    code: "LP023",
    title: "a template that is not ended",
    severity: Severity::Warning,
    explanation: "Without `{end}` everything after a jsonpath's `{range ...}` belongs to the loop, and what stands there is evaluated once more for \
                  the list as a whole: one line too many. In a go-template a missing `{{end}}`, in a jsonpath a missing `]` or `}` is an error.",
    example: "```bash\n$ kubectl get pods -o jsonpath='{range .items[*]}{.metadata.name}'\n```\n",
    check: range,
};

fn range(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        for word in view.parts.iter().flat_map(|part| part.command()) {
            let Some((missing, message)) = unended(&word.text) else {
                continue;
            };
            let span = view.word_span(page.file(), word);
            findings.add(page.file(), span, message).help = Some(format!("write `{missing}`"));
        }
    }
}

/// What a template lacks at its end, and how to say so.
fn unended(word: &str) -> Option<(&'static str, &'static str)> {
    let count = |text: &str| word.matches(text).count();
    if word.contains("go-template") || word.starts_with("{{") {
        let (opens, ends) = (OPENS.as_ref()?, ENDS.as_ref()?);
        let open = opens.find_iter(word).count() > ends.find_iter(word).count();
        return open.then_some(("{{end}}", "the go-template is not ended"));
    }
    if !word.contains("jsonpath") {
        return None;
    }
    if count("{range") + count("{ range") > count("{end}") + count("{ end }") {
        return Some(("{end}", "a `{range}` is not ended"));
    }
    let signs = outside_quotes(word);
    let count = |sign: char| signs.iter().filter(|c| **c == sign).count();
    // What an expansion holds is not known.
    if count('$') == 0 && count('[') > count(']') {
        return Some(("]", "a `[` of the jsonpath is not closed"));
    }
    (count('$') == 0 && count('{') > count('}'))
        .then_some(("}", "a `{` of the jsonpath is not closed"))
}

static OPENS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{\{-?\s*(?:range|if|with|define|block)\b").ok());
static ENDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{-?\s*end\s*-?\}\}").ok());

/// The letters of a jsonpath that are not in quotes of its own.
fn outside_quotes(text: &str) -> Vec<char> {
    let mut open = None;
    let mut found = Vec::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (open, letter) {
            (_, '\\') => {
                letters.next();
            }
            (None, '"' | '\'') => open = Some(letter),
            (None, _) => found.push(letter),
            (Some(quote), _) if quote == letter => open = None,
            _ => {}
        }
    }
    found
}

pub(super) const SILENT_METER: Rule = Rule {
    code: "LP024",
    title: "a progress meter that `-s` leaves out",
    severity: Severity::Warning,
    explanation: "With `-s` curl shows no progress meter; the page shows one. The output is from another command.",
    example: "```bash\n$ curl -s http://web\n  % Total    % Received % Xferd  Average Speed\n```\n",
    check: meter,
};

fn meter(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        let silent = view.parts.iter().any(|part| {
            part.name() == "curl"
                && part.command().iter().any(|word| {
                    word.text == "--silent"
                        || word.text.starts_with('-')
                            && !word.text.starts_with("--")
                            && word.text.len() <= 5
                            && word.text.contains('s')
                })
        });
        if !silent {
            continue;
        }
        for (line, span) in view.shown_lines(page.file()) {
            if line.contains("% Total") && line.contains("% Received") {
                findings.add(page.file(), span, "with `-s` curl does not print this");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_that_are_not_ended() {
        for (word, missing) in [
            ("jsonpath={range .items[*]}{.a}{end}", None),
            ("jsonpath={range .items[*]}{.a}", Some("{end}")),
            ("jsonpath={.items[*}", Some("]")),
            ("jsonpath={.items[*].a", Some("}")),
            ("jsonpath={.items[?(@.a==\"[\")].b}", None),
            ("jsonpath={.data.a\\.b}", None),
            ("jsonpath={.items[$X}", None),
            ("go-template={{range .items}}{{.a}}{{end}}", None),
            ("go-template={{range .items}}{{.a}}", Some("{{end}}")),
            (
                "{{- if .a }}{{- range .items -}}{{.a}}{{- end -}}",
                Some("{{end}}"),
            ),
        ] {
            assert_eq!(unended(word).map(|found| found.0), missing, "{word}");
        }
    }
}
