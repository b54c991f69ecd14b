//! Commands that cannot end in time, or at all.

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::page::endless::{self, ENDLESS};
use crate::source::Severity;
use crate::syntax::{Joint, Simple, Word};

pub(super) const TIMEOUT_TOO_SHORT: Rule = Rule {
    code: "LP004",
    title: "the fence's timeout is shorter than the command's",
    severity: Severity::Warning,
    explanation: "The block is ended (after 120 s, if it says nothing) before the command's own `--timeout` runs out, or before a `sleep` is \
                  over: a slow cluster fails with \"timed out\" instead of the command's own message.",
    example: "```bash timeout=60\n$ kubectl wait --for=condition=available deployment/web --timeout=300s\n```\n",
    check: too_short,
};

fn too_short(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, step, view) in lab.commands() {
        let limit = step.step.options.timeout.as_secs();
        for part in &view.parts {
            let own = own_time(part).filter(|_| part.joint != Joint::Background);
            let Some((own, word)) = own.filter(|(own, _)| *own > limit) else {
                continue;
            };
            let span = view.word_span(page.file(), word);
            findings
                .add(
                    page.file(),
                    span,
                    format!("the command may take {own} s, its block only {limit} s"),
                )
                .help = Some(format!("write `timeout={own}` or more on the fence"));
        }
    }
}

/// How long a command says that it may take, and where.
fn own_time(part: &Simple) -> Option<(u64, &Word)> {
    match part.name() {
        "kubectl" | "helm" | "eksctl" | "flux" | "argocd" => part
            .flags(&["--timeout"])
            .filter_map(|(value, word)| Some((seconds(value)?, word)))
            .next_back(),
        // The first word that is a time: options of `timeout` may stand before it.
        "sleep" | "timeout" => part.command()[1..]
            .iter()
            .find_map(|word| Some((seconds(&word.text)?, word))),
        _ => None,
    }
}

/// `90`, `90s`, `5m`, `1h30m`.
fn seconds(text: &str) -> Option<u64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let mut total = 0_u64;
    let mut number = String::new();
    for c in text.chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        number.clear();
    }
    (number.is_empty() && !text.is_empty()).then_some(total)
}

pub(super) const NEVER_ENDS: Rule = Rule {
    code: "LP025",
    title: "a command that never ends",
    severity: Severity::Warning,
    explanation: "A watch, a followed log or a forwarded port goes on until somebody stops it; in a run nobody does. The block is \
                  skipped (`endless command`), or, where it also changes something, fails when its time is over.",
    example: "```bash\n$ kubectl get pods --watch\n```\n",
    check: never_ends,
};

fn never_ends(lab: &LabView<'_>, findings: &mut Findings) {
    // Steps that are skipped for it are told of too: their author may not have meant it.
    for (page, step, view) in lab.all_commands() {
        let skip = step.step.skip.as_deref();
        if step.step.options.until.is_some() || skip.is_some_and(|reason| reason != ENDLESS) {
            continue;
        }
        let Some(part) = endless::part(&view.parts) else {
            continue;
        };
        let span = view.first_line(page.file());
        findings.add(page.file(), span, format!("this `{}` never ends by itself", part.name())).help = Some(
            "write `until=TEXT` on the fence to stop when TEXT shows, `test=false` to leave it out, or end the line with `&`"
                .to_owned(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("90", Some(90)),
            ("5m", Some(300)),
            ("1h30m", Some(5400)),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
