//! What can be open in a piece of bash, and what bash waits for then.

/// What an unfinished command waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// A closing quote.
    Quote(char),
    /// The end of `$(`, `${`, `$((`, a backtick, an array, a subscript or a process substitution.
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
pub(super) enum Frame {
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
    /// `[` at the beginning of a word of an array: a subscript up to its `]`, with the brackets open inside it.
    Subscript {
        depth: usize,
    },
    /// `[[`.
    Condition,
    Brace,
    If,
    Loop,
    Case(CasePart),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CasePart {
    Subject,
    Pattern,
    Body,
}

impl Frame {
    /// Whether a line break inside it is text: here-document bodies do not begin there.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Frame::Single
                | Frame::AnsiC
                | Frame::Double
                | Frame::Backtick
                | Frame::Parameter { .. }
                | Frame::Arithmetic { .. }
                | Frame::Subscript { .. }
        )
    }

    /// What bash waits for inside of it.
    pub fn open(self) -> Open {
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
            Frame::Subscript { .. } => Open::Substitution("]"),
            Frame::Condition => Open::Compound("]]"),
            Frame::Brace => Open::Compound("}"),
            Frame::If => Open::Compound("fi"),
            Frame::Loop => Open::Compound("done"),
            Frame::Case(_) => Open::Compound("esac"),
        }
    }
}
