//! Faults of the cluster, and of labproof itself, in the middle of a run: it goes on or ends `broken` and says why, it never tells of
//! what it did not see, and nothing of it lives on.
//!
//! A program of its own: what is broken here is nobody else's. Needs root on Debian and, the first time, some minutes to build
//! Kubernetes. With `LABPROOF_SKIP_CLUSTER_TESTS` set these tests are left out, and say so.

mod components;
mod disk;
mod kills;
mod own;
mod signals;
#[path = "../support/mod.rs"]
mod support;
mod traceless;
