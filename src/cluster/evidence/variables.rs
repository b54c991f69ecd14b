//! A command whose variables an earlier one has set in plain words → the command with their values.
//!
//! Entry point: [`filled_in`]. Only the shell knows them all, and asking it would change what the next command sees in `$?`.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::syntax::simple_commands;

static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
        .expect("the pattern is valid")
});

/// The text with the variables filled in that `before` or itself assigns; all others stay as they are.
pub(super) fn filled_in(text: &str, before: &[&str]) -> String {
    let fill = |found: &Captures<'_>| {
        let name = found
            .get(1)
            .or(found.get(2))
            .map_or("", |name| name.as_str());
        let mut commands = std::iter::once(text).chain(before.iter().rev().copied());
        let value = commands.find_map(|command| assigned(command, name));
        value
            .filter(|value| is_plain(value))
            .unwrap_or_else(|| found[0].to_owned())
    };
    VARIABLE.replace_all(text, fill).into_owned()
}

/// What a command assigns to a variable last.
fn assigned(command: &str, name: &str) -> Option<String> {
    if !command.contains(name) {
        return None;
    }
    let commands = simple_commands(command);
    let mut words = commands.iter().rev().flat_map(|one| one.words.iter().rev());
    words.find_map(|word| {
        let (key, value) = word.text.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

fn is_plain(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,=".contains(&byte);
    !value.is_empty() && value.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_set_in_plain_words_is_filled_in() {
        let before = [
            "export NS=shop",
            "POD=$(kubectl get pod -o name)",
            "NS='other' ; true",
        ];
        for (text, expected) in [
            ("kubectl get pods -n $NS", "kubectl get pods -n other"),
            ("kubectl get pods -n ${NS}2", "kubectl get pods -n other2"),
            ("kubectl logs $POD $HOME", "kubectl logs $POD $HOME"),
            (
                "NS=mine; kubectl get all -n $NS",
                "NS=mine; kubectl get all -n mine",
            ),
        ] {
            assert_eq!(filled_in(text, &before), expected);
        }
    }
}
