//! Hooks and their scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::super::view::LabView;
use super::super::{Findings, Rule};
use crate::source::Severity;

pub(super) const NO_SCRIPT: Rule = Rule {
    code: "LP005",
    title: "a hook without a script",
    severity: Severity::Warning,
    explanation: "`hook=NAME` runs `tests/hook-NAME.sh` beside the page, and there is no such file. Where a lab has no \
                  `tests` at all, this is said once.",
    example: "```bash hook=ready\n$ kubectl get pods\n```\n",
    check: no_script,
};

fn no_script(lab: &LabView<'_>, findings: &mut Findings) {
    // Pages are often looked at without the scripts that go with them.
    let any_folder = lab
        .pages
        .iter()
        .any(|page| folder(page.file().path()).is_dir());
    for page in &lab.pages {
        for step in &page.steps {
            let options = &step.step.options;
            let Some(name) = options
                .hook
                .as_ref()
                .filter(|_| options.hook_script.is_none())
            else {
                continue;
            };
            let span = page.file().line_span(step.step.line);
            let script = folder(page.file().path()).join(format!("hook-{name}.sh"));
            let finding = findings.add(
                page.file(),
                span,
                format!("the hook has no script: {}", script.display()),
            );
            if !any_folder {
                finding.severity = Severity::Note;
                finding.help = Some(
                    "the lab has no folder `tests` at all; its other hooks are not listed"
                        .to_owned(),
                );
                return;
            }
        }
    }
}

fn folder(page: &Path) -> PathBuf {
    page.parent()
        .map(Path::to_owned)
        .unwrap_or_default()
        .join("tests")
}

pub(super) const UNUSED_SCRIPT: Rule = Rule {
    code: "LP006",
    title: "a hook's script that no page names",
    severity: Severity::Warning,
    explanation: "A file `tests/hook-NAME.sh` beside a page runs only where a fence says `hook=NAME`, and none does: a check that \
                  somebody wrote is never made.",
    example: "With a file `tests/hook-old.sh` beside the page:\n\n```bash\n$ kubectl get pods\n```\n",
    check: unused_script,
};

fn unused_script(lab: &LabView<'_>, findings: &mut Findings) {
    // A page by itself does not know what the pages beside it name.
    if !lab.lab.path.is_dir() {
        return;
    }
    let mut folders: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for page in &lab.pages {
        let named = folders.entry(folder(page.file().path())).or_default();
        named.insert("hook-suite.sh".to_owned());
        let hooks = page.steps.iter();
        let hooks = hooks.filter_map(|step| step.step.options.hook.as_ref());
        named.extend(hooks.map(|name| format!("hook-{name}.sh")));
    }
    for (folder, named) in folders {
        let mut scripts: Vec<String> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("hook-") && name.ends_with(".sh"))
            .collect();
        scripts.sort();
        for script in scripts {
            if !named.contains(&script) {
                findings.add_path(&folder.join(script), "no page beside it names this hook");
            }
        }
    }
}
