//! A simple command of bash: its words, each with its place in the text, its name and its flags.

use std::borrow::Cow;

/// A word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its text, quotes and escapes removed, expansions as written.
    pub text: String,
    /// Its first byte in the text.
    pub start: usize,
    /// The byte after its last one.
    pub end: usize,
}

/// What stands after a simple command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// `|`.
    Pipe,
    /// `&&`.
    And,
    /// `||`.
    Or,
    /// `&`.
    Background,
    /// `;`, a line break, the end.
    End,
}

/// A command without its redirections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simple {
    /// Its words, assignments before the name included.
    pub words: Vec<Word>,
    /// What stands after it.
    pub joint: Joint,
    /// How many substitutions it stands in.
    pub depth: usize,
    /// It redirects its output, to a file or elsewhere.
    pub redirects: bool,
}

impl Simple {
    /// The words from the command's name on: without assignments, `sudo` and `time`.
    pub fn command(&self) -> &[Word] {
        let skipped = self
            .words
            .iter()
            .take_while(|word| {
                is_assignment(&word.text) || matches!(word.text.as_str(), "sudo" | "time" | "!")
            })
            .count();
        &self.words[skipped..]
    }

    /// The command's name; empty where it only assigns.
    pub fn name(&self) -> &str {
        self.command().first().map_or("", |word| word.text.as_str())
    }

    /// The value of a flag given as `--name value`, `--name=value` or `-n value`, `-nvalue`; the last one wins.
    pub fn flag(&self, names: &[&str]) -> Option<&str> {
        self.flags(names).last().map(|(value, _)| value)
    }

    /// Every value of a flag, with the word that holds it.
    pub fn flags(&self, names: &[&str]) -> impl DoubleEndedIterator<Item = (&str, &Word)> {
        let words = self.command();
        let end = words
            .iter()
            .position(|word| word.text == "--")
            .unwrap_or(words.len());
        let mut found = Vec::new();
        for (index, word) in words[..end].iter().enumerate() {
            for name in names {
                let Some(rest) = word.text.strip_prefix(name) else {
                    continue;
                };
                if rest.is_empty() {
                    if let Some(value) = words[..end].get(index + 1) {
                        found.push((value.text.as_str(), value));
                    }
                } else if let Some(value) = rest.strip_prefix('=') {
                    found.push((value, word));
                } else if !name.starts_with("--") {
                    found.push((rest, word));
                }
            }
        }
        found.into_iter()
    }

    /// Whether a flag without value is there, alone or as `--flag=true`.
    pub fn has(&self, names: &[&str]) -> bool {
        let words = self.command();
        words
            .iter()
            .take_while(|word| word.text != "--")
            .any(|word| {
                names
                    .iter()
                    .any(|name| word.text == *name || word.text.strip_prefix(name) == Some("=true"))
            })
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// A text as one word of bash, in quotes where it needs them.
pub fn quoted(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%=:,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}
