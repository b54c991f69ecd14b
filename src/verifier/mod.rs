//! `verifiers/<lab>.yaml` → typed checks on cluster state, strict, with a span each.

use std::path::PathBuf;

/// The checks of one lab.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// File it was read from.
    pub path: PathBuf,
    /// The lab it belongs to: its path below `labs/`.
    pub lab: String,
    /// Checks in file order.
    pub checks: Vec<Check>,
}

/// One assertion on cluster state. (Its kinds are defined by the verifier room.)
#[derive(Debug, Clone)]
pub struct Check {
    /// What it proves, in the author's words.
    pub name: String,
    /// Id of the step after which it is made; `None`: at the end of the lab.
    pub after: Option<String>,
    /// Line in the verifier file, from 1.
    pub line: usize,
}
