//! What the pages of a lab make: objects and namespaces, and whether that is all there can be.
//!
//! Only kubectl's own verbs and the manifests that can be read count. One program that may make anything (Helm, a script, a
//! workshop's own set-up), one manifest that is not here, and the knowledge is not complete.

use std::collections::{BTreeMap, BTreeSet};

use super::view::{CommandView, LabView, PageView};
use crate::plan::manifests::{self, Applied, Manifests};
use crate::plan::programs;
use crate::syntax::kubectl::takes_value;
use crate::syntax::{Simple, Word};

/// What a lab makes.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Kind, in the spelling of [`kind`], and name.
    pub objects: BTreeSet<(&'static str, String)>,
    /// Namespaces made, and those that manifests put objects into.
    pub namespaces: BTreeSet<String>,
    /// Nothing else can have been made.
    pub complete: bool,
    /// Files that the lab's own here-documents write.
    written: BTreeMap<String, Manifests>,
}

/// Programs that talk to no cluster and start none that does.
const HARMLESS: [&str; 9] = [
    "jq", "yq", "curl", "git", "wget", "openssl", "tree", "watch", "envsubst",
];

/// Programs that every machine has and that may run anything.
const OPAQUE: [&str; 6] = ["source", ".", "eval", "bash", "sh", "exec"];

/// kubectl's verbs that make nothing of a kind that rules ask for.
const LOOKS_OR_CHANGES: [&str; 32] = [
    "get",
    "describe",
    "delete",
    "edit",
    "patch",
    "scale",
    "label",
    "annotate",
    "rollout",
    "set",
    "logs",
    "exec",
    "wait",
    "run",
    "top",
    "explain",
    "config",
    "version",
    "cluster-info",
    "api-resources",
    "api-versions",
    "port-forward",
    "proxy",
    "cp",
    "cordon",
    "uncordon",
    "drain",
    "taint",
    "auth",
    "attach",
    "diff",
    "kustomize",
];

impl Known {
    pub fn of(lab: &LabView<'_>) -> Self {
        let mut known = Self {
            complete: lab.whole && lab.lab.suites.is_empty(),
            ..Self::default()
        };
        for (page, step, view) in lab.all_commands() {
            known.complete &= step.step.options.hook.is_none();
            known.command(page, view);
        }
        known
    }

    fn command(&mut self, page: &PageView<'_>, view: &CommandView<'_>) {
        let text = &view.command.text;
        if let (Some((_, rest)), Some(body)) =
            (text.split_once("<<"), manifests::here_document(text))
            && let Some(path) = target(text.split('\n').next().unwrap_or(rest))
        {
            self.written
                .insert(path.to_owned(), manifests::of_text(body));
        }
        for part in &view.parts {
            match part.name() {
                "kubectl" => self.kubectl(page, view, part),
                "" => {}
                name => {
                    let everywhere = programs::is_everywhere(name) && !OPAQUE.contains(&name);
                    self.complete &= everywhere || HARMLESS.contains(&name);
                }
            }
        }
    }

    fn kubectl(&mut self, page: &PageView<'_>, view: &CommandView<'_>, part: &Simple) {
        let words: Vec<&str> = arguments(part)
            .into_iter()
            .map(|word| word.text.as_str())
            .collect();
        let mut paths = part
            .flags(&["-f", "--filename", "-k", "--kustomize"])
            .peekable();
        match words.as_slice() {
            ["apply" | "create" | "replace", ..] if paths.peek().is_some() => {
                for (path, _) in paths {
                    self.applied(page, view, path);
                }
            }
            ["create", "secret" | "service" | "svc", _, name, ..] => self.made(words[1], name),
            ["create", kind, name, ..] => self.made(kind, name),
            ["expose", ..] => match (part.flag(&["--name"]), words.as_slice()) {
                (Some(name), _) => self.made("service", name),
                (None, [_, object]) if object.contains('/') => {
                    self.made(
                        "service",
                        object.split_once('/').map_or("", |(_, name)| name),
                    );
                }
                (None, [_, _, name]) => self.made("service", name),
                _ => self.complete = false,
            },
            ["run" | "autoscale", ..] | [] => {}
            [verb, ..] => self.complete &= LOOKS_OR_CHANGES.contains(verb),
        }
    }

    fn made(&mut self, what: &str, name: &str) {
        match kind(what) {
            _ if !is_name(name) => self.complete = false,
            Some("namespace") => {
                self.namespaces.insert(name.to_owned());
            }
            Some(kind) => {
                self.objects.insert((kind, name.to_owned()));
            }
            None => {}
        }
    }

    fn applied(&mut self, page: &PageView<'_>, view: &CommandView<'_>, path: &str) {
        // `kubectl kustomize DIR | kubectl apply -f -`, `kubectl create ... --dry-run=client -o yaml | kubectl apply -f -`.
        let piped = view.parts.iter().find_map(|part| {
            let words = arguments(part);
            match words.as_slice() {
                [verb, folder, ..] if part.name() == "kubectl" && verb.text == "kustomize" => {
                    Some(folder.text.as_str())
                }
                _ => None,
            }
        });
        let path = if path == "-" {
            piped.unwrap_or(path)
        } else {
            path
        };
        if path == "-" && view.command.text.contains("--dry-run") {
            return;
        }
        for applied in manifests::applied(page.file().path(), path, &view.command.text) {
            match applied {
                Applied::Here(found) => self.manifests(&found),
                Applied::Elsewhere(path) => match self.written.remove(&path) {
                    Some(found) => {
                        self.manifests(&found);
                        self.written.insert(path, found);
                    }
                    None => self.complete = false,
                },
                Applied::Unknown => self.complete = false,
            }
        }
    }

    fn manifests(&mut self, found: &Manifests) {
        self.complete &= !found.partial;
        self.namespaces.extend(found.namespaces.iter().cloned());
        for object in &found.objects {
            if !manifests::is_built_in(object.group()) {
                // What a custom resource makes only its controller knows.
                self.complete = false;
                continue;
            }
            match kind(&object.kind.to_lowercase()) {
                Some("namespace") => {
                    self.namespaces.insert(object.name.clone());
                }
                Some(kind) => {
                    self.objects.insert((kind, object.name.clone()));
                }
                None => {}
            }
        }
    }
}

/// The file that a here-document's first line is written to: `cat <<EOF > web.yaml`, `tee web.yaml <<EOF`.
fn target(line: &str) -> Option<&str> {
    let after = line.split_once('>').map(|(_, rest)| rest).or_else(|| {
        line.strip_prefix("tee ")
            .or(line.split_once(" tee ").map(|(_, rest)| rest))
    })?;
    after
        .trim_start_matches('>')
        .split_whitespace()
        .next()
        .map(|path| path.trim_matches(['"', '\'']))
}

/// The words of a kubectl command that are no flags and no values of flags, from the verb on, up to `--`.
pub(super) fn arguments(part: &Simple) -> Vec<&Word> {
    let mut found: Vec<&Word> = Vec::new();
    let mut words = part
        .command()
        .iter()
        .skip(1)
        .take_while(|word| word.text != "--");
    while let Some(word) = words.next() {
        if !word.text.starts_with('-') {
            found.push(word);
        } else if takes_value(&word.text, found.first().map(|verb| verb.text.as_str())) {
            words.next();
        }
    }
    found
}

/// A kind that rules ask for, in one spelling.
pub(super) fn kind(text: &str) -> Option<&'static str> {
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
        "pvc" | "persistentvolumeclaim" | "persistentvolumeclaims" => "pvc",
        "serviceaccount" | "serviceaccounts" | "sa" => "serviceaccount",
        "namespace" | "namespaces" | "ns" => "namespace",
        _ => return None,
    })
}

/// A name as Kubernetes takes it, without variables and placeholders.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
