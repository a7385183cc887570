//! `honnin`: the command for whoever runs the service.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod audit;
mod ceremony;
mod doctor;
mod export;
mod open;
mod receipt;
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
    /// Receipts of calls: checks one with files alone; needs nobody's service.
    Receipt {
        #[command(subcommand)]
        what: receipt::Receipt,
    },
    /// Opens what a customer sent sealed: checks the receipt first, then that the values are what was proven.
    Open(open::Open),
    /// Whether this machine, configuration and database can serve: asks the `honnin-server` beside this program.
    Doctor(doctor::Doctor),
    /// An organisation's log: checks all of it with files alone; needs nobody's service.
    Audit {
        #[command(subcommand)]
        what: audit::Audit,
    },
}

fn main() -> anyhow::Result<ExitCode> {
    let holds = match Cli::parse().command {
        Command::Setup(setup) => setup.run().map(|()| true),
        Command::Export { what } => what.run().map(|()| true),
        Command::Doctor(doctor) => doctor.run(),
        Command::Receipt { what } => what.run(),
        Command::Open(open) => open.run(),
        Command::Audit { what } => what.run(),
    }?;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
