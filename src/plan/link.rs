//! Names that must be unique, and files that belong to a lab by their name.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::{Lab, Plan};
use crate::page::{Page, stem};
use crate::source::{Diagnostic, Severity, nearest};
use crate::verifier::{self, Verifier};

/// Links every lab of a plan.
pub(super) fn labs(plan: &mut Plan) {
    for lab in &mut plan.labs {
        name_steps(lab);
        plan.diagnostics.extend(duplicate_ids(lab));
        lab.verifier = verifier(lab, &mut plan.diagnostics);
    }
}

/// Verifiers that belong to none of the labs of a directory. A single page says nothing of the verifiers of others.
pub(super) fn strays(path: &Path) -> Vec<Diagnostic> {
    if !path.is_dir() {
        return Vec::new();
    }
    let stray = |path: PathBuf| {
        let message = "this verifier is of no lab or page: nothing would make its checks";
        Diagnostic::of_path(Severity::Error, &path, message)
            .with_help("call it as its page or lab is called, at the same path below `verifiers`")
    };
    verifier::strays(path).into_iter().map(stray).collect()
}

/// Pages of one stem in one lab (`index.md` of two directories) would give their steps the same names:
/// those of the later pages begin with their directory's name.
fn name_steps(lab: &mut Lab) {
    let mut stems: HashSet<String> = HashSet::new();
    for page in &mut lab.pages {
        let stem = stem(page.file.path());
        let mut prefix = stem.clone();
        let mut parents = page.file.path().to_owned();
        while !stems.insert(prefix.clone()) {
            let above = parents.pop();
            match parents.file_name().filter(|_| above) {
                Some(name) => prefix = format!("{}/{prefix}", name.to_string_lossy()),
                None => prefix.push('+'),
            }
        }
        if prefix == stem {
            continue;
        }
        for (index, step) in page.steps.iter_mut().enumerate() {
            if step.options.id.is_none() {
                step.id = format!("{prefix}-{}", index + 1);
            }
        }
    }
}

fn duplicate_ids(lab: &Lab) -> Vec<Diagnostic> {
    let mut first: HashMap<&str, (&Page, usize)> = HashMap::new();
    let mut problems = Vec::new();
    for page in &lab.pages {
        for step in &page.steps {
            match first.get(step.id.as_str()) {
                None => {
                    first.insert(&step.id, (page, step.line));
                }
                Some((other, line)) => problems.push(
                    Diagnostic::at(
                        Severity::Error,
                        &page.file,
                        page.file.line_span(step.line),
                        format!("another step of this lab is called `{}` too", step.id),
                    )
                    .with_help(format!(
                        "the other one is at {}:{line}",
                        other.file.path().display()
                    )),
                ),
            }
        }
    }
    problems
}

/// `verify=NAME` of a fence where no verifier of the lab has a check of that name.
fn unknown_checks(lab: &Lab, verifier: Option<&Verifier>) -> Vec<Diagnostic> {
    let checks = || verifier.iter().flat_map(|verifier| &verifier.checks);
    let mut problems = Vec::new();
    for page in &lab.pages {
        for step in &page.steps {
            let Some(name) = &step.options.verify else {
                continue;
            };
            if checks().any(|check| check.name == *name) {
                continue;
            }
            let span = page.file.line_span(step.line);
            let message = format!("no verifier of this lab has a check named `{name}`");
            let problem = Diagnostic::at(Severity::Error, &page.file, span, message);
            problems.push(
                match nearest(name, checks().map(|check| check.name.as_str())) {
                    Some(near) => problem.with_help(format!("did you mean `{near}`?")),
                    None => problem,
                },
            );
        }
    }
    problems
}

/// The lab's cluster-state assertions, if it has any, and what is wrong with them.
fn verifier(lab: &Lab, problems: &mut Vec<Diagnostic>) -> Option<Verifier> {
    let pages: Vec<PathBuf> = lab
        .pages
        .iter()
        .map(|page| page.file.path().to_owned())
        .collect();
    match verifier::of_lab(&lab.path, &pages) {
        Ok(verifier) => {
            let ids: Vec<&str> = lab
                .pages
                .iter()
                .flat_map(|page| &page.steps)
                .map(|step| step.id.as_str())
                .collect();
            problems.extend(
                verifier
                    .iter()
                    .flat_map(|verifier| verifier.unknown_steps(&ids)),
            );
            problems.extend(unknown_checks(lab, verifier.as_ref()));
            verifier
        }
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}
