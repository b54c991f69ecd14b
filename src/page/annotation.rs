//! One token of an info string → a field of [`StepOptions`](super::StepOptions), strictly typed.
//!
//! Entry points: [`Annotation::assign`] and [`Annotation::word`]. Keys of site generators are known by name and left alone;
//! anything else is a diagnostic, because an annotation that does nothing looks like one that works.

use std::time::Duration;

use super::info::{Info, file_name, is_shell};
use super::{MatchKind, Rows};
use crate::source::{Diagnostic, Severity, SourceFile, Span, nearest};

/// Our keys, those of eks-workshop included.
pub(super) const KEYS: [&str; 15] = [
    "test",
    "timeout",
    "wait",
    "hook",
    "hookTimeout",
    "expectError",
    "raw",
    "id",
    "exit",
    "match",
    "rows",
    "absent",
    "until",
    "only",
    "verify",
];

/// The kinds of cluster that `only=` can name.
const PROFILES: [&str; 5] = ["local", "kind", "eks", "context", "none"];

/// Keys and words that site generators (Docusaurus, Hugo, MkDocs, Sphinx, pandoc, R Markdown) put on a fence.
const FOREIGN: [&str; 44] = [
    "title",
    "caption",
    "filename",
    "file",
    "name",
    "label",
    "class",
    "style",
    "hl_lines",
    "hl-lines",
    "hllines",
    "highlight",
    "emphasize-lines",
    "linenos",
    "linenums",
    "lineno-start",
    "linenostart",
    "line-numbers",
    "lineNumbers",
    "numberLines",
    "startFrom",
    "showLineNumbers",
    "start",
    "wrap",
    "copy",
    "nocopy",
    "noCopy",
    "hidePath",
    "live",
    "noInline",
    "theme",
    "lang",
    "language",
    "icon",
    "collapse",
    "group",
    "tab",
    "diff",
    "ignore",
    "codeCopyEnabled",
    "snip_id",
    "syntax",
    "outputis",
    "expandlinks",
];

/// A token of an info string, and what it is read into.
pub(super) struct Annotation<'a> {
    pub file: &'a SourceFile,
    pub diagnostics: &'a mut Vec<Diagnostic>,
    pub span: Span,
    pub info: &'a mut Info,
}

impl Annotation<'_> {
    /// A token `key=value`.
    pub fn assign(&mut self, key: &str, value: &str) {
        let text = || (!value.is_empty()).then(|| value.to_owned());
        match key {
            "test" => match self.flag(key, value) {
                Some(false) => self.info.not_run = Some("test=false".to_owned()),
                run => self.info.run = run.is_some(),
            },
            "title" | "file" | "filename" | "name" | "caption" => {
                self.info.listing = file_name(value);
            }
            "eval" if value.eq_ignore_ascii_case("false") => {
                self.info.not_run = Some(format!("eval={value}"));
            }
            "eval" | "echo" | "include" => {}
            "timeout" => {
                if let Some(time) = self.seconds(key, value) {
                    self.info.options.timeout = time;
                }
            }
            "wait" => {
                if let Some(time) = self.seconds(key, value) {
                    self.info.options.wait = time;
                }
            }
            "hookTimeout" => {
                if let Some(time) = self.seconds(key, value) {
                    self.info.options.hook_timeout = time;
                }
            }
            "expectError" => {
                self.info.options.expect_error = self.flag(key, value).unwrap_or(false);
            }
            "raw" => self.info.options.raw = self.flag(key, value).unwrap_or(false),
            "exit" => match value.parse::<u8>() {
                Ok(status) => self.info.options.exit = Some(i32::from(status)),
                Err(_) => self.error(format!(
                    "`exit` must be a number from 0 to 255, not `{value}`"
                )),
            },
            "match" => {
                let kind = match value {
                    "auto" => MatchKind::Auto,
                    "exact" => MatchKind::Exact,
                    "contains" => MatchKind::Contains,
                    "lines" => MatchKind::Lines,
                    "regex" => MatchKind::Regex,
                    "table" => MatchKind::Table,
                    "json" => MatchKind::Json,
                    "yaml" => MatchKind::Yaml,
                    "ignore" => MatchKind::Ignore,
                    _ => {
                        return self.not_among(
                            key,
                            value,
                            &[
                                "auto", "exact", "contains", "lines", "regex", "table", "json",
                                "yaml", "ignore",
                            ],
                        );
                    }
                };
                self.info.options.match_kind = kind;
            }
            "rows" => match value {
                "exact" => self.info.options.rows = Rows::Exact,
                "subset" => self.info.options.rows = Rows::Subset,
                _ => self.not_among(key, value, &["exact", "subset"]),
            },
            "hook" if value.contains(['/', '\0']) => {
                self.error(format!("`hook` must be a name, not a path: `{value}`"));
            }
            "only" if value.split(',').any(|one| !PROFILES.contains(&one)) => {
                let unknown = value.split(',').find(|one| !PROFILES.contains(one));
                self.not_among(key, unknown.unwrap_or_default(), &PROFILES);
            }
            "hook" | "id" | "absent" | "until" | "only" | "verify" => {
                let Some(text) = text() else {
                    return self.error(format!("`{key}=` needs a value"));
                };
                let options = &mut self.info.options;
                match key {
                    "hook" => options.hook = Some(text),
                    "id" => options.id = Some(text),
                    "absent" => options.absent = Some(text),
                    "until" => options.until = Some(text),
                    "only" => options.only = Some(text),
                    _ => options.verify = Some(text),
                }
            }
            _ => self.unknown(key),
        }
    }

    /// A token without `=`.
    pub fn word(&mut self, word: &str) {
        // {1,3-5} marks lines; [title] and names of site generators do nothing to a run.
        if word.starts_with(['{', '[', '/', '#', '.', '"', '\'']) || foreign(word) {
            return;
        }
        if word == self.info.language || is_shell(word) {
            self.warn(format!("a second language, `{word}`, on the fence"));
        } else if let Some(key) = KEYS.iter().find(|key| key.eq_ignore_ascii_case(word)) {
            self.error(format!("`{key}` needs a value: `{key}=...`"));
        } else {
            self.unknown(word);
        }
    }

    fn unknown(&mut self, key: &str) {
        if foreign(key) || key.starts_with("data-") {
            return;
        }
        match nearest(key, KEYS) {
            Some(known) => self.diagnostics.push(
                Diagnostic::at(
                    Severity::Error,
                    self.file,
                    self.span,
                    format!("unknown annotation `{key}`"),
                )
                .with_help(format!("did you mean `{known}`?")),
            ),
            None => self.diagnostics.push(
                Diagnostic::at(
                    Severity::Warning,
                    self.file,
                    self.span,
                    format!("unknown annotation `{key}` does nothing"),
                )
                .with_help(format!("annotations are {}", KEYS.join(", "))),
            ),
        }
    }

    fn not_among(&mut self, key: &str, value: &str, known: &[&str]) {
        let help = match nearest(value, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", known.join(", ")),
        };
        self.diagnostics.push(
            Diagnostic::at(
                Severity::Error,
                self.file,
                self.span,
                format!("`{key}` cannot be `{value}`"),
            )
            .with_help(help),
        );
    }

    fn flag(&mut self, key: &str, value: &str) -> Option<bool> {
        match value.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.error(format!("`{key}` must be `true` or `false`, not `{value}`"));
                None
            }
        }
    }

    /// `30`, `30s`, `5m`, `1h`; at most a day.
    fn seconds(&mut self, key: &str, value: &str) -> Option<Duration> {
        let (number, unit) = match value.as_bytes().last() {
            Some(b's') => (&value[..value.len() - 1], 1),
            Some(b'm') => (&value[..value.len() - 1], 60),
            Some(b'h') => (&value[..value.len() - 1], 3600),
            _ => (value, 1),
        };
        match number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(unit))
        {
            Some(seconds) if seconds <= 86_400 => Some(Duration::from_secs(seconds)),
            _ => {
                self.error(format!(
                    "`{key}` must be a number of seconds up to 86400, not `{value}`"
                ));
                None
            }
        }
    }

    fn error(&mut self, message: String) {
        self.diagnostics.push(Diagnostic::at(
            Severity::Error,
            self.file,
            self.span,
            message,
        ));
    }

    pub fn warn(&mut self, message: String) {
        self.diagnostics.push(Diagnostic::at(
            Severity::Warning,
            self.file,
            self.span,
            message,
        ));
    }
}

fn foreign(key: &str) -> bool {
    FOREIGN.iter().any(|known| known.eq_ignore_ascii_case(key))
}
