//! How a page writes its commands: with prompts and the output below, or bare.
//!
//! The choice is made per page and language, not per fence: a page whose `bash` fences have prompts means
//! something by the one that has none, while a page may well give commands to copy in `bash` and recorded sessions
//! in `console`.

use std::collections::HashSet;

use super::blocks::Fence;
use super::info::is_session;
use super::prompt::Prompt;
use super::tools::{is_assignment, is_command};

/// How the shell fences of a page are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// A line that begins with `$ ` is a command, what follows it is its output.
    Transcript,
    /// Every line is a command; output stands in a fence of its own.
    Bare,
}

impl Dialect {
    /// The dialect that authors call `name`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "transcript" => Some(Dialect::Transcript),
            "bare" => Some(Dialect::Bare),
            _ => None,
        }
    }
}

/// How one fence is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// As a session with that prompt.
    Transcript(Prompt),
    /// As a script.
    Bare,
    /// Not at all: in a page or a language of prompts it has none.
    NoPrompt,
}

/// Which dialect each shell language of a page is written in.
pub(super) struct Dialects {
    fixed: Option<Dialect>,
    prompted: HashSet<String>,
}

impl Dialects {
    /// Looks at the shell fences of a page, each with its language.
    pub fn of<'a>(
        fixed: Option<Dialect>,
        fences: impl Iterator<Item = (&'a str, &'a Fence<'a>)>,
    ) -> Self {
        let prompted = fences
            .filter(|(language, fence)| {
                // The prompt of a container's shell says nothing about the commands outside of it.
                Prompt::of(&fence.lines, is_session(language))
                    .is_some_and(|prompt| !prompt.is_of_container())
            })
            .map(|(language, _)| language.to_owned())
            .collect();
        Self { fixed, prompted }
    }

    /// How to read a fence.
    pub fn choose(&self, language: &str, fence: &Fence<'_>) -> Reading {
        if self.fixed == Some(Dialect::Bare) {
            return Reading::Bare;
        }
        match Prompt::of(&fence.lines, is_session(language)) {
            Some(prompt) => Reading::Transcript(prompt),
            // Where others have prompts, and in a session, what is no plain command is output or text.
            None if self.fixed.is_some()
                || !begins_command(fence)
                    && (is_session(language) || self.prompted.contains(language)) =>
            {
                Reading::NoPrompt
            }
            None => Reading::Bare,
        }
    }

    /// Whether the page uses prompts anywhere.
    pub fn any_prompts(&self) -> bool {
        !self.prompted.is_empty()
    }
}

/// Whether a fence without prompts begins with what is plainly a command, after variables that are set for it perhaps.
pub(super) fn begins_command(fence: &Fence<'_>) -> bool {
    fence
        .lines
        .iter()
        .map(|line| line.text.trim())
        .find(|line| !line.is_empty() && !line.starts_with('#') && !is_assignment(line))
        .is_some_and(|line| is_command(line) || line.starts_with("./"))
}
