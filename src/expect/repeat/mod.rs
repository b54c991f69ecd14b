//! May a command be asked again until its output matches? Only if it surely changes nothing and surely ends.
//!
//! Entry points: [`may_repeat`], and [`may_repeat_after`] for a shell in which earlier commands may have redefined names
//! ([`Defined`], in `defined`). Steps: parse with a real bash grammar; walk every command of it, also those inside substitutions
//! (`words`); look each program up in a table of those known to be read-only with the flags that are not
//! (`programs`). Unknown means not: a program, a flag, a construct.

mod cluster;
mod defined;
mod flags;
mod plain;
mod programs;
mod scripts;
mod web;
mod words;

use brush_parser::ast::{
    AndOr, Command, CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, IoFileRedirectKind,
    IoFileRedirectTarget, IoRedirect, Pipeline, Program, SeparatorOperator, SimpleCommand,
    SubshellCommand, Word,
};
use brush_parser::{Parser, ParserOptions};
use words::Argument;

pub use defined::Defined;

/// Longest command that is looked at. A page's are far below; the bound keeps the parser's time in hand.
const MAX_BYTES: usize = 16 * 1024;
/// Brackets that may be open at once, for the parser's stack.
const MAX_OPEN: usize = 40;
/// Substitutions inside substitutions.
const MAX_DEPTH: usize = 4;

/// Whether running the command again is harmless, in a shell where names mean what they usually do.
pub fn may_repeat(command: &str) -> bool {
    may_repeat_after(command, &Defined::default())
}

/// Whether running the command again is harmless after what the lab defined.
pub fn may_repeat_after(command: &str, defined: &Defined) -> bool {
    !defined.may_be_anything() && !asks_the_shell(command) && reads_only(command, defined, 0)
}

/// Whether a command asks the shell for what the next command or moment changes: asked again, `echo $?` would tell of
/// itself, and `$SECONDS` would reach any number.
fn asks_the_shell(command: &str) -> bool {
    const CHANGING: [&str; 9] = [
        "RANDOM",
        "SRANDOM",
        "SECONDS",
        "EPOCHSECONDS",
        "EPOCHREALTIME",
        "LINENO",
        "BASHPID",
        "BASH_COMMAND",
        "HISTCMD",
    ];
    // The status is the lab's where it is asked before any other command of this one ran.
    let of_before = |text: &str| {
        ["$?", "${?}", "PIPESTATUS", "$_", "${_}", "$!", "${!}"]
            .iter()
            .any(|name| text.contains(name))
    };
    let first = parse(command).and_then(|program| {
        let list = program.complete_commands.into_iter().next()?;
        Some(list.0.into_iter().next()?.0.first.to_string())
    });
    CHANGING.iter().any(|name| {
        command.contains(&format!("${name}")) || command.contains(&format!("${{{name}"))
    }) || first.is_none_or(|first| of_before(&first))
}

fn reads_only(command: &str, defined: &Defined, depth: usize) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let Some(program) = parse(command) else {
        return false;
    };
    let check = Check { defined, depth };
    !program.complete_commands.is_empty()
        && program
            .complete_commands
            .iter()
            .all(|list| check.list(list))
}

fn parse(command: &str) -> Option<Program> {
    if command.len() > MAX_BYTES || is_deep(command) {
        return None;
    }
    let mut parser = Parser::new(command.as_bytes(), &ParserOptions::default());
    parser.parse_program().ok()
}

/// Whether brackets and keywords nest deeper than any page's do: parsers recurse.
fn is_deep(command: &str) -> bool {
    let opening = command
        .bytes()
        .filter(|b| matches!(b, b'(' | b'{' | b'[' | b'`'))
        .count();
    let keywords = command
        .split_whitespace()
        .filter(|word| matches!(*word, "if" | "for" | "while" | "until" | "case" | "select"))
        .count();
    opening > MAX_OPEN * 4
        || keywords > MAX_OPEN
        || command
            .split_whitespace()
            .filter(|word| *word == "!")
            .count()
            > MAX_OPEN
}

struct Check<'d> {
    defined: &'d Defined,
    depth: usize,
}

impl Check<'_> {
    fn list(&self, list: &CompoundList) -> bool {
        !list.0.is_empty()
            && list.0.iter().all(|item| {
                matches!(item.1, SeparatorOperator::Sequence)
                    && self.pipeline(&item.0.first)
                    && item.0.additional.iter().all(|next| match next {
                        AndOr::And(pipeline) | AndOr::Or(pipeline) => self.pipeline(pipeline),
                    })
            })
    }

    fn pipeline(&self, pipeline: &Pipeline) -> bool {
        !pipeline.seq.is_empty() && pipeline.seq.iter().all(|command| self.command(command))
    }

    fn command(&self, command: &Command) -> bool {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound, redirects) => {
                redirects
                    .iter()
                    .flat_map(|list| &list.0)
                    .all(|redirect| self.redirect(redirect))
                    && self.compound(compound)
            }
            Command::Function(_) | Command::ExtendedTest(..) => false,
        }
    }

    fn compound(&self, compound: &CompoundCommand) -> bool {
        match compound {
            CompoundCommand::BraceGroup(group) => self.list(&group.list),
            CompoundCommand::Subshell(shell) => self.list(&shell.list),
            // The variable gets the same values again. A name in capitals may be one that the shell or a program heeds.
            CompoundCommand::ForClause(clause) => {
                clause
                    .variable_name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
                    && clause
                        .values
                        .iter()
                        .flatten()
                        .all(|word| self.argument(word).is_some())
                    && self.list(&clause.body.list)
            }
            _ => false,
        }
    }

    fn simple(&self, simple: &SimpleCommand) -> bool {
        // `PATH=. kubectl get pods` runs another kubectl.
        if simple.prefix.as_ref().is_some_and(|prefix| {
            prefix.0.iter().any(|item| !matches!(item, CommandPrefixOrSuffixItem::IoRedirect(redirect) if self.redirect(redirect)))
        }) {
            return false;
        }
        let Some(name) = simple
            .word_or_name
            .as_ref()
            .and_then(|word| self.argument(word))
        else {
            return false;
        };
        // `[` alone is a program, no pattern.
        let literal = name.literal || name.text == "[";
        if !literal || self.defined.has(&name.text) {
            return false;
        }
        let mut arguments = Vec::new();
        for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            match item {
                CommandPrefixOrSuffixItem::IoRedirect(redirect) if self.redirect(redirect) => {}
                CommandPrefixOrSuffixItem::Word(word)
                | CommandPrefixOrSuffixItem::AssignmentWord(_, word) => match self.argument(word) {
                    Some(argument) => arguments.push(argument),
                    None => return false,
                },
                CommandPrefixOrSuffixItem::ProcessSubstitution(
                    brush_parser::ast::ProcessSubstitutionKind::Read,
                    shell,
                ) if self.subshell(shell) => {
                    arguments.push(Argument {
                        text: "/dev/fd/63".to_owned(),
                        literal: true,
                    });
                }
                _ => return false,
            }
        }
        programs::reads_only(&name.text, &arguments)
    }

    fn subshell(&self, shell: &SubshellCommand) -> bool {
        self.list(&shell.list)
    }

    /// A word whose substitutions only read; `None` if one does not or cannot be told.
    fn argument(&self, word: &Word) -> Option<Argument> {
        words::read(&word.value, &|inner| {
            reads_only(inner, self.defined, self.depth + 1)
        })
    }

    fn redirect(&self, redirect: &IoRedirect) -> bool {
        match redirect {
            IoRedirect::File(_, kind, target) => match (kind, target) {
                // Devices are endless, and `/dev/tcp/...` is a connection.
                (IoFileRedirectKind::Read, IoFileRedirectTarget::Filename(word)) => {
                    self.argument(word).is_some_and(|file| {
                        !file.text.starts_with("/dev/") || file.text == "/dev/null"
                    })
                }
                (
                    IoFileRedirectKind::Write | IoFileRedirectKind::Append,
                    IoFileRedirectTarget::Filename(word),
                ) => word.value == "/dev/null",
                // `exec 3>file` may have opened any other descriptor, and what is read from one is gone.
                (IoFileRedirectKind::DuplicateOutput, IoFileRedirectTarget::Fd(fd)) => {
                    matches!(fd, 1 | 2)
                }
                (IoFileRedirectKind::DuplicateOutput, IoFileRedirectTarget::Duplicate(word)) => {
                    matches!(word.value.as_str(), "1" | "2")
                }
                _ => false,
            },
            IoRedirect::HereDocument(_, document) => {
                !document.requires_expansion
                    || words::read_document(&document.doc.value, &|inner| {
                        reads_only(inner, self.defined, self.depth + 1)
                    })
                    .is_some()
            }
            IoRedirect::HereString(_, word) => self.argument(word).is_some(),
            IoRedirect::OutputAndError(word, _) => word.value == "/dev/null",
        }
    }
}

#[cfg(test)]
mod tests;
