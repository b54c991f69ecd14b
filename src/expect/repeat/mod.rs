//! May a command be asked again until its output matches? Only if it surely changes nothing and surely ends.
//!
//! Entry points: [`may_repeat`], and [`may_repeat_after`] for a shell in which earlier commands may have redefined names
//! ([`Defined`]). Steps: parse with a real bash grammar; walk every command of it, also those inside substitutions
//! (`words`); look each program up in a table of those known to be read-only with the flags that are not
//! (`programs`). Unknown means not: a program, a flag, a construct.

mod cluster;
mod flags;
mod programs;
mod scripts;
mod web;
mod words;

use std::collections::BTreeSet;

use brush_parser::ast::{
    AndOr, Command, CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, IoFileRedirectKind,
    IoFileRedirectTarget, IoRedirect, Pipeline, Program, SeparatorOperator, SimpleCommand,
    SubshellCommand, Word,
};
use brush_parser::{Parser, ParserOptions};
use words::Argument;

/// Longest command that is looked at. A page's are far below; the bound keeps the parser's time in hand.
const MAX_BYTES: usize = 16 * 1024;
/// Brackets that may be open at once, for the parser's stack.
const MAX_OPEN: usize = 40;
/// Substitutions inside substitutions.
const MAX_DEPTH: usize = 4;

/// Names that commands of a lab gave a meaning of their own: functions and aliases.
#[derive(Debug, Clone, Default)]
pub struct Defined {
    names: BTreeSet<String>,
    /// Something ran that may define any name (`source`, `eval`), or could not be read.
    anything: bool,
}

impl Defined {
    /// Notes what a command that ran may have defined.
    pub fn note(&mut self, command: &str) {
        let Some(program) = parse(command) else {
            self.anything = true;
            return;
        };
        program
            .complete_commands
            .iter()
            .for_each(|list| self.list(list));
    }

    fn list(&mut self, list: &CompoundList) {
        for item in &list.0 {
            for (_, pipeline) in item.0.iter() {
                pipeline
                    .seq
                    .iter()
                    .for_each(|command| self.command(command));
            }
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Function(function) => {
                self.names.insert(function.fname.value.clone());
            }
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound, _) => self.compound(compound),
            Command::ExtendedTest(..) => {}
        }
    }

    fn simple(&mut self, simple: &SimpleCommand) {
        let name = simple
            .word_or_name
            .as_ref()
            .map(|word| word.value.as_str())
            .unwrap_or_default();
        match name {
            "source" | "." | "eval" | "enable" | "trap" | "hash" => self.anything = true,
            "alias" => {
                for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
                    match item {
                        CommandPrefixOrSuffixItem::AssignmentWord(_, word)
                        | CommandPrefixOrSuffixItem::Word(word) => {
                            self.names.insert(
                                word.value.split('=').next().unwrap_or_default().to_owned(),
                            );
                        }
                        _ => self.anything = true,
                    }
                }
            }
            // `builtin source x`, `$program x`: what runs is not to be seen here.
            "builtin" | "command" => self.anything = true,
            _ if name.starts_with('$') => self.anything = true,
            _ => {}
        }
        let assigned = simple
            .prefix
            .iter()
            .flat_map(|prefix| &prefix.0)
            .chain(simple.suffix.iter().flat_map(|suffix| &suffix.0));
        for item in assigned {
            if let CommandPrefixOrSuffixItem::AssignmentWord(_, word) = item
                && ["PATH=", "BASH_ENV=", "ENV=", "KUBECONFIG_EXEC="]
                    .iter()
                    .any(|name| word.value.starts_with(name))
            {
                // Another PATH makes other programs of the same names.
                self.anything = true;
            }
        }
    }

    fn compound(&mut self, compound: &CompoundCommand) {
        match compound {
            CompoundCommand::BraceGroup(group) => self.list(&group.list),
            CompoundCommand::Subshell(_) => {}
            CompoundCommand::ForClause(clause) => self.list(&clause.body.list),
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition);
                self.list(&clause.then);
                for part in clause.elses.iter().flatten() {
                    part.condition.iter().for_each(|list| self.list(list));
                    self.list(&part.body);
                }
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0);
                self.list(&clause.1.list);
            }
            CompoundCommand::CaseClause(clause) => clause
                .cases
                .iter()
                .filter_map(|case| case.cmd.as_ref())
                .for_each(|list| self.list(list)),
            _ => self.anything = true,
        }
    }
}

/// Whether running the command again is harmless, in a shell where names mean what they usually do.
pub fn may_repeat(command: &str) -> bool {
    may_repeat_after(command, &Defined::default())
}

/// Whether running the command again is harmless after what the lab defined.
pub fn may_repeat_after(command: &str, defined: &Defined) -> bool {
    !defined.anything && reads_only(command, defined, 0)
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
        if !name.literal || self.defined.names.contains(&name.text) {
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
                (IoFileRedirectKind::Read, IoFileRedirectTarget::Filename(word)) => {
                    self.argument(word).is_some()
                }
                (
                    IoFileRedirectKind::Write | IoFileRedirectKind::Append,
                    IoFileRedirectTarget::Filename(word),
                ) => word.value == "/dev/null",
                (
                    IoFileRedirectKind::DuplicateOutput | IoFileRedirectKind::DuplicateInput,
                    IoFileRedirectTarget::Fd(_),
                ) => true,
                (IoFileRedirectKind::DuplicateOutput, IoFileRedirectTarget::Duplicate(word)) => {
                    !word.value.is_empty() && word.value.bytes().all(|b| b.is_ascii_digit())
                }
                _ => false,
            },
            IoRedirect::HereDocument(_, document) => {
                !document.requires_expansion
                    || words::read(
                        &format!("\"{}\"", document.doc.value.replace('"', "")),
                        &|inner| reads_only(inner, self.defined, self.depth + 1),
                    )
                    .is_some()
            }
            IoRedirect::HereString(_, word) => self.argument(word).is_some(),
            IoRedirect::OutputAndError(word, _) => word.value == "/dev/null",
        }
    }
}

#[cfg(test)]
mod tests;
