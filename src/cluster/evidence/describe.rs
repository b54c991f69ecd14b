//! `kubectl describe` of the objects in a scene: the cluster's own kubectl knows best what people want to see.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::Page;
use super::scene::Scene;
use super::subjects::Subjects;
use crate::cluster::Connection;
use crate::cluster::changes::kind_named;

/// How long kubectl may take for one namespace.
const LIMIT: Duration = Duration::from_secs(8);
/// Namespaces in which objects are described.
const MOST_NAMESPACES: usize = 4;
/// Objects of a namespace that are described.
const MOST: usize = 30;
/// Bytes that are kept of all that is described.
const KEPT: u64 = 2 << 20;
/// Characters that are kept of a line: an annotation may be as long as a book.
const WIDTH: usize = 2000;

/// One text for each namespace, those with most trouble first, and one for what else a command names.
pub(super) async fn pages(
    connection: &Connection,
    scene: &Scene,
    subjects: &Subjects,
) -> Vec<Page> {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    for (kind, meta) in scene.objects() {
        if let (Some(namespace), Some(name)) = (&meta.namespace, &meta.name) {
            let names = named.entry(namespace.clone()).or_default();
            names.push(format!("{}/{name}", kind.to_lowercase()));
            known.insert((kind, name.as_str()));
        }
    }
    let several = named.len() > 1;
    let mut named: Vec<(String, Vec<String>)> = named.into_iter().collect();
    named.sort_by_key(|(namespace, _)| Reverse(warnings(scene, namespace)));
    named.truncate(MOST_NAMESPACES);
    let described = named.into_iter().map(|(namespace, mut names)| async move {
        names.truncate(MOST);
        let text = describe(connection, &namespace, &names).await;
        let name = match several {
            true => format!("describe-{namespace}.txt"),
            false => "describe.txt".to_owned(),
        };
        Page { name, text }
    });
    let is_known = |object: &str| {
        object.split_once('/').is_some_and(|(kind, name)| {
            kind_named(kind).is_some_and(|kind| known.contains(&(kind, name)))
        })
    };
    let mut others: Vec<String> = subjects.written.clone();
    others.retain(|object| !is_known(object));
    others.truncate(MOST);
    let (mut pages, others) = futures::join!(
        futures::future::join_all(described),
        describe_others(connection, subjects, &others)
    );
    pages.extend(others.map(|text| Page {
        name: "describe-others.txt".to_owned(),
        text,
    }));
    pages
}

/// Objects that are in no scene, of which it is not known in which of the namespaces they are.
async fn describe_others(
    connection: &Connection,
    subjects: &Subjects,
    names: &[String],
) -> Option<String> {
    if names.is_empty() {
        return None;
    }
    let namespaces = subjects.namespaces.iter().take(MOST_NAMESPACES);
    let each = namespaces.map(|namespace| describe(connection, namespace, names));
    let texts = futures::future::join_all(each).await;
    let lines: Vec<&str> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| !line.starts_with("Error from server (NotFound)"))
        .collect();
    Some(lines.join("\n") + "\n").filter(|text| !text.trim().is_empty())
}

/// Warnings about objects of a namespace.
fn warnings(scene: &Scene, namespace: &str) -> usize {
    let warnings = scene.events.iter().filter(|event| {
        event.type_.as_deref() == Some("Warning")
            && event.metadata.namespace.as_deref() == Some(namespace)
    });
    warnings.count()
}

/// A child and all that it has started, which end when this is dropped.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // No id: it has ended and was waited for.
        if let Some(id) = self.0.id().and_then(|id| Pid::from_raw(id as i32)) {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

async fn describe(connection: &Connection, namespace: &str, names: &[String]) -> String {
    match try_describe(connection, namespace, names).await {
        Ok(text) => text,
        Err(why) => format!("not described: {why}\n"),
    }
}

async fn try_describe(
    connection: &Connection,
    namespace: &str,
    names: &[String],
) -> Result<String, String> {
    let child = Command::new("kubectl")
        .args(["describe", "--request-timeout=5s", "--namespace", namespace])
        .args(names)
        .env("PATH", connection.path())
        .env("KUBECONFIG", connection.kubeconfig())
        .env("KUBECACHEDIR", connection.kubectl_cache())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("kubectl cannot be run: {error}"))?;
    let mut group = Group(child);
    let stdout = group.0.stdout.take().ok_or("kubectl has no output")?;
    let stderr = group.0.stderr.take().ok_or("kubectl has no output")?;
    let (mut told, mut wrong) = (Vec::new(), Vec::new());
    let mut kept = stdout.take(KEPT);
    let mut complaints = stderr.take(16 << 10);
    let reading = async {
        futures::join!(
            kept.read_to_end(&mut told),
            complaints.read_to_end(&mut wrong)
        )
    };
    let late = tokio::time::timeout(LIMIT, reading).await.is_err();
    let mut text: String = String::from_utf8_lossy(&told).lines().map(short).collect();
    text.push_str(&String::from_utf8_lossy(&wrong));
    if late {
        text.push_str(&format!(
            "kubectl did not end in {} s and was ended\n",
            LIMIT.as_secs()
        ));
    }
    drop(group);
    Ok(text)
}

fn short(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{} … ({} bytes left out)\n", &line[..end], line.len() - end),
        None => format!("{line}\n"),
    }
}
