//! A piece of bash → its simple commands and their words, each with its place in the text.
//!
//! Entry point: [`simple_commands`]. For rules about how commands are written: quotes are removed, expansions are left as
//! they are, reserved words and redirections are left out, the commands of substitutions come after the one that holds them.

use super::words::{Joint, Simple, Word};

/// Deeper substitutions are not looked into.
const DEEPEST: usize = 12;

/// The simple commands of a text, those of substitutions after the command that holds them.
pub fn simple_commands(text: &str) -> Vec<Simple> {
    let mut found = Vec::new();
    Lexer {
        text,
        bytes: text.as_bytes(),
        found: &mut found,
        depth: 0,
        redirects: false,
    }
    .run(0, text.len());
    found
}

struct Lexer<'a, 'b> {
    text: &'a str,
    bytes: &'a [u8],
    found: &'b mut Vec<Simple>,
    depth: usize,
    /// The command being read redirects its output.
    redirects: bool,
}

impl Lexer<'_, '_> {
    fn run(&mut self, from: usize, to: usize) {
        let mut at = from;
        let mut words: Vec<Word> = Vec::new();
        let mut inner: Vec<(usize, usize)> = Vec::new();
        let mut bodies: Vec<(String, bool)> = Vec::new();
        while at < to {
            let next = self.bytes.get(at + 1).copied().filter(|_| at + 1 < to);
            match self.bytes[at] {
                b' ' | b'\t' | b'\r' => at += 1,
                b'\\' if next == Some(b'\n') => at += 2,
                b'#' => at = self.line_end(at, to),
                b'\n' => {
                    self.end(&mut words, Joint::End, &mut inner);
                    at = self.skip_bodies(at + 1, to, &mut bodies);
                }
                b'|' | b'&' | b';' => {
                    let (joint, length) = match (self.bytes[at], next) {
                        (b'&', Some(b'>')) => {
                            at = self.skip_word(at + 2, to);
                            continue;
                        }
                        (b'&', Some(b'&')) => (Joint::And, 2),
                        (b'|', Some(b'|')) => (Joint::Or, 2),
                        (b'|', Some(b'&')) => (Joint::Pipe, 2),
                        (b'|', _) => (Joint::Pipe, 1),
                        (b'&', _) => (Joint::Background, 1),
                        _ => (Joint::End, 1),
                    };
                    self.end(&mut words, joint, &mut inner);
                    at += length;
                }
                b'(' | b')' => {
                    self.end(&mut words, Joint::End, &mut inner);
                    at += 1;
                }
                b'<' | b'>' => at = self.redirection(at, to, &mut bodies, &mut inner),
                _ => {
                    let end = self.word(at, to, &mut words, &mut inner);
                    at = end.max(at + 1);
                }
            }
        }
        self.end(&mut words, Joint::End, &mut inner);
    }

    fn line_end(&self, at: usize, to: usize) -> usize {
        self.text[at..to]
            .find('\n')
            .map_or(to, |offset| at + offset)
    }

    /// Ends a command; then reads what its substitutions hold.
    fn end(&mut self, words: &mut Vec<Word>, joint: Joint, inner: &mut Vec<(usize, usize)>) {
        let mut words = std::mem::take(words);
        while words.first().is_some_and(|word| {
            word.end - word.start == word.text.len()
                && matches!(
                    word.text.as_str(),
                    "if" | "then"
                        | "elif"
                        | "else"
                        | "fi"
                        | "while"
                        | "until"
                        | "do"
                        | "done"
                        | "{"
                        | "}"
                        | "esac"
                )
        }) {
            words.remove(0);
        }
        if words.is_empty() && joint != Joint::End {
            // Behind `done`, `}` or `)`: what a compound command ends with goes on with what comes after it.
            let same = |one: &&mut Simple| one.depth == self.depth;
            if let Some(last) = self.found.iter_mut().rev().find(same) {
                last.joint = joint;
            }
        }
        if !words.is_empty() {
            self.found.push(Simple {
                words,
                joint,
                depth: self.depth,
                redirects: self.redirects,
            });
        }
        self.redirects = false;
        for (from, to) in std::mem::take(inner) {
            if self.depth < DEEPEST {
                Lexer {
                    text: self.text,
                    bytes: self.bytes,
                    found: &mut *self.found,
                    depth: self.depth + 1,
                    redirects: false,
                }
                .run(from, to);
            }
        }
    }

    /// A redirection at `at`: its target is no word of the command.
    fn redirection(
        &mut self,
        at: usize,
        to: usize,
        bodies: &mut Vec<(String, bool)>,
        inner: &mut Vec<(usize, usize)>,
    ) -> usize {
        let rest = &self.bytes[at..to];
        if rest.len() > 1 && rest[1] == b'(' {
            let end = self.matching(at + 2, to);
            inner.push((at + 2, end));
            return (end + 1).min(to);
        }
        if rest.starts_with(b"<<") && !rest.starts_with(b"<<<") {
            let tabs = rest.get(2) == Some(&b'-');
            let start = at + 2 + usize::from(tabs);
            let end = self.skip_word(start, to);
            let delimiter: String = self.text[start..end]
                .trim()
                .chars()
                .filter(|c| !matches!(c, '\'' | '"' | '\\'))
                .collect();
            bodies.push((delimiter, tabs));
            return end;
        }
        self.redirects |= rest[0] == b'>' && self.bytes[..at].last() != Some(&b'2');
        let signs = rest
            .iter()
            .take_while(|byte| matches!(byte, b'<' | b'>' | b'&' | b'|'))
            .count();
        self.skip_word(at + signs, to)
    }

    fn skip_word(&mut self, mut at: usize, to: usize) -> usize {
        while at < to && matches!(self.bytes[at], b' ' | b'\t') {
            at += 1;
        }
        let mut ignored = Vec::new();
        self.word(at, to, &mut Vec::new(), &mut ignored)
    }

    fn skip_bodies(&self, mut at: usize, to: usize, bodies: &mut Vec<(String, bool)>) -> usize {
        for (delimiter, tabs) in std::mem::take(bodies) {
            while at < to {
                let end = self.line_end(at, to);
                let line = &self.text[at..end];
                at = (end + 1).min(to);
                let line = if tabs {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if line == delimiter {
                    break;
                }
            }
        }
        at
    }

    /// Reads a word; gives the byte after it.
    fn word(
        &mut self,
        start: usize,
        to: usize,
        words: &mut Vec<Word>,
        inner: &mut Vec<(usize, usize)>,
    ) -> usize {
        let mut at = start;
        let mut text = String::new();
        while at < to {
            match self.bytes[at] {
                b' ' | b'\t' | b'\n' | b'\r' | b'|' | b'&' | b';' | b'(' | b')' | b'<' | b'>' => {
                    break;
                }
                b'\\' => {
                    let next = self.text[at + 1..to].chars().next();
                    text.extend(next.filter(|c| *c != '\n'));
                    at += 1 + next.map_or(0, char::len_utf8);
                }
                b'\'' => {
                    let end = self.text[at + 1..to]
                        .find('\'')
                        .map_or(to, |offset| at + 1 + offset);
                    text.push_str(&self.text[at + 1..end]);
                    at = (end + 1).min(to);
                }
                b'"' => at = self.double(at + 1, to, &mut text, inner),
                b'`' => {
                    let end = self.text[at + 1..to]
                        .find('`')
                        .map_or(to, |offset| at + 1 + offset);
                    inner.push((at + 1, end));
                    text.push_str(&self.text[at..(end + 1).min(to)]);
                    at = (end + 1).min(to);
                }
                b'$' => at = self.dollar(at, to, &mut text, inner),
                _ => at = self.letter(at, &mut text),
            }
        }
        // File descriptors before a redirection (`2>`) are no words.
        let descriptor = matches!(self.bytes.get(at), Some(b'<' | b'>'))
            && text.bytes().all(|b| b.is_ascii_digit());
        if at > start && !descriptor {
            words.push(Word {
                text,
                start,
                end: at,
            });
        }
        at
    }

    fn letter(&self, at: usize, text: &mut String) -> usize {
        let letter = self.text[at..].chars().next();
        text.extend(letter);
        at + letter.map_or(1, char::len_utf8)
    }

    fn double(
        &mut self,
        mut at: usize,
        to: usize,
        text: &mut String,
        inner: &mut Vec<(usize, usize)>,
    ) -> usize {
        while at < to {
            match self.bytes[at] {
                b'"' => return at + 1,
                b'\\' => {
                    let next = self.text[at + 1..to].chars().next();
                    text.extend(next.filter(|c| *c != '\n'));
                    at += 1 + next.map_or(0, char::len_utf8);
                }
                b'$' => at = self.dollar(at, to, text, inner),
                _ => at = self.letter(at, text),
            }
        }
        to
    }

    fn dollar(
        &mut self,
        at: usize,
        to: usize,
        text: &mut String,
        inner: &mut Vec<(usize, usize)>,
    ) -> usize {
        let closing = match self.bytes.get(at + 1).filter(|_| at + 1 < to) {
            Some(b'(') => self.matching(at + 2, to),
            Some(b'{') => self.text[at..to].find('}').map_or(to, |offset| at + offset),
            _ => {
                text.push('$');
                return at + 1;
            }
        };
        if self.bytes[at + 1] == b'(' && self.bytes.get(at + 2) != Some(&b'(') {
            inner.push((at + 2, closing));
        }
        let end = (closing + 1).min(to);
        text.push_str(&self.text[at..end]);
        end
    }

    /// The `)` that closes what was opened just before `at`; `to` where there is none.
    fn matching(&self, mut at: usize, to: usize) -> usize {
        // Quotes and parentheses that are open, the innermost last.
        let mut open: Vec<u8> = Vec::new();
        while at < to {
            let byte = self.bytes[at];
            match (open.last(), byte) {
                (Some(b'\''), b'\'') | (Some(b'"'), b'"') => {
                    open.pop();
                }
                (Some(b'\''), _) => {}
                (_, b'\\') => at += 1,
                (Some(b'"'), b'$') if self.bytes.get(at + 1) == Some(&b'(') => {
                    open.push(b'(');
                    at += 1;
                }
                (Some(b'"'), _) => {}
                (_, b'\'' | b'"' | b'(') => open.push(byte),
                (None, b')') => return at,
                (Some(_), b')') => {
                    open.pop();
                }
                _ => {}
            }
            at += 1;
        }
        to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands as `word word`, joints between them, nested ones in brackets.
    fn check(text: &str, expected: &str) {
        let found: Vec<String> = simple_commands(text)
            .iter()
            .map(|simple| {
                for word in &simple.words {
                    assert!(text.get(word.start..word.end).is_some(), "{text}");
                }
                let words: Vec<&str> = simple.words.iter().map(|word| word.text.as_str()).collect();
                let joint = match simple.joint {
                    Joint::Pipe => " |",
                    Joint::And => " &&",
                    Joint::Or => " ||",
                    Joint::Background => " &",
                    Joint::End => "",
                };
                format!("{}{}{joint}", ">".repeat(simple.depth), words.join(" "))
            })
            .collect();
        assert_eq!(found.join("; "), expected, "{text}");
    }

    #[test]
    fn words_and_joints() {
        check(
            "kubectl get pods -n \"a b\" | grep 'x y' && echo \\\n z",
            "kubectl get pods -n a b |; grep x y &&; echo z",
        );
        check("a > out 2>&1 < in &", "a &");
        check(
            "x=$(a | b c) d \"$(e)\"",
            "x=$(a | b c) d $(e); >a |; >b c; >e",
        );
        check("cat <<EOF | b\nx 'y\nEOF\nc", "cat |; b; c");
        check("if a; then b; fi # c", "a; b");
        check("for i in 1 2; do a; done", "for i in 1 2; a");
        check("for i in 1; do a; done | b", "for i in 1; a |; b");
        check("(a; b $(c)) && d", "a; b $(c) &&; >c; d");
        check("diff <(a) <(b)", "diff; >a; >b");
        check("a 'unclosed", "a unclosed");
        check("a $(b", "a $(b; >b");
        check(
            "a \"$(b \"$(c ')')\" (d))\" e",
            "a $(b \"$(c ')')\" (d)) e; >b $(c ')'); >>c ); >d",
        );
        check("ö $", "ö $");
    }

    #[test]
    fn flags() {
        let simple =
            &simple_commands("sudo A=1 kubectl -n x get po --namespace=y -oyaml -w -- -n z")[0];
        assert_eq!(simple.name(), "kubectl");
        assert_eq!(simple.flag(&["-n", "--namespace"]), Some("y"));
        assert_eq!(simple.flag(&["-o", "--output"]), Some("yaml"));
        assert!(simple.has(&["-w", "--watch"]));
        assert_eq!(simple.flags(&["-n", "--namespace"]).count(), 2);
    }
}
