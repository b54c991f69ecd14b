//! The keys of a front matter that labproof knows → a [`FrontMatter`].
//!
//! Entry point: [`Keys::read`]. Other keys are left alone, save under `labproof`, where all are ours.

use serde_json::Value;

use super::front::{Head, line_span_at};
use super::{Dialect, FrontMatter};
use crate::source::{Diagnostic, Severity, SourceFile, Span, nearest};

/// The head as parsed.
pub(super) struct Keys<'a> {
    pub file: &'a SourceFile,
    pub head: Head,
    pub map: serde_json::Map<String, Value>,
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

impl Keys<'_> {
    /// Takes the keys that count and says what is wrong with their values.
    pub fn read(mut self) -> FrontMatter {
        let title = match self.map.get("title") {
            None | Some(Value::Null) => None,
            Some(Value::String(title)) => Some(title.clone()),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Some(value.to_string()),
            Some(_) => self.wrong("title", "a text"),
        };
        let weight = match self.weight("weight") {
            Some(weight) => Some(weight),
            None => self.weight("sidebar_position"),
        };
        let lab = match self.map.get("lab") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(lab)) => *lab,
            Some(_) => self.wrong("lab", "`true` or `false`").unwrap_or(false),
        };
        let module = self
            .map
            .get("sidebar_custom_props")
            .and_then(|props| props.get("module"))
            .is_some_and(|module| module == &Value::Bool(true) || module == "true");
        let mut front = FrontMatter {
            title,
            weight,
            lab: lab || module,
            ..FrontMatter::default()
        };
        if let Some(own) = self.map.get("labproof").cloned() {
            self.own(&own, &mut front);
        }
        front
    }

    fn weight(&mut self, key: &str) -> Option<f64> {
        match self.map.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                text.trim().parse().ok()
            }
            Some(_) => self.wrong(key, "a number"),
        }
    }

    /// `labproof:`, the one key whose contents are ours alone and so read strictly.
    fn own(&mut self, own: &Value, front: &mut FrontMatter) {
        let Value::Object(own) = own else {
            self.wrong::<()>("labproof", "a list of keys and values");
            return;
        };
        for (key, value) in own {
            match (key.as_str(), value) {
                ("dialect", Value::String(name)) => match Dialect::named(name) {
                    Some(dialect) => front.dialect = Some(dialect),
                    None => {
                        self.wrong::<()>("dialect", "`transcript` or `bare`");
                    }
                },
                ("dialect", _) => {
                    self.wrong::<()>("dialect", "`transcript` or `bare`");
                }
                ("interpreters", Value::Object(programs)) => self.interpreters(programs, front),
                ("interpreters", _) => {
                    self.wrong::<()>("interpreters", "languages, each with its program");
                }
                ("lint", Value::Object(rules)) => {
                    for (code, reason) in rules {
                        match reason {
                            Value::String(reason) if !reason.trim().is_empty() => {
                                front.lint_off.push((code.clone(), reason.clone()));
                            }
                            _ => {
                                self.wrong::<()>(code, "the reason why the rule is off here");
                            }
                        }
                    }
                }
                ("lint", _) => {
                    self.wrong::<()>("lint", "rules, each with the reason why it is off here");
                }
                ("home", Value::String(home)) if home == "private" => front.private_home = true,
                ("home", _) => {
                    self.wrong::<()>("home", "`private`, or left out for the user's own");
                }
                ("nodes", value) => match value.as_u64() {
                    Some(nodes @ 1..=100) => front.nodes = u8::try_from(nodes).ok(),
                    _ => {
                        self.wrong::<()>("nodes", "a number of nodes, 1 or more");
                    }
                },
                ("tags", Value::Array(tags)) => {
                    front.tags = tags
                        .iter()
                        .filter_map(|tag| tag.as_str().map(str::to_owned))
                        .collect();
                }
                (unknown, _) => {
                    let span = self.key_span(unknown);
                    let mut problem = Diagnostic::at(
                        Severity::Error,
                        self.file,
                        span,
                        format!("unknown key `{unknown}` under `labproof`"),
                    );
                    if let Some(known) = nearest(
                        unknown,
                        ["dialect", "home", "interpreters", "lint", "nodes", "tags"],
                    ) {
                        problem = problem.with_help(format!("did you mean `{known}`?"));
                    }
                    self.diagnostics.push(problem);
                }
            }
        }
    }

    fn interpreters(&mut self, programs: &serde_json::Map<String, Value>, front: &mut FrontMatter) {
        for (language, program) in programs {
            let program = match program {
                Value::String(program) => Some(program.as_str()),
                Value::Bool(false) => None,
                _ => Some(""),
            };
            if let Err(problem) = front.interpreters.set(language, program) {
                let span = self.key_span(language);
                self.diagnostics
                    .push(Diagnostic::at(Severity::Error, self.file, span, problem));
            }
        }
    }

    fn wrong<T>(&mut self, key: &str, expected: &str) -> Option<T> {
        let span = self.key_span(key);
        self.diagnostics.push(Diagnostic::at(
            Severity::Error,
            self.file,
            span,
            format!("`{key}` in the front matter must be {expected}"),
        ));
        None
    }

    /// The line that begins with the key; the head's first line where it stands in some other form.
    fn key_span(&self, key: &str) -> Span {
        let mut at = self.head.inner.start;
        for line in self.file.slice(self.head.inner).split_inclusive('\n') {
            if line.trim_start().trim_start_matches('"').starts_with(key) {
                return line_span_at(self.file, at);
            }
            at += line.len();
        }
        line_span_at(self.file, self.head.inner.start)
    }
}
