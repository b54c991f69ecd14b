//! How a local cluster is, told to somebody beside whoever brought it up.

use std::time::Duration;

use super::node::spec::{Answer, GAVE_UP, NodeFault, Request};
use super::paths::StateDir;
use super::{Life, ask, life};
use crate::cluster::Disk;

/// How often it is looked whether the cluster still lives: one look is one system call or two.
const LOOK: Duration = Duration::from_millis(250);
/// How long the node may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// A cluster of which somebody wants to know how it is.
#[derive(Debug, Clone)]
pub struct Pulse {
    name: String,
    state: StateDir,
}

impl Pulse {
    pub(super) fn of(name: &str, state: &StateDir) -> Self {
        Self {
            name: name.to_owned(),
            state: state.clone(),
        }
    }

    /// What went wrong with the cluster since then and that it got over, in the order in which it ended; the last 100 such faults. That
    /// its node does not answer within 5 s is one too.
    pub async fn faults_since(&self, since: jiff::Timestamp) -> Vec<NodeFault> {
        let asked = tokio::time::timeout(ANSWER, ask(&self.state, &Request::Faults)).await;
        match asked {
            Ok(Ok(Answer::Faults(mut faults))) => {
                faults.retain(|fault| fault.last_seen() >= since);
                // What lasts is nearer than what ended over it.
                faults.sort_by_key(NodeFault::last_seen);
                faults
            }
            // One that has ended is another matter, and one that was brought up by another labproof does not tell.
            Ok(_) => Vec::new(),
            Err(_) => vec![NodeFault {
                component: "the node".to_owned(),
                what: format!("did not answer within {} s", ANSWER.as_secs()),
                at: jiff::Timestamp::now(),
                until: None,
            }],
        }
    }

    /// Why the cluster is not there any more, in words; `None` while it is.
    pub fn end(&self) -> Option<String> {
        if life(&self.state) == Some(Life::Running) {
            return None;
        }
        let log = std::fs::read_to_string(self.state.log("node")).unwrap_or_default();
        let why = log
            .lines()
            .rev()
            .find_map(|line| line.find(GAVE_UP).map(|start| &line[start..]))
            .unwrap_or("its first process was killed, or it was taken down");
        let unwritten = match Disk::full(&self.state.dir) {
            Some(disk) => format!(" (its log may be cut off: there is no room on {disk})"),
            None => String::new(),
        };
        Some(format!(
            "the local cluster {} ended: {why}{unwritten}",
            self.name
        ))
    }

    /// Resolves when the cluster is not there any more, with why.
    pub async fn ended(&self) -> String {
        loop {
            if let Some(why) = self.end() {
                return why;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
