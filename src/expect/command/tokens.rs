//! Words and operators of a command.
//!
//! Entry point: [`tokens`].

/// A word, or what stands between words.
pub(super) enum Token {
    Word(String),
    Pipe,
    /// `;`, `&&`, `||`, `&`, a line break.
    End {
        or: bool,
    },
}

/// Words and operators; quotes are resolved, `$( )` stays inside its word, redirections are dropped.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut in_word = false;
    let mut chars = text.chars().peekable();
    let mut skip_next = false;
    let flush = |word: &mut String, in_word: &mut bool, out: &mut Vec<Token>, skip: &mut bool| {
        if *in_word {
            let done = std::mem::take(word);
            if *skip {
                *skip = false;
            } else {
                out.push(Token::Word(done));
            }
        }
        *in_word = false;
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some(next) => {
                    word.push(next);
                    in_word = true;
                }
            },
            '\'' | '"' => {
                in_word = true;
                while let Some(inner) = chars.next() {
                    if inner == c {
                        break;
                    }
                    if inner == '\\' && c == '"' {
                        word.extend(chars.next());
                    } else {
                        word.push(inner);
                    }
                }
            }
            '$' if chars.peek() == Some(&'(') => {
                in_word = true;
                word.push(c);
                let mut depth = 0;
                for inner in chars.by_ref() {
                    word.push(inner);
                    match inner {
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
            '|' => {
                flush(&mut word, &mut in_word, &mut out, &mut skip_next);
                if chars.peek() == Some(&'|') {
                    chars.next();
                    out.push(Token::End { or: true });
                } else {
                    if chars.peek() == Some(&'&') {
                        chars.next();
                    }
                    out.push(Token::Pipe);
                }
            }
            '&' if chars.peek() == Some(&'>') => {
                flush(&mut word, &mut in_word, &mut out, &mut skip_next);
            }
            ';' | '&' | '\n' | '(' | ')' => {
                flush(&mut word, &mut in_word, &mut out, &mut skip_next);
                while chars.peek() == Some(&c) && c != '(' {
                    chars.next();
                }
                out.push(Token::End { or: false });
            }
            '>' | '<' => {
                if in_word && word.bytes().all(|b| b.is_ascii_digit()) {
                    word.clear();
                    in_word = false;
                }
                flush(&mut word, &mut in_word, &mut out, &mut skip_next);
                while chars
                    .peek()
                    .is_some_and(|c| matches!(c, '>' | '<' | '&' | '-'))
                {
                    chars.next();
                }
                skip_next = true;
            }
            '#' if !in_word => {
                while chars.peek().is_some_and(|c| *c != '\n') {
                    chars.next();
                }
            }
            c if c.is_whitespace() => flush(&mut word, &mut in_word, &mut out, &mut skip_next),
            c => {
                word.push(c);
                in_word = true;
            }
        }
    }
    flush(&mut word, &mut in_word, &mut out, &mut skip_next);
    out
}
