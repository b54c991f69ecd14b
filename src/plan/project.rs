//! `labproof.toml`: what holds for all pages of a project.
//!
//! ```toml
//! dialect = "bare"            # or "transcript"; without it every page is looked at
//! compat = "eks-workshop"     # what `--compat eks-workshop` says, for everybody
//! cluster = "kind:workshop"   # what `--cluster` says, unless the command line says it
//!
//! [interpreters]              # fences in other languages: what takes them on its stdin
//! js = "node -"
//! python = false              # python fences run unless one says so
//!
//! [urls]                      # read from these folders, beside this file, and not from the web
//! "https://k8s.io/examples/" = "../examples"
//!
//! [lint.off]
//! LP019 = "the pages are read aloud, output is not shown"
//! ```

use std::path::{Path, PathBuf};

use super::UrlFolder;
use crate::page::{Dialect, Interpreters};
use crate::source::{Diagnostic, Severity, SourceFile, nearest};

/// The name of the file.
pub const FILE: &str = "labproof.toml";

/// What a project says about its pages.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// The file that says it, where there is one.
    pub file: Option<SourceFile>,
    /// How its shell fences are written.
    pub dialect: Option<Dialect>,
    /// What runs fences in other languages than the shell's.
    pub interpreters: Interpreters,
    /// `compat = "eks-workshop"`: pages mean what that workshop's own harness takes them to mean.
    pub compat_eks_workshop: bool,
    /// `cluster`: where to run, as `--cluster` takes it; `cli` understands it.
    pub cluster: Option<String>,
    /// `kubernetes-version`: that of a cluster that is made, as `--kubernetes-version` takes it.
    pub kubernetes_version: Option<String>,
    /// `mirror`: where a local cluster's programs come from, as `--mirror` takes it.
    pub mirror: Option<String>,
    /// `[urls]`: what is read from the disk and not from the web.
    pub urls: Vec<UrlFolder>,
    /// Lint rules that are off, and why.
    pub lint_off: Vec<(String, String)>,
}

/// The nearest `labproof.toml`: beside a path, or in a directory above it.
pub fn find(path: &Path) -> Option<PathBuf> {
    let real = std::fs::canonicalize(path).ok()?;
    real.ancestors()
        .map(|above| above.join(FILE))
        .find(|file| file.is_file())
}

/// Reads the file, strictly.
pub fn read(file: &SourceFile) -> (Project, Vec<Diagnostic>) {
    let mut reader = Reader {
        file,
        project: Project {
            file: Some(file.clone()),
            ..Project::default()
        },
        problems: Vec::new(),
    };
    match toml::from_str::<toml::Table>(file.text()) {
        Ok(table) => reader.top(&table),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let span = file.line_span(file.line_of(at));
            reader.problems.push(Diagnostic::at(
                Severity::Error,
                file,
                span,
                error.message().to_owned(),
            ));
        }
    }
    (reader.project, reader.problems)
}

struct Reader<'a> {
    file: &'a SourceFile,
    project: Project,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn top(&mut self, table: &toml::Table) {
        for (key, value) in table {
            match (key.as_str(), value) {
                ("dialect", _) => match value.as_str().and_then(Dialect::named) {
                    Some(dialect) => self.project.dialect = Some(dialect),
                    None => self.error(key, "`dialect` must be \"transcript\" or \"bare\""),
                },
                ("compat", _) => match value.as_str() {
                    Some("eks-workshop") => self.project.compat_eks_workshop = true,
                    _ => self.error(key, "`compat` must be \"eks-workshop\""),
                },
                ("cluster" | "kubernetes-version" | "mirror", toml::Value::String(text)) => {
                    let place = match key.as_str() {
                        "cluster" => &mut self.project.cluster,
                        "mirror" => &mut self.project.mirror,
                        _ => &mut self.project.kubernetes_version,
                    };
                    *place = Some(text.clone());
                }
                ("cluster" | "kubernetes-version" | "mirror", _) => {
                    self.error(
                        key,
                        &format!("`{key}` must be a text, as `--{key}` takes it"),
                    );
                }
                ("interpreters", toml::Value::Table(programs)) => self.interpreters(programs),
                ("interpreters", _) => self.error(key, "`interpreters` must be a table"),
                ("urls", toml::Value::Table(urls)) => self.urls(urls),
                ("urls", _) => self.error(key, "`urls` must be a table"),
                ("lint", toml::Value::Table(lint)) => self.lint(lint),
                ("lint", _) => self.error(key, "`lint` must be a table"),
                _ => self.unknown(
                    key,
                    &[
                        "dialect",
                        "compat",
                        "cluster",
                        "kubernetes-version",
                        "mirror",
                        "interpreters",
                        "urls",
                        "lint",
                    ],
                ),
            }
        }
    }

    fn interpreters(&mut self, table: &toml::Table) {
        for (language, program) in table {
            let program = match program {
                toml::Value::String(program) => Some(program.as_str()),
                toml::Value::Boolean(false) => None,
                _ => Some(""),
            };
            if let Err(problem) = self.project.interpreters.set(language, program) {
                self.error(language, &problem);
            }
        }
    }

    fn urls(&mut self, table: &toml::Table) {
        let beside = self
            .file
            .path()
            .parent()
            .unwrap_or(Path::new(""))
            .to_owned();
        for (prefix, folder) in table {
            if !prefix.starts_with("https://") && !prefix.starts_with("http://") {
                self.error(
                    prefix,
                    &format!("`{prefix}` must begin with https:// or http://"),
                );
                continue;
            }
            let Some(folder) = folder.as_str().map(|folder| beside.join(folder)) else {
                self.error(prefix, &format!("`{prefix}` needs a folder, or a file"));
                continue;
            };
            if !folder.exists() {
                self.error(prefix, &format!("{} is not there", folder.display()));
            }
            self.project.urls.push(UrlFolder {
                prefix: prefix.clone(),
                folder,
            });
        }
    }

    fn lint(&mut self, table: &toml::Table) {
        for (key, value) in table {
            let Some(off) = value.as_table().filter(|_| key == "off") else {
                self.unknown(key, &["off"]);
                continue;
            };
            for (code, reason) in off {
                match reason.as_str().filter(|reason| !reason.trim().is_empty()) {
                    Some(reason) => self
                        .project
                        .lint_off
                        .push((code.clone(), reason.to_owned())),
                    None => self.error(code, &format!("`{code}` needs the reason why it is off")),
                }
            }
        }
    }

    fn unknown(&mut self, key: &str, known: &[&str]) {
        self.error(key, &format!("unknown key `{key}`"));
        if let (Some(near), Some(problem)) = (
            nearest(key, known.iter().copied()),
            self.problems.last_mut(),
        ) {
            problem.help = Some(format!("did you mean `{near}`?"));
        }
    }

    /// An error at the first line that holds the key.
    fn error(&mut self, key: &str, message: &str) {
        let at = self.file.text().find(key).unwrap_or(0);
        let span = self.file.line_span(self.file.line_of(at));
        self.problems
            .push(Diagnostic::at(Severity::Error, self.file, span, message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, dialect: Option<Dialect>, off: usize, problems: &[&str]) {
        let (project, found) = read(&SourceFile::new(FILE, text));
        assert_eq!(project.dialect, dialect, "{text}");
        assert_eq!(project.lint_off.len(), off, "{text}");
        let messages: Vec<&str> = found
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        assert_eq!(messages, problems, "{text}");
    }

    #[test]
    fn what_a_project_may_say() {
        check(
            "dialect = \"bare\"\n[lint.off]\nLP019 = \"why\"\n",
            Some(Dialect::Bare),
            1,
            &[],
        );
        check("", None, 0, &[]);
        check(
            "[interpreters]\njs = \"node -\"\npython = false\n",
            None,
            0,
            &[],
        );
        check(
            "[interpreters]\nbash = \"sh\"\n",
            None,
            0,
            &["`bash` runs in the lab's own bash"],
        );
        check("compat = \"eks-workshop\"\n", None, 0, &[]);
        check(
            "compat = \"eks\"\n",
            None,
            0,
            &["`compat` must be \"eks-workshop\""],
        );
        check("[urls]\n\"https://a.example/\" = \".\"\n", None, 0, &[]);
        check(
            "[urls]\n\"a.example\" = \".\"\n\"https://b.example/\" = 1\n\"https://c.example/\" = \"gone\"\n",
            None,
            0,
            &[
                "`a.example` must begin with https:// or http://",
                "`https://b.example/` needs a folder, or a file",
                "gone is not there",
            ],
        );
        check(
            "dialect = \"odd\"\n",
            None,
            0,
            &["`dialect` must be \"transcript\" or \"bare\""],
        );
        check(
            "cluster = \"kind\"\nkubernetes-version = \"1.31.0\"\nmirror = \"http://mirror.example\"\n",
            None,
            0,
            &[],
        );
        check(
            "kubernetes-version = 1.31\n",
            None,
            0,
            &["`kubernetes-version` must be a text, as `--kubernetes-version` takes it"],
        );
        check("dialct = \"bare\"\n", None, 0, &["unknown key `dialct`"]);
        check(
            "[lint.off]\nLP001 = \"\"\n",
            None,
            0,
            &["`LP001` needs the reason why it is off"],
        );
    }
}
