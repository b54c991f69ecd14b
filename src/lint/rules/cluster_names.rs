//! Names of namespaces and objects that nothing on the lab's pages makes.
//!
//! What exists on a cluster before the lab begins is not known. A name is reported where it occurs once and differs by a
//! letter from one that is known, and any unknown name where the pages tell all that is made.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::known::{arguments, is_name, kind};
use super::super::slips::Slips;
use super::super::view::{CommandView, LabView, PageView};
use super::super::{Findings, Rule};
use crate::page::Block;
use crate::source::Severity;
use crate::syntax::{Joint, Simple, Word};

pub(super) const NAMESPACE: Rule = Rule {
    code: "LP020",
    title: "a suspect namespace",
    severity: Severity::Warning,
    explanation: "No manifest and no command of the lab makes the namespace, nothing else mentions it, and it differs by a slip of the hand from one \
                  that the lab uses; or the pages tell all that is made, and it is not among it. In a namespace that does not exist \
                  `kubectl get` finds nothing and `kubectl delete --all` deletes nothing, and both succeed.",
    example: "```bash\n$ kubectl get pods -n assets\n$ kubectl describe deployment -n assets\n$ kubectl delete --all pods --namespace=assetss\n```\n",
    check: namespace,
};

pub(super) const OBJECT: Rule = Rule {
    code: "LP021",
    title: "a suspect object",
    severity: Severity::Warning,
    explanation: "No manifest and no command of the lab makes the object, nothing else mentions it, and its name differs by a slip of the hand from \
                  one of the same kind that the lab uses; or the pages tell all that is made, and it is not among it.",
    example: "```bash\n$ kubectl create deployment checkout --image=nginx\n$ kubectl scale deployment/checkout --replicas=2\n$ kubectl rollout status deployment/chekcout\n```\n",
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

/// Namespaces of every cluster.
const BUILT_IN: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

fn namespace(lab: &LabView<'_>, findings: &mut Findings) {
    let mut uses: Uses<'_> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for (page, step, view) in lab.commands() {
        for part in view.parts.iter().filter(|part| is_kubectl(part)) {
            let made = part.has(&["--create-namespace"]);
            for (name, word) in part.flags(&["-n", "--namespace"]) {
                if made {
                    named.insert(name.to_owned());
                } else if is_name(name) && !step.step.options.expect_error {
                    let used = Use { page, view, word };
                    uses.entry(name.to_owned()).or_default().push(used);
                }
            }
        }
    }
    named.extend(lab.known.namespaces.iter().cloned());
    let complete = lab.known.complete && tells_all(lab, &named);
    named.extend(BUILT_IN.map(str::to_owned));
    report(lab, &uses, &named, "namespace", complete, findings);
}

fn object(lab: &LabView<'_>, findings: &mut Findings) {
    let mut kinds: BTreeMap<&'static str, Uses<'_>> = BTreeMap::new();
    for (page, step, view) in lab.commands() {
        if step.step.options.expect_error {
            continue;
        }
        for part in view.parts.iter().filter(|part| is_kubectl(part)) {
            for (kind, word, name) in objects(part) {
                let used = Use { page, view, word };
                let of_kind = kinds.entry(kind).or_default();
                of_kind.entry(name.to_owned()).or_default().push(used);
            }
        }
    }
    for (kind, uses) in &kinds {
        let made = &lab.known.objects;
        let makes = |controller: &str| made.iter().any(|(kind, _)| *kind == controller);
        let named: BTreeSet<String> = made
            .iter()
            .filter(|(made, _)| made == kind)
            .map(|(_, name)| name.clone())
            .collect();
        // Controllers make these.
        let by_controller = match *kind {
            "job" => makes("cronjob"),
            "pvc" => makes("statefulset"),
            "serviceaccount" | "secret" | "configmap" | "namespace" => true,
            _ => false,
        };
        let complete = lab.known.complete && !by_controller && tells_all(lab, &named);
        report(lab, uses, &named, kind, complete, findings);
    }
}

/// Whether things of a kind can only be there if the lab makes them. A chapter that goes on with what another one made
/// makes none itself; a lab that says that it is one has none before it.
fn tells_all(lab: &LabView<'_>, made: &BTreeSet<String>) -> bool {
    !made.is_empty() || lab.pages.iter().any(|page| page.page.front.lab)
}

fn is_kubectl(part: &Simple) -> bool {
    matches!(part.name(), "kubectl" | "helm") && part.joint != Joint::Or
}

/// `deployment/web`, `deployment web` and `deployment a b` of a command on objects that are there.
fn objects(part: &Simple) -> Vec<(&'static str, &Word, &str)> {
    let of_system = part
        .flag(&["-n", "--namespace"])
        .is_some_and(|namespace| namespace.starts_with("kube-"));
    if of_system || part.name() != "kubectl" || part.has(&["--ignore-not-found"]) {
        return Vec::new();
    }
    let words = arguments(part);
    let Some((verb, mut rest)) = words.split_first() else {
        return Vec::new();
    };
    match verb.text.as_str() {
        "get" | "describe" | "delete" | "edit" | "patch" | "scale" | "expose" | "label"
        | "annotate" | "autoscale" | "logs" | "exec" | "wait" | "port-forward" => {}
        "rollout" | "set" => rest = rest.get(1..).unwrap_or_default(),
        _ => return Vec::new(),
    }
    let several = !matches!(verb.text.as_str(), "logs" | "exec" | "port-forward");
    let mut found = Vec::new();
    let lone = rest.first().and_then(|word| kind(&word.text));
    for (index, word) in rest.iter().enumerate() {
        if word.text.contains('=') || !several && index > 0 {
            break;
        }
        let (kind, name) = match (word.text.split_once('/'), lone) {
            (Some((head, name)), _) => (kind(head), name),
            (None, Some(lone)) if index > 0 && several => (Some(lone), word.text.as_str()),
            _ => continue,
        };
        if let Some(kind) = kind.filter(|_| is_name(name)) {
            found.push((kind, *word, name));
        }
    }
    found
}

fn report(
    lab: &LabView<'_>,
    uses: &Uses<'_>,
    named: &BTreeSet<String>,
    what: &str,
    complete: bool,
    findings: &mut Findings,
) {
    let wanted = uses.keys().filter(|name| !named.contains(*name));
    let wanted: HashSet<&str> = wanted.map(String::as_str).collect();
    let mentioned = mentioned(lab, &wanted);
    let known = Slips::of(uses.keys().chain(named).map(String::as_str));
    // What a name is compared with first: one that is used more than once, one that is made, one that is shown.
    let rank = |near: &str| {
        let often = uses.get(near).is_some_and(|places| places.len() >= 2);
        [often, named.contains(near), mentioned.contains(near)]
            .iter()
            .position(|holds| *holds)
    };
    for (name, places) in uses {
        if named.contains(name) || mentioned.contains(name.as_str()) {
            continue;
        }
        let near = (places.len() == 1)
            .then(|| known.near(name))
            .into_iter()
            .flatten()
            .filter(|near| is_slip(name, near))
            .filter_map(|near| Some((rank(near)?, near)))
            .min()
            .map(|(_, near)| near);
        let place = &places[0];
        let message = match near {
            Some(_) => format!("the {what} `{name}` occurs only here"),
            None if complete => format!("nothing on the lab's pages makes the {what} `{name}`"),
            None => continue,
        };
        let help = match near {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if named.is_empty() => None,
            None => {
                let some: Vec<&str> = named.iter().take(5).map(String::as_str).collect();
                Some(format!("the lab knows `{}`", some.join("`, `")))
            }
        };
        let span = place.view.word_span(place.page.file(), place.word);
        findings.add(place.page.file(), span, message).help = help;
    }
}

/// Those of some names that prose, an output, a fence that is no shell's or a command that makes something has.
fn mentioned<'n>(lab: &LabView<'_>, wanted: &HashSet<&'n str>) -> HashSet<&'n str> {
    let mut found = HashSet::new();
    if wanted.is_empty() {
        return found;
    }
    let mut look = |text: &str| {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        found.extend(words.flat_map(heads).filter_map(|head| wanted.get(head)));
    };
    for page in &lab.pages {
        page.prose().for_each(&mut look);
        let other = |block: &&Block| !crate::page::is_shell(&block.language);
        for block in page.blocks.iter().filter(other) {
            look(&block.text);
        }
        for view in page.steps.iter().flat_map(|step| &step.commands) {
            let text = &view.command.text;
            let makes = ["create", "<<", "apply", "install", "run"];
            if makes.iter().any(|verb| text.contains(verb)) {
                look(text);
            }
            let missing = ["not found", "NotFound", "No resources"];
            if let Some(shown) = &view.command.expected
                && !missing.iter().any(|sign| shown.text.contains(sign))
            {
                look(&shown.text);
            }
        }
    }
    found
}

/// A word, and what comes before each of its dashes: `web-5d7-x2x9z` is one of `web`'s Pods.
fn heads(word: &str) -> impl Iterator<Item = &str> {
    // No name in Kubernetes has more letters.
    let dashes = word.match_indices('-').take_while(|(at, _)| *at <= 253);
    dashes.map(|(at, _)| &word[..at]).chain([word])
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
