//! Events and the record of a run → bytes for people and machines. Reports never judge.
//!
//! [`terminal`], [`side_by_side`], [`learner`] and [`events`] are told what happens as it happens; [`summary`],
//! [`github`], [`junit`], [`badge`] and
//! [`json`] are pure functions of the finished [`RunRecord`](crate::event::RunRecord).

pub mod badge;
pub mod events;
pub mod github;
pub mod json;
pub mod junit;
pub mod learner;
mod leftovers;
pub mod side_by_side;
pub mod style;
pub mod summary;
pub mod terminal;
