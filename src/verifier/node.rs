//! YAML text → [`Node`]s: a tree in which every key and value knows its bytes.
//!
//! Entry point: [`parse`]. Reading into a tree first, and into types after, is what lets one
//! reading of a file report every problem in it instead of the first.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::source::{Diagnostic, Severity, SourceFile, Span};

/// A value of a YAML file with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Where it stands: for a map or list, where its first entry begins.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a YAML value is.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in file order.
    Map(Vec<Entry>),
}

/// A key of a map and what it holds.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// What it holds.
    pub value: Node,
}

impl Node {
    /// What kind of value it is, in the words of a message.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// Reads one YAML document. An empty file is [`Value::Null`].
///
/// # Errors
/// The first place at which the text is no YAML, or gives a key twice.
pub(super) fn parse(file: &SourceFile) -> Result<Node, Box<Diagnostic>> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options::<Node>(file.text(), options).map_err(|error| {
        let at = error.location().map_or(0, |at| offset_of(file, &at));
        // An error at the end of the text is shown on its last line, not after it.
        let at = at.min(file.text().trim_end().len());
        let span = Span::new(at, at);
        let message = error.to_string();
        // The position is shown by the diagnostic, so the words need not repeat it.
        let message = message.split(" at line ").next().unwrap_or_default();
        Box::new(Diagnostic::at(
            Severity::Error,
            file,
            span,
            format!("this is not valid YAML: {message}"),
        ))
    })
}

/// Syntax errors know their line and column, but not always their bytes.
fn offset_of(file: &SourceFile, location: &Location) -> usize {
    let line = file.line_span(location.line() as usize);
    let before = (location.column() as usize).saturating_sub(1);
    let into = file.slice(line).char_indices().nth(before);
    into.map_or(line.end, |(at, _)| line.start + at)
}

fn span_of(location: &Location) -> Span {
    let span = location.span();
    let start = span.byte_offset().unwrap_or_default() as usize;
    let length = span.byte_len().unwrap_or_default() as usize;
    Span::new(start, start + length)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Value>::deserialize(deserializer)?;
        Ok(Node {
            span: span_of(&spanned.referenced),
            value: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = map.next_entry::<Spanned<String>, Node>()? {
            entries.push(Entry {
                key_span: span_of(&key.referenced),
                key: key.value,
                value,
            });
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(file: &SourceFile, node: &Node, out: &mut Vec<String>) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| shown(file, item, out)),
            Value::Map(entries) => {
                for entry in entries {
                    out.push(format!("{}:", file.slice(entry.key_span)));
                    shown(file, &entry.value, out);
                }
            }
            _ => out.push(format!("{:?} {}", node.value, file.slice(node.span))),
        }
    }

    #[test]
    fn every_key_and_scalar_knows_its_bytes_and_quotes_make_text() {
        let file = SourceFile::new(
            "v.yaml",
            "ö: 1\nb: [\"2\", on, true, 1.5, ~]\nc:\n  - d: a b # no\n    e: '>= 2'\n1: x\n",
        );
        let mut out = Vec::new();
        shown(&file, &parse(&file).unwrap(), &mut out);
        assert_eq!(
            out,
            [
                "ö:",
                "Int(1) 1",
                "b:",
                "Text(\"2\") \"2\"",
                "Text(\"on\") on",
                "Bool(true) true",
                "Float(1.5) 1.5",
                "Null ~",
                "c:",
                "d:",
                "Text(\"a b\") a b",
                "e:",
                "Text(\">= 2\") '>= 2'",
                "1:",
                "Text(\"x\") x",
            ]
        );
    }

    #[test]
    fn what_is_no_yaml_is_shown_at_its_place() {
        for (text, line, words) in [
            ("a: 1\na: 2\n", 2, "duplicate"),
            ("a: [1, 2\nb: 3\n", 2, "not valid YAML"),
            ("a: {b: 1\n", 1, "not valid YAML"),
            ("a:\n\tb: 1\n", 2, "not valid YAML"),
        ] {
            let problem = parse(&SourceFile::new("v.yaml", text)).unwrap_err();
            assert_eq!(problem.position().unwrap().line, line, "{problem:?}");
            assert!(problem.message.contains(words), "{}", problem.message);
        }
    }

    #[test]
    fn an_empty_file_is_nothing() {
        for text in ["", "# only a comment\n", "---\n"] {
            let node = parse(&SourceFile::new("v.yaml", text)).unwrap();
            assert!(matches!(node.value, Value::Null), "{text:?} {node:?}");
        }
    }
}
