//! eks-workshop's hooks: scripts beside the pages that run around a step or around a directory.
//!
//! `hook=NAME` on a fence is `tests/hook-NAME.sh` beside its page; `tests/hook-suite.sh` runs before the first and after the
//! last page of its directory and what is below it. One in a directory above several labs runs around each of them: a lab
//! is what runs by itself.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::Lab;

/// A script that runs around the pages of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// The script; its argument is `before` or `after`.
    pub script: PathBuf,
    /// The lab's pages that it runs around, by index.
    pub pages: Range<usize>,
}

/// Gives every step its hook's script, where there is one, and the lab its suites, outermost first. `top` is the path that
/// people named: what is above it is not theirs to run.
pub(super) fn link(lab: &mut Lab, top: &Path) {
    for page in &mut lab.pages {
        let directory = page
            .file
            .path()
            .parent()
            .map(Path::to_owned)
            .unwrap_or_default();
        for step in &mut page.steps {
            if let Some(name) = &step.options.hook {
                let script = directory.join("tests").join(format!("hook-{name}.sh"));
                step.options.hook_script = script.is_file().then_some(script);
            }
        }
    }
    lab.suites = suites(lab, top);
}

fn suites(lab: &Lab, top: &Path) -> Vec<Suite> {
    let mut found: Vec<Suite> = Vec::new();
    let top = if top.is_dir() {
        top
    } else {
        lab.directory.as_path()
    };
    for page in &lab.pages {
        let mut directories: Vec<&Path> = page
            .file
            .path()
            .ancestors()
            .skip(1)
            .take_while(|directory| directory.starts_with(top) || top == Path::new("."))
            .collect();
        directories.reverse();
        for directory in directories {
            let script = directory.join("tests/hook-suite.sh");
            if found.iter().any(|suite| suite.script == script) || !script.is_file() {
                continue;
            }
            let inside = |page: &crate::page::Page| page.file.path().starts_with(directory);
            let first = lab.pages.iter().position(inside).unwrap_or(0);
            let last = lab.pages.iter().rposition(inside).unwrap_or(first);
            found.push(Suite {
                script,
                pages: first..last + 1,
            });
        }
    }
    found
}
