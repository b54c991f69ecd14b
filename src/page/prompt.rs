//! The prompts that pages put before commands.
//!
//! `$ ` is one wherever it stands. Others (`root@host:/# `, `# `, `controlplane $ `) are only where the fence plainly
//! uses them: they could as well be a comment or a part of the output.

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::Line;
use super::tools::{is_command, is_output};

/// The prompt of a fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prompt {
    /// What stands before every prompt: the indentation.
    indent: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// `$ ` or `# ` or `% `.
    Sign(char),
    /// `user@host...$ `, `[user@host dir]# `, `bash-5.1# `, `/ # `: begins with this, ends with a sign.
    Host(String),
}

/// A prompt that names a user, a host, a shell or a directory; the last group is the command.
static HOST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(\[?[A-Za-z_][\w.-]*@[\w.-]+|(?:ba|a)?sh-\d[\d.]*|(?:controlplane|node\d+|master))(?:[: ][^#$]{0,80}?)?\]? ?[#$] ?(\S.*)$",
    )
    .ok()
});

/// What busybox shows: the directory and a sign.
const BUSYBOX: [&str; 3] = ["/ # ", "~ # ", "/app # "];

impl Prompt {
    /// The prompt that a fence uses. `session`: its language says that it is a recorded session.
    pub fn of(lines: &[Line<'_>], session: bool) -> Option<Self> {
        let dollar = lines.iter().find_map(|line| {
            let (indent, bare) = indented(&line.text);
            sign(bare, '$').map(|_| Prompt {
                indent: indent.to_owned(),
                kind: Kind::Sign('$'),
            })
        });
        if dollar.is_some() {
            return dollar;
        }
        let first = lines.iter().find(|line| !line.text.trim().is_empty())?;
        let (indent, bare) = indented(&first.text);
        let indent = indent.to_owned();
        if let Some(found) = HOST.as_ref().and_then(|pattern| pattern.captures(bare)) {
            return Some(Prompt {
                indent,
                kind: Kind::Host(found[1].to_owned()),
            });
        }
        if let Some(busybox) = BUSYBOX.iter().find(|prompt| bare.starts_with(**prompt)) {
            return Some(Prompt {
                indent,
                kind: Kind::Host(busybox[..1].to_owned()),
            });
        }
        for mark in ['#', '%'] {
            let Some(command) = sign(bare, mark) else {
                continue;
            };
            let plainly =
                is_command(command) && (session || lines.iter().any(|line| is_output(&line.text)));
            if plainly {
                return Some(Prompt {
                    indent,
                    kind: Kind::Sign(mark),
                });
            }
        }
        None
    }

    /// Whether it is the prompt of another machine or of a shell in a container, as root has there.
    pub fn is_of_container(&self) -> bool {
        match &self.kind {
            Kind::Sign(_) => false,
            Kind::Host(head) => {
                head.starts_with("root@")
                    || head.starts_with('/')
                    || head.starts_with('~')
                    || head.contains("sh-")
            }
        }
    }

    /// The command on a line that begins with the prompt.
    pub fn strip<'a>(&self, line: &'a str) -> Option<&'a str> {
        let bare = self.unindent(line)?;
        match &self.kind {
            Kind::Sign(mark) => sign(bare, *mark),
            Kind::Host(head) => {
                let rest = bare.strip_prefix(head.as_str())?;
                let end = rest.find(['#', '$'])?;
                let before = &rest[..end];
                let command = rest[end + 1..].trim_start();
                (end < 80 && !before.contains("  ") && !command.is_empty()).then_some(command)
            }
        }
    }

    /// A line without the indentation of the prompts; `None` where it is indented less.
    pub fn unindent<'a>(&self, line: &'a str) -> Option<&'a str> {
        line.strip_prefix(self.indent.as_str())
    }

    /// The rest of a line after its prompt, the blanks of a loop's own indentation kept.
    pub fn strip_keeping_blanks<'a>(&self, line: &'a str) -> Option<&'a str> {
        let command = self.strip(line)?;
        match &self.kind {
            Kind::Sign(mark) => self
                .unindent(line)?
                .strip_prefix(*mark)?
                .strip_prefix([' ', '\t']),
            Kind::Host(_) => Some(command),
        }
    }
}

fn indented(line: &str) -> (&str, &str) {
    let bare = line.trim_start_matches([' ', '\t']);
    (&line[..line.len() - bare.len()], bare)
}

/// The command after a sign and a blank.
fn sign(line: &str, mark: char) -> Option<&str> {
    let rest = line.strip_prefix(mark)?;
    let command = rest.trim_start_matches([' ', '\t']);
    (command.len() < rest.len() && !command.trim().is_empty()).then_some(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;
    use std::borrow::Cow;

    fn check(session: bool, content: &str, expected: &[&str]) {
        let lines: Vec<Line<'_>> = content
            .lines()
            .map(|text| Line {
                text: Cow::Borrowed(text),
                span: Span::default(),
            })
            .collect();
        let found: Vec<&str> = Prompt::of(&lines, session)
            .map(|prompt| {
                content
                    .lines()
                    .filter_map(|line| prompt.strip(line))
                    .collect()
            })
            .unwrap_or_default();
        assert_eq!(found, expected, "{content}");
    }

    #[test]
    fn prompts() {
        check(false, "$ a\nb\n$ c", &["a", "c"]);
        check(
            false,
            "root@redis:/data# cd x\nroot@redis:/data/x# ls\nfile",
            &["cd x", "ls"],
        );
        check(false, "user@host:~$ ls\nx", &["ls"]);
        check(false, "[ec2-user@ip-10-0-0-1 ~]$ ls\nx", &["ls"]);
        check(false, "controlplane $ kubectl get no", &["kubectl get no"]);
        check(false, "bash-5.1# id", &["id"]);
        check(
            false,
            "/ # wget -qO- x\nbody\n/ # exit",
            &["wget -qO- x", "exit"],
        );
        check(true, "# kubectl get pods\nNAME", &["kubectl get pods"]);
        check(true, "% kubectl get pods", &["kubectl get pods"]);
    }

    #[test]
    fn what_is_no_prompt() {
        check(
            false,
            "# kubectl get pods lists them\nkubectl get pods",
            &[],
        );
        check(false, "user@example.com owns it", &[]);
        check(false, "kubectl get pods", &[]);
        check(false, "$", &[]);
    }
}
