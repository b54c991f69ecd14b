//! What the cluster tells of the objects that a failed step touched.
//!
//! Entry points: [`Subjects`], pure: which objects a command or a check is about; [`look`], which reads those, what they own and what
//! owns them ([`scene`]) and says what most likely went wrong ([`cause`]); [`pages`], the long form for a failure bundle.
//! All of it is bounded in time and size, and none of it can fail a run: what could not be read is told as such.

mod cause;
mod describe;
mod logs;
mod related;
mod scene;
mod subjects;
mod telling;
mod variables;

use std::time::Duration;

use super::Connection;
use scene::Scene;
pub use subjects::{Command, Subjects};

/// How long the reading of all objects may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What was seen.
#[derive(Debug)]
pub struct Evidence {
    /// What most likely lies behind the failure, in a line.
    pub likely_cause: Option<String>,
    /// A few lines that explain most: events, the last log line of what crashed.
    pub telling: Vec<String>,
    scene: Scene,
    subjects: Subjects,
}

/// A text of a failure bundle.
#[derive(Debug)]
pub struct Page {
    /// File name, with at most one folder before it.
    pub name: String,
    /// What it says.
    pub text: String,
}

impl Evidence {
    /// Whether there is an object to tell more about.
    pub fn has_objects(&self) -> bool {
        !self.scene.objects().is_empty() || !self.subjects.written.is_empty()
    }
}

/// Looks at what a failed command or check is about; `output` is what the command printed.
///
/// Nothing where there is no cluster and the output alone explains nothing.
pub async fn look(connection: &Connection, subjects: &Subjects, output: &str) -> Evidence {
    let mut evidence = Evidence {
        likely_cause: cause::of_output(
            output,
            connection.server.as_deref(),
            connection.server_version.as_deref(),
        ),
        telling: Vec::new(),
        scene: Scene::default(),
        subjects: subjects.clone(),
    };
    let Some(client) = connection.client.as_ref().filter(|_| !subjects.is_empty()) else {
        return evidence;
    };
    let namespaces = Some(&subjects.namespaces).filter(|_| !subjects.everywhere);
    let scene = Scene::read(client, namespaces, LIMIT).await;
    let mut near = related::narrowed(&scene, subjects);
    logs::last_lines(client, &mut near, LIMIT).await;
    if !cause::says_all(output) {
        evidence.likely_cause = evidence
            .likely_cause
            .or_else(|| cause::of_scene(&scene, &near, subjects, output));
        evidence.telling = telling::lines(&near);
    }
    evidence.scene = near;
    evidence
}

/// The long form: describe, events, logs, nodes.
pub async fn pages(connection: &Connection, evidence: &Evidence) -> Vec<Page> {
    let scene = &evidence.scene;
    let Some(client) = &connection.client else {
        return Vec::new();
    };
    let (described, logs) = futures::join!(
        describe::pages(connection, scene, &evidence.subjects),
        logs::pages(client, scene)
    );
    let mut pages = described;
    pages.extend(logs);
    pages.push(telling::events(scene));
    pages.push(telling::nodes(scene));
    if !scene.gaps.is_empty() {
        pages.push(Page {
            name: "not-collected.txt".to_owned(),
            text: scene.gaps.join("\n") + "\n",
        });
    }
    pages
}
