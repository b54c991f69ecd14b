//! What database clients print otherwise where their output is no terminal, as in a lab's shell: redis-cli and mysql.
//!
//! Entry points: [`looks_formatted`] and [`judge`]. Their manuals call what they print for people formatted (`redis-cli --no-raw`,
//! `mysql --table`) and what they print for programs raw; both say the same.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::bindings::Binder;
use super::command::Command;
use super::constant;
use super::outcome::{Outcome, Task};
use super::text;

/// Counters before the elements of a reply of redis, `1) 2) `, and the value.
static REPLY: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"^\s*((?:\d+\) +)*)(?:"((?:[^"\\]|\\.)*)"|\(integer\) (-?\d+)|\((nil|empty (?:array|list or set))\)|\(error\) (.+))$"#,
    )
});

/// The border of a table of mysql.
static BORDER: LazyLock<Regex> = LazyLock::new(|| constant(r"^\+(?:-+\+)+$"));

/// A client that formats.
#[derive(Debug, Clone, Copy)]
enum Client {
    Redis,
    Mysql,
}

impl Client {
    fn of(command: &Command) -> Option<Client> {
        if command.runs_any(&["redis-cli"]) {
            return Some(Client::Redis);
        }
        command
            .runs_any(&["mysql", "mariadb"])
            .then_some(Client::Mysql)
    }

    /// A line as it is where the output is no terminal; `None` for what is only there for people.
    fn raw(self, line: &str) -> Option<Cow<'_, str>> {
        match self {
            Client::Redis => Some(match REPLY.captures(line) {
                None => Cow::Borrowed(line),
                Some(reply) => match (reply.get(2), reply.get(3), reply.get(5)) {
                    (Some(quoted), ..) => Cow::Owned(unquoted(quoted.as_str())),
                    (None, Some(said), _) | (None, None, Some(said)) => {
                        Cow::Owned(said.as_str().to_owned())
                    }
                    (None, None, None) => Cow::Borrowed(""),
                },
            }),
            Client::Mysql if BORDER.is_match(line) => None,
            Client::Mysql => {
                let cells = line
                    .strip_prefix("| ")
                    .and_then(|line| line.strip_suffix(" |"));
                Some(match cells {
                    Some(cells) => {
                        let cells: Vec<&str> = cells.split(" | ").map(str::trim).collect();
                        Cow::Owned(cells.join("\t"))
                    }
                    None => Cow::Borrowed(line),
                })
            }
        }
    }

    fn is_formatted(self, text: &str) -> bool {
        let mark = match self {
            Client::Redis => &REPLY,
            Client::Mysql => &BORDER,
        };
        text.lines().any(|line| mark.is_match(line))
    }

    /// The text without what is only there for people; as it is where nothing is.
    fn plain(self, text: &str) -> Cow<'_, str> {
        if !self.is_formatted(text) {
            return Cow::Borrowed(text);
        }
        let lines: Vec<Cow<'_, str>> = text.lines().filter_map(|line| self.raw(line)).collect();
        Cow::Owned(lines.join("\n"))
    }
}

/// Without the backslashes before quotes and backslashes.
fn unquoted(text: &str) -> String {
    text.replace("\\\"", "\"").replace("\\\\", "\\")
}

/// Whether a command runs such a client, and the page shows what it prints for people.
pub(super) fn looks_formatted(command: &Command, shown: &str) -> bool {
    Client::of(command).is_some_and(|client| client.is_formatted(shown))
}

/// Line by line, both sides as they are where the output is no terminal.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let Some(client) = Client::of(task.command) else {
        return text::judge(task, binder);
    };
    let (shown, actual) = (client.plain(task.shown), client.plain(task.actual));
    text::judge(&task.with(&shown, &actual), binder)
}

#[cfg(test)]
mod tests {
    use crate::expect::tests::{fails, passes};

    #[test]
    fn replies_of_redis() {
        let get = "kubectl exec -it pod/redis -- redis-cli CONFIG GET maxmemory";
        let shown = "1) \"maxmemory\"\n2) \"0\"";
        passes("text", get, shown, "maxmemory\n0");
        passes("text", get, shown, shown);
        fails("2097152", get, shown, "maxmemory\n2097152");
        fails("", get, shown, "maxmemory");
        passes("text", "redis-cli incr hits", "(integer) 7", "7");
        fails("", "redis-cli incr hits", "(integer) 7", "8");
        fails("", "redis-cli get a", "(nil)", "7");
        let json = r#""{\"a\": \"b\"}""#;
        passes("text", "redis-cli get a", json, r#"{"a": "b"}"#);
        fails("", "redis-cli get a", json, r#"{"a": "c"}"#);
    }

    #[test]
    fn tables_of_mysql() {
        let command = "kubectl run client --image=mysql:5.7 -i -t --rm --restart=Never -- mysql -h db -e 'SELECT * FROM t'";
        let shown = "+----+---------+\n| id | message |\n+----+---------+\n|  1 | hello   |\n+----+---------+\npod \"client\" deleted";
        passes(
            "text",
            command,
            shown,
            "id\tmessage\n1\thello\npod \"client\" deleted",
        );
        passes("text", command, shown, shown);
        fails(
            "hello",
            command,
            shown,
            "id\tmessage\n1\tgood bye\npod \"client\" deleted",
        );
        fails(
            "hello",
            command,
            shown,
            "id\tmessage\npod \"client\" deleted",
        );
    }
}
