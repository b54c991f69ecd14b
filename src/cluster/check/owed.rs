//! What a check has changed in the cluster and must put back, however it ends.
//!
//! Entry points: [`Owed::note`] before the change, [`Owed::settle`] once the check is over or interrupted.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use kube::Client;

use crate::verifier::Pods;

use super::look::Unable;
use super::poll::reach;
use super::replace::{cordon, scale};

/// How long putting one thing back may take. It is one request, repeated while the API server is away.
const LIMIT: Duration = Duration::from_secs(15);

/// One thing to put back.
#[derive(Debug, Clone)]
pub(super) enum Debt {
    /// The workload had this many replicas.
    Replicas(Pods, u64),
    /// This node took pods.
    Uncordon(String),
}

/// What is to be put back.
#[derive(Debug, Default)]
pub(super) struct Owed {
    debts: Mutex<Vec<Debt>>,
}

impl Owed {
    /// Notes what will have to be put back. Call it before the change: one that was not made is harmless to undo.
    pub fn note(&self, debt: Debt) {
        self.list().push(debt);
    }

    /// Puts everything back, the last first. What is interrupted meanwhile is still owed.
    ///
    /// # Errors
    /// The first thing that could not be put back in time; the others are tried all the same.
    pub async fn settle(&self, client: &Client) -> Result<(), Unable> {
        let mut result = Ok(());
        loop {
            let Some(debt) = self.list().last().cloned() else {
                return result;
            };
            let paid = reach(Instant::now() + LIMIT, || async {
                match &debt {
                    Debt::Replicas(pods, replicas) => scale(client, pods, *replicas).await,
                    Debt::Uncordon(node) => cordon(client, node, false).await,
                }
            });
            result = result.and(paid.await.map_err(|unable| {
                let what = match &debt {
                    Debt::Replicas(pods, replicas) => {
                        format!("{} was not scaled back to {replicas}", pods.of)
                    }
                    Debt::Uncordon(node) => format!("node {node} is still cordoned"),
                };
                Unable::for_good(format!("{what}: {}", unable.reason))
            }));
            self.list().pop();
        }
    }

    fn list(&self) -> MutexGuard<'_, Vec<Debt>> {
        self.debts.lock().expect("nobody panics holding it")
    }
}
