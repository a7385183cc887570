//! `honnin-server`: serve, invite an operator, audit the event table.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use honnin_server::db::{Db, events};
use honnin_server::{App, Config, Entropy, serve};
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(version, about = "The Honnin verification server")]
struct Cli {
    /// Configuration file (JSON when named *.json, else TOML).
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or ctrl-c (the default).
    Serve,
    /// Print a one-time console link for an operator, good for an hour.
    Invite {
        /// The operator's id in the configuration.
        #[arg(long)]
        operator: String,
    },
    /// Check the event table's hash chain.
    Audit,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("HONNIN_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,webauthn_rs=error,webauthn_rs_core=off"));
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("honnin-server: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    let path = cli.config.ok_or("--config FILE is missing")?;
    let config = Config::load(&path)?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let app = App::start(config, Entropy::system()).await?;
            tokio::spawn(stop_on_signal(app.clone()));
            serve::serve(app).await?;
        }
        Command::Invite { operator } => {
            let app = App::start(config, Entropy::system()).await?;
            let link = app.invite(&operator).await?.ok_or("no such operator in good standing")?;
            app.db().close().await;
            println!("{link}");
        }
        Command::Audit => {
            let db = Db::open(&config.database).await?;
            let length = events::verify_chain(&mut *db.reader().acquire().await?).await?;
            db.close().await;
            println!("{length} events, chain intact");
        }
    }
    Ok(())
}

async fn stop_on_signal(app: App) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    app.stop();
}
