//! Outputs and sentences that say something else than the command beside them.

use std::sync::LazyLock;

use regex::Regex;

use super::super::known::{arguments, is_name, kind};
use super::super::view::{CommandView, LabView, PageView, StepView};
use super::super::{Findings, Rule};
use crate::source::{Severity, Span};
use crate::syntax::Simple;

pub(super) const OTHER_OBJECT: Rule = Rule {
    code: "LP031",
    title: "an output about another object",
    severity: Severity::Warning,
    explanation: "The command names an object, and the page shows what was printed about one of another name: one of the two was renamed or misspelt.",
    example: "```bash\n$ kubectl create deployment web --image=nginx\ndeployment.apps/wbe created\n```\n",
    check: other_object,
};

/// What kubectl says that it did to an object: its name in one of the groups.
static ACTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"^[a-z][a-z0-9.-]*(?:/(\S+) (?:created|scaled|patched|labeled|annotated|restarted|autoscaled)\b| "([^"]+)" (?:force )?deleted)"#,
    )
    .ok()
});

fn other_object(lab: &LabView<'_>, findings: &mut Findings) {
    let Some(action) = ACTION.as_ref() else {
        return;
    };
    for (page, _, view) in lab.commands() {
        let Some((verb, names)) = view.only().and_then(named) else {
            continue;
        };
        let lines = view.shown_lines(page.file());
        let shown: Vec<(&str, Span)> = match verb {
            "get" => rows(&lines),
            "describe" => lines
                .iter()
                .filter_map(|(line, span)| Some((line.strip_prefix("Name:")?.trim(), *span)))
                .collect(),
            _ => lines
                .iter()
                .filter_map(|(line, span)| {
                    let found = action.captures(line)?;
                    Some((found.get(1).or(found.get(2))?.as_str(), *span))
                })
                .collect(),
        };
        // `describe` takes the beginning of a name.
        let belongs = |shown: &str| {
            names.iter().any(|name| {
                *name == shown || verb == "describe" && shown.starts_with(name) || !is_name(shown)
            })
        };
        if let Some((other, span)) = shown.iter().find(|(shown, _)| !belongs(shown)) {
            let message = format!(
                "the command is about `{}`, not `{other}`",
                names.join("`, `")
            );
            findings.add(page.file(), *span, message);
        }
    }
}

/// The names of objects that a kubectl command is about and nothing but them, with its verb.
fn named(part: &Simple) -> Option<(&str, Vec<&str>)> {
    let any = ["-f", "--filename", "-k", "--kustomize", "-l", "--selector"];
    if part.name() != "kubectl" || part.flag(&any).is_some() || part.has(&["--all", "-A"]) {
        return None;
    }
    let words: Vec<&str> = arguments(part)
        .into_iter()
        .map(|word| word.text.as_str())
        .collect();
    let (verb, rest) = words.split_first()?;
    let rest = match (*verb, rest) {
        ("create", ["secret" | "service" | "svc", _, rest @ ..]) => rest.get(..1)?,
        ("create", [_, rest @ ..]) => rest.get(..1)?,
        ("run", rest) => rest.get(..1)?,
        ("rollout", ["restart", rest @ ..]) => objects(rest)?,
        ("get" | "describe" | "delete" | "scale" | "patch" | "autoscale", rest) => objects(rest)?,
        ("label" | "annotate", rest) => {
            let end = rest
                .iter()
                .position(|word| word.contains('=') || word.ends_with('-'))?;
            objects(&rest[..end])?
        }
        _ => return None,
    };
    let names: Vec<&str> = rest
        .iter()
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .collect();
    let plain = !names.is_empty() && names.iter().all(|name| is_name(name));
    // Names of pods are made anew with every run, and pages mix runs.
    let pods = matches!(words.get(1), Some(&("pod" | "pods" | "po"))) && *verb != "get";
    (plain && !pods).then_some((verb, names))
}

/// `web api` of `deployment web api`, `deployment/web` as it is.
fn objects<'a, 'b>(words: &'a [&'b str]) -> Option<&'a [&'b str]> {
    match words {
        [first, ..] if first.contains('/') => {
            words.iter().all(|word| word.contains('/')).then_some(words)
        }
        [_, rest @ ..] => Some(rest),
        [] => None,
    }
}

/// The names in the first column of a table.
fn rows<'a>(lines: &[(&'a str, Span)]) -> Vec<(&'a str, Span)> {
    let first = |line: &'a str| line.split_whitespace().next().unwrap_or("");
    let Some((header, rest)) = lines.split_first() else {
        return Vec::new();
    };
    if first(header.0) != "NAME" || !header.0.contains("AGE") {
        return Vec::new();
    }
    rest.iter()
        .map(|(line, span)| (first(line), *span))
        .filter(|(name, _)| !name.is_empty() && *name != "NAME")
        .map(|(name, span)| (name.rsplit('/').next().unwrap_or(name), span))
        .collect()
}

pub(super) const OTHER_COUNT: Rule = Rule {
    code: "LP032",
    title: "another number of replicas than the command asks for",
    severity: Severity::Warning,
    explanation: "The sentence before a `--replicas=N` speaks of scaling to another number, or the table after it shows one: `READY 3/5` is three of five \
                  that are wanted, and five is not what was asked for.",
    example: "Scale the Deployment to 3 replicas:\n\n```bash\n$ kubectl scale deployment/web --replicas=5\n```\n",
    check: other_count,
};

static SCALE_TO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?is)\b(?:scal(?:e|ing)|increas(?:e|ing)|decreas(?:e|ing)|reduc(?:e|ing))\b[^.:]*?\bto\s+(\w+)\s+(?:replicas?|pods|instances|copies)\b").ok()
});

/// An object that was scaled: kind, name, replicas.
type Scaled = (&'static str, String, u32);

fn other_count(lab: &LabView<'_>, findings: &mut Findings) {
    let autoscaled = lab.all_commands().any(|(_, _, view)| {
        ["autoscale", "HorizontalPodAutoscaler", "hpa", "keda"]
            .iter()
            .any(|word| view.command.text.contains(word))
    });
    for page in &lab.pages {
        let mut scaled: Option<Scaled> = None;
        for step in page.steps.iter().filter(|step| step.step.skip.is_none()) {
            against_prose(page, step, findings);
            for view in &step.commands {
                let asked = view.only().and_then(scale);
                if asked.is_some() {
                    scaled = asked;
                } else if let (Some(now), Some(get)) = (&scaled, view.only().and_then(table_of)) {
                    if !autoscaled && get == now.0 {
                        against_table(page, view, now, findings);
                    }
                } else if !view.parts.iter().all(only_looks) {
                    scaled = None;
                }
            }
        }
    }
}

/// `kubectl scale deployment/web --replicas=3`.
fn scale(part: &Simple) -> Option<Scaled> {
    let words = arguments(part);
    let (verb, rest) = words.split_first()?;
    if part.name() != "kubectl" || verb.text != "scale" {
        return None;
    }
    let replicas = part.flag(&["--replicas"])?.parse().ok()?;
    let (kind_word, name) = match rest {
        [one] => one.text.split_once('/')?,
        [kind, name] => (kind.text.as_str(), name.text.as_str()),
        _ => return None,
    };
    let kind = kind(kind_word).filter(|kind| matches!(*kind, "deployment" | "statefulset"))?;
    Some((kind, name.to_owned(), replicas))
}

/// The kind that a `kubectl get` lists.
fn table_of(part: &Simple) -> Option<&'static str> {
    let words = arguments(part);
    let (verb, rest) = words.split_first()?;
    if part.name() != "kubectl" || verb.text != "get" {
        return None;
    }
    kind(rest.first()?.text.split('/').next()?)
}

fn only_looks(part: &Simple) -> bool {
    let verb = arguments(part).first().map_or("", |word| &word.text);
    let read = matches!(verb, "get" | "describe" | "logs" | "wait" | "top")
        || verb == "rollout" && part.command().iter().any(|word| word.text == "status");
    part.name() != "kubectl" || read
}

fn against_table(
    page: &PageView<'_>,
    view: &CommandView<'_>,
    (_, name, replicas): &Scaled,
    findings: &mut Findings,
) {
    let lines = view.shown_lines(page.file());
    let ready = lines.first().is_some_and(|(header, _)| {
        let cells: Vec<&str> = header.split_whitespace().collect();
        cells.starts_with(&["NAME", "READY"])
    });
    // The page may show what was there before and after.
    let mut rows = lines
        .iter()
        .filter(|(line, _)| line.split_whitespace().next() == Some(name));
    let (Some((line, span)), None, true) = (rows.next(), rows.next(), ready) else {
        return;
    };
    let wanted = line
        .split_whitespace()
        .nth(1)
        .and_then(|cell| cell.split_once('/')?.1.parse::<u32>().ok());
    if let Some(wanted) = wanted.filter(|wanted| wanted != replicas) {
        findings.add(
            page.file(),
            *span,
            format!("`{name}` was scaled to {replicas} just above; this shows {wanted} wanted"),
        );
    }
}

fn against_prose(page: &PageView<'_>, step: &StepView<'_>, findings: &mut Findings) {
    let mut asked = step.commands.iter().flat_map(|view| {
        view.parts
            .iter()
            .flat_map(|part| part.flags(&["--replicas"]))
            .map(move |(value, word)| (view, value, word))
    });
    let (Some((view, value, word)), None) = (asked.next(), asked.next()) else {
        return;
    };
    let (Ok(replicas), Some(pattern)) = (value.parse::<u32>(), SCALE_TO.as_ref()) else {
        return;
    };
    let before = &page.file().text()[..step.step.span.start];
    let paragraph = before.trim_end().rsplit("\n\n").next().unwrap_or("");
    let mut said = pattern
        .captures_iter(paragraph)
        .filter_map(|found| number(&found[1]));
    if let (Some(said), None) = (said.next(), said.next())
        && said != replicas
    {
        let span = view.word_span(page.file(), word);
        findings.add(
            page.file(),
            span,
            format!("the sentence above scales to {said}, the command to {replicas}"),
        );
    }
}

fn number(word: &str) -> Option<u32> {
    let words = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    let word = word.to_lowercase();
    word.parse().ok().or_else(|| {
        let index = words.iter().position(|known| *known == word)?;
        u32::try_from(index).ok()
    })
}
