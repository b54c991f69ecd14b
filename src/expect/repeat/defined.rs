//! Names that mean something else since a command of the lab ran.
//!
//! Entry points: [`Defined::note`] for a command that ran. Functions and aliases are noted by name; after what may define any
//! name (`source`, `eval`, a new `PATH`), none is trusted.

use std::collections::BTreeSet;

use brush_parser::ast::{
    Command, CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, SimpleCommand,
};

use super::{parse, words};

/// Names that commands of a lab gave a meaning of their own: functions and aliases.
#[derive(Debug, Clone, Default)]
pub struct Defined {
    names: BTreeSet<String>,
    /// Something ran that may define any name (`source`, `eval`), or could not be read.
    anything: bool,
}

impl Defined {
    /// Whether any name may mean anything by now.
    pub(super) fn may_be_anything(&self) -> bool {
        self.anything
    }

    /// Whether a name has a meaning of its own.
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

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
