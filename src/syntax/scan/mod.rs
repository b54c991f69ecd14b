//! The state of a bash command that is read line by line: is it whole, and if not, what does it wait for?
//!
//! Steps: [`Scanner::feed`] takes a line; here-document bodies are consumed first, everything else goes
//! through one pass over the bytes with a stack of what is open (`frames`): code here, quotes and expansions in `text`, signs
//! between commands in `operators`, words that open and close compound commands in `reserved`. The cost is linear in the
//! bytes fed.

use std::collections::VecDeque;

mod frames;
mod operators;
mod reserved;
mod text;

use frames::Frame;
pub use frames::Open;

#[derive(Debug, Clone)]
struct HereDocument {
    delimiter: String,
    strip_tabs: bool,
}

/// The longest reserved word has eight letters; longer words need not be kept.
const KEPT: usize = 9;

/// Reads a command line by line and knows whether bash would wait for more.
#[derive(Debug, Clone, Default)]
pub struct Scanner {
    frames: Vec<Frame>,
    /// Here-documents announced on this line, whose bodies follow.
    announced: VecDeque<HereDocument>,
    /// An operator that still needs its right-hand side.
    dangling: Option<&'static str>,
    backslash: bool,
    /// Whether the next word stands where a command may begin.
    command_position: bool,
    word: Word,
    /// `for`, `select` or `function` came just before.
    after: After,
    /// Whether anything but blanks and comments has been seen.
    begun: bool,
}

/// The word being read, as far as recognising reserved words needs it.
#[derive(Debug, Clone, Default)]
struct Word {
    text: String,
    length: usize,
    last: u8,
    /// No quote, expansion or escape in it.
    plain: bool,
    /// The word before it on the same command was the command's first.
    first: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum After {
    #[default]
    Nothing,
    For,
    Function,
}

impl Scanner {
    /// A scanner that has read nothing.
    pub fn new() -> Self {
        Self {
            command_position: true,
            ..Self::default()
        }
    }

    /// Whether anything but blank lines and comments has been fed.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// What bash still waits for after the lines fed so far; `None`: the command is whole.
    pub fn open(&self) -> Option<Open> {
        if let Some(frame) = self.frames.last().filter(|frame| frame.is_text()) {
            return Some(frame.open());
        }
        if let Some(document) = self.announced.front() {
            return Some(Open::HereDocument(document.delimiter.clone()));
        }
        if self.backslash {
            return Some(Open::Backslash);
        }
        if let Some(frame) = self.frames.last() {
            return Some(frame.open());
        }
        self.dangling.map(Open::Operand)
    }

    /// Takes the next line, without its line break.
    pub fn feed(&mut self, line: &str) {
        let in_text = self.frames.last().is_some_and(|frame| frame.is_text());
        if !in_text
            && !self.backslash
            && let Some(document) = self.announced.front()
        {
            let body = if document.strip_tabs {
                line.trim_start_matches('\t')
            } else {
                line
            };
            if body == document.delimiter {
                self.announced.pop_front();
            }
            return;
        }
        self.backslash = false;
        let bytes = line.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            at = match self.frames.last().copied() {
                Some(Frame::Single) => self.until(bytes, at, b'\'', false),
                Some(Frame::AnsiC) => self.until(bytes, at, b'\'', true),
                Some(Frame::Backtick) => self.until(bytes, at, b'`', true),
                Some(Frame::Double) => self.double(bytes, at),
                Some(Frame::Parameter { quoted }) => self.parameter(bytes, at, quoted),
                Some(Frame::Arithmetic { depth }) => self.arithmetic(bytes, at, depth),
                Some(Frame::Subscript { depth }) => self.subscript(bytes, at, depth),
                _ => self.code(line, at),
            };
        }
        self.end_line();
    }

    fn end_line(&mut self) {
        let in_text = self.frames.last().is_some_and(|frame| frame.is_text());
        if in_text || self.backslash {
            return;
        }
        self.end_word();
        self.command_position = true;
        self.after = After::Nothing;
    }

    /// One step through text that is code: words, operators, comments.
    fn code(&mut self, line: &str, at: usize) -> usize {
        let bytes = line.as_bytes();
        let byte = bytes[at];
        let next = bytes.get(at + 1).copied();
        match byte {
            b' ' | b'\t' => {
                self.end_word();
                at + 1
            }
            b'#' if self.word.length == 0 => bytes.len(),
            b'\\' if next.is_none() => {
                self.backslash = true;
                at + 1
            }
            b'\\' => {
                self.quoted_part();
                let escaped = line[at + 1..].chars().next().map_or(0, char::len_utf8);
                at + 1 + escaped
            }
            b'\'' => {
                self.quoted_part();
                self.push(Frame::Single, at + 1)
            }
            b'"' => {
                self.quoted_part();
                self.push(Frame::Double, at + 1)
            }
            b'`' => {
                self.quoted_part();
                self.push(Frame::Backtick, at + 1)
            }
            b'$' => {
                self.quoted_part();
                self.dollar(bytes, at, false)
            }
            b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'
                if self.frames.last() == Some(&Frame::Condition) =>
            {
                self.end_word();
                // `]]` may just have ended the condition; then the sign is an operator.
                let ended = self.frames.last() != Some(&Frame::Condition);
                if ended { at } else { at + 1 }
            }
            _ if self.frames.last() == Some(&Frame::Condition) => self.letter(line, at),
            b'<' | b'>' if next == Some(b'(') => {
                self.end_word();
                self.started();
                self.enter_commands(true, at + 2)
            }
            b'<' if bytes[at..].starts_with(b"<<<") => {
                self.end_word();
                at + 3
            }
            b'<' if next == Some(b'<') => self.announce(line, at + 2),
            b'<' | b'>' => {
                self.end_word();
                self.started();
                // `>|` and `>&` are one operator; their second byte starts nothing.
                if matches!(next, Some(b'|' | b'&')) {
                    at + 2
                } else {
                    at + 1
                }
            }
            b'|' | b'&' | b';' => self.operator(bytes, at),
            b'(' => self.parenthesis(bytes, at),
            b'[' if self.word.length == 0 && self.frames.last() == Some(&Frame::Words) => {
                self.quoted_part();
                self.push(Frame::Subscript { depth: 0 }, at + 1)
            }
            b')' => {
                self.close_parenthesis();
                at + 1
            }
            _ => self.letter(line, at),
        }
    }

    fn letter(&mut self, line: &str, at: usize) -> usize {
        let next = line[at..]
            .chars()
            .next()
            .map_or(at + 1, |c| at + c.len_utf8());
        if self.word.length == 0 {
            self.begun = true;
            self.dangling = None;
            self.word.plain = true;
        }
        if self.word.text.len() < KEPT {
            self.word.text.push_str(&line[at..next]);
        }
        self.word.length += 1;
        self.word.last = line.as_bytes()[next - 1];
        next
    }

    /// A quote, an escape or an expansion: part of a word that is not a reserved one.
    fn quoted_part(&mut self) {
        self.started();
        self.word.plain = false;
        self.word.length += 1;
        self.word.last = 0;
        // What stands inside is read by its own frame; the word goes on after it at no command position.
        self.command_position &= self.word.length == 1;
    }

    fn started(&mut self) {
        self.begun = true;
        self.dangling = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the lines of `input`; says after each whether the command is whole (`.`) or not (`+`).
    fn check(input: &str, expected: &str) {
        let mut scanner = Scanner::new();
        let states: String = input
            .lines()
            .map(|line| {
                scanner.feed(line);
                if scanner.open().is_some() { '+' } else { '.' }
            })
            .collect();
        assert_eq!(states, expected, "{input}\n{scanner:?}");
    }

    #[test]
    fn lines_that_go_on() {
        check("echo a \\\n b", "+.");
        check("a |\n b", "+.");
        check("a &&\n\n# why\n b", "+++.");
        check("a ||\n b |& \n c", "++.");
        check("echo 'a\nb'", "+.");
        check("echo \"a $(b\nc) d\n\" e", "++.");
        check("echo $(a\nb | c\n)", "++.");
        check("echo ${a:-\nb}", "+.");
        check("echo `a\nb`", "+.");
        check("a=(1\n2\n)", "++.");
        check("declare -A a=([x|y]=1 [z) w]=2)", ".");
        check("a=(1\n[[ -n $a &&\nx|y) echo\n]])", "+++.");
        check("echo $'it\\'s\n'", "+.");
        check("diff <(a\n) <(b)", "+.");
        check("echo $((1 +\n2))", "+.");
        check("echo \\", "+");
    }

    #[test]
    fn here_documents() {
        check("cat <<EOF\na 'b\nEOF", "++.");
        check("cat <<'E F' >x\na\nE\nE F", "+++.");
        check("cat <<-X\n\ta\n\tX", "++.");
        check("cat << EoF\n EoF\nEoF", "++.");
        check("cat <<A <<B\nB\nA\nA\nB", "++++.");
        check("cat <<EOF | grep a &&\na\nEOF\n echo", "+++.");
        check("cat <<EOF \\\n | grep a\na\nEOF", "+++.");
        check("x=$(cat <<EOF\na )\nEOF\n)", "+++.");
        check("cat <<\\EOF\n$(\nEOF", "++.");
        check("cat <<\"\"\na\n\n", "++.");
        check("cat <<< word", ".");
        check("echo $((1<<2))", ".");
        check("echo \"<<EOF\"", ".");
    }

    #[test]
    fn compound_commands() {
        check("for i in 1 2; do echo $i; done", ".");
        check("for i in 1 2\ndo\necho $i\ndone", "+++.");
        check("for ((i=0; i<3; i++)); do\necho\ndone", "++.");
        check("while true; do\n if a; then b; fi\ndone | wc", "++.");
        check("if a; then\nb\nelif c\nthen d; else\ne\nfi", "+++++.");
        check("case $a in\n x|y) echo;;\n (z)\n echo ;;\nesac", "++++.");
        check("case $a in esac", ".");
        check("f() {\n echo\n}", "++.");
        check("f ()\n{\n echo\n}", "+++.");
        check("function f {\n echo\n}", "++.");
        check("function f\n{ :; }", "+.");
        check("{ a\nb; }", "+.");
        check("(a\nb)", "+.");
        check("[[ a &&\n b ]]", "+.");
        check("if [[ $a == 2 ]]; then\nb\nfi", "++.");
        check("[[ $a =~ ^(x|y)$ ]]&&\nb", "+.");
        check("until a; do b; done; echo done", ".");
        check("if a; then if b; then c; fi fi", ".");
        check("f() (\n a\n)", "++.");
    }

    #[test]
    fn words_that_only_look_like_openers() {
        check("echo if for while {", ".");
        check("echo it#s 'x' # it's", ".");
        check("echo \\' \\\" \\( $# $$", ".");
        check("kubectl get -o jsonpath='{.items[*]}' | jq '.[]'", ".");
        check("echo ${#a} ${a#b} ${a//\\}/x} \"${a:-'}\"", ".");
        check("[[ $a =~ ^(x|y)$ && -n \"$b\" ]] && echo", ".");
        check("a=1 b=$(c) d", ".");
        check("echo a >| b 2>&1 &> c &", ".");
        check("shopt -s extglob; ls !(a|b)", ".");
        check("echo $(echo $(echo a)) \"$(echo \"$(echo b)\")\"", ".");
        check("((a = 1)) && echo", ".");
        check("$((echo a); (echo b)\n)", "+.");
        check("# it's", ".");
    }
}
