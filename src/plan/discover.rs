//! Paths → labs and pages, in the order in which they run.
//!
//! The order, eks-workshop's and Hugo's: a directory's index page first, then its other pages by `weight` (else
//! `sidebar_position`, else 0) and name, then its subdirectories by the same of their index pages. A directory
//! that holds a file `.notest` is left out with all below it.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Lab, Plan, PlanOptions};
use crate::page::{self, Page};
use crate::source::{Diagnostic, Severity, SourceFile};

/// Reads a page, or a directory of them, into the plan.
pub(super) fn path(path: &Path, options: &PlanOptions, plan: &mut Plan) {
    match fs::metadata(path) {
        Err(error) => plan.diagnostics.push(unreadable(path, &error)),
        Ok(data) if data.is_dir() => {
            let mut walk = Walk {
                options,
                diagnostics: &mut plan.diagnostics,
                seen: HashSet::new(),
                above: Vec::new(),
            };
            if let Some(tree) = walk.directory(path) {
                gather(tree, None, &mut plan.labs);
            }
        }
        Ok(data) if !data.is_file() => plan.diagnostics.push(Diagnostic::of_path(
            Severity::Error,
            path,
            "is neither a file nor a directory",
        )),
        Ok(_) => {
            if let Some(page) = read_page(path, options, &mut plan.diagnostics) {
                plan.labs.push(Lab {
                    title: page.title.clone(),
                    path: path.to_owned(),
                    directory: parent(path),
                    pages: vec![page],
                    verifier: None,
                    suites: Vec::new(),
                    from_disk: Vec::new(),
                });
            }
        }
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    let message = match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read: permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Diagnostic::of_path(Severity::Error, path, message)
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => PathBuf::from("."),
    }
}

/// Larger files are no pages. What is below it is read in a few seconds.
const LARGEST: u64 = 64 << 20;

fn read_page(
    path: &Path,
    options: &PlanOptions,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Page> {
    if fs::metadata(path).is_ok_and(|data| data.len() > LARGEST) {
        let message = format!("is larger than {} MB, which no page is", LARGEST >> 20);
        diagnostics.push(
            Diagnostic::of_path(Severity::Error, path, message).with_help(
                "divide it into several, or leave its directory out with a file `.notest`",
            ),
        );
        return None;
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            diagnostics.push(unreadable(path, &error));
            return None;
        }
    };
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count()
                + 1;
            diagnostics.push(
                Diagnostic::of_path(
                    Severity::Error,
                    path,
                    format!("is not UTF-8 text: line {line} holds a byte that is not"),
                )
                .with_help("save the page as UTF-8"),
            );
            return None;
        }
    };
    let file = SourceFile::new(path, text);
    let (page, problems) = page::read_as(
        &file,
        options.profile.as_deref(),
        options.dialect,
        &options.interpreters,
    );
    diagnostics.extend(problems);
    Some(page)
}

/// A directory as read: its pages in order, then what is below it in order.
struct Tree {
    path: PathBuf,
    weight: f64,
    /// Its index page makes it a lab.
    lab: bool,
    /// Title of its index page.
    title: Option<String>,
    pages: Vec<Page>,
    below: Vec<Tree>,
}

struct Walk<'a> {
    options: &'a PlanOptions,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// Real paths of directories read so far: a link to one of them is not followed again.
    seen: HashSet<PathBuf>,
    /// Real paths of the directories that the walk is in.
    above: Vec<PathBuf>,
}

impl Walk<'_> {
    fn directory(&mut self, path: &Path) -> Option<Tree> {
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) => {
                self.diagnostics.push(unreadable(path, &error));
                return None;
            }
        };
        if !self.seen.insert(real.clone()) {
            let message = if self.above.contains(&real) {
                "leads back to a directory above it; it is not followed"
            } else {
                "is a second way to a directory that was read already; it is not read again"
            };
            self.diagnostics
                .push(Diagnostic::of_path(Severity::Warning, path, message));
            return None;
        }
        let entries = match entries(path) {
            Ok(entries) => entries,
            Err(error) => {
                self.diagnostics.push(unreadable(path, &error));
                return None;
            }
        };
        if entries
            .iter()
            .any(|entry| entry.file_name() == Some(OsStr::new(".notest")))
        {
            return None;
        }
        self.above.push(real);
        let tree = self.read(path, &entries);
        self.above.pop();
        Some(tree)
    }

    fn read(&mut self, path: &Path, entries: &[PathBuf]) -> Tree {
        let mut index: Option<Page> = None;
        let mut pages = Vec::new();
        let mut below = Vec::new();
        for entry in entries {
            if ignored(entry) {
                continue;
            }
            match fs::metadata(entry) {
                Ok(data) if data.is_dir() => below.extend(self.directory(entry)),
                Ok(data) if data.is_file() && is_page(entry) => {
                    if let Some(page) = read_page(entry, self.options, self.diagnostics) {
                        // Of `_index.md` and `README.md` in one directory, the first is the index.
                        if index_rank(entry)
                            < index
                                .as_ref()
                                .map_or(NO_INDEX, |page| index_rank(page.file.path()))
                        {
                            pages.extend(index.replace(page));
                        } else {
                            pages.push(page);
                        }
                    }
                }
                Ok(_) => {}
                Err(error) if is_page(entry) => self.diagnostics.push(unreadable(entry, &error)),
                // A link that leads nowhere, named like no page: none of our business.
                Err(_) => {}
            }
        }
        pages.sort_by(|a, b| {
            by_weight(weight(a), weight(b)).then_with(|| a.file.path().cmp(b.file.path()))
        });
        below.sort_by(|a: &Tree, b: &Tree| {
            by_weight(a.weight, b.weight).then_with(|| a.path.cmp(&b.path))
        });
        Tree {
            path: path.to_owned(),
            weight: index.as_ref().map_or(0.0, weight),
            lab: index.as_ref().is_some_and(|page| page.front.lab),
            title: index.as_ref().map(|page| page.title.clone()),
            pages: index.into_iter().chain(pages).collect(),
            below,
        }
    }
}

fn entries(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        entries.push(path.join(entry?.file_name()));
    }
    entries.sort();
    Ok(entries)
}

/// Hidden files, and packages that a site's tools install beside its pages.
fn ignored(path: &Path) -> bool {
    let name = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    name.starts_with('.') || name == "node_modules"
}

fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["md", "mdx", "markdown"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

const NO_INDEX: usize = 3;

/// How much a file is its directory's index page: the smaller the more.
fn index_rank(path: &Path) -> usize {
    let stem = page::stem(path).to_lowercase();
    ["index", "_index", "readme"]
        .iter()
        .position(|known| *known == stem)
        .unwrap_or(NO_INDEX)
}

fn weight(page: &Page) -> f64 {
    page.front.weight.unwrap_or(0.0)
}

fn by_weight(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

/// A tree's pages → labs. `lab` is the lab that the directories above belong to.
fn gather(tree: Tree, lab: Option<usize>, labs: &mut Vec<Lab>) {
    let own = if tree.lab || (lab.is_none() && !tree.pages.is_empty()) {
        labs.push(Lab {
            title: lab_title(&tree),
            path: tree.path.clone(),
            directory: tree.path.clone(),
            pages: Vec::new(),
            verifier: None,
            suites: Vec::new(),
            from_disk: Vec::new(),
        });
        Some(labs.len() - 1)
    } else {
        lab
    };
    if let Some(index) = own {
        labs[index].pages.extend(tree.pages);
    }
    // Only a lab that says so takes what is below it.
    let passed_on = if tree.lab { own } else { lab };
    for below in tree.below {
        gather(below, passed_on, labs);
    }
}

fn lab_title(tree: &Tree) -> String {
    let only = match tree.pages.as_slice() {
        [page] => Some(page.title.clone()),
        _ => None,
    };
    tree.title.clone().or(only).unwrap_or_else(|| {
        let real = fs::canonicalize(&tree.path).unwrap_or_else(|_| tree.path.clone());
        real.file_name().map_or_else(
            || "labs".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    })
}
