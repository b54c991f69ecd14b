//! Modules that python fences import and the machine's python3 has not, found before anything runs.
//!
//! Entry points: [`needs_client`], whether a local cluster shall bring a python3 with the Kubernetes client;
//! [`missing_modules`], what is missing all the same.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use regex::Regex;

use crate::page::{self, Step};
use crate::plan::{Lab, Plan};
use crate::source::{Diagnostic, Severity, SourceFile};

/// The module of the Kubernetes client.
const CLIENT: &str = "kubernetes";

/// Prints which of its arguments are no modules.
const PROBE: &str = "import importlib.util, sys\n\
    for name in sys.argv[1:]:\n    \
    if importlib.util.find_spec(name) is None: print(name)";

/// An import that every run of a script comes by: one at the beginning of a line.
static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?:import|from)[ \t]+(\w.*?)(?:[ \t]+import\b.*)?(?:#.*)?$").ok()
});

/// Whether a python fence imports the Kubernetes client, and the python3 on `path` has it not.
pub fn needs_client(plan: &Plan, path: &OsStr) -> bool {
    plan.labs.iter().any(|lab| {
        imports(lab).iter().any(|import| import.module == CLIENT)
            && !lacking(&BTreeSet::from([CLIENT]), &lab.directory, path).is_empty()
    })
}

/// Modules that the python3 on `path` has not, each at the first line that imports it.
pub fn missing_modules(plan: &Plan, path: &OsStr) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut said = BTreeSet::new();
    for lab in &plan.labs {
        let imports = imports(lab);
        let names: BTreeSet<&str> = imports.iter().map(|import| import.module).collect();
        let lacking = lacking(&names, &lab.directory, path);
        for import in imports {
            if !lacking.contains(import.module) || !said.insert(import.module) {
                continue;
            }
            let module = import.module;
            let message = format!("the python3 on PATH has no module `{module}`");
            let get = match module {
                CLIENT => "apt-get install python3-kubernetes, or pip install kubernetes; a local cluster brings it".to_owned(),
                _ => format!("install it for that python3 (pip install {module}), or give the fence `test=false`"),
            };
            let span = import.file.line_span(import.line);
            found.push(Diagnostic::at(Severity::Error, import.file, span, message).with_help(get));
        }
    }
    found
}

/// A module that a python fence imports.
struct Import<'a> {
    module: &'a str,
    file: &'a SourceFile,
    /// In the page, from 1.
    line: usize,
}

/// What a lab's python fences import, without what an earlier command of the lab names: that may install or make it.
fn imports(lab: &Lab) -> Vec<Import<'_>> {
    let mut found = Vec::new();
    let mut earlier = String::new();
    for page in &lab.pages {
        for step in page.steps.iter().filter(|step| step.skip.is_none()) {
            for command in &step.commands {
                let Some(script) = script(step, &command.text) else {
                    earlier.push_str(&command.text);
                    continue;
                };
                let lines = script.lines().enumerate();
                let modules = lines.flat_map(|(index, line)| {
                    modules(line).into_iter().map(move |module| (index, module))
                });
                found.extend(modules.filter(|(_, module)| !earlier.contains(module)).map(
                    |(index, module)| Import {
                        module,
                        file: &page.file,
                        line: command.line + index,
                    },
                ));
            }
        }
    }
    found
}

/// What a python fence holds, where it is Debian's or the machine's python3 that runs it.
fn script<'a>(step: &Step, command: &'a str) -> Option<&'a str> {
    let ours = page::is_python(&step.language) && command.starts_with("python3 ");
    page::script(command).filter(|_| ours)
}

/// The top-level modules that a line imports.
fn modules(line: &str) -> Vec<&str> {
    let Some(named) = IMPORT
        .as_ref()
        .and_then(|pattern| pattern.captures(line))
        .and_then(|found| found.get(1))
    else {
        return Vec::new();
    };
    named
        .as_str()
        .split(',')
        .filter_map(|one| {
            one.split([' ', '.', ';', '\t'])
                .find(|word| !word.is_empty())
        })
        .filter(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .collect()
}

/// Which of the modules a python3 on `path` does not find when it runs in `directory`. All of them where there is no
/// python3; none where it does not tell.
fn lacking(modules: &BTreeSet<&str>, directory: &Path, path: &OsStr) -> BTreeSet<String> {
    if modules.is_empty() {
        return BTreeSet::new();
    }
    let mut programs = std::env::split_paths(path).map(|folder| folder.join("python3"));
    let Some(program) = programs.find(|program| program.is_file()) else {
        return modules.iter().map(|module| (*module).to_owned()).collect();
    };
    let probe = Command::new(program)
        .args(["-B", "-c", PROBE])
        .args(modules)
        .current_dir(directory)
        .env("PATH", path)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match probe {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(str::to_owned)
            .collect(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_read_as_python_reads_them() {
        for (line, expected) in [
            ("import os, yaml.loader as l  # why", vec!["os", "yaml"]),
            ("from kubernetes import client, config", vec!["kubernetes"]),
            (
                "from kubernetes.client.rest import ApiException",
                vec!["kubernetes"],
            ),
            ("import kubernetes.client", vec!["kubernetes"]),
            ("    import late", vec![]),
            ("from . import beside", vec![]),
            ("print('import x')", vec![]),
        ] {
            assert_eq!(modules(line), expected, "{line}");
        }
    }

    #[test]
    fn a_real_python_tells_what_it_lacks() {
        let path = std::env::var_os("PATH").unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("beside.py"), "").unwrap();
        let asked = BTreeSet::from(["json", "beside", "no_such_module_here"]);
        assert_eq!(
            lacking(&asked, folder.path(), &path),
            BTreeSet::from(["no_such_module_here".to_owned()])
        );
    }
}
