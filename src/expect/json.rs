//! JSON documents, as printed and as authors show them.
//!
//! Entry points: [`judge`] and [`parse`]. The reader forgives what authors do: `...` for parts, remarks, markers, a comma
//! too many or too few. Where an elision cuts through the structure, lines are compared instead.

use super::bindings::Binder;
use super::elision;
use super::outcome::{Outcome, Task, short};
use super::text::{self, Extent};
use super::tree::{self, Leave, Node};
use super::volatile::Scan;

/// Nesting that is still read. Objects of the cluster stay below 40.
const MAX_DEPTH: usize = 128;

/// Judges JSON.
pub(super) fn judge(task: &Task<'_>, binder: &mut Binder<'_>) -> Outcome {
    let Some(actual) = parse(task.actual) else {
        let first = task
            .actual
            .lines()
            .find(|line| !line.trim().is_empty())
            .map(short);
        return Outcome::fail(match first {
            Some(line) => format!("the page shows JSON, the output is `{line}`"),
            None => "the page shows JSON, nothing was printed".to_owned(),
        });
    };
    let by_lines = |binder: &mut Binder<'_>| {
        let plain = |text: &str| {
            text.lines()
                .map(|line| line.trim_end().trim_end_matches(','))
                .collect::<Vec<_>>()
                .join("\n")
        };
        let (shown, actual) = (plain(task.shown), plain(task.actual));
        text::judge_lines(
            &task.with(&shown, &actual),
            Scan::FIXED,
            Extent::Whole,
            binder,
        )
    };
    let Some(shown) = parse(task.shown) else {
        return by_lines(binder);
    };
    let reasons = compare_documents(task, &shown, &actual, binder);
    if !reasons.is_empty() && task.shown.lines().any(elision::is_elision) {
        // Lines left out may have cut through the structure without breaking it.
        let outcome = by_lines(binder);
        if outcome.agrees() {
            return outcome;
        }
    }
    Outcome {
        reasons,
        ..Outcome::default()
    }
}

fn compare_documents(
    task: &Task<'_>,
    shown: &[Node],
    actual: &[Node],
    binder: &mut Binder<'_>,
) -> Vec<String> {
    if shown.len() != actual.len() {
        return vec![format!(
            "{} printed, the page shows {}",
            super::outcome::count(actual.len(), "document"),
            shown.len()
        )];
    }
    let mark = binder.mark();
    let aws = task.command.runs_any(&["aws", "eksctl"]);
    let mut reasons = Vec::new();
    for (shown, actual) in shown.iter().zip(actual) {
        let leave = Leave {
            trimmed: aws || tree::is_trimmed(shown, actual),
            unordered: aws,
        };
        reasons.extend(tree::compare(shown, actual, leave, binder));
    }
    if !reasons.is_empty() {
        binder.rollback(mark);
    }
    reasons
}

/// Whether a text looks like JSON: an object or an array, not a log line in brackets.
pub(super) fn looks_like(text: &str) -> bool {
    let text = text.trim_start();
    match text.chars().next() {
        Some('{') => true,
        // `[...]` by itself is a part left out, before it is an array.
        Some('[') if !elision::is_elision(text.lines().next().unwrap_or_default()) => {
            let rest = text[1..].trim_start();
            !is_job(text)
                && !rest.is_empty()
                && may_be_element(rest.lines().next().unwrap_or_default())
        }
        _ => false,
    }
}

/// `[1] 4711`, `[1]+  Done`: what an interactive bash says of a job in the background.
fn is_job(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let number = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    number.is_some_and(|(number, rest)| {
        number.bytes().all(|b| b.is_ascii_digit())
            && rest.starts_with([' ', '+', '-'])
            && rest.contains(|c: char| c.is_ascii_alphanumeric())
    })
}

/// Whether a line may begin an element of an array that was opened on the line before.
pub(super) fn may_be_element(line: &str) -> bool {
    elision::is_elision(line)
        || line
            .trim_start()
            .starts_with(|c: char| matches!(c, '{' | '"' | '[' | ']' | '-') || c.is_ascii_digit())
}

/// Reads one or more documents one after another.
pub(super) fn parse(text: &str) -> Option<Vec<Node>> {
    if !looks_like(text) {
        return None;
    }
    let mut reader = Reader { text, at: 0 };
    let mut documents = Vec::new();
    loop {
        reader.skip_blank();
        if reader.at == text.len() {
            return Some(documents);
        }
        if !documents.is_empty() && reader.elision() {
            continue;
        }
        documents.push(reader.value(0)?);
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Blanks, and what authors write beside JSON: `# ...`, `// ...`, `<---`.
    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            let rest = self.rest();
            let remark = rest.starts_with('#')
                || rest.starts_with("//")
                || rest.starts_with("<-")
                || rest.starts_with("<<<")
                || rest.starts_with('←');
            if !remark {
                return;
            }
            if elision::is_elision(self.short_line()) {
                return;
            }
            self.at += self.rest().lines().next().unwrap_or_default().len();
        }
    }

    /// The rest of the line, or as much of it as an elision may be long: a document may be one line of megabytes.
    fn short_line(&self) -> &str {
        const MAX: usize = 120;
        let rest = self.rest();
        let bytes = &rest.as_bytes()[..rest.len().min(MAX)];
        match bytes.iter().position(|b| *b == b'\n') {
            Some(end) => rest[..end].trim_end_matches('\r'),
            None if rest.len() <= MAX => rest,
            None => "",
        }
    }

    /// `...`, `[...]`, `# ...` between the parts of an object or an array.
    fn elision(&mut self) -> bool {
        for sign in [
            "# ...", "// ...", "[...]", "(...)", "<...>", "{...}", "[…]", "...", "…",
        ] {
            if self.rest().starts_with(sign) {
                self.at += sign.len();
                return true;
            }
        }
        let line = self.short_line();
        if elision::is_elision(line) {
            self.at += line.len();
            return true;
        }
        false
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_blank();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Node::Text),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut entries = Vec::new();
        let mut elided = false;
        loop {
            self.skip_blank();
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(Node::Object { entries, elided });
                }
                b',' => self.at += 1,
                b'"' => {
                    let key = self.string()?;
                    self.skip_blank();
                    // A string alone among keys is `"..."`, an elision in quotes.
                    if self.peek()? != b':' {
                        if elision::is_elision(&key) {
                            elided = true;
                            continue;
                        }
                        return None;
                    }
                    self.at += 1;
                    entries.push((key, self.value(depth + 1)?));
                }
                _ if self.elision() => elided = true,
                _ => return None,
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut items = Vec::new();
        let mut elided = false;
        loop {
            self.skip_blank();
            match self.peek()? {
                b']' => {
                    self.at += 1;
                    return Some(Node::Array { items, elided });
                }
                b',' => self.at += 1,
                _ if self.elision() => elided = true,
                _ => match self.value(depth + 1)? {
                    Node::Text(text) if elision::is_elision(&text) => elided = true,
                    item => items.push(item),
                },
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.at += 1;
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut plain = true;
        let mut i = self.at;
        loop {
            match bytes.get(i)? {
                b'"' => break,
                b'\\' => {
                    plain = false;
                    i += 2;
                }
                b'\n' => return None,
                _ => i += 1,
            }
        }
        let inner = self.text.get(start..i)?;
        self.at = i + 1;
        if plain {
            return Some(inner.to_owned());
        }
        serde_json::from_str(&self.text[start - 1..=i]).ok()
    }

    /// A number, `true`, `false`, `null`, or a mask or elision in the place of a value.
    fn word(&mut self) -> Option<Node> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| {
                c.is_whitespace() || matches!(c, ',' | '}' | ']' | '"' | '{' | '[' | ':')
            })
            .unwrap_or(rest.len());
        let word = &rest[..end];
        let node = match word {
            "null" => Node::Null,
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "..." | "…" => Node::Any,
            _ if word.parse::<f64>().is_ok() && !word.starts_with(['i', 'n', 'N', 'I', '+']) => {
                Node::Number(word.to_owned())
            }
            _ if super::elision::Glob::of(word).is_some_and(|glob| !glob.elides) => {
                Node::Text(word.to_owned())
            }
            _ => return None,
        };
        self.at += end;
        Some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_authors_write_is_read() {
        for text in [
            "{\"a\": 1, ... }",
            "[1, ..., 3]",
            "{\"a\": [...]}",
            "{\n \"a\": 1, <<<---\n \"b\": 2\n}",
            "{\"a\": 1,}",
            "[]",
            "{\"a\":xxxx}",
        ] {
            assert!(parse(text).is_some(), "{text}");
        }
        for text in ["[INFO] x", "{", "{\"a\"}", "nothing", "[1", "{\"a\": nope}"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_no_crash() {
        assert!(parse(&"[".repeat(1_000_000)).is_none());
        assert!(parse(&"{\"a\":".repeat(100_000)).is_none());
    }
}
