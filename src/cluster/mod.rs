//! Clusters: where they come from, which one a run may touch, and what is observed on them.

pub mod check;
pub mod local;
mod progress;

pub use progress::Progress;
