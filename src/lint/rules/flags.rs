//! Flags that do not do what they seem to.

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

/// Flags of kubectl that take one value, in all their spellings.
const SINGLE: [&[&str]; 7] = [
    &["-n", "--namespace"],
    &["-o", "--output"],
    &["--timeout"],
    &["--replicas"],
    &["--context"],
    &["--kubeconfig"],
    &["--image"],
];

fn given_twice(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        for part in view.parts.iter().filter(|part| part.name() == "kubectl") {
            for names in SINGLE {
                let mut given = part.flags(names);
                let (Some((first, word)), Some((last, _))) = (given.next(), given.next_back())
                else {
                    continue;
                };
                let span = view.word_span(page.file(), word);
                let flag = names[names.len() - 1];
                findings.add(
                    page.file(),
                    span,
                    format!("`{flag}` is given twice: `{last}` counts, `{first}` does not"),
                );
            }
        }
    }
}

pub(super) const RANGE_WITHOUT_END: Rule = Rule {
    code: "LP023",
    title: "`{range}` without `{end}`",
    severity: Severity::Warning,
    explanation: "Without `{end}` everything after `{range ...}` belongs to the loop, and what stands there is evaluated once more for the list as a \
                  whole: one line too many.",
    example: "```bash\n$ kubectl get pods -o jsonpath='{range .items[*]}{.metadata.name}'\n```\n",
    check: range,
};

fn range(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        for word in view.parts.iter().flat_map(|part| part.command()) {
            let count = |text: &str| word.text.matches(text).count();
            if word.text.contains("jsonpath")
                && count("{range") + count("{ range") > count("{end}") + count("{ end }")
            {
                let span = view.word_span(page.file(), word);
                findings
                    .add(page.file(), span, "a `{range}` is not ended")
                    .help = Some("write `{end}`".to_owned());
            }
        }
    }
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
