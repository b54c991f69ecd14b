//! The names of the commands that a piece of bash runs.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use brush_parser::ast::{Command, CompoundCommand, CompoundList, Pipeline, Program};
use brush_parser::{Parser, ParserOptions};
use regex::Regex;

/// The first word of a command substitution: it stands inside a word, where the syntax tree ends.
static SUBSTITUTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$\(\s*([A-Za-z][\w.-]*)").expect("the pattern is valid"));

/// Names of the commands that the text runs, as they are written; functions that it defines are
/// looked into. Text that is no bash runs nothing.
pub fn command_names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Some(program) = parse(text) {
        for list in &program.complete_commands {
            of_list(list, &mut names);
        }
        names.extend(
            SUBSTITUTED
                .captures_iter(text)
                .map(|found| found[1].to_owned()),
        );
    }
    names
}

/// Deeper text is not parsed: the parser calls itself for every level, and the stack is finite.
const DEEPEST: usize = 200;

fn parse(text: &str) -> Option<Program> {
    let signs = text.matches(['(', '{', '`']).count();
    let words = text.split_whitespace().filter(|word| {
        matches!(
            *word,
            "if" | "elif" | "while" | "until" | "for" | "case" | "select" | "then" | "do" | "!"
        )
    });
    if signs + words.count() > DEEPEST {
        return None;
    }
    Parser::new(text.as_bytes(), &ParserOptions::default())
        .parse_program()
        .ok()
}

/// Whether a text is bash, as far as the parser knows: it may be wrong about the language, and deeply nested text it
/// does not look at.
pub fn is_bash(text: &str) -> bool {
    parse(text).is_some()
}

fn of_list(list: &CompoundList, names: &mut BTreeSet<String>) {
    for item in &list.0 {
        for (_, pipeline) in item.0.iter() {
            of_pipeline(pipeline, names);
        }
    }
}

fn of_pipeline(pipeline: &Pipeline, names: &mut BTreeSet<String>) {
    for command in &pipeline.seq {
        of_command(command, names);
    }
}

fn of_command(command: &Command, names: &mut BTreeSet<String>) {
    match command {
        Command::Simple(simple) => {
            names.extend(simple.word_or_name.iter().map(|word| word.value.clone()));
        }
        Command::Compound(compound, _) => of_compound(compound, names),
        Command::Function(function) => of_compound(&function.body.0, names),
        Command::ExtendedTest(..) => {}
    }
}

fn of_compound(compound: &CompoundCommand, names: &mut BTreeSet<String>) {
    match compound {
        CompoundCommand::Arithmetic(_) => {}
        CompoundCommand::ArithmeticForClause(clause) => of_list(&clause.body.list, names),
        CompoundCommand::BraceGroup(group) => of_list(&group.list, names),
        CompoundCommand::Subshell(subshell) => of_list(&subshell.list, names),
        CompoundCommand::ForClause(clause) => of_list(&clause.body.list, names),
        CompoundCommand::CaseClause(clause) => {
            for list in clause.cases.iter().filter_map(|case| case.cmd.as_ref()) {
                of_list(list, names);
            }
        }
        CompoundCommand::IfClause(clause) => {
            of_list(&clause.condition, names);
            of_list(&clause.then, names);
            for part in clause.elses.iter().flatten() {
                part.condition.iter().for_each(|list| of_list(list, names));
                of_list(&part.body, names);
            }
        }
        CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
            of_list(&clause.0, names);
            of_list(&clause.1.list, names);
        }
        CompoundCommand::Coprocess(coprocess) => of_command(&coprocess.body, names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, names: &[&str]) {
        let found = command_names(text);
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(found, names, "{text}");
    }

    #[test]
    fn every_command_of_a_line_is_named_and_no_argument() {
        check("kubectl get pods -o json | jq .items", &["jq", "kubectl"]);
        check("A=1 B=2 aws s3 ls && helm list", &["aws", "helm"]);
        check("for i in kubectl jq; do curl $i; done", &["curl"]);
        check("X=$(kubectl get pods)", &["kubectl"]);
        check("cat <<EOF\nkubectl\nEOF", &["cat"]);
        check("if ! yq x; then git y; fi", &["git", "yq"]);
        check("echo 'unterminated", &[]);
    }
}
