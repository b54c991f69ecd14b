//! The prompts that pages put before commands.
//!
//! `$ ` is one wherever it stands. Others (`root@host:/# `, `# `, `controlplane $ `) are only where the fence plainly
//! uses them: they could as well be a comment or a part of the output.

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::Line;
use super::printed::is_output;
use super::tools::{is_command, is_outer};

/// The prompt of a fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prompt {
    /// What stands before every prompt: the indentation.
    indent: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// `$ ` or `# ` or `% ` or `> `.
    Sign(char),
    /// `$` without a blank.
    Tight,
    /// One of [`HOSTS`], and what the first one begins with.
    Host(usize, String),
}

/// Prompts that name a user, a shell, a machine or a directory; the first group is what they begin with, the last is the command.
static HOSTS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"^(\[? ?[A-Za-z_][\w.-]*@[\w.-]+)(?:[: ][^#$%]{0,80}?)?\]? ?[#$%] ?(\S.*)$",
        r"^((?:ba|a)?sh-\d[\d.]*)[#$] ?(\S.*)$",
        r"^((?:controlplane|(?:node|worker|master|manager|host|client|server)[-_]?\d*)(?:[: ]?[~/][\w~/.-]*)?) ?[#$] (\S.*)$",
        // What busybox shows, and a shell that shows its directory.
        r"^((?:~|/)[\w/.-]*) ?[#$] (\S.*)$",
        r"^(PS)(?: [^>]*)?> ?(\S.*)$",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// The command on a line with that prompt.
fn after_host(pattern: usize, line: &str) -> Option<&str> {
    let found = HOSTS.get(pattern)?.captures(line)?;
    let command = found.get(found.len() - 1)?;
    // Columns of a table are no prompt.
    let prompt = &line[..command.start()];
    (!prompt.trim_end().contains("  ")).then_some(command.as_str())
}

/// Whether a line begins with a prompt that names a user, a machine or a directory, with a command behind it or without.
pub(super) fn is_of_shell(line: &str) -> bool {
    let line = line.trim();
    (0..HOSTS.len()).any(|pattern| after_host(pattern, line).is_some())
        || line.ends_with(['#', '$']) && line.contains(['@', '/'])
}

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
        let mut filled = lines.iter().filter(|line| !line.text.trim().is_empty());
        let first = filled.clone().next()?;
        // Remarks may stand above what is typed.
        let typed = filled.find(|line| !is_remark(&line.text)).unwrap_or(first);
        let (indent, bare) = indented(&typed.text);
        for (pattern, host) in HOSTS.iter().enumerate() {
            if let Some(found) = host.captures(bare)
                && after_host(pattern, bare).is_some()
            {
                let kind = Kind::Host(pattern, found[1].to_owned());
                let indent = indent.to_owned();
                return Some(Prompt { indent, kind });
            }
        }
        let (indent, bare) = indented(&first.text);
        let indent = indent.to_owned();
        if bare.strip_prefix('$').is_some_and(is_typed) {
            let kind = Kind::Tight;
            return Some(Prompt { indent, kind });
        }
        for mark in ['#', '%', '>'] {
            let Some(command) = sign(bare, mark) else {
                continue;
            };
            let plainly = match mark {
                '>' => is_command(command) || is_program(command) && command.contains(' '),
                _ if session => is_recorded(command, mark, lines),
                _ => is_command(command) && lines.iter().any(|line| is_output(&line.text)),
            };
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
            Kind::Sign(_) | Kind::Tight => false,
            Kind::Host(_, head) => {
                head.trim_start_matches(['[', ' ']).starts_with("root@")
                    || head.starts_with('/')
                    || head.starts_with('~')
                    || head.contains("sh-")
            }
        }
    }

    /// Whether a line is the prompt and nothing else, as a terminal shows it that waits.
    pub fn is_alone(&self, line: &str) -> bool {
        let Some(bare) = self.unindent(line).map(str::trim_end) else {
            return false;
        };
        match &self.kind {
            Kind::Tight => bare == "$",
            Kind::Sign(mark) => bare.strip_prefix(*mark) == Some(""),
            // With something typed behind it, it is one.
            Kind::Host(pattern, head) => {
                bare.starts_with(head.as_str())
                    && bare.ends_with(['#', '$', '%', '>'])
                    && after_host(*pattern, &format!("{bare} x")) == Some("x")
            }
        }
    }

    /// Whether it names a user, a machine or a directory.
    pub fn is_of_host(&self) -> bool {
        matches!(self.kind, Kind::Host(..))
    }

    /// The command on a line that begins with the prompt.
    pub fn strip<'a>(&self, line: &'a str) -> Option<&'a str> {
        let bare = self.unindent(line)?;
        match &self.kind {
            Kind::Tight => bare.strip_prefix('$').filter(|command| is_typed(command)),
            Kind::Sign(mark) => sign(bare, *mark),
            Kind::Host(pattern, _) => after_host(*pattern, bare),
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
            Kind::Sign(mark) => {
                let rest = self.unindent(line)?.strip_prefix(*mark)?;
                Some(rest.strip_prefix([' ', '\t']).unwrap_or(rest))
            }
            Kind::Host(..) | Kind::Tight => Some(command),
        }
    }
}

/// Whether what follows a `$` without a blank is a command: `$kubectl get pods`, and not a variable.
fn is_typed(command: &str) -> bool {
    is_outer(command) && command.split_whitespace().nth(1).is_some()
}

/// Whether a line could begin with a program's name.
fn is_program(line: &str) -> bool {
    line.starts_with(|c: char| c.is_ascii_lowercase() || c == '.' || c == '/')
}

/// Whether `# command` in a recorded session is one, and not a remark: nothing there is typed without the sign.
fn is_recorded(command: &str, mark: char, lines: &[Line<'_>]) -> bool {
    is_program(command)
        && lines.iter().all(|line| {
            let line = line.text.trim();
            sign(line, mark).is_some() || !is_command(line)
        })
}

/// Whether a line is a remark: `# why`, `## why`, and `#为什么`, which no program is called.
pub(super) fn is_remark(line: &str) -> bool {
    line.trim_start()
        .trim_start_matches('#')
        .starts_with(|c: char| c.is_whitespace() || !c.is_ascii())
        && line.trim_start().starts_with('#')
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
        check(true, "# tool push x\nerror", &["tool push x"]);
        check(false, "$kubectl get pods\nNAME", &["kubectl get pods"]);
        check(
            false,
            "> sudo ctr run x\nerr\n> ctr ls",
            &["sudo ctr run x", "ctr ls"],
        );
        check(
            false,
            "node1$ docker ps\nnode2$ docker ps\nworker-1 $ ls",
            &["docker ps", "docker ps", "ls"],
        );
        check(false, "sh-5.0$ a\nx\nsh-5.1$ b", &["a", "b"]);
        check(false, "me@mac ~ % ls", &["ls"]);
        check(
            false,
            "[ root@curl:/ ]$ nslookup x\nServer: y",
            &["nslookup x"],
        );
        check(false, "~/lab $ ls", &["ls"]);
        check(
            false,
            "# why\n[root@master ~]# ls\nx\n#为什么\n[root@master ~]# id",
            &["ls", "id"],
        );
        check(false, "PS C:\\lab> kubectl get no", &["kubectl get no"]);
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
        check(false, "$tool run", &[]);
        check(false, "> out.txt", &[]);
        check(false, "host -t A $x", &[]);
        check(true, "# tool lists them\nkubectl get pods", &[]);
    }
}
