//! Paths and options → [`Plan`]: which labs, which pages in which order, linked to their checks.
//!
//! Everything is read, linked and validated here, before any command touches a cluster.
//!
//! Entry point: [`build`]. Steps: `discover` walks the paths and reads the pages in order, `link` gives every step
//! a name of its own and every lab its verifier, `filter` keeps what people ask for, `hooks` finds the scripts around steps,
//! `urls` reads from the disk what is there. [`json`] and [`text`] show a plan, with
//! what each lab needs ([`needs`]) and how long it took [`last`] time; they change nothing.

use std::path::{Path, PathBuf};

use crate::page::{Dialect, Interpreters, Page};
use crate::source::{Diagnostic, Severity, SourceFile};
use crate::verifier::Verifier;

mod compat;
mod discover;
mod filter;
mod hooks;
pub mod json;
pub mod last;
mod link;
pub(crate) mod manifests;
pub mod needs;
pub(crate) mod programs;
pub mod project;
pub mod text;
mod urls;

pub use hooks::Suite;
pub use project::Project;
pub use urls::{FromDisk, UrlFolder};

/// What a plan depends on besides the pages.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// Kind of cluster of the run, for `only=`; `None`: not known yet, nothing is skipped for it.
    pub profile: Option<String>,
    /// How shell fences are written where a page does not say; `None`: every page is looked at.
    pub dialect: Option<Dialect>,
    /// What runs fences in other languages than the shell's.
    pub interpreters: Interpreters,
    /// Globs over page paths, titles, tags and step ids; empty: everything.
    pub filters: Vec<String>,
    /// `--compat eks-workshop`: what that workshop's own harness takes pages to mean.
    pub compat_eks_workshop: bool,
    /// URLs that are folders here; `None`: commands stay as the pages have them.
    pub urls: Option<Vec<UrlFolder>>,
}

/// What the nearest `labproof.toml` says: the one beside or above the first of the paths that has one.
///
/// # Errors
/// The first problem of the file: nothing of a file that is not valid counts.
pub fn project(paths: &[PathBuf]) -> Result<Project, Box<Diagnostic>> {
    let Some(found) = paths.iter().find_map(|path| project::find(path)) else {
        return Ok(Project::default());
    };
    let text = std::fs::read_to_string(&found).map_err(|error| {
        Diagnostic::of_path(Severity::Error, &found, format!("cannot be read: {error}"))
    })?;
    let (project, problems) = project::read(&SourceFile::new(found, text));
    match problems.into_iter().next() {
        Some(problem) => Err(Box::new(problem)),
        None => Ok(project),
    }
}

/// Everything that a run will do, in order.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Labs in the order in which they run.
    pub labs: Vec<Lab>,
    /// Every problem found in pages and verifiers.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether pages mean what eks-workshop's own harness takes them to mean.
    pub compat_eks_workshop: bool,
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
    /// Scripts that run around its directories, outermost first.
    pub suites: Vec<Suite>,
    /// URLs of its commands that are read from the disk.
    pub from_disk: Vec<FromDisk>,
}

impl Plan {
    /// Every step with its page, in the order in which they run.
    pub fn steps(&self) -> impl Iterator<Item = (&Lab, &Page, &crate::page::Step)> {
        self.labs.iter().flat_map(|lab| {
            lab.pages
                .iter()
                .flat_map(move |page| page.steps.iter().map(move |step| (lab, page, step)))
        })
    }

    /// How many nodes a cluster needs that any of the labs can run on, where a page says so.
    pub fn nodes(&self) -> Option<u8> {
        let pages = self.labs.iter().flat_map(|lab| &lab.pages);
        pages.filter_map(|page| page.front.nodes).max()
    }

    /// Whether a problem was found that keeps the plan from being run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Reads what the paths name: each a page, or a directory of them.
pub fn build(paths: &[PathBuf], options: &PlanOptions) -> Plan {
    let mut plan = Plan {
        compat_eks_workshop: options.compat_eks_workshop,
        ..Plan::default()
    };
    for path in paths {
        let first = plan.labs.len();
        let problems = plan.diagnostics.len();
        discover::path(path, options, &mut plan);
        let steps: usize = plan.labs[first..]
            .iter()
            .flat_map(|lab| &lab.pages)
            .map(|page| page.steps.len())
            .sum();
        let said = plan.diagnostics[problems..]
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error);
        if steps == 0 && !said {
            plan.diagnostics.push(nothing(path));
        }
        plan.diagnostics.extend(link::strays(path));
    }
    link::labs(&mut plan);
    if options.compat_eks_workshop {
        compat::eks_workshop(&mut plan);
    }
    filter::apply(&mut plan, &options.filters);
    for lab in &mut plan.labs {
        let top = paths.iter().find(|path| lab.path.starts_with(path));
        let top = top.cloned().unwrap_or_else(|| lab.directory.clone());
        hooks::link(lab, &top);
    }
    if let Some(folders) = &options.urls {
        urls::read_from_disk(&mut plan, folders);
    }
    plan
}

fn nothing(path: &Path) -> Diagnostic {
    Diagnostic::of_path(Severity::Error, path, "no step to run here").with_help(
        "a step is a fenced block whose language is bash, sh, shell, console or python, in a .md or .mdx file",
    )
}
