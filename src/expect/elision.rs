//! The author's notation in shown text: left-out lines, left-out parts of lines, masks, markers, comments.
//!
//! Entry points: [`is_elision`] for a whole line, [`without_marker`] and [`is_comment`] for what authors add,
//! [`Glob`] for a line with parts left out or masked. What looks like notation may be what the program prints:
//! every use of this module tries the literal text first.

use std::sync::LazyLock;

use regex::Regex;

use super::constant;
use super::volatile::Kind;

/// Any text, also none: for `[...]`, `(...)` and `...` inside a line.
const ANY: char = '\u{E200}';
/// Some text without blanks: for `xxxx` and `<placeholder>`.
const SOME: char = '\u{E201}';
/// An account, for one that the author masked.
const ACCOUNT: char = '\u{E202}';
/// Digits of an AWS account's number.
const ACCOUNT_DIGITS: usize = 12;

/// Whether a whole line stands for lines left out.
pub(super) fn is_elision(line: &str) -> bool {
    let line = line.trim();
    let line = line
        .strip_prefix("# ")
        .or_else(|| line.strip_prefix("// "))
        .unwrap_or(line);
    let line = line.strip_suffix(',').unwrap_or(line).trim();
    let inner = line
        .strip_prefix('[')
        .and_then(|l| l.strip_suffix(']'))
        .or_else(|| line.strip_prefix('(').and_then(|l| l.strip_suffix(')')))
        .or_else(|| line.strip_prefix('<').and_then(|l| l.strip_suffix('>')))
        .or_else(|| line.strip_prefix('{').and_then(|l| l.strip_suffix('}')))
        .unwrap_or(line)
        .trim();
    match inner {
        "..." | "…" | "…." | "...." | "....." | ".." if inner != ".." || inner != line => true,
        "snip" | "truncated" | "output truncated" | "omitted" | "output omitted" => inner != line,
        // `[... 20 more lines ...]`
        _ => inner != line && inner.starts_with("...") && inner.ends_with("...") && inner.len() > 6,
    }
}

/// Whether a line is the author's remark. `cat` prints such lines too, so callers keep it where the output has it.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line == "#" || line.starts_with("# ") || line.starts_with("## ")
}

/// The line without an arrow that points at it: `<-----`, `<---- note this`, `<<<`, `, <<<---`, `←`.
pub(super) fn without_marker(line: &str) -> Option<&str> {
    // Few lines have an arrow, and the expression reads every line to its end.
    let may =
        line.contains("<-") || line.contains("<=") || line.contains("<<<") || !line.is_ascii();
    let found = may.then(|| MARKER.find(line))??;
    Some(line[..found.start()].trim_end())
}

static MARKER: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?:^|[\s,;])(?:#\s*|//\s*)?(?:<{1,4}[-=]{2,}.*|<{3,}\s*|<{3,}\s.*|(?:←|⬅|👈).*)$")
});

/// Masks: `xxxx`, `XXX.XXX`, `x.x.x.x`, `ip-10-42-xx-xx`, `****`, `<placeholder>`, `1234567890` for an account.
static MASK: LazyLock<Regex> = LazyLock::new(|| {
    constant(concat!(
        r"\b[xX]{3,}(?:[-._:][xX]{2,})*\b",
        r"|\b[xX](?:\.[xX]){2,}\b|\b[xX]{2}(?:[-._:][xX]{2,})+\b",
        r"|\*{3,}",
        r"|<(?:[A-Z][A-Z0-9_]*[A-Z0-9]|[A-Za-z0-9]+(?:[-_ ][A-Za-z0-9]+)+|redacted|hash|suffix|id|uid|ip|name|node|pod|account|region|random|base64|token|password|secret)>",
        r"|\b(?:1234567890(?:12)?|111122223333|0123456789(?:01)?|000000000000|999999999999)\b",
        r"|\bX(?:\.X)+\b",
    ))
});

/// What kubectl itself prints between angle brackets; never a placeholder.
const KUBECTL_ANGLES: [&str; 8] = [
    "<none>",
    "<unknown>",
    "<pending>",
    "<nil>",
    "<invalid>",
    "<unset>",
    "<no value>",
    "<nil",
];

/// A shown line or word with parts that stand for other text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob {
    pattern: Vec<char>,
    /// Whether parts are left out (`[...]`), as opposed to masked word by word.
    pub(super) elides: bool,
}

impl Glob {
    /// The pattern of a line, if anything in it is left out or masked.
    pub(super) fn of(line: &str) -> Option<Glob> {
        let mut text = line.to_owned();
        let mut elides = false;
        for part in [
            "[...]",
            "(...)",
            "[…]",
            "(…)",
            "<...>",
            "{...}",
            "..........",
            "....",
            "...",
            "…",
        ] {
            if text.contains(part) {
                text = text.replace(part, &ANY.to_string());
                elides = true;
            }
        }
        let masked = MASK.replace_all(&text, |found: &regex::Captures<'_>| {
            let mask = &found[0];
            if KUBECTL_ANGLES.contains(&mask) {
                mask.to_owned()
            } else if mask.bytes().all(|b| b.is_ascii_digit()) {
                ACCOUNT.to_string()
            } else {
                SOME.to_string()
            }
        });
        if !elides && masked == text {
            return None;
        }
        // A mask for a whole address or name covers the points between masks too.
        let mut pattern: Vec<char> = masked.chars().collect();
        pattern.dedup_by(|a, b| *a == ANY && *b == ANY);
        Some(Glob { pattern, elides })
    }

    /// The stretches of the pattern that stand for themselves.
    pub(super) fn fixed_parts(&self) -> Vec<String> {
        self.pattern
            .split(|c| matches!(*c, ANY | SOME | ACCOUNT))
            .map(|part| part.iter().collect())
            .collect()
    }

    /// Whether a pattern holds nothing but what stands for other text.
    pub(super) fn is_bare(&self) -> bool {
        self.pattern
            .iter()
            .all(|c| matches!(*c, ANY | SOME) || !c.is_alphanumeric())
    }

    /// Whether the whole pattern is one part left out: in a cell of a table that says nothing at all.
    pub(super) fn is_bare_elision(&self) -> bool {
        self.pattern.as_slice() == [ANY]
    }

    /// Whether the text fits. Each wildcard is retried only while it is the latest one of its sort, so the time is
    /// bounded by the product of the two lengths.
    pub(super) fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let pattern = &self.pattern;
        let (mut p, mut t) = (0, 0);
        // Where to take up again: the pattern after the wildcard, and the text it may swallow next.
        let mut retry: Option<(usize, usize, char)> = None;
        let mut outer: Option<(usize, usize)> = None;
        loop {
            if p == pattern.len() && t == text.len() {
                return true;
            }
            match pattern.get(p) {
                Some(&ANY) => {
                    retry = None;
                    outer = Some((p + 1, t));
                    p += 1;
                    continue;
                }
                Some(&SOME) if t < text.len() && !text[t].is_whitespace() => {
                    retry = Some((p + 1, t + 1, SOME));
                    p += 1;
                    t += 1;
                    continue;
                }
                Some(&ACCOUNT) if account(&text[t..]) > 0 => {
                    p += 1;
                    t += account(&text[t..]);
                    continue;
                }
                Some(c) if t < text.len() && *c == text[t] => {
                    p += 1;
                    t += 1;
                    continue;
                }
                _ => {}
            }
            if let Some((after, next, _)) = retry
                && next < text.len()
                && !text[next].is_whitespace()
            {
                retry = Some((after, next + 1, SOME));
                p = after;
                t = next + 1;
                continue;
            }
            retry = None;
            match outer {
                Some((after, next)) if next < text.len() => {
                    // Dots that the program prints too are no elision: `updated replicas are available...`.
                    outer = Some((after, next + 1));
                    p = after;
                    t = next + 1;
                }
                _ => return false,
            }
        }
    }
}

/// How many characters of an account's number a text begins with; one where it is a token by type already.
fn account(text: &[char]) -> usize {
    if text.first() == Some(&Kind::Account.mark()) {
        return 1;
    }
    match text.iter().take_while(|c| c.is_ascii_digit()).count() {
        ACCOUNT_DIGITS => ACCOUNT_DIGITS,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fits(shown: &str, actual: &str) {
        assert!(
            Glob::of(shown).is_some_and(|glob| glob.fits(actual)),
            "{shown} | {actual}"
        );
    }

    #[track_caller]
    fn misfits(shown: &str, actual: &str) {
        assert!(
            !Glob::of(shown).is_some_and(|glob| glob.fits(actual)),
            "{shown} | {actual}"
        );
    }

    #[test]
    fn lines_left_out() {
        for line in [
            "...",
            "  [...]",
            "…",
            "# ...",
            "[...],",
            "(...)",
            "[snip]",
            "[... 12 lines ...]",
        ] {
            assert!(is_elision(line), "{line}");
        }
        for line in ["..", "termination...", "[a]", "", "snip", "a ... b"] {
            assert!(!is_elision(line), "{line}");
        }
    }

    #[test]
    fn markers() {
        assert_eq!(without_marker("a 3s    <-----"), Some("a 3s"));
        assert_eq!(without_marker("\"a\": 1, <<<---"), Some("\"a\": 1,"));
        assert_eq!(
            without_marker("Capacity: 10Gi     <<<"),
            Some("Capacity: 10Gi")
        );
        assert_eq!(without_marker("x   <---- note this"), Some("x"));
        assert_eq!(without_marker("cat <<EOF > f"), None);
        assert_eq!(without_marker("a <none> b"), None);
    }

    #[test]
    fn parts_left_out_and_masked() {
        fits("LS0tL(...)LQo=", "LS0tLabcdLQo=");
        fits("error: Inval...", "error: Invalid value");
        fits(
            "pvc-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "pvc-56c9524a-8863-41fd-b737-faf8a8a46aff",
        );
        fits("ip-10-42-xx-xx.us-west-2", "ip-10-42-100-7.us-west-2");
        fits(
            "arn:aws:iam::1234567890:role/x",
            "arn:aws:iam::210987654321:role/x",
        );
        fits("a [...] b [...] c", "a 1 b 2 b 3 c");
        fits("password: <base64>", "password: czNjcjN0");
        misfits("password: <base64>", "password:");
        misfits("111122223333", "None");
        misfits("111122223333", "12345678901");
        misfits("a [...] b", "a c");
        misfits("xxxx b", "one two b");
        misfits("<none>", "10.0.0.1");
        misfits("<html>", "<body>");
        misfits("nginx", "nginy");
    }

    #[test]
    fn many_wildcards_stay_quick() {
        let shown = "[...]a".repeat(200);
        let actual = "a".repeat(20_000);
        assert!(!Glob::of(&format!("{shown}b")).is_some_and(|glob| glob.fits(&actual)));
    }
}
