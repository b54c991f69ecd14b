//! `kubectl describe` of the objects in a scene: the cluster's own kubectl knows best what people want to see.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::Page;
use super::scene::Scene;
use crate::cluster::Connection;

/// How long kubectl may take for one namespace.
const LIMIT: Duration = Duration::from_secs(8);
/// Objects of a namespace that are described.
const MOST: usize = 30;
/// Bytes that are kept of all that is described.
const KEPT: u64 = 2 << 20;
/// Characters that are kept of a line: an annotation may be as long as a book.
const WIDTH: usize = 2000;

/// One text for each namespace.
pub(super) async fn pages(connection: &Connection, scene: &Scene) -> Vec<Page> {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (kind, meta) in scene.objects() {
        if let (Some(namespace), Some(name)) = (&meta.namespace, &meta.name) {
            let names = named.entry(namespace.clone()).or_default();
            names.push(format!("{}/{name}", kind.to_lowercase()));
        }
    }
    let several = named.len() > 1;
    let described = named.into_iter().map(|(namespace, mut names)| async move {
        names.truncate(MOST);
        let text = match describe(connection, &namespace, &names).await {
            Ok(text) => text,
            Err(why) => format!("not described: {why}\n"),
        };
        let name = match several {
            true => format!("describe-{namespace}.txt"),
            false => "describe.txt".to_owned(),
        };
        Page { name, text }
    });
    futures::future::join_all(described).await
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

async fn describe(
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
