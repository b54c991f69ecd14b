//! The state of a bash command that is read line by line: is it whole, and if not, what does it wait for?
//!
//! Steps: [`Scanner::feed`] takes a line; here-document bodies are consumed first, everything else goes
//! through one pass over the bytes with a stack of what is open. The cost is linear in the bytes fed.

use std::collections::VecDeque;

/// What an unfinished command waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// A closing quote.
    Quote(char),
    /// The end of `$(`, `${`, `$((`, a backtick, an array or a process substitution.
    Substitution(&'static str),
    /// The line that ends a here-document.
    HereDocument(String),
    /// The word that ends a compound command: `done`, `fi`, `esac`, `}`, `)`, `]]`.
    Compound(&'static str),
    /// The command after `|`, `&&`, `||` or a function's name.
    Operand(&'static str),
    /// The line after a backslash.
    Backslash,
}

impl std::fmt::Display for Open {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Open::Quote(quote) => write!(out, "a closing {quote}"),
            Open::Substitution(closer) => write!(out, "the `{closer}` that ends a substitution"),
            Open::HereDocument(delimiter) => {
                write!(out, "the line `{delimiter}` that ends a here-document")
            }
            Open::Compound(word) => write!(out, "`{word}`"),
            Open::Operand(operator) => write!(out, "a command after `{operator}`"),
            Open::Backslash => write!(out, "the line after a backslash"),
        }
    }
}

/// What is open, innermost last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Single,
    AnsiC,
    Double,
    Backtick,
    /// `${`, and whether it stands in double quotes, where a single quote is a letter.
    Parameter {
        quoted: bool,
    },
    /// `$((` or `((`, with the parentheses open inside it.
    Arithmetic {
        depth: usize,
    },
    /// `$(`, `<(`, `(`: commands up to `)`.
    Commands {
        substitution: bool,
    },
    /// `name=(`, and the groups of extended patterns: words up to `)`.
    Words,
    /// `[[`.
    Condition,
    Brace,
    If,
    Loop,
    Case(CasePart),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CasePart {
    Subject,
    Pattern,
    Body,
}

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

    /// Text that ends at `quote`; with `escapes`, a backslash takes the next byte with it.
    fn until(&mut self, bytes: &[u8], at: usize, quote: u8, escapes: bool) -> usize {
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

    fn double(&mut self, bytes: &[u8], at: usize) -> usize {
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

    fn parameter(&mut self, bytes: &[u8], at: usize, quoted: bool) -> usize {
        match bytes[at] {
            b'\\' => at + 2,
            b'}' => {
                self.frames.pop();
                at + 1
            }
            b'"' => self.push(Frame::Double, at + 1),
            b'\'' if !quoted => self.push(Frame::Single, at + 1),
            b'`' => self.push(Frame::Backtick, at + 1),
            b'$' => self.dollar(bytes, at, quoted),
            _ => at + 1,
        }
    }

    fn arithmetic(&mut self, bytes: &[u8], at: usize, depth: usize) -> usize {
        let top = self.frames.len() - 1;
        match bytes[at] {
            b'\\' => at + 2,
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
            b'"' => self.push(Frame::Double, at + 1),
            b'\'' => self.push(Frame::Single, at + 1),
            b'`' => self.push(Frame::Backtick, at + 1),
            b'$' => self.dollar(bytes, at, false),
            _ => at + 1,
        }
    }

    /// A `$` at `at`: opens what it opens.
    fn dollar(&mut self, bytes: &[u8], at: usize, quoted: bool) -> usize {
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

    fn push(&mut self, frame: Frame, next: usize) -> usize {
        self.frames.push(frame);
        next
    }

    fn enter_commands(&mut self, substitution: bool, next: usize) -> usize {
        self.frames.push(Frame::Commands { substitution });
        self.word = Word::default();
        self.command_position = true;
        self.dangling = None;
        next
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

    fn operator(&mut self, bytes: &[u8], at: usize) -> usize {
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

    fn parenthesis(&mut self, bytes: &[u8], at: usize) -> usize {
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

    fn close_parenthesis(&mut self) {
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

    fn set_case(&mut self, part: CasePart) {
        if let Some(frame @ Frame::Case(_)) = self.frames.last_mut() {
            *frame = Frame::Case(part);
        }
    }

    /// `<<` or `<<-` was read: takes the delimiter, unquoted.
    fn announce(&mut self, line: &str, mut at: usize) -> usize {
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

    fn end_word(&mut self) {
        if self.word.length == 0 {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let text = if word.plain && word.length <= KEPT {
            word.text.as_str()
        } else {
            ""
        };
        let at_command = std::mem::replace(&mut self.command_position, false);
        match self.frames.last() {
            Some(Frame::Words) => return,
            Some(Frame::Condition) => {
                if text == "]]" {
                    self.frames.pop();
                    self.command_position = true;
                }
                return;
            }
            Some(Frame::Case(CasePart::Subject)) => {
                if text == "in" {
                    self.set_case(CasePart::Pattern);
                }
                return;
            }
            Some(Frame::Case(CasePart::Pattern)) => {
                if text == "esac" {
                    self.frames.pop();
                    self.command_position = true;
                }
                return;
            }
            _ => {}
        }
        match self.after {
            After::Function => {
                self.after = After::Nothing;
                self.command_position = true;
                self.dangling = Some("function");
                return;
            }
            After::For => {
                self.after = After::Nothing;
                return;
            }
            After::Nothing => {}
        }
        if at_command {
            self.reserved(text);
            self.word.first = !self.command_position;
        }
    }

    /// A plain word where a command may begin: does it open or close something?
    fn reserved(&mut self, word: &str) {
        let top = self.frames.last().copied();
        match word {
            "if" => self.compound(Frame::If),
            "while" | "until" => self.compound(Frame::Loop),
            "{" => self.compound(Frame::Brace),
            "for" | "select" => {
                self.frames.push(Frame::Loop);
                self.after = After::For;
            }
            "case" => self.frames.push(Frame::Case(CasePart::Subject)),
            "[[" => self.frames.push(Frame::Condition),
            "function" => self.after = After::Function,
            "then" | "elif" | "else" | "do" | "!" | "time" | "coproc" => {
                self.command_position = true;
            }
            "fi" if top == Some(Frame::If) => self.close_compound(),
            "done" if top == Some(Frame::Loop) => self.close_compound(),
            "}" if top == Some(Frame::Brace) => self.close_compound(),
            "esac" if top == Some(Frame::Case(CasePart::Body)) => self.close_compound(),
            _ => {}
        }
    }

    fn compound(&mut self, frame: Frame) {
        self.frames.push(frame);
        self.command_position = true;
    }

    fn close_compound(&mut self) {
        self.frames.pop();
        self.command_position = true;
    }
}

impl Frame {
    /// Whether a line break inside it is text: here-document bodies do not begin there.
    fn is_text(self) -> bool {
        matches!(
            self,
            Frame::Single
                | Frame::AnsiC
                | Frame::Double
                | Frame::Backtick
                | Frame::Parameter { .. }
                | Frame::Arithmetic { .. }
        )
    }

    fn open(self) -> Open {
        match self {
            Frame::Single | Frame::AnsiC => Open::Quote('\''),
            Frame::Double => Open::Quote('"'),
            Frame::Backtick => Open::Quote('`'),
            Frame::Parameter { .. } => Open::Substitution("}"),
            Frame::Arithmetic { .. } => Open::Substitution("))"),
            Frame::Commands { substitution: true } | Frame::Words => Open::Substitution(")"),
            Frame::Commands {
                substitution: false,
            } => Open::Compound(")"),
            Frame::Condition => Open::Compound("]]"),
            Frame::Brace => Open::Compound("}"),
            Frame::If => Open::Compound("fi"),
            Frame::Loop => Open::Compound("done"),
            Frame::Case(_) => Open::Compound("esac"),
        }
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
