//! A bash script without prompts → its commands, a unit each.

use std::ops::Range;

use super::{Open, Scanner};

/// Lines of a script that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Lines, from 0, of the command; comments and blank lines around it are not among them.
    pub lines: Range<usize>,
    /// What bash still waits for at the end of the script.
    pub open: Option<Open>,
}

/// Cuts a script into its commands: each as long as bash would read before it runs something.
pub fn split<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut scanner = Scanner::new();
    let mut start = None;
    let mut count = 0;
    for (index, line) in lines.into_iter().enumerate() {
        count = index + 1;
        scanner.feed(line);
        if start.is_none() && (scanner.has_begun() || scanner.open().is_some()) {
            start = Some(index);
        }
        if scanner.open().is_none() {
            if let Some(first) = start.take() {
                units.push(Unit {
                    lines: first..count,
                    open: None,
                });
            }
            scanner = Scanner::new();
        }
    }
    if let Some(first) = start {
        units.push(Unit {
            lines: first..count,
            open: scanner.open(),
        });
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: &[&str]) {
        let lines: Vec<&str> = script.lines().collect();
        let units: Vec<String> = split(lines.iter().copied())
            .into_iter()
            .map(|unit| lines[unit.lines].join("\n"))
            .collect();
        assert_eq!(units, expected, "{script}");
    }

    #[test]
    fn every_command_is_a_unit() {
        check("a\nb", &["a", "b"]);
        check("# why\na \\\n b\n\n# more\nc", &["a \\\n b", "c"]);
        check("cat <<EOF\n\n# x\nEOF\nb", &["cat <<EOF\n\n# x\nEOF", "b"]);
        check(
            "for i in 1; do\n  # x\n  a\ndone\nb",
            &["for i in 1; do\n  # x\n  a\ndone", "b"],
        );
        check("", &[]);
        check("# only a comment", &[]);
        check("a; b", &["a; b"]);
    }

    #[test]
    fn what_is_left_open_is_said() {
        assert_eq!(split(["echo 'a", "b"])[0].open, Some(Open::Quote('\'')));
    }
}
