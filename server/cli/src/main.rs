//! `honnin`: the command for whoever runs the service.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

mod setup;

#[derive(Parser)]
#[command(name = "honnin", version, about = "Tools of the Honnin verification service")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes the circuit's parameters.
    Setup {
        /// Parameters made by this one process: whoever ran it could forge proofs. For development only.
        #[arg(long, required = true)]
        development: bool,
        /// Folder for circuit.pk, circuit.vk and manifest.json.
        #[arg(long)]
        out: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Setup { development: _, out } => setup::development(&out),
    }
}
