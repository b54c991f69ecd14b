//! Signs between words: lists and pipes, parentheses, and the announcement of a here-document.

use super::frames::{CasePart, Frame};
use super::{After, HereDocument, Scanner, Word};

impl Scanner {
    pub(super) fn operator(&mut self, bytes: &[u8], at: usize) -> usize {
        self.end_word();
        let rest = &bytes[at..];
        let in_case = matches!(self.frames.last(), Some(Frame::Case(CasePart::Body)));
        if rest.starts_with(b"&>") {
            return at + 2;
        }
        self.begun = true;
        self.after = After::Nothing;
        // In the patterns of a `case`, `|` separates patterns.
        if let Some(Frame::Case(CasePart::Pattern)) = self.frames.last() {
            return at + 1;
        }
        self.command_position = true;
        let (length, dangling) = match rest {
            [b'&', b'&', ..] => (2, Some("&&")),
            [b'|', b'|', ..] => (2, Some("||")),
            [b'|', b'&', ..] => (2, Some("|&")),
            [b'|', ..] => (1, Some("|")),
            [b';', b';', b'&', ..] if in_case => (3, None),
            [b';', b';' | b'&', ..] if in_case => (2, None),
            _ => (1, None),
        };
        if length > 1 && rest[0] == b';' {
            self.set_case(CasePart::Pattern);
        }
        if dangling.is_some() {
            self.dangling = dangling;
        }
        at + length
    }

    pub(super) fn parenthesis(&mut self, bytes: &[u8], at: usize) -> usize {
        if let Some(Frame::Case(CasePart::Pattern)) = self.frames.last()
            && self.word.length == 0
        {
            return at + 1;
        }
        if self.word.length > 0 && matches!(self.word.last, b'=' | b'?' | b'*' | b'+' | b'@' | b'!')
        {
            return self.push(Frame::Words, at + 1);
        }
        let blank = bytes[at + 1..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let named = self.word.length > 0 || self.word.first;
        if named && bytes.get(at + 1 + blank) == Some(&b')') {
            self.word = Word::default();
            self.begun = true;
            self.command_position = true;
            self.dangling = Some("()");
            return at + blank + 2;
        }
        self.end_word();
        self.started();
        if (self.command_position || self.after == After::For) && bytes.get(at + 1) == Some(&b'(') {
            self.after = After::Nothing;
            return self.push(Frame::Arithmetic { depth: 0 }, at + 2);
        }
        self.enter_commands(false, at + 1)
    }

    pub(super) fn close_parenthesis(&mut self) {
        self.end_word();
        match self.frames.last() {
            Some(Frame::Case(CasePart::Pattern)) => {
                self.set_case(CasePart::Body);
                self.command_position = true;
            }
            Some(Frame::Commands { substitution }) => {
                // After a subshell a closing word may follow; after a substitution the word goes on.
                self.command_position = !substitution;
                self.frames.pop();
                self.dangling = None;
            }
            Some(Frame::Words) => {
                self.frames.pop();
                self.command_position = false;
            }
            _ => {}
        }
    }

    pub(super) fn set_case(&mut self, part: CasePart) {
        if let Some(frame @ Frame::Case(_)) = self.frames.last_mut() {
            *frame = Frame::Case(part);
        }
    }

    /// `<<` or `<<-` was read: takes the delimiter, unquoted.
    pub(super) fn announce(&mut self, line: &str, mut at: usize) -> usize {
        self.end_word();
        self.started();
        let bytes = line.as_bytes();
        let strip_tabs = bytes.get(at) == Some(&b'-');
        if strip_tabs {
            at += 1;
        }
        while matches!(bytes.get(at), Some(b' ' | b'\t')) {
            at += 1;
        }
        let mut delimiter = String::new();
        let mut found = false;
        let mut quote: Option<u8> = None;
        let mut chars = line[at..].char_indices().peekable();
        let mut end = line.len();
        while let Some((offset, char)) = chars.next() {
            match (quote, char) {
                (Some(open), _) if char == open as char => quote = None,
                (Some(_), _) => delimiter.push(char),
                (None, '\'' | '"') => {
                    quote = Some(char as u8);
                    found = true;
                }
                (None, '\\') => {
                    if let Some((_, escaped)) = chars.next() {
                        delimiter.push(escaped);
                    }
                }
                (None, ' ' | '\t' | ';' | '|' | '&' | '<' | '>' | '(' | ')') => {
                    end = at + offset;
                    break;
                }
                _ => delimiter.push(char),
            }
        }
        if found || !delimiter.is_empty() {
            self.announced.push_back(HereDocument {
                delimiter,
                strip_tabs,
            });
        }
        end
    }
}
