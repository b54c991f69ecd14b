//! Names of namespaces and objects that are nearly, but not quite, names that the lab uses.
//!
//! What exists on a cluster before the lab begins is not known, so an unknown name is no mistake; one that occurs once
//! and differs by a letter from one that occurs often is.

use std::collections::BTreeMap;

use super::super::view::{CommandView, LabView, PageView};
use super::super::{Findings, Rule};
use crate::source::Severity;
use crate::syntax::{Simple, Word};

pub(super) const NAMESPACE: Rule = Rule {
    code: "LP020",
    title: "a suspect namespace",
    severity: Severity::Warning,
    explanation: "The namespace occurs once and differs by a slip of the hand from one that the lab uses. In a namespace that does not exist \
                  `kubectl get` finds nothing and `kubectl delete --all` deletes nothing, and both succeed.",
    example: "```bash\n$ kubectl get pods -n assets\n$ kubectl describe deployment -n assets\n$ kubectl delete --all pods --namespace=assetss\n```\n",
    check: namespace,
};

pub(super) const OBJECT: Rule = Rule {
    code: "LP021",
    title: "a suspect object",
    severity: Severity::Warning,
    explanation: "The object's name occurs once and differs by a slip of the hand from one of the same kind that the lab uses.",
    example: "```bash\n$ kubectl get deployment/checkout\n$ kubectl scale deployment/checkout --replicas=2\n$ kubectl rollout status deployment/chekcout\n```\n",
    check: object,
};

/// A name, with where it stands.
struct Use<'a> {
    page: &'a PageView<'a>,
    view: &'a CommandView<'a>,
    word: &'a Word,
}

/// The names of one kind, each with its uses.
type Uses<'a> = BTreeMap<String, Vec<Use<'a>>>;

fn namespace(lab: &LabView<'_>, findings: &mut Findings) {
    let mut uses: Uses<'_> = BTreeMap::new();
    for (page, _, view) in lab.commands() {
        for part in view.parts.iter().filter(|part| is_kubectl(part)) {
            for (name, word) in part.flags(&["-n", "--namespace"]) {
                if is_name(name) {
                    uses.entry(name.to_owned())
                        .or_default()
                        .push(Use { page, view, word });
                }
            }
        }
    }
    report(lab, &uses, "namespace", findings);
}

fn object(lab: &LabView<'_>, findings: &mut Findings) {
    let mut kinds: BTreeMap<&'static str, Uses<'_>> = BTreeMap::new();
    for (page, _, view) in lab.commands() {
        for part in view.parts.iter().filter(|part| is_kubectl(part)) {
            for (kind, name, word) in objects(part) {
                kinds
                    .entry(kind)
                    .or_default()
                    .entry(name)
                    .or_default()
                    .push(Use { page, view, word });
            }
        }
    }
    for (kind, uses) in &kinds {
        report(lab, uses, kind, findings);
    }
}

fn is_kubectl(part: &Simple) -> bool {
    matches!(part.name(), "kubectl" | "helm")
}

fn is_name(name: &str) -> bool {
    name.len() >= 4
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `deployment/web` and `deployment web`, the kind in one spelling.
fn objects(part: &Simple) -> Vec<(&'static str, String, &Word)> {
    let words = part.command();
    let end = words
        .iter()
        .position(|word| word.text == "--")
        .unwrap_or(words.len());
    let mut found = Vec::new();
    for (index, word) in words[..end].iter().enumerate() {
        if let Some((head, name)) = word.text.split_once('/') {
            if let Some(kind) = kind(head).filter(|_| is_name(name)) {
                found.push((kind, name.to_owned(), word));
            }
        } else if let (Some(kind), Some(next)) = (kind(&word.text), words[..end].get(index + 1)) {
            let verb = words.get(index.wrapping_sub(1)).is_some_and(|before| {
                matches!(
                    before.text.as_str(),
                    "get"
                        | "describe"
                        | "delete"
                        | "edit"
                        | "patch"
                        | "scale"
                        | "expose"
                        | "label"
                        | "annotate"
                )
            });
            if verb && is_name(&next.text) {
                found.push((kind, next.text.clone(), next));
            }
        }
    }
    found
}

fn kind(text: &str) -> Option<&'static str> {
    Some(match text.split('.').next()? {
        "deployment" | "deployments" | "deploy" => "deployment",
        "statefulset" | "statefulsets" | "sts" => "statefulset",
        "daemonset" | "daemonsets" | "ds" => "daemonset",
        "service" | "services" | "svc" => "service",
        "configmap" | "configmaps" | "cm" => "configmap",
        "secret" | "secrets" => "secret",
        "ingress" | "ingresses" | "ing" => "ingress",
        "job" | "jobs" => "job",
        "cronjob" | "cronjobs" | "cj" => "cronjob",
        "pvc" | "persistentvolumeclaim" => "pvc",
        "serviceaccount" | "sa" => "serviceaccount",
        "namespace" | "namespaces" | "ns" => "namespace",
        _ => return None,
    })
}

fn report(lab: &LabView<'_>, uses: &Uses<'_>, what: &str, findings: &mut Findings) {
    for (name, places) in uses {
        let [place] = places.as_slice() else { continue };
        let near = uses
            .iter()
            .find(|(other, others)| others.len() >= 2 && is_slip(name, other));
        let Some((near, others)) = near else { continue };
        // What the lab makes or shows under that name exists.
        if is_known(lab, name) {
            continue;
        }
        let span = place.view.word_span(place.page.file(), place.word);
        findings
            .add(
                place.page.file(),
                span,
                format!("the {what} `{name}` occurs only here"),
            )
            .help = Some(format!(
            "did you mean `{near}`, which the lab uses {} times?",
            others.len()
        ));
    }
}

/// Whether an output, a manifest on the page or a file of the lab has the name.
fn is_known(lab: &LabView<'_>, name: &str) -> bool {
    let holds = |text: &str| {
        text.match_indices(name).any(|(at, _)| {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
            !text[..at].ends_with(word)
                && !text[at + name.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
        })
    };
    lab.pages.iter().any(|page| {
        page.blocks
            .iter()
            .any(|block| !crate::page::is_shell(&block.language) && holds(&block.text))
            || page
                .steps
                .iter()
                .flat_map(|step| &step.commands)
                .any(|view| {
                    let made =
                        view.command.text.contains("create") || view.command.text.contains("<<");
                    made && holds(&view.command.text)
                        || view.command.expected.as_ref().is_some_and(|shown| {
                            !shown.text.contains("not found") && holds(&shown.text)
                        })
                })
    })
}

/// One letter more, less, other, or two swapped; digits and whole words apart make another name.
fn is_slip(name: &str, near: &str) -> bool {
    if name.len().abs_diff(near.len()) > 1 || name == near {
        return false;
    }
    let (a, b) = (name.as_bytes(), near.as_bytes());
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let back = a[front..]
        .iter()
        .rev()
        .zip(b[front..].iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (left, right) = (&a[front..a.len() - back], &b[front..b.len() - back]);
    let letters = |part: &[u8]| part.iter().all(u8::is_ascii_lowercase);
    let swapped = left.len() == 2 && right.len() == 2 && left[0] == right[1] && left[1] == right[0];
    // The part between dashes that differs must be long enough to be a word: `app-a` and `app-b` are two names.
    let long = |name: &str| {
        let start = name[..front.min(name.len())]
            .rfind('-')
            .map_or(0, |at| at + 1);
        name[start..]
            .split('-')
            .next()
            .is_some_and(|part| part.len() >= 5)
    };
    letters(left)
        && letters(right)
        && (left.len().max(right.len()) <= 1 || swapped)
        && long(name)
        && long(near)
}
