//! Bash text: where a command ends, and which command lines it holds.
//!
//! Entry points: [`Scanner`], fed line by line, knows whether the command so far is whole;
//! [`command_names`] tells which programs one runs; [`simple_commands`] gives their words with places;
//! [`broken_pipe`] tells whether a reader that stopped early is all that went wrong; [`kubectl`] knows kubectl's flags.
//!
//! The scanner is our own and not a full shell parser on purpose. A page is read one line at a time and the
//! question after each line is only "does bash wait for more?"; a parser would have to start over with
//! every line, which is quadratic, and would have to be right about the whole language, while the answer needs
//! quotes, substitutions, here-documents and the words that open and close compound commands.

pub mod kubectl;
mod lexer;
mod names;
mod pipe;
mod scan;
mod words;

pub use lexer::simple_commands;
pub use names::{command_names, is_bash};
pub use pipe::{BROKEN_PIPE, BrokenPipe, broken_pipe, last_pipeline};
pub use scan::{Open, Scanner};
pub use words::{Joint, Simple, Word, quoted};
