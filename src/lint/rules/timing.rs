//! Commands that cannot end in time, or at all.

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::source::Severity;
use crate::syntax::{Joint, Simple};

pub(super) const TIMEOUT_TOO_SHORT: Rule = Rule {
    code: "LP004",
    title: "the fence's timeout is shorter than the command's",
    severity: Severity::Warning,
    explanation: "The block is ended (after 120 s, if it says nothing) before the command's own `--timeout` runs out: a slow cluster \
                  fails with \"timed out\" instead of the command's own message.",
    example: "```bash timeout=60\n$ kubectl wait --for=condition=available deployment/web --timeout=300s\n```\n",
    check: too_short,
};

fn too_short(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, step, view) in lab.commands() {
        let limit = step.step.options.timeout.as_secs();
        for part in &view.parts {
            if !matches!(
                part.name(),
                "kubectl" | "helm" | "eksctl" | "flux" | "argocd"
            ) {
                continue;
            }
            let longest = part
                .flags(&["--timeout"])
                .filter_map(|(value, word)| Some((seconds(value)?, word)))
                .next_back();
            let Some((own, word)) = longest.filter(|(own, _)| *own > limit) else {
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
    explanation: "A watch, a followed log or a forwarded port goes on until somebody stops it; in a run nobody does, and the block \
                  fails when its time is over.",
    example: "```bash\n$ kubectl get pods --watch\n```\n",
    check: never_ends,
};

fn never_ends(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, step, view) in lab.commands() {
        if step.step.options.until.is_some()
            || view
                .parts
                .iter()
                .any(|part| matches!(part.name(), "timeout" | "head" | "grep"))
        {
            continue;
        }
        let outer = view.parts.iter().filter(|part| part.depth == 0);
        let Some(part) = outer.clone().find(|part| endless(part)) else {
            continue;
        };
        // In the background it ends with the shell.
        let background = outer
            .skip_while(|other| !std::ptr::eq(*other, part))
            .find(|other| other.joint != Joint::Pipe)
            .is_some_and(|last| last.joint == Joint::Background);
        if background || view.command.text.trim_start().starts_with("while") {
            continue;
        }
        let span = view.first_line(page.file());
        findings.add(page.file(), span, format!("this `{}` never ends by itself", part.name())).help = Some(
            "write `until=TEXT` on the fence to stop when TEXT shows, `test=false` to leave it out, or end the line with `&`"
                .to_owned(),
        );
    }
}

fn endless(part: &Simple) -> bool {
    let words: Vec<&str> = part
        .command()
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    let verb = |verb: &str| {
        words
            .iter()
            .take_while(|word| **word != "--")
            .any(|word| *word == verb)
    };
    match part.name() {
        "watch" => true,
        "kubectl" if verb("port-forward") => true,
        "kubectl" if verb("proxy") && words.len() < 4 => true,
        "kubectl" if verb("get") || verb("events") => part.has(&["-w", "--watch", "--watch-only"]),
        "kubectl" if verb("logs") => part.has(&["-f", "--follow"]),
        "tail" => part.has(&["-f", "-F"]),
        _ => false,
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
