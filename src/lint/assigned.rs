//! Which variables a piece of bash sets.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;

use crate::plan::Plan;

/// Assignments, and the builtins that assign; `export X` alone says that X is given.
static SETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        (?:^|[\s;&|(`{"']) ([A-Za-z_]\w*) (?:\[[^\]]*\])? \+?=
        | \b(?:for|select)\s+ ([A-Za-z_]\w*)
        | \bread\s+ (?:-\w+\s+(?:"[^"]*"\s+|'[^']*'\s+)?)* ([A-Za-z_][\w\ ]*)
        | \b(?:export|declare|readonly|typeset|local|mapfile|readarray)\s+ (?:-\w+\s+)* ([A-Za-z_][\w\ ]*)
        | \bprintf\s+-v\s+ ([A-Za-z_]\w*)
        | \bgetopts\s+\S+\s+ ([A-Za-z_]\w*)
        | \$\{ ([A-Za-z_]\w*) :?=
        | \(\(\s* ([A-Za-z_]\w*) \s*(?:[-+*/]?=[^=]|\+\+|--)
        "#,
    )
    .expect("the pattern is valid")
});

/// The names that a text sets.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    SETS.captures_iter(text)
        .filter_map(|found| found.iter().skip(1).flatten().next())
        .flat_map(|names| names.as_str().split_whitespace())
}

/// Variables that the commands of a plan set, whatever their lab.
#[derive(Debug, Default)]
pub(super) struct Assigned<'a> {
    pub names: HashSet<&'a str>,
    /// A script is read that may set any.
    pub any: bool,
}

impl<'a> Assigned<'a> {
    pub fn of(plan: &'a Plan) -> Self {
        let mut assigned = Self::default();
        for (_, _, step) in plan.steps() {
            for command in &step.commands {
                assigned.names.extend(names(&command.text));
                assigned.any |= ["source ", ". ", "eval "]
                    .iter()
                    .any(|builtin| command.text.starts_with(builtin));
            }
        }
        assigned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_set_a_variable() {
        for (text, expected) in [
            ("A=1 b+=2; export C=$(x)", vec!["A", "b", "C"]),
            ("for i in 1; do x; done", vec!["i"]),
            ("while read -r a b; do x; done", vec!["a", "b"]),
            ("read -p \"Which one?\" NAME", vec!["NAME"]),
            ("export TOKEN", vec!["TOKEN"]),
            (": ${HOST:=web}", vec!["HOST"]),
            ("((n++)); (( m = 2 ))", vec!["n", "m"]),
            ("printf -v out '%s' x", vec!["out"]),
            ("list[2]=x", vec!["list"]),
            ("kubectl get pods --sort-by=.metadata.name", vec![]),
        ] {
            let found: Vec<&str> = names(text).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
