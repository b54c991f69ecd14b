//! Arguments → the exit code: one file a command.
//!
//! Entry point: [`main`].

mod args;
mod cache;
mod cluster;
mod compare;
mod coverage;
mod doctor;
mod exit;
mod images;
mod interrupt;
mod learn;
mod lint;
mod on_clusters;
mod output;
mod plan;
mod progress;
mod project;
mod rehearse;
mod replace;
mod reset;
mod run;
mod update;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command};
use exit::Exit;

/// Reads the command line, does what it says, and returns the exit code.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let exit = match args.command {
        Command::Run(args) => wait_for(run::main(args)),
        Command::Learn(args) => wait_for(learn::main(args)),
        Command::Update(args) => wait_for(update::main(args)),
        Command::Plan(args) => plan::main(&args),
        Command::Lint(args) => lint::main(&args),
        Command::Compare(args) => compare::main(&args),
        Command::Cluster(args) => wait_for(cluster::main(args)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "labproof", &mut script);
            output::stdout(&String::from_utf8_lossy(&script));
            Exit::Good
        }
    };
    match exit {
        // What was asked for is not there.
        Exit::Good if !output::is_whole() => Exit::Broken.into(),
        exit => exit.into(),
    }
}

/// Runs a command that talks to a shell or a cluster.
fn wait_for(command: impl Future<Output = Exit>) -> Exit {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(command),
        Err(error) => {
            output::error(&format!("the async runtime does not start: {error}"));
            Exit::Broken
        }
    }
}
