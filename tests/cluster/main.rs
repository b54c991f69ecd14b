//! Everything that is proven on a real cluster, in one program, so that one local cluster is brought
//! up once and serves all of it.
//!
//! Needs root on Debian and, the first time, some minutes to build Kubernetes. With
//! `LABPROOF_SKIP_CLUSTER_TESTS` set these tests are left out, and say so on the terminal.

#[path = "../support/mod.rs"]
mod support;

mod away;
mod checks;
mod drain;
mod eks_moto;
mod failures;
mod images;
mod kind_stand_in;
mod labs;
mod leftovers;
mod named;
mod room;
mod sabotage;
mod shared;
mod update;
