//! Why a step does not run: what its author said, or what its commands show.

use std::sync::LazyLock;

use regex::Regex;

use super::Command;

/// A name in angle brackets: what the reader is to fill in.
static PLACEHOLDER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"<([A-Za-z][A-Za-z0-9_.-]*(?: [A-Za-z0-9_.-]+)*)>").ok());

/// What kubectl prints in angle brackets itself, and tags of HTML.
const LITERAL: [&str; 30] = [
    "none", "unset", "unknown", "pending", "invalid", "nil", "no value", "a", "b", "i", "p", "br",
    "h1", "h2", "h3", "div", "span", "html", "head", "body", "title", "ul", "li", "ol", "pre",
    "code", "table", "tr", "td", "script",
];

/// The placeholder that a command holds, if any.
pub(super) fn placeholder(commands: &[Command]) -> Option<&str> {
    let pattern = PLACEHOLDER.as_ref()?;
    commands.iter().find_map(|command| {
        if !command.text.contains('<') {
            return None;
        }
        pattern.captures_iter(&command.text).find_map(|found| {
            let (whole, name) = (found.get(0)?, found.get(1)?.as_str());
            let before = command.text[..whole.start()].chars().next_back();
            // `2<in>` and `cat<<EOF>x` redirect; `</x>` below makes it markup.
            let redirects = before.is_some_and(|c| c == '<' || c == '&' || c.is_ascii_digit());
            let markup = LITERAL.iter().any(|known| known.eq_ignore_ascii_case(name))
                || command.text.contains(&format!("</{name}>"));
            (!redirects && !markup).then(|| whole.as_str())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    fn check(text: &str, expected: Option<&str>) {
        let command = Command {
            text: text.to_owned(),
            line: 1,
            span: Span::default(),
            expected: None,
        };
        assert_eq!(placeholder(&[command]), expected, "{text}");
    }

    #[test]
    fn placeholders() {
        check("kubectl logs <pod-name>", Some("<pod-name>"));
        check("kubectl delete node/<node name>", Some("<node name>"));
        check("curl http://<node-ip>:<port>", Some("<node-ip>"));
        check("cat <in >out", None);
        check("cat <<EOF>out\nEOF", None);
        check("diff <(a) <(b)", None);
        check("echo '<h1>x</h1>'", None);
        check("grep '<none>'", None);
        check("echo '<x>1</x>'", None);
    }
}
