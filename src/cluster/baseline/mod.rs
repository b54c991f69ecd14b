//! The baseline of a cluster: what it holds before a lab, what is different after it, and back again.
//!
//! Entry points: [`Snapshot::take`] reads the state by UID over every kind that can be listed (`kinds`, without
//! what is the system's own `noise`); [`differences`] compares two, purely; [`Moment`] and [`happened`] tell when something happened;
//! [`restore()`] brings a cluster back; [`saved`] keeps a baseline in a file.

mod ask;
mod diff;
mod history;
mod kinds;
mod noise;
mod put;
mod remove;
mod restore;
pub mod saved;
mod snapshot;

pub use diff::{Change, What, differences};
pub use history::{Moment, happened};
pub use kinds::Kind;
pub use restore::{CompareError, Limits, Outcome, Restored, compare, restore};
pub use snapshot::{Keep, Object, Snapshot, SnapshotError, Unread};
