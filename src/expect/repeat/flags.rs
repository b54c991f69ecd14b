//! Flags of a program against lists of those that are harmless.
//!
//! Entry point: [`Flags::read`]: every argument is a known flag, the value of one, or an operand; anything else is refused.

use super::words::Argument;

/// Which flags a program may have here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flags<'f> {
    /// One letter each, without a value.
    pub(super) letters: &'f str,
    /// One letter each, with a value.
    pub(super) valued: &'f str,
    /// Long ones without a value.
    pub(super) long: &'f [&'f str],
    /// Long ones with a value, after `=` or as the next word.
    pub(super) long_valued: &'f [&'f str],
}

/// No flags at all.
pub(super) const NONE: Flags<'_> = Flags {
    letters: "",
    valued: "",
    long: &[],
    long_valued: &[],
};

/// A flag with its value.
pub(super) struct Found<'a> {
    pub(super) name: String,
    pub(super) value: Option<&'a str>,
}

impl Flags<'_> {
    /// Flags and operands; `None` if there is a flag that is in no list.
    pub(super) fn read<'a>(
        &self,
        arguments: &'a [Argument],
    ) -> Option<(Vec<Found<'a>>, Vec<&'a Argument>)> {
        let mut found = Vec::new();
        let mut operands = Vec::new();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let text = argument.text.as_str();
            // A word that is nothing but an expansion may turn out to be a flag.
            if text.starts_with('\0') {
                return None;
            }
            if text == "--" {
                operands.extend(rest);
                break;
            }
            if let Some(long) = text.strip_prefix("--") {
                let (name, value) = long
                    .split_once('=')
                    .map_or((long, None), |(name, value)| (name, Some(value)));
                let value = match value {
                    None if self.long.contains(&name) => None,
                    Some(value) if self.long_valued.contains(&name) => Some(value),
                    None if self.long_valued.contains(&name) => Some(rest.next()?.text.as_str()),
                    _ => return None,
                };
                found.push(Found {
                    name: format!("--{name}"),
                    value,
                });
                continue;
            }
            let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
                operands.push(argument);
                continue;
            };
            for (at, letter) in letters.char_indices() {
                if self.letters.contains(letter) {
                    found.push(Found {
                        name: format!("-{letter}"),
                        value: None,
                    });
                } else if self.valued.contains(letter) {
                    let attached = &letters[at + letter.len_utf8()..];
                    let value = if attached.is_empty() {
                        rest.next()?.text.as_str()
                    } else {
                        attached
                    };
                    found.push(Found {
                        name: format!("-{letter}"),
                        value: Some(value),
                    });
                    break;
                } else {
                    return None;
                }
            }
        }
        Some((found, operands))
    }
}
