//! What one look at the cluster says of a claim.

use std::time::Duration;

/// The outcome of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// The claim holds; how that was seen.
    Holds(String),
    /// It does not hold, or not yet.
    Not {
        /// What is wrong, in a sentence.
        reason: String,
        /// What was seen.
        seen: String,
    },
    /// Nothing can be said.
    Unable(Unable),
}

/// Why nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unable {
    /// Why, in a sentence.
    pub reason: String,
    /// How long that may last before waiting on makes no sense.
    pub patience: Patience,
}

/// How long to wait for something that cannot be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// It will not change.
    None,
    /// It may be the start of an API server, which forbids everything for a moment.
    Short,
    /// It may come: for as long as the check has.
    Long,
}

impl Patience {
    /// How long it may last; `None`: until the check's time is over.
    pub fn limit(self) -> Option<Duration> {
        match self {
            Self::None => Some(Duration::ZERO),
            Self::Short => Some(Duration::from_secs(3)),
            Self::Long => None,
        }
    }
}

impl Unable {
    /// Something that will not change while the check waits.
    pub fn for_good(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            patience: Patience::None,
        }
    }

    /// Something that may change while the check waits.
    pub fn for_now(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            patience: Patience::Long,
        }
    }
}

impl From<Unable> for Look {
    fn from(unable: Unable) -> Self {
        Self::Unable(unable)
    }
}
