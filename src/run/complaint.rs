//! What a failed command printed → the line in which it says why.
//!
//! Entry point: [`complaint`]. Most programs end with it. Some say how they are used after it, kubectl also shows what a template
//! was filled with: neither tells anything of the failure.

/// How a line begins that says how a program is used.
const HINTS: [&str; 9] = [
    "See '", "See \"", "Run '", "Run \"", "Try '", "Try \"", "Use \"", "Usage:", "usage:",
];

/// What kubectl shows after it is no reason (`k8s.io/cli-runtime/pkg/printers/jsonpath.go`).
const DUMPED: &str = "Printing more information for debugging the template:";

/// The line in which a command says why it failed; its last line, where none says more.
pub(super) fn complaint(text: &str) -> Option<&str> {
    if let Some(line) = lines(text).rfind(|line| line.contains(DUMPED)) {
        return line.split(DUMPED).next().map(str::trim);
    }
    let said = text.split("\nDid you mean this?").next().unwrap_or(text);
    let is_hint = |line: &str| HINTS.iter().any(|hint| line.starts_with(hint));
    let line = lines(said).rfind(|line| !is_hint(line));
    line.map(without_place).or_else(|| last_line(text))
}

/// The last line that is not empty.
pub(super) fn last_line(text: &str) -> Option<&str> {
    lines(text).next_back().map(without_place)
}

fn lines(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Which line of the text it was handed bash means is nothing that the page knows.
fn without_place(line: &str) -> &str {
    match line
        .strip_prefix("bash: line ")
        .and_then(|rest| rest.split_once(": "))
    {
        Some((number, said)) if number.bytes().all(|byte| byte.is_ascii_digit()) => said,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_program_is_used_is_no_reason() {
        let cases = [
            (
                "Error: unknown shorthand flag: 'a' in -a\nSee 'kubectl get --help' for usage.\n",
                "Error: unknown shorthand flag: 'a' in -a",
            ),
            (
                "Error: unknown command \"gt\" for \"kubectl\"\n\nDid you mean this?\n\tset\n\tget\n\nRun 'kubectl --help' for usage.\n",
                "Error: unknown command \"gt\" for \"kubectl\"",
            ),
            (
                "error: error executing jsonpath \"{.items[0]}\": array index out of bounds: index 0, length 0. \
                 Printing more information for debugging the template:\n\ttemplate was:\n\t\t{.items[0]}\n\tobject given to jsonpath \
                 engine was:\n\t\tmap[string]interface {}{}\n\n",
                "error: error executing jsonpath \"{.items[0]}\": array index out of bounds: index 0, length 0.",
            ),
            (
                "grep: unrecognized option '--x'\nUsage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
                "grep: unrecognized option '--x'",
            ),
            ("one\nbash: line 3: two: three\n", "two: three"),
            ("Usage: mine [FILE]\n\n", "Usage: mine [FILE]"),
        ];
        for (text, line) in cases {
            assert_eq!(complaint(text), Some(line));
        }
        assert_eq!(complaint("\n \n"), None);
    }
}
