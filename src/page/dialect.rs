//! How a page writes its commands: with prompts and the output below, or bare.
//!
//! The choice is made per page and language, not per fence: a page whose `bash` fences have prompts means
//! something by the one that has none, while a page may well give commands to copy in `bash` and recorded sessions
//! in `console`.

use std::collections::HashMap;

use super::blocks::Fence;
use super::info::is_session;
use super::transcript;

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

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Transcript => "transcript",
            Dialect::Bare => "bare",
        }
    }
}

/// Which dialect each shell language of a page is written in.
pub(super) struct Dialects {
    fixed: Option<Dialect>,
    prompted: HashMap<String, bool>,
}

impl Dialects {
    /// Looks at the shell fences of a page, each with its language.
    pub fn of<'a>(
        fixed: Option<Dialect>,
        fences: impl Iterator<Item = (&'a str, &'a Fence<'a>)>,
    ) -> Self {
        let mut prompted: HashMap<String, bool> = HashMap::new();
        for (language, fence) in fences {
            let any = prompted.entry(language.to_owned()).or_default();
            *any = *any || transcript::prompt_of(&fence.lines).is_some();
        }
        Self { fixed, prompted }
    }

    /// The dialect of a fence.
    pub fn choose(&self, language: &str, fence: &Fence<'_>) -> Dialect {
        if let Some(fixed) = self.fixed {
            return fixed;
        }
        let prompted = transcript::prompt_of(&fence.lines).is_some()
            || self.prompted.get(language).copied().unwrap_or(false)
            || is_session(language);
        if prompted {
            Dialect::Transcript
        } else {
            Dialect::Bare
        }
    }
}
