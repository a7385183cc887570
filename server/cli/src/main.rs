//! `honnin`: the command for whoever runs the service.

use clap::{Parser, Subcommand};

mod ceremony;
mod export;
mod setup;

#[derive(Parser)]
#[command(name = "honnin", version, about = "Tools of the Honnin verification service")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes the circuit's parameters: a ceremony of several people (docs/ceremony.md), or `--development`.
    Setup(setup::Setup),
    /// Writes files that other tools read: constraint system, verifying key, example witness and proof.
    Export {
        #[command(subcommand)]
        what: export::Export,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Setup(setup) => setup.run(),
        Command::Export { what } => what.run(),
    }
}
