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
                self.name(&function.fname.value);
                // What its body defines is defined once it is called.
                self.compound(&function.body.0);
            }
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound, _) => self.compound(compound),
            Command::ExtendedTest(..) => {}
        }
    }

    fn simple(&mut self, simple: &SimpleCommand) {
        let suffix = || simple.suffix.iter().flat_map(|suffix| &suffix.0);
        let mut words: Vec<&str> = simple
            .word_or_name
            .iter()
            .map(|word| word.value.as_str())
            .collect();
        words.extend(suffix().filter_map(|item| match item {
            CommandPrefixOrSuffixItem::Word(word)
            | CommandPrefixOrSuffixItem::AssignmentWord(_, word) => Some(word.value.as_str()),
            _ => None,
        }));
        let prefix = simple.prefix.iter().flat_map(|prefix| &prefix.0);
        let assigned = prefix.filter_map(|item| match item {
            CommandPrefixOrSuffixItem::AssignmentWord(_, word) => Some(word.value.as_str()),
            _ => None,
        });
        self.anything |= assigned.chain(words.iter().copied()).any(sets_programs);
        // `command kubectl` runs kubectl, `command -v kubectl` only looks for it.
        let wrapped = words.iter().take_while(|word| {
            matches!(**word, "command" | "builtin") || word.starts_with('-') && **word != "-"
        });
        let wrapped = if matches!(words.first(), Some(&("command" | "builtin"))) {
            wrapped.count()
        } else {
            0
        };
        let Some((name, arguments)) = words.get(wrapped..).and_then(<[_]>::split_first) else {
            return;
        };
        let Some(name) = literal(name) else {
            // `$program x`: what runs is not to be seen here.
            self.anything = true;
            return;
        };
        match name.as_str() {
            "source" | "." if is_completion(simple) => {}
            "source" | "." | "eval" | "enable" | "trap" | "hash" => self.anything = true,
            "read" | "printf" | "mapfile" | "readarray" | "declare" | "typeset" | "local"
            | "getopts"
                if arguments.iter().any(|word| HEEDED.contains(word)) =>
            {
                self.anything = true;
            }
            "alias" => arguments
                .iter()
                .filter(|word| **word != "--")
                .for_each(|word| self.name(word)),
            _ => {}
        }
    }

    /// Notes a name, with or without the meaning behind `=`.
    fn name(&mut self, word: &str) {
        let text = literal(word.split('=').next().unwrap_or_default()).or_else(|| {
            literal(word).map(|word| word.split('=').next().unwrap_or_default().to_owned())
        });
        match text {
            Some(name) => {
                self.names.insert(name);
            }
            None => self.anything = true,
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

/// Variables by which a shell or kubectl finds the programs it runs.
const HEEDED: [&str; 5] = [
    "PATH",
    "BASH_ENV",
    "ENV",
    "LD_PRELOAD",
    "KUBECTL_EXTERNAL_DIFF",
];

/// Whether a word sets one of them, so that names mean other programs: `PATH=x`, `"PATH=x"`, `PATH+=:x`.
fn sets_programs(word: &str) -> bool {
    let word = word.trim_start_matches(['"', '\'']);
    HEEDED.iter().any(|name| {
        word.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('=') || rest.starts_with("+="))
    })
}

/// What a word says, if that is known to the letter.
fn literal(word: &str) -> Option<String> {
    words::read(word, &|_| false)
        .filter(|argument| argument.literal)
        .map(|argument| argument.text)
}

/// `source <(kubectl completion bash)`: defines functions for the prompt and no program.
fn is_completion(simple: &SimpleCommand) -> bool {
    let items: Vec<_> = simple.suffix.iter().flat_map(|suffix| &suffix.0).collect();
    let [CommandPrefixOrSuffixItem::ProcessSubstitution(_, shell)] = items.as_slice() else {
        return false;
    };
    let text = shell.list.to_string();
    let words: Vec<&str> = text.trim_end_matches(';').split_whitespace().collect();
    matches!(
        words.as_slice(),
        ["kubectl" | "helm" | "eksctl" | "kind", "completion", "bash"]
    )
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
