//! Paths and options → [`Plan`]: which labs, which pages in which order, linked to their checks.
//!
//! Everything is read, linked and validated here, before any command touches a cluster.

use std::path::PathBuf;

use crate::page::Page;
use crate::source::Diagnostic;
use crate::verifier::Verifier;

/// Everything that a run will do, in order.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Labs in the order in which they run.
    pub labs: Vec<Lab>,
    /// Every problem found in pages and verifiers.
    pub diagnostics: Vec<Diagnostic>,
}

/// Pages that share one shell session and one cluster baseline.
#[derive(Debug, Clone)]
pub struct Lab {
    /// Title of the index page, else of the only page, else the directory's name.
    pub title: String,
    /// The directory, or the one page, as people named it.
    pub path: PathBuf,
    /// Where commands start: the directory that holds the lab's first page.
    pub directory: PathBuf,
    /// Pages in the order in which they run.
    pub pages: Vec<Page>,
    /// Its cluster-state assertions, where there is a file of them.
    pub verifier: Option<Verifier>,
}
