//! The folder of a step that did not pass: `DIR/<lab>/<page>/<step>/`, and `DIR/<page>/<step>/` where the page is the lab.
//!
//! Nothing that is there already is written over: a folder that exists gets a number behind its name. What is written goes through
//! the gate that masks secrets. A bundle that cannot be written is told in a warning and fails nothing.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::lab::{Here, LabRun};
use crate::cluster::explain;
use crate::event::{CheckRecord, StepRecord, Verdict};
use crate::plan::Lab;

/// Bytes of one file.
const LARGEST: usize = 4 << 20;
/// Bytes of all files of a folder, its summary aside.
const ROOM: usize = 32 << 20;
/// Characters of a name.
const LONGEST_NAME: usize = 80;
/// Failures of one step that are told in full.
const MOST_ROUNDS: usize = 4;
/// Folders of the same name that may be there from before.
const MOST_RUNS: usize = 1000;

/// Makes the folder of `--artifacts`, and sees that it can be written into.
///
/// # Errors
/// Why it cannot, with the folder.
pub fn prepare(root: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| {
        let error = explain(root, &error);
        format!("--artifacts {}: cannot be written: {error}", root.display())
    };
    fs::create_dir_all(root).map_err(failed)?;
    tempfile::tempfile_in(root).map(drop).map_err(failed)
}

/// A folder that is being filled.
#[derive(Debug)]
pub(super) struct Bundle {
    folder: PathBuf,
    files: Vec<String>,
    /// How many failures of the step were told in full.
    rounds: usize,
    /// Bytes that may still be written.
    room: usize,
    /// Files for which there was no room.
    left_out: usize,
    /// What could not be written.
    problem: Option<String>,
}

impl Bundle {
    /// A folder of the step's own.
    pub(super) fn open(root: &Path, lab: &Lab, here: Here<'_>) -> Self {
        let parent = root.join(place(&lab.path, here.page.file.path()));
        let name = safe(Path::new(&here.step.id));
        let mut bundle = Self {
            folder: parent.join(&name),
            files: Vec::new(),
            rounds: 0,
            room: ROOM,
            left_out: 0,
            problem: None,
        };
        let made = fs::create_dir_all(&parent).and_then(|()| {
            for number in 1..=MOST_RUNS {
                if number > 1 {
                    bundle.folder = parent.join(format!("{name}.{number}"));
                }
                match fs::create_dir(&bundle.folder) {
                    Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                    made => return made,
                }
            }
            Err(std::io::ErrorKind::AlreadyExists.into())
        });
        bundle.note(made, "");
        bundle
    }

    /// Where the long form of the next failure goes: into the folder itself first, then into folders below it. Nowhere
    /// once there are enough, or where there is nothing more to tell.
    pub(super) fn next_place(&mut self, telling: bool) -> Option<String> {
        let place = match self.rounds {
            0 => String::new(),
            1..MOST_ROUNDS if telling => format!("more-{}/", self.rounds),
            _ => return None,
        };
        self.rounds += 1;
        Some(place)
    }

    /// Writes a file, its secrets masked, while there is room.
    pub(super) fn write(&mut self, run: &LabRun<'_>, name: &str, text: &str) {
        if self.room == 0 {
            self.left_out += 1;
            return;
        }
        self.room -= self.put(run, name, text, LARGEST.min(self.room));
    }

    /// Writes a file up to its size; how much it wrote.
    fn put(&mut self, run: &LabRun<'_>, name: &str, text: &str, size: usize) -> usize {
        // A Secret that is only printed is known by nothing else.
        run.emitter.gate().learn_from_output(text);
        let masked = run.emitter.gate().mask(text);
        let mut end = masked.len().min(size);
        while !masked.is_char_boundary(end) {
            end -= 1;
        }
        let left_out = masked.len() - end;
        let path: PathBuf = name.split('/').map(|part| safe(Path::new(part))).collect();
        let write = || {
            let path = self.folder.join(&path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
            file.write_all(&masked.as_bytes()[..end])?;
            if left_out > 0 {
                write!(file, "\n[{left_out} bytes left out]\n")?;
            }
            Ok(())
        };
        let written = write();
        if written.is_ok() {
            self.files.push(path.display().to_string());
        }
        self.note(written, name);
        end
    }

    fn note(&mut self, done: std::io::Result<()>, name: &str) {
        if let Err(error) = done {
            let path = self.folder.join(name);
            let error = explain(&path, &error);
            self.problem
                .get_or_insert(format!("{}: cannot be written: {error}", path.display()));
        }
    }

    /// Writes the commands and the summary, and tells where it all is.
    pub(super) fn finish(
        mut self,
        run: &LabRun<'_>,
        here: Here<'_>,
        verdict: Verdict,
        record: &StepRecord,
    ) -> PathBuf {
        for command in &record.commands {
            if let Some(expected) = &command.expected {
                self.write(
                    run,
                    &format!("command-{}.expected.txt", command.line),
                    expected,
                );
            }
            self.write(
                run,
                &format!("command-{}.actual.txt", command.line),
                &command.output,
            );
        }
        let mut summary = summary(run, here, verdict, record, &self.files);
        if self.left_out > 0 {
            let room = ROOM >> 20;
            let _ = writeln!(
                summary,
                "- {} more files are left out: the folder holds {room} MB",
                self.left_out
            );
        }
        self.put(run, "summary.md", &summary, LARGEST);
        if let Some(problem) = self.problem.take() {
            run.emitter
                .emit(crate::event::Event::Warning { what: problem });
        }
        self.folder
    }
}

/// Where the folders of a page's steps are.
fn place(lab: &Path, page: &Path) -> PathBuf {
    match page.strip_prefix(lab) {
        Ok(rest) if rest != Path::new("") => {
            Path::new(&safe(lab)).join(safe(&rest.with_extension("")))
        }
        _ => safe(&page.with_extension("")).into(),
    }
}

/// A path as one name that any file system takes.
fn safe(path: &Path) -> String {
    let kept = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-' => character,
        _ => '-',
    };
    let name: String = path.to_string_lossy().chars().map(kept).collect();
    let name = name.trim_matches(['-', '.']);
    // The end tells more than the beginning: it is nearer to the page.
    let from = name.len().saturating_sub(LONGEST_NAME);
    match name[from..].trim_matches(['-', '.']) {
        "" => "unnamed".to_owned(),
        name => name.to_owned(),
    }
}

fn summary(
    run: &LabRun<'_>,
    here: Here<'_>,
    verdict: Verdict,
    record: &StepRecord,
    files: &[String],
) -> String {
    let page = here.page.file.path().display();
    let connection = run.connection;
    let section = record.section.as_deref().unwrap_or(&here.page.title);
    let mut out = format!("# {}: {}\n\n", record.id, verdict.word());
    let _ = writeln!(out, "- step: {page}:{}, \"{section}\"", record.line);
    let _ = writeln!(out, "- lab: {} ({})", run.lab.title, run.lab.path.display());
    let server = connection.server_version.as_deref().unwrap_or("none");
    let _ = writeln!(
        out,
        "- cluster: {} {}, Kubernetes {server}",
        connection.profile, connection.name
    );
    let _ = writeln!(
        out,
        "- labproof {}, {}",
        env!("CARGO_PKG_VERSION"),
        jiff::Timestamp::now()
    );
    for command in &record.commands {
        let _ = write!(
            out,
            "\n## {page}:{} {}\n\n",
            command.line,
            command.verdict.word()
        );
        let indented: Vec<String> = command
            .text
            .lines()
            .map(|line| format!("    {line}"))
            .collect();
        let _ = writeln!(out, "{}\n", indented.join("\n"));
        let exit = command
            .exit_code
            .map_or_else(|| "unknown".to_owned(), |code| code.to_string());
        let _ = writeln!(
            out,
            "exit status {exit}, {} ms, asked {} times",
            command.duration_ms, command.attempts
        );
        command
            .checks
            .iter()
            .for_each(|check| told(&mut out, check));
    }
    for check in &record.checks {
        let _ = write!(
            out,
            "\n## {}:{} {}\n",
            check.path,
            check.line,
            check.verdict.word()
        );
        told(&mut out, check);
    }
    let _ = write!(out, "\n## Files\n\n");
    for file in files {
        let _ = writeln!(out, "- [{file}]({file})");
    }
    out
}

fn told(out: &mut String, check: &CheckRecord) {
    if !super::failure::is_bad(check.verdict) {
        return;
    }
    let _ = writeln!(out, "\n**{}**: {}\n", check.verdict.word(), check.name);
    for reason in &check.reasons {
        let _ = writeln!(out, "- {}", reason.replace('\n', "\n  "));
    }
    if let Some(cause) = &check.likely_cause {
        let _ = writeln!(out, "- likely cause: {cause}");
    }
    for line in &check.evidence {
        let _ = writeln!(out, "- {line}");
    }
    if !check.diff.is_empty() {
        let _ = writeln!(out, "\n```diff\n{}\n```", check.diff.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_folder() {
        for (path, name) in [
            ("labs/storage", "labs-storage"),
            ("/a/../../etc", "a-..-..-etc"),
            ("..", "unnamed"),
            ("step 1/ä:*", "step-1"),
            (".hidden", "hidden"),
        ] {
            assert_eq!(safe(Path::new(path)), name, "{path}");
        }
        assert_eq!(safe(Path::new(&"x".repeat(300))).len(), LONGEST_NAME);
    }

    #[test]
    fn a_page_that_is_a_lab_has_one_folder() {
        for (lab, page, folder) in [
            ("page.md", "page.md", "page"),
            ("labs/a", "labs/a/one.md", "labs-a/one"),
            ("labs/a", "labs/a/one/two.md", "labs-a/one-two"),
            ("/x/labs/page.md", "/x/labs/page.md", "x-labs-page"),
        ] {
            assert_eq!(place(Path::new(lab), Path::new(page)), Path::new(folder));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = prepare(&file.path().join("below")).unwrap_err();
        assert!(error.contains("cannot be written"), "{error}");
    }
}
