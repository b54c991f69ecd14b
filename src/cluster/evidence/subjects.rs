//! A command with its output, or a check → the objects that it is about.
//!
//! Entry points: [`Subjects::add_command`] and [`Subjects::add_check`]. Only what can be read off: kinds that every cluster has, names that
//! are written out, manifests that are here.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::variables;
use crate::cluster::changes::kind_named;
use crate::plan::manifests;
use crate::syntax::kubectl::takes_value;
use crate::syntax::{Simple, simple_commands};
use crate::verifier::{Kind, Objects, PodsOf, Target};

/// What kubectl says of an object that it has changed: `deployment.apps/web created`.
static CHANGED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^(([a-z]+)(?:\.[a-z0-9.-]+)?)/([a-z0-9][a-z0-9.:-]*) [a-z]")
        .expect("the pattern is valid")
});

/// A command of a page, and what is known of where it ran.
#[derive(Debug, Clone, Copy)]
pub struct Command<'a> {
    /// Its text.
    pub text: &'a str,
    /// What it printed.
    pub output: &'a str,
    /// Where kubectl works when it is told no namespace.
    pub namespace: &'a str,
    /// The page.
    pub page: &'a Path,
    /// The commands that ran before it.
    pub before: &'a [&'a str],
}

/// Objects, as far as they are named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subjects {
    /// Where to look.
    pub namespaces: BTreeSet<String>,
    /// To look in all namespaces: `-A`, or one whose name only the shell knows.
    pub everywhere: bool,
    pub(super) named: Vec<Subject>,
    /// Objects of any kind by name, as kubectl takes them: `ingress.networking.k8s.io/web`.
    pub(super) written: Vec<String>,
}

/// Objects of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    /// `Deployment`
    pub(super) kind: String,
    pub(super) which: Target,
}

impl Subjects {
    /// Whether nothing is known to look at.
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && !self.everywhere
    }

    /// Takes in what a command of a page names and what it printed.
    pub fn add_command(&mut self, command: Command<'_>) {
        let text = variables::filled_in(command.text, command.before);
        let (mut talks, mut unknown) = (false, false);
        for one in &simple_commands(&text) {
            if !matches!(one.name(), "kubectl" | "helm") {
                continue;
            }
            talks = true;
            match one.flag(&["-n", "--namespace"]) {
                Some(name) if is_plain(name) => drop(self.namespaces.insert(name.to_owned())),
                Some(_) => unknown = true,
                None if is_everywhere(one) => self.everywhere = true,
                None => drop(self.namespaces.insert(command.namespace.to_owned())),
            }
            if one.name() == "kubectl" {
                self.add_kubectl(one, &text, command.page);
            }
        }
        for found in CHANGED.captures_iter(command.output) {
            if talks {
                self.write(&format!("{}/{}", &found[1], &found[3]));
            }
            if let Some(kind) = kind_named(&found[2]) {
                self.add(kind, Target::Name(found[3].to_owned()));
                if !talks {
                    self.namespaces.insert(command.namespace.to_owned());
                }
            }
        }
        // What has a name is found wherever it is; of all pods of all namespaces most have nothing to do with it.
        let is_named = |subject: &Subject| subject.which != Target::All;
        self.everywhere |= unknown && !self.named.is_empty() && self.named.iter().all(is_named);
    }

    fn add_kubectl(&mut self, command: &Simple, text: &str, page: &Path) {
        let operands = operands(command);
        let selector = command
            .flag(&["-l", "--selector"])
            .filter(|text| !text.contains('$'));
        let words: Vec<&str> = match operands.as_slice() {
            [
                "get" | "describe" | "delete" | "edit" | "label" | "annotate" | "patch" | "scale"
                | "wait" | "expose" | "autoscale",
                rest @ ..,
            ] => rest.to_vec(),
            ["create", "secret", _, name, ..] => vec!["secret", name],
            ["create", kind, name, ..] => vec![kind, name],
            ["rollout" | "set", _, rest @ ..] => rest.to_vec(),
            ["logs" | "exec" | "attach" | "port-forward", name, ..] if name.contains('/') => {
                vec![name]
            }
            [
                "logs" | "exec" | "attach" | "port-forward" | "run",
                name,
                ..,
            ] => vec!["pod", name],
            ["logs", ..] => vec!["pod"],
            _ => Vec::new(),
        };
        match words.split_first() {
            Some((first, _)) if first.contains('/') => {
                for (kind, name) in words.iter().filter_map(|word| word.split_once('/')) {
                    self.add_named(kind, Target::Name(name.to_owned()));
                }
            }
            Some((kinds, names)) => {
                for kind in kinds.split(',') {
                    match (names, selector) {
                        ([], Some(selector)) => {
                            self.add_named(kind, Target::Selector(selector.to_owned()))
                        }
                        ([], None) => self.add_named(kind, Target::All),
                        (names, _) => {
                            let names = names.iter().filter(|name| !name.contains('='));
                            names.for_each(|name| {
                                self.add_named(kind, Target::Name((*name).to_owned()))
                            });
                        }
                    }
                }
            }
            None => {}
        }
        for (file, _) in command.flags(&["-f", "--filename", "-k", "--kustomize"]) {
            let found = match file {
                "-" => manifests::of_text(text),
                file => manifests::find(page, file)
                    .map(|path| manifests::read(&path))
                    .unwrap_or_default(),
            };
            self.namespaces.extend(found.namespaces);
            for object in found
                .objects
                .into_iter()
                .filter(|object| is_plain(&object.name))
            {
                let kind = object.kind.to_lowercase();
                self.write(&match object.group() {
                    "" => format!("{kind}/{}", object.name),
                    group => format!("{kind}.{group}/{}", object.name),
                });
                self.add(&object.kind, Target::Name(object.name));
            }
        }
    }

    /// Takes in what a check is about.
    pub fn add_check(&mut self, kind: &Kind) {
        match kind {
            Kind::Resource(resource) => self.add_objects(&resource.objects),
            Kind::Absent(objects) => self.add_objects(objects),
            Kind::Count(count) => self.add_objects(&count.objects),
            Kind::Owner(owner) => self.add_objects(&owner.objects),
            Kind::Rollout(rollout) => {
                self.add_in(
                    &rollout.namespace,
                    rollout.workload.kind(),
                    Target::Name(rollout.name.clone()),
                );
            }
            Kind::Bounds(bounds) => {
                self.add_in(
                    &bounds.namespace,
                    bounds.workload.kind(),
                    Target::Name(bounds.name.clone()),
                );
            }
            Kind::File(file) => self.add_pods(&file.pods.namespace, &file.pods.of),
            Kind::Persistence(kind) => self.add_pods(&kind.pods.namespace, &kind.pods.of),
            Kind::Exec(exec) => self.add_pods(&exec.pods.namespace, &exec.pods.of),
            Kind::Logs(logs) => self.add_pods(&logs.pods.namespace, &logs.pods.of),
            Kind::Http(http) => self.add_service(&http.endpoint.namespace, &http.endpoint.service),
            Kind::Availability(kind) => {
                self.add_service(&kind.endpoint.namespace, &kind.endpoint.service)
            }
            Kind::Events(events) => {
                let on = events.on.as_ref();
                let name = on.and_then(|on| on.name.clone());
                self.add_in(
                    &events.namespace,
                    on.map_or("Pod", |on| on.kind.as_str()),
                    name.map_or(Target::All, Target::Name),
                );
            }
        }
    }

    fn add_objects(&mut self, objects: &Objects) {
        let namespace = objects.namespace.as_deref().unwrap_or("default");
        self.add_in(namespace, &objects.kind, objects.target.clone());
    }

    fn add_service(&mut self, namespace: &str, name: &str) {
        self.add_in(namespace, "Service", Target::Name(name.to_owned()));
    }

    fn add_pods(&mut self, namespace: &str, of: &PodsOf) {
        let (kind, which) = match of {
            PodsOf::Workload(workload, name) => (workload.kind(), Target::Name(name.clone())),
            PodsOf::Pod(name) => ("Pod", Target::Name(name.clone())),
            PodsOf::Selector(selector) => ("Pod", Target::Selector(selector.clone())),
        };
        self.add_in(namespace, kind, which);
    }

    fn add_in(&mut self, namespace: &str, kind: &str, which: Target) {
        self.namespaces.insert(namespace.to_owned());
        self.add(kind, which);
    }

    /// A kind as kubectl takes it.
    fn add_named(&mut self, name: &str, which: Target) {
        let plain = !matches!(&which, Target::Name(name) if !is_plain(name));
        if let Target::Name(object) = &which
            && plain
        {
            self.write(&format!("{}/{object}", name.to_lowercase()));
        }
        if let Some(kind) = kind_named(name).filter(|_| plain) {
            self.add(kind, which);
        }
    }

    fn write(&mut self, object: &str) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-./:".contains(&byte);
        let all = object.starts_with("all/") || !object.bytes().all(plain);
        if !all && !self.written.iter().any(|one| one == object) {
            self.written.push(object.to_owned());
        }
    }

    fn add(&mut self, kind: &str, which: Target) {
        let subject = Subject {
            kind: kind.to_owned(),
            which,
        };
        if !self.named.contains(&subject) {
            self.named.push(subject);
        }
    }
}

fn is_everywhere(command: &Simple) -> bool {
    let mut words = command.command().iter().map(|word| word.text.as_str());
    words.any(|word| matches!(word, "-A" | "--all-namespaces" | "--all-namespaces=true"))
}

/// The words of a kubectl command that are no flags and no values of flags.
fn operands(command: &Simple) -> Vec<&str> {
    let mut operands: Vec<&str> = Vec::new();
    let mut words = command
        .command()
        .iter()
        .skip(1)
        .map(|word| word.text.as_str());
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        } else if takes_value(word, operands.first().copied()) {
            words.next();
        } else if !word.starts_with('-') {
            operands.push(word);
        }
    }
    operands
}

/// A name that the shell has nothing to do with any more.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(['$', '`', '*', '{', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &str, output: &str, namespaces: &[&str], named: &[&str]) {
        let mut subjects = Subjects::default();
        subjects.add_command(Command {
            text: command,
            output,
            namespace: "default",
            page: Path::new("/nowhere/page.md"),
            before: &["export NS=shop", "OTHER=$(date)"],
        });
        let found: Vec<String> = subjects
            .named
            .iter()
            .map(|one| match &one.which {
                Target::Name(name) => format!("{}/{name}", one.kind),
                Target::Selector(selector) => format!("{} with {selector}", one.kind),
                Target::All => one.kind.clone(),
            })
            .collect();
        assert_eq!(found, named, "{command}");
        assert!(
            subjects.namespaces.iter().eq(namespaces),
            "{command}: {:?}",
            subjects.namespaces
        );
    }

    #[test]
    fn what_commands_name() {
        check("kubectl get pods -n shop -o wide", "", &["shop"], &["Pod"]);
        check(
            "kubectl -n shop rollout status deploy/web --timeout 5s",
            "",
            &["shop"],
            &["Deployment/web"],
        );
        check(
            "kubectl wait --for=condition=ready pod -l app=web",
            "",
            &["default"],
            &["Pod with app=web"],
        );
        check(
            "kubectl set image deployment web main=x:2",
            "",
            &["default"],
            &["Deployment/web"],
        );
        check(
            "kubectl get deploy,rs",
            "",
            &["default"],
            &["Deployment", "ReplicaSet"],
        );
        check(
            "kubectl exec web-1 -- ls -n other",
            "",
            &["default"],
            &["Pod/web-1"],
        );
        check(
            "kubectl logs -n $NS deploy/web | tail -n 5",
            "",
            &["shop"],
            &["Deployment/web"],
        );
        check(
            "kubectl create secret generic db --from-literal=a=b",
            "",
            &["default"],
            &["Secret/db"],
        );
        check(
            "kubectl apply -f - <<EOF\nkind: Pod\nmetadata:\n  name: a\n  namespace: shop\nEOF",
            "",
            &["default", "shop"],
            &["Pod/a"],
        );
        check(
            "./deploy.sh",
            "deployment.apps/web created\nservice/web unchanged\n",
            &["default"],
            &["Deployment/web", "Service/web"],
        );
        check("echo kubectl", "", &[], &[]);
    }

    #[test]
    fn where_all_namespaces_are_meant() {
        let check = |text: &str, namespaces: usize, everywhere: bool| {
            let mut subjects = Subjects::default();
            subjects.add_command(Command {
                text,
                output: "",
                namespace: "default",
                page: Path::new("/nowhere/page.md"),
                before: &["OTHER=$(date)"],
            });
            let found = (subjects.namespaces.len(), subjects.everywhere);
            assert_eq!(found, (namespaces, everywhere), "{text}");
        };
        check("kubectl get pods -A", 0, true);
        check("kubectl get pods --all-namespaces -l app=web", 0, true);
        check("kubectl logs -n $OTHER deploy/web", 0, true);
        check("kubectl get pods -n $OTHER", 0, false);
        check("kubectl get pods", 1, false);
    }

    #[test]
    fn objects_of_any_kind_are_known_by_name() {
        let mut subjects = Subjects::default();
        subjects.add_command(Command {
            text: "kubectl apply -f - <<EOF\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\nEOF\n\
                   kubectl describe cm settings; kubectl get widgets/one; kubectl get pods $X",
            output: "storageclass.storage.k8s.io/fast created\nhttp://x/y is up\n",
            namespace: "default",
            page: Path::new("/nowhere/page.md"),
            before: &[],
        });
        assert_eq!(
            subjects.written,
            [
                "ingress.networking.k8s.io/web",
                "cm/settings",
                "widgets/one"
            ]
        );
    }
}
