//! Clusters: where they come from, which one a run may touch, and what is observed on them.
//!
//! Entry point: [`acquire()`] turns a [`Choice`] into a [`Cluster`], and [`Cluster::release`] ends
//! what labproof started. Only a cluster that labproof made, or one that the user named, is ever
//! connected to; the current context of a kubeconfig means nothing here.

mod acquire;
mod changes;
pub mod check;
mod choice;
mod connection;
mod context;
mod error;
pub mod local;
mod progress;
mod settle;

pub use acquire::{Cluster, Request, acquire};
pub use changes::{Watch, Watched};
pub use choice::Choice;
pub use connection::Connection;
pub use error::ClusterError;
pub use progress::Progress;
pub use settle::{Settled, Settling, moving, settle};
