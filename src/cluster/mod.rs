//! Clusters: where they come from, which one a run may touch, and what is observed on them.
//!
//! Entry point: [`acquire()`] turns a [`Choice`] into a [`Cluster`], and [`Cluster::release`] ends
//! what labproof started. Only a cluster that labproof made, or one that the user named, is ever
//! connected to; the current context of a kubeconfig means nothing here.

mod acquire;
mod auto;
pub mod baseline;
mod changes;
pub mod check;
mod choice;
mod connection;
mod context;
mod disk;
pub mod doctor;
mod eks;
mod error;
pub mod evidence;
mod happening;
mod health;
mod image;
mod kind;
pub mod local;
mod private;
mod program;
mod progress;
mod ready;
mod safety;
mod secrets;
mod settle;
mod supply;

pub use acquire::{Cluster, Lack, Request, acquire, existing, open};
pub use auto::{Decision, decide};
pub use changes::{Watch, Watched, is_slip};
pub use choice::Choice;
pub use connection::{Access, Connection};
pub use disk::{Disk, explain, says_full};
pub use eks::{Aws, EksError};
pub use error::ClusterError;
pub use program::is_on;
pub use progress::Progress;
pub use safety::Safety;
pub use secrets::SecretReader;
pub use settle::{Settled, Settling, moving, settle};
pub use supply::StandIn;
