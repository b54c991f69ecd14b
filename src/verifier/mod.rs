//! `verifiers/<lab>.yaml` → typed checks on cluster state, strict, with a span each. Pure.
//!
//! Entry points: [`find_for`] and [`load`]; [`of_lab`] does both for a lab and its pages.
//! Steps: YAML → tree with places (`node`) → types (`read`, by way of `fields`). Every problem
//! of a file is reported, not the first. What a check asks is in `kind`; `tree` and
//! `compare` decide whether an object is as asked.

mod compare;
mod fields;
mod find;
mod kind;
mod node;
mod quantity;
mod read;
mod schema;
mod text;
mod tree;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::source::{Diagnostic, Severity, SourceFile, Span};

pub use compare::{Amount, Comparison, SizeOp, shown};
pub use find::{find_for, strays};
pub use kind::{
    Across, Availability, Bounds, By, Count, Endpoint, Events, Exec, Fate, File, FileIs, Gap, Http,
    Kind, Logs, Objects, Owner, OwnerName, Persistence, Pods, PodsOf, Replicas, Resource, Rollout,
    RolloutIs, Target, Which, Workload,
};
pub use quantity::Quantity;
pub use schema::schema;
pub use text::TextIs;
pub use tree::{Expected, Mismatch};

pub(crate) use fields::nearest;

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

/// One assertion on cluster state.
#[derive(Debug, Clone)]
pub struct Check {
    /// What it proves, in the author's words.
    pub name: String,
    /// Id of the step after which it is made; `None`: at the end of the page or lab.
    pub after: Option<String>,
    /// Line in the verifier file, from 1.
    pub line: usize,
    /// The file it stands in.
    pub file: SourceFile,
    /// Its name in that file.
    pub span: Span,
    /// The step id of `after` in that file; empty where there is none.
    pub after_span: Span,
    /// The page at whose end it is made where `after` is `None`; `None`: the end of the lab.
    pub page: Option<PathBuf>,
    /// `within`: how long the cluster may take to be as asked. Default 30 s.
    pub within: Duration,
    /// What it asks.
    pub kind: Kind,
}

impl Check {
    /// Whether something of the cluster must be noted before the step that [`Check::after`]
    /// names: see `cluster::check::arm`.
    pub fn needs_arming(&self) -> bool {
        matches!(
            self.kind,
            Kind::Persistence(_) | Kind::Availability(_) | Kind::Bounds(_)
        )
    }
}

impl Verifier {
    /// The step ids that checks name, each once, in file order.
    pub fn step_ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for id in self
            .checks
            .iter()
            .filter_map(|check| check.after.as_deref())
        {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// A problem for each check that is made after a step that no page has.
    pub fn unknown_steps(&self, known: &[&str]) -> Vec<Diagnostic> {
        let unknown = |check: &&Check| {
            let after = check.after.as_deref();
            after.is_some_and(|after| !known.contains(&after))
        };
        self.checks
            .iter()
            .filter(unknown)
            .map(|check| {
                let after = check.after.as_deref().unwrap_or_default();
                let message = format!("no step of the lab has the id `{after}`");
                Diagnostic::at(Severity::Error, &check.file, check.after_span, message)
                    .with_help(fields::suggestion(after, known))
            })
            .collect()
    }
}

/// Reads one verifier file.
///
/// # Errors
/// Everything that is wrong with it, in file order: it cannot be read, is no YAML, has an unknown
/// key, lacks one, gives one of a wrong type, or names another lab than the one it stands for.
pub fn load(path: &Path) -> Result<Verifier, Vec<Diagnostic>> {
    let problem = |message| vec![Diagnostic::of_path(Severity::Error, path, message)];
    let bytes = std::fs::read(path)
        .map_err(|error| problem(format!("the verifier cannot be read: {error}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| problem("the verifier is not text in UTF-8".to_owned()))?;
    parse(&SourceFile::new(path, text))
}

/// Reads the text of a verifier file. Errors as [`load`].
pub fn parse(file: &SourceFile) -> Result<Verifier, Vec<Diagnostic>> {
    let root = node::parse(file).map_err(|problem| vec![*problem])?;
    read::verifier(file, &root)
}

/// Reads every verifier of a lab into one: that of the lab itself and those of its pages, whose
/// checks without `after` are made at the end of their page. `None` where there is no file.
///
/// # Errors
/// As [`load`], of all files together.
pub fn of_lab(lab: &Path, pages: &[PathBuf]) -> Result<Option<Verifier>, Vec<Diagnostic>> {
    let mut whole: Option<Verifier> = None;
    let mut problems = Vec::new();
    let mut read: Vec<PathBuf> = Vec::new();
    let of_pages = pages.iter().map(|page| (page.as_path(), Some(page)));
    for (subject, page) in std::iter::once((lab, None)).chain(of_pages) {
        let Some(path) = find_for(subject) else {
            continue;
        };
        if read.contains(&path) {
            continue;
        }
        match load(&path) {
            Ok(mut verifier) => {
                for check in &mut verifier.checks {
                    check.page = page.cloned();
                }
                match &mut whole {
                    Some(whole) => whole.checks.append(&mut verifier.checks),
                    None => whole = Some(verifier),
                }
            }
            Err(mut found) => problems.append(&mut found),
        }
        read.push(path);
    }
    if problems.is_empty() {
        Ok(whole)
    } else {
        Err(problems)
    }
}
