//! Maps read strictly: which keys there may be, what each holds, and what is wrong, all at once.
//!
//! Entry point: [`Fields::of`]. Each `take_*` reads one key and notes a problem instead of
//! failing; [`Fields::finish`] notes the keys that nobody asked for.

use std::time::Duration;

use crate::source::{Diagnostic, Severity, SourceFile, Span};

use super::node::{Entry, Node, Value};

/// Where problems are collected while a file is read.
pub(super) struct Problems<'f> {
    file: &'f SourceFile,
    found: Vec<Diagnostic>,
}

impl<'f> Problems<'f> {
    /// None so far.
    pub fn new(file: &'f SourceFile) -> Self {
        Self {
            file,
            found: Vec::new(),
        }
    }

    /// Notes an error.
    pub fn error(&mut self, span: Span, message: impl Into<String>) {
        self.found.push(Diagnostic::at(
            Severity::Error,
            self.file,
            span,
            message.into(),
        ));
    }

    /// Notes an error with the next step for the author.
    pub fn error_with_help(&mut self, span: Span, message: impl Into<String>, help: String) {
        let problem = Diagnostic::at(Severity::Error, self.file, span, message.into());
        self.found.push(problem.with_help(help));
    }

    /// What stands there in the file.
    pub fn source(&self, span: Span) -> &'f str {
        self.file.slice(span)
    }

    /// How many there are: lets a caller see whether a part was read without any.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// All of them in file order.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by_key(|problem| problem.place.as_ref().map(|(_, span)| span.start));
        self.found
    }
}

/// The word nearest to `word`, if any is near enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = word.to_lowercase();
    if let Some(same) = known.iter().find(|name| name.to_lowercase() == lower) {
        return Some(same);
    }
    similar::get_close_matches(word, known, 1, 0.65)
        .first()
        .copied()
}

/// "did you mean" where a known word is near, else the words there are.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    }
}

/// The entries of a map, taken one by one.
pub(super) struct Fields<'n> {
    /// What the map describes, for messages: `a check`, `persistence`.
    what: String,
    /// Place of the map.
    span: Span,
    entries: Vec<&'n Entry>,
    asked: Vec<&'static str>,
    found: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The entries of `node`; `None`, with a problem noted, where it is no map.
    pub fn of(node: &'n Node, what: &str, problems: &mut Problems<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            problems.error(
                node.span,
                format!("{what} must be a map, this is {}", node.kind()),
            );
            return None;
        };
        Some(Self {
            what: what.to_owned(),
            span: entries.first().map_or(node.span, |entry| entry.key_span),
            entries: entries.iter().collect(),
            asked: Vec::new(),
            found: Vec::new(),
        })
    }

    /// Place of the map: its first key.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whether the key is there and not yet taken.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    /// Whether the key was there and has been taken.
    pub fn took(&self, key: &str) -> bool {
        self.found.contains(&key)
    }

    /// The keys that are not yet taken.
    pub fn left(&self) -> impl Iterator<Item = &'n str> {
        self.entries.iter().map(|entry| entry.key.as_str())
    }

    /// Takes a key that need not be there.
    pub fn take(&mut self, key: &'static str) -> Option<&'n Entry> {
        self.asked.push(key);
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        self.found.push(key);
        Some(self.entries.remove(at))
    }

    /// Takes a key that must be there. A misspelt one is left to [`Fields::finish`], which says
    /// what was meant: one mistake, one problem.
    pub fn need(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<&'n Entry> {
        let entry = self.take(key);
        if entry.is_none() && !self.has_misspelt(key) {
            problems.error(self.span, format!("{} needs `{key}`", self.what));
        }
        entry
    }

    /// Text that need not be there.
    pub fn text(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<String> {
        self.take(key)
            .and_then(|entry| text_of(key, &entry.value, problems))
    }

    /// Text that must be there.
    pub fn need_text(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<String> {
        self.need(key, problems)
            .and_then(|entry| text_of(key, &entry.value, problems))
    }

    /// `true` or `false` that need not be there.
    pub fn flag(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<bool> {
        let entry = self.take(key)?;
        match entry.value.value {
            Value::Bool(flag) => Some(flag),
            _ => {
                let kind = entry.value.kind();
                let message = format!("`{key}` must be true or false, this is {kind}");
                problems.error(entry.value.span, message);
                None
            }
        }
    }

    /// A length of time such as `60s` that need not be there.
    pub fn time(&mut self, key: &'static str, problems: &mut Problems<'_>) -> Option<Duration> {
        let entry = self.take(key)?;
        let read = match &entry.value.value {
            Value::Text(text) => duration(text),
            _ => None,
        };
        if read.is_none() {
            problems.error(
                entry.value.span,
                format!("`{key}` must be a length of time such as `30s`, `2m` or `1m30s`"),
            );
        }
        read
    }

    /// One of a set of words, each with its meaning.
    pub fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        problems: &mut Problems<'_>,
    ) -> Option<T> {
        let entry = self.take(key)?;
        word_of(key, &entry.value, words, problems)
    }

    /// Notes each key that is left. Call it last: it knows the keys that were asked for.
    pub fn finish(self, problems: &mut Problems<'_>) {
        for entry in self.entries {
            problems.error_with_help(
                entry.key_span,
                format!("{} has no key `{}`", self.what, entry.key),
                suggestion(&entry.key, &self.asked),
            );
        }
    }

    fn has_misspelt(&self, key: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| nearest(&entry.key, &[key]).is_some())
    }
}

/// One of a set of words, each with its meaning.
pub(super) fn word_of<T: Copy>(
    key: &str,
    node: &Node,
    words: &[(&str, T)],
    problems: &mut Problems<'_>,
) -> Option<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let Value::Text(text) = &node.value else {
        let message = format!("`{key}` must be one of {}", names.join(", "));
        problems.error(node.span, message);
        return None;
    };
    let found = words.iter().find(|(name, _)| name == text);
    if found.is_none() {
        problems.error_with_help(
            node.span,
            format!("`{key}` cannot be `{text}`"),
            suggestion(text, &names),
        );
    }
    found.map(|(_, meaning)| *meaning)
}

/// Text that says something.
pub(super) fn text_of(key: &str, node: &Node, problems: &mut Problems<'_>) -> Option<String> {
    match &node.value {
        Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Text(_) | Value::Null => {
            problems.error(node.span, format!("`{key}` says nothing"));
            None
        }
        Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
            let kind = node.kind();
            let message = format!("`{key}` must be text, this is {kind}");
            problems.error_with_help(node.span, message, "put it in quotes".to_owned());
            None
        }
        Value::List(_) | Value::Map(_) => {
            let message = format!("`{key}` must be text, this is {}", node.kind());
            problems.error(node.span, message);
            None
        }
    }
}

/// `500ms`, `60s`, `2m`, `1m30s`, `1h`; `None` for anything else. A number without a unit is
/// no length of time: nobody can tell what it means.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let part = match &rest[..unit] {
            "ms" => Duration::from_millis(number),
            "s" => Duration::from_secs(number),
            "m" => Duration::from_secs(number.checked_mul(60)?),
            "h" => Duration::from_secs(number.checked_mul(3600)?),
            _ => return None,
        };
        total = total.checked_add(part)?;
        rest = &rest[unit..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_need_a_unit() {
        for (text, millis) in [
            ("60s", Some(60_000)),
            ("2m", Some(120_000)),
            ("1m30s", Some(90_000)),
            ("500ms", Some(500)),
            ("1h", Some(3_600_000)),
            ("60", None),
            ("s", None),
            ("", None),
            ("-1s", None),
            ("1.5s", None),
            ("99999999999999999999s", None),
            ("9999999999999999999h", None),
        ] {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        let known = ["workload", "namespace", "container"];
        assert_eq!(nearest("workloud", &known), Some("workload"));
        assert_eq!(nearest("nameSpace", &known), Some("namespace"));
        assert_eq!(nearest("zebra", &known), None);
    }
}
