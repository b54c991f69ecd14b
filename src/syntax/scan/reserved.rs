//! Words as they end: the reserved ones open and close compound commands.

use super::frames::{CasePart, Frame};
use super::{After, KEPT, Scanner};

impl Scanner {
    pub(super) fn end_word(&mut self) {
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
