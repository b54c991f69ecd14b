//! Names that must be unique, and files that belong to a lab by their name.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use super::{Lab, Plan};
use crate::page::{Page, stem};
use crate::source::{Diagnostic, Severity};
use crate::verifier::Verifier;

/// Links every lab of a plan.
pub(super) fn labs(plan: &mut Plan) {
    for lab in &mut plan.labs {
        name_steps(lab);
        plan.diagnostics.extend(duplicate_ids(lab));
        lab.verifier = verifier(lab);
    }
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

/// Where a lab's verifier would be: `labs/storage/ephemeral.md` has `verifiers/storage/ephemeral.yaml`.
/// `None` for a lab that is below no directory `labs`.
pub(super) fn verifier_path(lab: &Path) -> Option<PathBuf> {
    let parts: Vec<Component<'_>> = lab.components().collect();
    let labs = parts.iter().rposition(|part| part.as_os_str() == "labs")?;
    let below: PathBuf = parts[labs + 1..].iter().collect();
    if below.as_os_str().is_empty() {
        return None;
    }
    let root: PathBuf = parts[..labs].iter().collect();
    let below = if lab.is_dir() {
        below
    } else {
        below.with_extension("")
    };
    let mut name = below.into_os_string();
    name.push(".yaml");
    Some(root.join("verifiers").join(name))
}

/// The lab's cluster-state assertions. The verifier room reads them; this is where it is asked to.
fn verifier(lab: &Lab) -> Option<Verifier> {
    let path = verifier_path(&lab.path)?;
    path.is_file().then_some(())?;
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifiers_stand_beside_labs() {
        for (lab, expected) in [
            (
                "labs/storage/ephemeral.md",
                Some("verifiers/storage/ephemeral.yaml"),
            ),
            ("/a/labs/b.c.md", Some("/a/verifiers/b.c.yaml")),
            ("elsewhere/a.md", None),
            ("labs", None),
        ] {
            assert_eq!(
                verifier_path(Path::new(lab)),
                expected.map(PathBuf::from),
                "{lab}"
            );
        }
    }
}
