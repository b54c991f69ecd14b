//! Words of kubectl and helm that a slip of the hand has spoilt.

use super::super::known::arguments;
use super::super::view::{CommandView, LabView, PageView, StepView};
use super::super::{Findings, Rule};
use crate::source::{Severity, is_one_edit};
use crate::syntax::{Simple, Word};

pub(super) const MISSPELT: Rule = Rule {
    code: "LP035",
    title: "a misspelt command of kubectl or helm",
    severity: Severity::Warning,
    explanation: "The program knows no such command or kind, and one that differs in a single letter. A plugin or a custom resource may be called \
                  so; then the line is better switched off.",
    example: "```bash\n$ kubectl decribe pod web\n$ kubectl get deploymets\n```\n",
    check: misspelt,
};

/// Commands of kubectl, of all its releases since 1.20.
const KUBECTL: [&str; 47] = [
    "alpha",
    "annotate",
    "api-resources",
    "api-versions",
    "apply",
    "attach",
    "auth",
    "autoscale",
    "certificate",
    "cluster-info",
    "completion",
    "config",
    "convert",
    "cordon",
    "cp",
    "create",
    "debug",
    "delete",
    "describe",
    "diff",
    "drain",
    "edit",
    "events",
    "exec",
    "explain",
    "expose",
    "get",
    "help",
    "kuberc",
    "kustomize",
    "label",
    "logs",
    "options",
    "patch",
    "plugin",
    "port-forward",
    "proxy",
    "replace",
    "rollout",
    "run",
    "scale",
    "set",
    "taint",
    "top",
    "uncordon",
    "version",
    "wait",
];

/// Commands of `kubectl rollout`.
const ROLLOUT: [&str; 6] = ["history", "pause", "restart", "resume", "status", "undo"];

/// Commands of helm, versions 2 to 4.
const HELM: [&str; 31] = [
    "completion",
    "create",
    "delete",
    "dependency",
    "env",
    "fetch",
    "get",
    "help",
    "history",
    "home",
    "init",
    "inspect",
    "install",
    "lint",
    "list",
    "package",
    "plugin",
    "pull",
    "push",
    "registry",
    "repo",
    "rollback",
    "search",
    "serve",
    "show",
    "status",
    "template",
    "test",
    "uninstall",
    "upgrade",
    "version",
];

/// Kinds of Kubernetes itself that have long names.
const KINDS: [&str; 49] = [
    "clusterrole",
    "clusterrolebinding",
    "clusterrolebindings",
    "clusterroles",
    "configmap",
    "configmaps",
    "cronjob",
    "cronjobs",
    "daemonset",
    "daemonsets",
    "deployment",
    "deployments",
    "endpoints",
    "endpointslice",
    "endpointslices",
    "event",
    "events",
    "horizontalpodautoscaler",
    "horizontalpodautoscalers",
    "ingress",
    "ingressclass",
    "ingressclasses",
    "ingresses",
    "limitrange",
    "limitranges",
    "namespace",
    "namespaces",
    "networkpolicies",
    "networkpolicy",
    "persistentvolume",
    "persistentvolumeclaim",
    "persistentvolumeclaims",
    "persistentvolumes",
    "poddisruptionbudget",
    "poddisruptionbudgets",
    "priorityclass",
    "priorityclasses",
    "replicaset",
    "replicasets",
    "rolebinding",
    "rolebindings",
    "secret",
    "secrets",
    "service",
    "serviceaccount",
    "serviceaccounts",
    "services",
    "statefulset",
    "statefulsets",
];

/// Shorter words are too often a plugin's or a custom resource's.
const SHORTEST: usize = 4;
/// The same for kinds.
const SHORTEST_KIND: usize = 6;

fn misspelt(lab: &LabView<'_>, findings: &mut Findings) {
    for page in &lab.pages {
        for step in page.steps.iter().filter(|step| is_meant(step)) {
            for view in step.commands.iter().filter(|view| !shows_error(view)) {
                for part in &view.parts {
                    check_part(page, view, part, findings);
                }
            }
        }
    }
}

/// Whether a step is to succeed.
fn is_meant(step: &StepView<'_>) -> bool {
    !step.step.options.expect_error && step.step.options.exit.is_none_or(|status| status == 0)
}

/// Whether the page shows that the command fails.
fn shows_error(view: &CommandView<'_>) -> bool {
    let shown = view.command.expected.as_ref();
    shown.is_some_and(|shown| shown.text.to_lowercase().starts_with("error"))
}

fn check_part(page: &PageView<'_>, view: &CommandView<'_>, part: &Simple, findings: &mut Findings) {
    let mut tell = |word: &Word, meant: &str, message: String| {
        let span = view.word_span(page.file(), word);
        findings.add(page.file(), span, message).help = Some(format!("did you mean `{meant}`?"));
    };
    if part.name() != "kubectx" && is_one_edit(part.name(), "kubectl") {
        let message = format!("there is no program `{}`", part.name());
        return tell(&part.command()[0], "kubectl", message);
    }
    let words = arguments(part);
    let Some((verb, rest)) = words.split_first() else {
        return;
    };
    let verbs: &[&str] = match part.name() {
        "kubectl" => &KUBECTL,
        "helm" => &HELM,
        _ => return,
    };
    if let Some(meant) = slip(&verb.text, verbs, SHORTEST) {
        let message = format!("{} has no command `{}`", part.name(), verb.text);
        return tell(verb, meant, message);
    }
    let Some(next) = rest.first().filter(|_| part.name() == "kubectl") else {
        return;
    };
    if verb.text == "rollout" {
        if let Some(meant) = slip(&next.text, &ROLLOUT, SHORTEST) {
            let message = format!("`kubectl rollout` has no command `{}`", next.text);
            tell(next, meant, message);
        }
        return;
    }
    if !matches!(
        verb.text.as_str(),
        "get" | "describe" | "delete" | "create" | "edit"
    ) {
        return;
    }
    for kind in next.text.split('/').next().unwrap_or("").split(',') {
        if let Some(meant) = slip(kind, &KINDS, SHORTEST_KIND) {
            tell(next, meant, format!("there is no kind `{kind}`"));
        }
    }
}

/// The known word that `word` is one edit away from, if it is none itself.
fn slip<'a>(word: &str, known: &[&'a str], shortest: usize) -> Option<&'a str> {
    let plain = word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    if !plain || word.len() < shortest || known.contains(&word) {
        return None;
    }
    known.iter().find(|known| is_one_edit(word, known)).copied()
}
