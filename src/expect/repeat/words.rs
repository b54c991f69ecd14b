//! A word of bash: what it surely says, and whether expanding it is harmless.
//!
//! Entry point: [`read`]. Quotes are resolved; `$NAME`, `${NAME}` and substitutions that only read are let through with the
//! word marked as not literal; every other expansion (`${x:=y}`, `$((i++))`, `${x@P}`, backquotes) is refused.

/// A word after quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    /// Its text; an expansion is a `\0`.
    pub(super) text: String,
    /// Whether it is known to the letter.
    pub(super) literal: bool,
}

/// Reads a word; `harmless` says so of a command inside a substitution.
pub(super) fn read(word: &str, harmless: &dyn Fn(&str) -> bool) -> Option<Argument> {
    scan(word, false, harmless)
}

/// Reads the text of a here-document: quotes are letters in it, expansions are not.
pub(super) fn read_document(text: &str, harmless: &dyn Fn(&str) -> bool) -> Option<Argument> {
    scan(text, true, harmless)
}

fn scan(word: &str, document: bool, harmless: &dyn Fn(&str) -> bool) -> Option<Argument> {
    let mut out = Argument {
        text: String::new(),
        literal: true,
    };
    let mut rest = word;
    let mut quoted = document;
    let mut opened = false;
    while let Some(c) = rest.chars().next() {
        match c {
            '\'' if !quoted => {
                let end = rest[1..].find('\'')?;
                out.text.push_str(&rest[1..=end]);
                rest = &rest[end + 2..];
                continue;
            }
            '"' if !document => quoted = !quoted,
            // `{-X,DELETE}` is two words, which nothing here has looked at.
            '{' if !quoted => {
                opened = true;
                out.literal = false;
                out.text.push(c);
            }
            ',' if opened => return None,
            '\\' => {
                let next = rest[1..].chars().next()?;
                if next != '\n' {
                    if quoted && !matches!(next, '$' | '`' | '"' | '\\') {
                        out.text.push('\\');
                    }
                    out.text.push(next);
                }
                rest = &rest[1 + next.len_utf8()..];
                continue;
            }
            '`' => return None,
            '$' => {
                rest = expansion(rest, quoted, harmless, &mut out)?;
                continue;
            }
            // Globs and braces make several words of one, of files that nobody knows here.
            '*' | '?' | '[' | '~' if !quoted => {
                out.literal = false;
                out.text.push(c);
            }
            _ => out.text.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    (quoted == document).then_some(out)
}

/// An expansion at the start of `rest`; what follows it.
fn expansion<'r>(
    rest: &'r str,
    quoted: bool,
    harmless: &dyn Fn(&str) -> bool,
    out: &mut Argument,
) -> Option<&'r str> {
    let after = &rest[1..];
    if let Some(inner) = after.strip_prefix('(') {
        if inner.starts_with('(') {
            return None;
        }
        let end = closing(inner)?;
        if !harmless(&inner[..end]) {
            return None;
        }
        expanded(out);
        return Some(&inner[end + 1..]);
    }
    if let Some(inner) = after.strip_prefix('{') {
        let end = inner.find('}')?;
        let name = &inner[..end];
        let plain = name.split('[').next().unwrap_or_default();
        let index = &name[plain.len()..];
        let known_index = index.is_empty()
            || matches!(index, "[@]" | "[*]")
            || index[1..]
                .strip_suffix(']')
                .is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        if !is_name(plain) || !known_index {
            return None;
        }
        expanded(out);
        return Some(&inner[end + 1..]);
    }
    // `$[i++]` is old arithmetic, which assigns.
    if after.starts_with('[') {
        return None;
    }
    // `$'...'` and `$"..."` are quotes of their own.
    if after.starts_with(['\'', '"']) && !quoted {
        return None;
    }
    let len = after
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count();
    if len == 0 {
        // `$` before anything else is itself, but for the shell's own variables (`$?`, `$@`, `$!`).
        let special = after
            .chars()
            .next()
            .filter(|c| matches!(c, '?' | '@' | '*' | '#' | '!' | '$' | '-'));
        return match special {
            Some(c) => {
                expanded(out);
                Some(&after[c.len_utf8()..])
            }
            None => {
                out.text.push('$');
                Some(after)
            }
        };
    }
    expanded(out);
    Some(&after[len..])
}

fn expanded(out: &mut Argument) {
    out.text.push('\0');
    out.literal = false;
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.as_bytes()[0].is_ascii_digit()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Where the bracket that is open before `text` closes, quotes heeded.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 1usize;
    let mut quote: Option<char> = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => {
                chars.next();
            }
            (Some('"'), '"') => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            // A comment would hide a bracket.
            (None, '#') if text[..at].ends_with(char::is_whitespace) || at == 0 => return None,
            (_, '(') => depth += 1,
            (_, ')') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}
