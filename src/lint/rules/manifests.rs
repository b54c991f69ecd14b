//! Shown lists of objects against the manifests that the command applies.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::super::view::{CommandView, LabView, PageView};
use super::super::{Findings, Rule};
use crate::plan::manifests::{self, Applied};
use crate::source::{Diagnostic, Severity, near_file};

pub(super) const CONTRADICTED: Rule = Rule {
    code: "LP029",
    title: "a shown list that contradicts the manifests",
    severity: Severity::Warning,
    explanation: "The manifests that the command applies or deletes hold other objects than the page shows. A here-document and files that can be read are looked \
                  at always; kustomizations that generate or rename objects only with `--render`, by the kubectl on this machine. A path that is not \
                  found beside the page, above it or in a folder `manifests` is not looked at.",
    example: "With a `web.yaml` beside the page that holds a Deployment `web`:\n\n```bash\n$ kubectl apply -f web.yaml\ndeployment.apps/api created\n```\n",
    check: contradicted,
};

static ACTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^([a-z][a-z0-9]*)(?:\.[a-z0-9.-]+)?(?:/(\S+) (?:created|configured|unchanged)| "([^"]+)" (?:force )?deleted)"#).ok()
});

/// What to say where manifests shall be rendered and there is no kubectl.
pub(in super::super) fn cannot_render() -> Option<Diagnostic> {
    let mut kubectl = Command::new("kubectl");
    kubectl
        .args(["version", "--client"])
        .env("KUBECONFIG", "/dev/null");
    let error = kubectl
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .err()?;
    let message = format!("cannot be started, so nothing is rendered: {error}");
    Some(
        Diagnostic::of_path(Severity::Warning, Path::new("kubectl"), message)
            .with_help("put kubectl on PATH, or leave `--render` out"),
    )
}

/// Larger sets of manifests are not held against a page.
const MOST: usize = 500;

fn contradicted(lab: &LabView<'_>, findings: &mut Findings) {
    let Some(action) = ACTION.as_ref() else {
        return;
    };
    for (page, _, view) in lab.commands() {
        let lines = view.shown_lines(page.file());
        let shown: BTreeSet<(String, String)> = lines
            .iter()
            .filter_map(|(line, _)| action.captures(line))
            .map(|found| (found[1].to_owned(), name(&found).to_owned()))
            .collect();
        let whole = lines
            .iter()
            .all(|(line, _)| action.is_match(line) || line.trim().is_empty());
        if shown.is_empty() || !whole {
            continue;
        }
        let Some(made) = held(page, view, lab.render).filter(|made| !made.is_empty()) else {
            continue;
        };
        let strange = shown.difference(&made).next();
        let missing = made.difference(&shown).next();
        let message = match (strange, missing) {
            (Some((kind, name)), _) => format!("the manifests hold no {kind} `{name}`"),
            (None, Some((kind, name))) => {
                format!("the manifests also hold the {kind} `{name}`, which is not shown")
            }
            (None, None) => continue,
        };
        let at = lines.iter().find(|(line, _)| {
            strange.is_some_and(|(_, strange)| {
                action
                    .captures(line)
                    .is_some_and(|found| name(&found) == strange)
            })
        });
        let span = at.map_or_else(|| view.first_line(page.file()), |(_, span)| *span);
        findings.add(page.file(), span, message);
    }
}

fn name<'a>(found: &regex::Captures<'a>) -> &'a str {
    found
        .get(2)
        .or(found.get(3))
        .map_or("", |name| name.as_str())
}

/// The kinds and names that a command applies or deletes; `None` where they cannot be told for certain.
fn held(
    page: &PageView<'_>,
    view: &CommandView<'_>,
    render: bool,
) -> Option<BTreeSet<(String, String)>> {
    let path = target(view)?;
    let applied = manifests::applied(page.file().path(), &path, &view.command.text);
    let [Applied::Here(found)] = applied.as_slice() else {
        return None;
    };
    if !found.partial {
        let objects = found.objects.iter();
        return Some(
            objects
                .map(|object| (object.kind.to_lowercase(), object.name.clone()))
                .collect(),
        );
    }
    let folder = manifests::find(page.file().path(), &path).filter(|_| render)?;
    self::render(&folder)
}

/// The path that a command applies, if it applies one and does nothing else; `-` for a here-document.
fn target(view: &CommandView<'_>) -> Option<String> {
    let outer: Vec<_> = view.parts.iter().filter(|part| part.depth == 0).collect();
    let first = outer.first()?;
    let words: Vec<&str> = first
        .command()
        .iter()
        .map(|word| word.text.as_str())
        .collect();
    let path = match words.as_slice() {
        ["cat", ..] if outer.len() == 2 && view.command.text.contains("<<") => {
            let words: Vec<&str> = outer[1]
                .command()
                .iter()
                .map(|word| word.text.as_str())
                .collect();
            matches!(
                words.as_slice(),
                ["kubectl", "apply" | "create", "-f", "-"] | ["kubectl", "apply" | "create", "-f-"]
            )
            .then_some("-")?
        }
        ["kubectl", "apply" | "create" | "delete", ..] if outer.len() == 1 => {
            let mut paths = first.flags(&["-f", "--filename", "-k", "--kustomize"]);
            let path = paths.next()?.0;
            paths.next().is_none().then_some(path)?
        }
        ["kubectl", "kustomize", path]
            if outer.last().is_some_and(|last| last.name() == "kubectl") =>
        {
            path
        }
        _ => return None,
    };
    (!path.contains(['$', '*', '{'])).then(|| path.to_owned())
}

/// The kinds and names that a path holds when it is rendered; `None` where they cannot be told for certain.
fn render(path: &Path) -> Option<BTreeSet<(String, String)>> {
    let text = if path.is_dir() {
        let output = Command::new("kubectl")
            .arg("kustomize")
            .arg(path)
            .env("KUBECONFIG", "/dev/null")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()
            .filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()?
    } else {
        std::fs::read_to_string(path).ok()?
    };
    let mut options = serde_saphyr::Options::default();
    options.with_snippet = false;
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(&text, options).ok()?;
    let mut found = BTreeSet::new();
    for document in documents.iter().filter(|document| !document.is_null()) {
        let kind = document.get("kind")?.as_str()?.to_lowercase();
        let name = document.get("metadata")?.get("name")?.as_str()?;
        if kind == "list" || name.contains('$') || found.len() > MOST {
            return None;
        }
        found.insert((kind, name.to_owned()));
    }
    Some(found)
}

pub(super) const NO_FILE: Rule = Rule {
    code: "LP035",
    title: "a manifest of another name",
    severity: Severity::Warning,
    explanation: "The file that the command applies is not there, nothing else on the pages speaks of it, and beside it lies one whose name \
                  differs by a slip of the hand.",
    example: "With a `web.yaml` beside the page:\n\n```bash\n$ kubectl apply -f wep.yaml\n```\n",
    check: no_file,
};

fn no_file(lab: &LabView<'_>, findings: &mut Findings) {
    for (page, _, view) in lab.commands() {
        for part in view.parts.iter().filter(|part| part.name() == "kubectl") {
            for (path, word) in part.flags(&["-f", "--filename"]) {
                let from = page.file().path();
                if path.contains(['$', '*', '{', ':', '~']) || manifests::find(from, path).is_some()
                {
                    continue;
                }
                let Some(near) = near_file(&from.with_file_name(path)) else {
                    continue;
                };
                let name = Path::new(path)
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy();
                if spoken_of(lab, &name) {
                    continue;
                }
                let near = Path::new(path).with_file_name(near);
                findings
                    .add(
                        page.file(),
                        view.word_span(page.file(), word),
                        format!("there is no `{path}`"),
                    )
                    .help = Some(format!("did you mean `{}`?", near.display()));
            }
        }
    }
}

/// Whether the pages name a file in their text, or in a command that does more than to apply it.
fn spoken_of(lab: &LabView<'_>, name: &str) -> bool {
    let told = |page: &PageView<'_>| page.prose().any(|text| text.contains(name));
    let handled = |view: &CommandView<'_>| {
        view.command.text.contains(name) && view.only().is_none_or(|only| only.name() != "kubectl")
    };
    lab.pages.iter().any(told) || lab.all_commands().any(|(_, _, view)| handled(view))
}
