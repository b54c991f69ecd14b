//! The info string of a fence: its language and its annotations, strictly typed.
//!
//! Steps: [`read`] cuts the string into tokens, takes the language, and turns every `key=value` into a
//! field of [`StepOptions`]. Keys of site generators are known by name and left alone; anything else
//! is a diagnostic, because an annotation that does nothing looks like one that works.

use std::time::Duration;

use super::{MatchKind, Rows, StepOptions};
use crate::source::{Diagnostic, Severity, SourceFile, Span, nearest};

/// Our keys, those of eks-workshop included.
const KEYS: [&str; 15] = [
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

/// Keys and words that site generators (Docusaurus, Hugo, MkDocs, Sphinx, pandoc, R Markdown) put on a fence.
const FOREIGN: [&str; 40] = [
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
];

/// What the info string says.
#[derive(Debug, Clone, Default)]
pub(super) struct Info {
    /// Lower case; empty where the fence names none.
    pub language: String,
    pub options: StepOptions,
    /// `test=false`, or R Markdown's `eval=FALSE`: in the author's words.
    pub not_run: Option<String>,
}

/// Languages that are shell scripts or shell sessions.
pub(crate) fn is_shell(language: &str) -> bool {
    matches!(
        language,
        "bash"
            | "sh"
            | "shell"
            | "shellscript"
            | "shell-script"
            | "azurecli"
            | "azurecli-interactive"
    ) || is_session(language)
}

/// Languages that name a recorded session rather than a script.
pub(super) fn is_session(language: &str) -> bool {
    matches!(
        language,
        "console"
            | "terminal"
            | "shell-session"
            | "shellsession"
            | "sh-session"
            | "bash-session"
            | "sh-console"
            | "bash-console"
    )
}

/// A piece of the info string, with its place in the file.
struct Token<'a> {
    text: &'a str,
    span: Span,
}

/// Longer info strings are not read: every annotation there is fits in many times over.
const LONGEST: usize = 4096;

/// Reads the info string at `span` of the file. Annotations are only read where the language is a shell's:
/// elsewhere they belong to others.
pub(super) fn read(file: &SourceFile, span: Span, diagnostics: &mut Vec<Diagnostic>) -> Info {
    let mut tokens = tokens(file.slice(span), span.start).into_iter();
    let mut info = Info::default();
    if span.end - span.start > LONGEST {
        let message = format!("the fence's info string is longer than {LONGEST} bytes");
        diagnostics.push(Diagnostic::at(
            Severity::Error,
            file,
            Span::new(span.start, span.start),
            message,
        ));
        return info;
    }
    let mut rest = Vec::new();
    if let Some(first) = tokens.next() {
        if first.text.starts_with('{') {
            braces(&first, &mut info, &mut rest);
        } else {
            let end = first
                .text
                .find(['{', ',', ':', '='])
                .unwrap_or(first.text.len());
            // `title="x"` with no language before it names no language.
            if first.text[end..].starts_with('=') {
                rest.push(first);
            } else {
                info.language = first.text[..end].to_lowercase();
            }
        }
    }
    // Sphinx and MyST write the language after a directive: {code-block} bash.
    if info.language == "code-block" || info.language == "code" {
        info.language = tokens
            .next()
            .map_or(String::new(), |token| token.text.to_lowercase());
    }
    rest.extend(tokens);
    if !is_shell(&info.language) {
        return info;
    }
    let mut seen: Vec<&str> = Vec::new();
    for token in rest {
        let mut reader = Annotation {
            file,
            diagnostics,
            span: token.span,
            info: &mut info,
        };
        match token.text.split_once('=') {
            Some((key, value)) => {
                if seen.contains(&key) && KEYS.contains(&key) {
                    reader.warn(format!("`{key}` is given twice; the last one counts"));
                }
                seen.push(key);
                reader.assign(key, unquote(value));
            }
            None => reader.word(token.text),
        }
    }
    info
}

/// Cuts at blanks that stand in no quotes and no braces.
fn tokens(text: &str, offset: usize) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut depth = 0_usize;
    for (at, char) in text.char_indices() {
        if start.is_none() && !char.is_whitespace() {
            start = Some(at);
        }
        match (quote, char) {
            (Some(open), _) if char == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(char),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            (None, _) if char.is_whitespace() && depth == 0 => {
                if let Some(first) = start.take() {
                    found.push(Token {
                        text: &text[first..at],
                        span: Span::new(offset + first, offset + at),
                    });
                }
            }
            _ => {}
        }
    }
    if let Some(first) = start {
        let text = text[first..].trim_end();
        let end = offset + first + text.len();
        found.push(Token {
            text,
            span: Span::new(offset + first, end),
        });
    }
    found
}

/// `{.bash #name key=value}` of pandoc, `{bash, eval=FALSE}` of R Markdown, `{code-block}` of MyST.
fn braces<'a>(token: &Token<'a>, info: &mut Info, rest: &mut Vec<Token<'a>>) {
    let inner = token.text.trim_start_matches('{').trim_end_matches('}');
    let offset = token.span.start + (token.text.len() - token.text.trim_start_matches('{').len());
    for part in tokens(inner, offset) {
        let text = part.text.trim_end_matches(',');
        let span = Span::new(part.span.start, part.span.start + text.len());
        if let Some(class) = text.strip_prefix('.') {
            if info.language.is_empty() {
                info.language = class.to_lowercase();
            }
        } else if let Some(id) = text.strip_prefix('#') {
            info.options.id = Some(id.to_owned());
        } else if text.contains('=') {
            rest.push(Token { text, span });
        } else if info.language.is_empty() {
            info.language = text.to_lowercase();
        }
    }
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return inner;
        }
    }
    value
}

struct Annotation<'a> {
    file: &'a SourceFile,
    diagnostics: &'a mut Vec<Diagnostic>,
    span: Span,
    info: &'a mut Info,
}

impl Annotation<'_> {
    fn assign(&mut self, key: &str, value: &str) {
        let text = || (!value.is_empty()).then(|| value.to_owned());
        match key {
            "test" => {
                if self.flag(key, value) == Some(false) {
                    self.info.not_run = Some("test=false".to_owned());
                }
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
    fn word(&mut self, word: &str) {
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

    fn warn(&mut self, message: String) {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an info string; gives it with the messages of its problems.
    fn info(text: &str) -> (Info, Vec<String>) {
        let file = SourceFile::new("a.md", text);
        let mut diagnostics = Vec::new();
        let info = read(&file, Span::new(0, text.len()), &mut diagnostics);
        let messages = diagnostics
            .iter()
            .map(|d| {
                format!(
                    "{}: {} {}",
                    d.severity.word(),
                    d.message,
                    d.help.clone().unwrap_or_default()
                )
            })
            .collect();
        (info, messages)
    }

    fn check_language(text: &str, expected: &str) {
        let (info, problems) = info(text);
        assert_eq!(info.language, expected, "{text}");
        assert!(problems.is_empty(), "{text}: {problems:?}");
    }

    fn check_problem(text: &str, expected: &str) {
        let (_, problems) = info(text);
        assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        assert!(problems[0].contains(expected), "{text}: {problems:?}");
    }

    #[test]
    fn languages() {
        for text in [
            "bash",
            " bash ",
            "BASH",
            "bash title=\"a b\"",
            "{.bash}",
            "{.bash .numberLines}",
            "{bash}",
            "bash {1,3-5}",
            "bash{2}",
            "{code-block} bash",
            "bash showLineNumbers",
            "bash:run.sh",
            "bash [title here]",
        ] {
            check_language(text, "bash");
        }
        check_language("", "");
        check_language("yaml whatever=3", "yaml");
        check_language("title=\"x\"", "");
    }

    #[test]
    fn annotations_are_typed() {
        let (info, problems) = info(
            "bash timeout=30 wait=2m hook=a hookTimeout=9 expectError=true exit=3 match=table rows=subset absent='a b' only=eks id=x test=false",
        );
        assert!(problems.is_empty(), "{problems:?}");
        let options = info.options;
        assert_eq!(options.timeout.as_secs(), 30);
        assert_eq!(options.wait.as_secs(), 120);
        assert_eq!(options.hook.as_deref(), Some("a"));
        assert_eq!(options.hook_timeout.as_secs(), 9);
        assert!(options.expect_error);
        assert_eq!(options.exit, Some(3));
        assert_eq!(options.match_kind, MatchKind::Table);
        assert_eq!(options.rows, Rows::Subset);
        assert_eq!(options.absent.as_deref(), Some("a b"));
        assert_eq!(options.only.as_deref(), Some("eks"));
        assert_eq!(options.id.as_deref(), Some("x"));
        assert_eq!(info.not_run.as_deref(), Some("test=false"));
    }

    #[test]
    fn problems_name_the_remedy() {
        check_problem("bash timout=3", "did you mean `timeout`");
        check_problem("bash expecterror=true", "did you mean `expectError`");
        check_problem("bash bash timeout=40", "warning: a second language");
        check_problem("bash timeout=soon", "error: `timeout` must be a number");
        check_problem("bash timeout=99999999999999999999", "error: `timeout`");
        check_problem("bash match=tabel", "did you mean `table`");
        check_problem("bash exit=900", "from 0 to 255");
        check_problem("bash test=no", "`true` or `false`");
        check_problem("bash timeout", "needs a value");
        check_problem("bash zorp=3", "warning: unknown annotation `zorp`");
        check_problem("bash hook=../x", "must be a name");
        check_problem("bash wait=3 wait=4", "given twice");
        check_problem("bash id=", "needs a value");
    }
}
