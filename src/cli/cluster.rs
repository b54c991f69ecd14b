//! `labproof cluster`: the local cluster, up and down.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use super::args::{ClusterArgs, ClusterCommand};
use super::exit::Exit;
use super::{interrupt, output, progress};
use crate::cluster::local::{self, LocalCluster, UpOptions};
use crate::report::style::seconds;

/// Brings a local cluster up or down, or shows what there is.
pub(super) async fn main(args: ClusterArgs) -> Exit {
    match args.command {
        ClusterCommand::Up { name, images, yes } => up(&name, &images, yes).await,
        ClusterCommand::Down { name } => down(&name).await,
        ClusterCommand::Status => status(),
        ClusterCommand::Node { state } => node(&state).await,
    }
}
