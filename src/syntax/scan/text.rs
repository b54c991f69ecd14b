//! Quotes, expansions and arithmetic: stretches in which most bytes are letters.
//!
//! Each method takes one step from a byte and gives the byte to go on with.

use super::frames::Frame;
use super::{Scanner, Word};

impl Scanner {
    /// Text that ends at `quote`; with `escapes`, a backslash takes the next byte with it.
    pub(super) fn until(&mut self, bytes: &[u8], at: usize, quote: u8, escapes: bool) -> usize {
        match bytes[at] {
            b'\\' if escapes => at + 2,
            byte => {
                if byte == quote {
                    self.frames.pop();
                }
                at + 1
            }
        }
    }

    pub(super) fn double(&mut self, bytes: &[u8], at: usize) -> usize {
        match bytes[at] {
            b'\\' => at + 2,
            b'"' => {
                self.frames.pop();
                at + 1
            }
            b'`' => self.push(Frame::Backtick, at + 1),
            b'$' => self.dollar(bytes, at, true),
            _ => at + 1,
        }
    }

    pub(super) fn parameter(&mut self, bytes: &[u8], at: usize, quoted: bool) -> usize {
        match bytes[at] {
            b'}' => {
                self.frames.pop();
                at + 1
            }
            _ => self.expansion(bytes, at, quoted),
        }
    }

    pub(super) fn arithmetic(&mut self, bytes: &[u8], at: usize, depth: usize) -> usize {
        let top = self.frames.len() - 1;
        match bytes[at] {
            b'(' => {
                self.frames[top] = Frame::Arithmetic { depth: depth + 1 };
                at + 1
            }
            b')' if depth > 0 => {
                self.frames[top] = Frame::Arithmetic { depth: depth - 1 };
                at + 1
            }
            b')' if bytes.get(at + 1) == Some(&b')') => {
                self.frames.pop();
                at + 2
            }
            // `$((` was a subshell inside a substitution after all.
            b')' => {
                self.frames[top] = Frame::Commands { substitution: true };
                self.command_position = true;
                at + 1
            }
            _ => self.expansion(bytes, at, false),
        }
    }

    pub(super) fn subscript(&mut self, bytes: &[u8], at: usize, depth: usize) -> usize {
        let top = self.frames.len() - 1;
        match bytes[at] {
            b'[' => {
                self.frames[top] = Frame::Subscript { depth: depth + 1 };
                at + 1
            }
            b']' if depth > 0 => {
                self.frames[top] = Frame::Subscript { depth: depth - 1 };
                at + 1
            }
            b']' => {
                self.frames.pop();
                at + 1
            }
            _ => self.expansion(bytes, at, false),
        }
    }

    /// Text in which quotes and expansions open frames of their own; inside double quotes (`quoted`) a single
    /// quote is a letter.
    fn expansion(&mut self, bytes: &[u8], at: usize, quoted: bool) -> usize {
        match bytes[at] {
            b'\\' => at + 2,
            b'"' => self.push(Frame::Double, at + 1),
            b'\'' if !quoted => self.push(Frame::Single, at + 1),
            b'`' => self.push(Frame::Backtick, at + 1),
            b'$' => self.dollar(bytes, at, quoted),
            _ => at + 1,
        }
    }

    /// A `$` at `at`: opens what it opens.
    pub(super) fn dollar(&mut self, bytes: &[u8], at: usize, quoted: bool) -> usize {
        match (bytes.get(at + 1), bytes.get(at + 2)) {
            (Some(b'('), Some(b'(')) => self.push(Frame::Arithmetic { depth: 0 }, at + 3),
            (Some(b'('), _) => self.enter_commands(true, at + 2),
            (Some(b'{'), _) => self.push(Frame::Parameter { quoted }, at + 2),
            (Some(b'\''), _) if !quoted => self.push(Frame::AnsiC, at + 2),
            (Some(b'"'), _) if !quoted => self.push(Frame::Double, at + 2),
            // `$$`, `$#` and the like are whole; the second byte must not be read again.
            (Some(b'$' | b'#' | b'?' | b'!' | b'*' | b'@' | b'-'), _) => at + 2,
            _ => at + 1,
        }
    }

    pub(super) fn push(&mut self, frame: Frame, next: usize) -> usize {
        self.frames.push(frame);
        next
    }

    pub(super) fn enter_commands(&mut self, substitution: bool, next: usize) -> usize {
        self.frames.push(Frame::Commands { substitution });
        self.word = Word::default();
        self.command_position = true;
        self.dangling = None;
        next
    }
}
