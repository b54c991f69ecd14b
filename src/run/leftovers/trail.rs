//! Which command did something to the cluster.
//!
//! After each command the trail notes where the cluster's history is ([`Moment`]) and what kubectl said that it did. What happened
//! to an object lies between two such moments. Where the cluster does not tell, there is the second in which an object
//! was made, and among the commands of that second what they said.

use crate::cluster::Connection;
use crate::cluster::baseline::{Change, Moment, Object, What};
use crate::event::StepAt;
use crate::syntax;

/// Objects that one command may name; a script that makes more of them is believed for these.
const SAID: usize = 1000;

/// The commands of a lab, as the cluster saw them.
pub(in crate::run) struct Trail {
    pub(super) since: Moment,
    marks: Vec<Mark>,
}

/// The end of a command, or of a step with its hooks and checks.
pub(super) struct Mark {
    pub(super) at: StepAt,
    /// Line of the command, or of the step.
    pub(super) line: usize,
    moment: Moment,
    said: Vec<Said>,
    /// Namespaces that the command's kubectl works in, as far as its text tells.
    namespaces: Vec<String>,
}

/// What kubectl says that it did: `deployment.apps/web created`, `pod "web" deleted`.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    /// Singular and lower case, with its group behind a dot.
    kind: String,
    name: String,
    deleted: bool,
}

impl Trail {
    /// A trail that begins now.
    pub(in crate::run) async fn begin(connection: &Connection) -> Self {
        Self {
            since: moment(connection).await,
            marks: Vec::new(),
        }
    }

    /// Notes that a command has ended.
    pub(in crate::run) async fn command(
        &mut self,
        connection: &Connection,
        at: StepAt,
        line: usize,
        text: &str,
        output: &str,
    ) {
        let Some(client) = &connection.client else {
            return;
        };
        self.marks.push(Mark {
            at,
            line,
            moment: Moment::now(client).await,
            said: said(output),
            namespaces: namespaces(text, client.default_namespace()),
        });
    }

    /// Notes that a step has ended, with the hooks and checks around its commands.
    pub(in crate::run) async fn step(&mut self, connection: &Connection, at: StepAt, line: usize) {
        if connection.client.is_some() {
            self.marks.push(Mark {
                at,
                line,
                moment: moment(connection).await,
                said: Vec::new(),
                namespaces: Vec::new(),
            });
        }
    }

    /// Whether anything of a step ran.
    pub(super) fn reached(&self, page: usize, step: usize) -> bool {
        let mut marks = self.marks.iter();
        marks.any(|mark| (mark.at.page, mark.at.step) == (page, step))
    }

    /// The command or step that did it; `None` where nothing tells.
    pub(super) fn of(&self, change: &Change, revision: Option<u64>) -> Option<&Mark> {
        if let Some(revision) = revision {
            let mut marks = self.marks.iter();
            return marks.find(|mark| mark.moment.revision.is_some_and(|end| end >= revision));
        }
        let created = match change.what {
            What::Added => change.object.created,
            What::Changed | What::Gone => None,
        };
        // The first command that ended in that second or later, and those that ended within it.
        let first = created.and_then(|created| {
            let ended = |mark: &Mark| mark.moment.second.is_some_and(|end| end >= created);
            self.marks.iter().position(ended)
        });
        let told = |mark: &&Mark| mark.says(&change.object, change.what);
        match (created, first) {
            (Some(created), Some(first)) => {
                let near = self.marks[first..]
                    .iter()
                    .take_while(|mark| mark.moment.second.is_none_or(|end| end <= created + 1));
                near.clone().find(told).or(Some(&self.marks[first]))
            }
            _ => self.marks.iter().rev().find(told),
        }
    }
}

impl Mark {
    /// Whether it is beyond doubt that the command did it: its kubectl said so of an object of this kind and name, in a
    /// namespace that the command works in.
    pub(super) fn proves(&self, change: &Change) -> bool {
        let object = &change.object;
        let here = match &object.namespace {
            Some(namespace) => self.namespaces.contains(namespace),
            None => true,
        };
        here && self.says(object, change.what)
    }

    fn says(&self, object: &Object, what: What) -> bool {
        let kind = object.kind.kind.to_lowercase();
        let full = format!("{kind}.{}", object.kind.group);
        self.said.iter().any(|said| {
            said.name == object.name
                && said.deleted == (what == What::Gone)
                && (said.kind == full || object.kind.group.is_empty() && said.kind == kind)
        })
    }
}

async fn moment(connection: &Connection) -> Moment {
    match &connection.client {
        Some(client) => Moment::now(client).await,
        None => Moment::default(),
    }
}

/// What kubectl says in an output that it did.
fn said(output: &str) -> Vec<Said> {
    output.lines().filter_map(said_in).take(SAID).collect()
}

fn said_in(line: &str) -> Option<Said> {
    // `unchanged` is no change, and a dry run is none either.
    if line.contains("dry run") || line.ends_with("unchanged") {
        return None;
    }
    let mut words = line.split(' ');
    let first = words.next()?;
    let second = words.next()?;
    if let Some((kind, name)) = first.split_once('/') {
        let plain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:".contains(&byte)
                })
        };
        return (plain(kind) && plain(name)).then(|| Said {
            kind: kind.to_owned(),
            name: name.to_owned(),
            deleted: second == "deleted",
        });
    }
    let name = second.strip_prefix('"')?.strip_suffix('"')?;
    let verb = words.find(|word| *word != "force")?;
    (verb == "deleted").then(|| Said {
        kind: first.to_owned(),
        name: name.to_owned(),
        deleted: true,
    })
}

/// Namespaces that the kubectl commands of a text work in; one that is only known to the shell is none of them.
fn namespaces(text: &str, default: &str) -> Vec<String> {
    let commands = syntax::simple_commands(text);
    let kubectl = commands.iter().filter(|one| one.name() == "kubectl");
    kubectl
        .map(|one| one.flag(&["-n", "--namespace"]).unwrap_or(default))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<(&str, &str, bool)>) {
        let found = said_in(line);
        let found = found
            .as_ref()
            .map(|said| (said.kind.as_str(), said.name.as_str(), said.deleted));
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn what_kubectl_says_that_it_did() {
        check("namespace/shop created", Some(("namespace", "shop", false)));
        check(
            "deployment.apps/web scaled",
            Some(("deployment.apps", "web", false)),
        );
        check("pod \"web\" deleted", Some(("pod", "web", true)));
        check("pod \"web\" force deleted", Some(("pod", "web", true)));
        check(
            "pod \"web\" deleted from default namespace",
            Some(("pod", "web", true)),
        );
        check(
            "deployment.apps \"web\" deleted",
            Some(("deployment.apps", "web", true)),
        );
        for line in [
            "namespace/shop created (dry run)",
            "namespace/shop unchanged",
            "namespace/shop",
            "see https://example.com/x for more",
            "Hello \"you\" there",
            "",
        ] {
            check(line, None);
        }
    }

    #[test]
    fn namespaces_that_a_command_works_in() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(namespaces(text, "default"), expected, "{text}");
        };
        check("kubectl apply -f a.yaml", &["default"]);
        check("kubectl -n shop apply -f a.yaml", &["shop"]);
        check(
            "kubectl create cm a --namespace=b && kubectl get pods",
            &["b", "default"],
        );
        check("echo kubectl", &[]);
        check("kubectl -n $NS apply -f a.yaml", &["$NS"]);
    }
}
