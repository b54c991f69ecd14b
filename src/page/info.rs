//! The info string of a fence: its language and its annotations, strictly typed.
//!
//! Steps: [`read`] cuts the string into tokens, takes the language, and hands every token after it to
//! `annotation`, which turns it into a field of [`StepOptions`].

use super::StepOptions;
use super::annotation::{Annotation, KEYS};
use super::interpreter::Interpreters;
use crate::source::{Diagnostic, Severity, SourceFile, Span};

/// What the info string says.
#[derive(Debug, Clone, Default)]
pub(super) struct Info {
    /// Lower case; empty where the fence names none.
    pub language: String,
    pub options: StepOptions,
    /// `test=false`, or R Markdown's `eval=FALSE`: in the author's words.
    pub not_run: Option<String>,
    /// `test=true`: it runs, whatever it looks like.
    pub run: bool,
    /// The file that it shows, where a site generator is told to say so: `title="app.py"`.
    pub listing: Option<String>,
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

/// Reads the info string at `span` of the file. Annotations are only read where the language is one that runs:
/// elsewhere they belong to others.
pub(super) fn read(
    file: &SourceFile,
    span: Span,
    interpreters: &Interpreters,
    diagnostics: &mut Vec<Diagnostic>,
) -> Info {
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
                info.listing = file_name(first.text[end..].trim_start_matches(':'));
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
    if !is_shell(&info.language) && interpreters.program(&info.language).is_none() {
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

/// A value that is the name of a file.
pub(super) fn file_name(value: &str) -> Option<String> {
    let (stem, extension) = value.rsplit_once('.')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    let named = !stem.is_empty() && stem.chars().all(plain);
    (named && (1..=4).contains(&extension.len()) && extension.chars().all(char::is_alphanumeric))
        .then(|| value.to_owned())
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

#[cfg(test)]
mod tests {

    use super::super::{MatchKind, Rows};
    use super::*;

    /// Reads an info string; gives it with the messages of its problems.
    fn info(text: &str) -> (Info, Vec<String>) {
        let file = SourceFile::new("a.md", text);
        let mut diagnostics = Vec::new();
        let info = read(
            &file,
            Span::new(0, text.len()),
            &Interpreters::default(),
            &mut diagnostics,
        );
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
        check_problem("bash only=local,knd", "did you mean `kind`");
        check_problem("bash only=gke", "write one of local, kind, eks");
        check_problem("bash exit=900", "from 0 to 255");
        check_problem("bash test=no", "`true` or `false`");
        check_problem("bash timeout", "needs a value");
        check_problem("bash zorp=3", "warning: unknown annotation `zorp`");
        check_problem("bash hook=../x", "must be a name");
        check_problem("bash wait=3 wait=4", "given twice");
        check_problem("bash id=", "needs a value");
    }
}
