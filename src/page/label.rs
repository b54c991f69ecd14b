//! Code that names no shell → is it commands all the same?
//!
//! Entry point: [`read`]. What plainly is a command is read as if it were labelled `bash`. What only looks like one is left
//! alone and told of ([`Unread`]): a wrong guess would run a piece of a file, or output, on somebody's cluster.

use std::collections::HashSet;

use super::blocks::Fence;
use super::info::{Info, is_shell};
use super::interpreter;
use super::lead;
use super::printed::{is_printed, is_refused};
use super::prompt::Prompt;
use super::tools::{first_word, is_assignment, is_command};
use super::{Command, bare, dialect};
use crate::source::{SourceFile, Span};

/// Code that looks like commands and is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Line of the page on which it begins, from 1.
    pub line: usize,
    /// The whole block.
    pub span: Span,
    /// Why it is not run, and what would change that.
    pub reason: String,
}

/// Gives the blocks that name no shell the language `bash` where the page shows that they are commands, and tells of those
/// that look like it and are none. `runs` are the languages that have an interpreter.
pub(super) fn read(
    file: &SourceFile,
    infos: &mut [Info],
    fences: &[Fence<'_>],
    runs: impl Fn(&str) -> bool,
) -> Vec<Unread> {
    let habits = Habits::of(infos, fences);
    let leads = leads(file, fences);
    let mut commands: HashSet<usize> = HashSet::new();
    for (index, fence) in fences.iter().enumerate() {
        let language = infos[index].language.as_str();
        let block = Block {
            file,
            fence,
            lead: leads[index],
            habits,
        };
        let session = match names_none(language) {
            true => {
                fence.executed
                    || block.is_prompted(language)
                    || block.is_plainly(language)
                    || !habits.labels && language.is_empty() && dialect::begins_command(fence)
            }
            false => !runs(language) && block.is_mislabelled(language),
        };
        if session {
            commands.insert(index);
        }
    }
    // Among commands without a language a shell's own words are enough.
    let company = !habits.labels && !commands.is_empty();
    let mut unread = Vec::new();
    for (index, (info, fence)) in infos.iter_mut().zip(fences).enumerate() {
        if is_shell(&info.language) || runs(&info.language) {
            continue;
        }
        let block = Block {
            file,
            fence,
            lead: leads[index],
            habits,
        };
        let among = company && names_none(&info.language) && block.is_likely();
        if among || commands.contains(&index) {
            info.language = "bash".to_owned();
        } else if let Some(reason) = block.looks(&info.language) {
            unread.push(Unread {
                line: file.line_of(fence.span.start),
                span: fence.span,
                reason,
            });
        }
    }
    unread
}

/// The page between each block and the one before it.
fn leads<'a>(file: &'a SourceFile, fences: &[Fence<'_>]) -> Vec<&'a str> {
    let mut at = 0;
    fences
        .iter()
        .map(|fence| {
            let lead = &file.text()[at.min(fence.span.start)..fence.span.start];
            at = fence.span.end;
            lead
        })
        .collect()
}

/// Whether a label says nothing about what it is on.
fn names_none(language: &str) -> bool {
    matches!(language, "" | "plain" | "text" | "copy")
}

/// A block whose language does not settle what it is.
struct Block<'a> {
    file: &'a SourceFile,
    fence: &'a Fence<'a>,
    lead: &'a str,
    habits: Habits,
}

/// How a page writes its commands elsewhere.
#[derive(Clone, Copy)]
struct Habits {
    /// Some block is labelled as a shell's.
    labels: bool,
    /// Some block that is labelled so has prompts, and none without a label has.
    prompts_with_label: bool,
}

impl Habits {
    fn of(infos: &[Info], fences: &[Fence<'_>]) -> Self {
        let prompted = |shell: bool| {
            infos.iter().zip(fences).any(|(info, fence)| {
                is_shell(&info.language) == shell
                    && (shell || info.language.is_empty())
                    && fence
                        .lines
                        .iter()
                        .any(|line| line.text.trim_start().starts_with("$ "))
            })
        };
        Self {
            labels: infos.iter().any(|info| is_shell(&info.language)),
            prompts_with_label: prompted(true) && !prompted(false),
        }
    }
}

impl Block<'_> {
    /// Its first line that is neither blank nor a remark.
    fn first(&self) -> &str {
        self.fence
            .lines
            .iter()
            .map(|line| line.text.trim())
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or("")
    }

    /// Whether it begins with a prompt and a command.
    fn is_prompted(&self, language: &str) -> bool {
        match self.first().strip_prefix("$ ") {
            Some(command) => {
                let strict = self.habits.labels || !language.is_empty();
                is_command(command) || !strict && is_program(command)
            }
            None => {
                language.is_empty()
                    && Prompt::of(&self.fence.lines, false)
                        .is_some_and(|prompt| prompt.is_of_host())
            }
        }
    }

    /// Whether it is a session under the label of another language, in which no line begins as its first one does:
    /// `me@host:~$ kubectl get pods` is neither YAML nor Go.
    fn is_mislabelled(&self, language: &str) -> bool {
        let of_pages = matches!(language, "md" | "markdown" | "mdx" | "diff" | "output");
        !of_pages
            && !is_shell(language)
            && Prompt::of(&self.fence.lines, false).is_some_and(|prompt| {
                let first = prompt.strip(self.first());
                prompt.is_of_host() && first.is_some_and(is_command)
            })
    }

    /// Whether every command that it would be read as plainly is one, and nothing says that it is output or a file.
    fn is_plainly(&self, language: &str) -> bool {
        // Where others are labelled as a shell's, a label of plain text means what it says.
        let means_text = self.habits.labels && !language.is_empty();
        let other = means_text || self.habits.prompts_with_label || self.is_said_to_be_other();
        !other && self.all_plain()
    }

    fn all_plain(&self) -> bool {
        let commands = self.commands();
        commands.iter().all(|text| is_plain(text)) && commands.iter().any(|text| is_evidence(text))
    }

    /// Whether it could be nothing but commands, next to others that are.
    fn is_likely(&self) -> bool {
        let commands = self.commands();
        let likely = |text: &String| is_plain(text) || is_shell_like(text);
        !commands.is_empty()
            && !self.is_said_to_be_other()
            && commands.iter().all(likely)
            && commands
                .iter()
                .any(|text| is_evidence(text) || is_shell_like(text))
    }

    /// The prose above says that it is what something printed, or a file.
    fn is_said_to_be_other(&self) -> bool {
        lead::speaks_of_output(self.lead) || interpreter::listing(self.fence, self.lead).is_some()
    }

    /// The first lines of its commands, as if it were a shell's; none where a part of it cannot be one.
    fn commands(&self) -> Vec<String> {
        let first = self.first();
        if first.is_empty() || is_printed(first) {
            return Vec::new();
        }
        let mut problems = Vec::new();
        let commands = bare::read(self.file, &self.fence.lines, &mut problems);
        let commands: Vec<String> = commands.iter().map(first_line).collect();
        match problems.is_empty() && !commands.iter().any(|line| is_refused(line)) {
            true => commands,
            false => Vec::new(),
        }
    }

    /// Why it does not run although it looks as if it should.
    fn looks(&self, language: &str) -> Option<String> {
        let first = self.first();
        let looks = match first.strip_prefix("$ ") {
            Some(command) => names_none(language) && is_program(command),
            None => is_evidence(first) && !lead::speaks_of_output(self.lead),
        };
        if !looks {
            return None;
        }
        let what = match (self.fence.indented, language) {
            (true, _) => "it is indented and no fence",
            (false, "") if self.all_plain() => {
                return Some(
                    "its fence names no language, and others here do; label it `bash` to run it"
                        .to_owned(),
                );
            }
            (false, "") => "its fence names no language",
            (false, language) if names_none(language) || self.all_plain() => {
                return Some(format!(
                    "its fence is labelled `{language}`; label it `bash` to run it"
                ));
            }
            _ => return None,
        };
        Some(format!(
            "{what}, and whether it is commands is not certain; a fence labelled `bash` runs"
        ))
    }
}

/// The line of a command that says what it is: the first one that is no remark.
fn first_line(command: &Command) -> String {
    command
        .text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .unwrap_or("")
        .to_owned()
}

/// Whether a line begins as nothing but a command does.
fn is_plain(line: &str) -> bool {
    is_evidence(line) || is_command(line) || is_assignment(line)
}

/// Whether a line can be nothing but a command: a program that is known, with something that it is to do.
fn is_evidence(line: &str) -> bool {
    line.starts_with("./") || line.contains(' ') && is_command(line)
}

/// Whether a line begins with a program's name and has what only a shell reads: a variable, a flag, a pipe, a script's path.
fn is_shell_like(line: &str) -> bool {
    let program = line.split_whitespace().next().unwrap_or("");
    let path =
        line.strip_prefix(". ").is_some() || program.contains('/') && program.ends_with(".sh");
    let marks = [" $", " \"$", " | ", " -", " && "];
    path || is_program(line)
        && !line.contains(": ")
        && !is_printed(line)
        && marks.iter().any(|mark| line.contains(mark))
}

/// Whether a line could begin with a program's name.
fn is_program(line: &str) -> bool {
    let program = first_word(line);
    program.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '.' | '/' | '~'))
        && program
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/~+".contains(c))
}
