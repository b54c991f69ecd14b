//! What a question comes to: a code, and records in the sections of a response.

use hickory_server::proto::op::ResponseCode;
use hickory_server::proto::rr::Record;

/// The answer to one question.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// Whether the name exists.
    pub(super) code: ResponseCode,
    /// Whether the name is one that this server decides about.
    pub(super) authoritative: bool,
    /// What was asked for.
    pub(super) records: Vec<Record>,
    /// The zone that says so, where there is nothing.
    pub(super) authority: Vec<Record>,
    /// Addresses of the names that the records speak of.
    pub(super) additional: Vec<Record>,
}

impl Answer {
    /// A code by itself.
    pub(super) fn of(code: ResponseCode) -> Self {
        Self {
            code,
            authoritative: false,
            records: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
        }
    }
}
