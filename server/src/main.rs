//! `honnin-server`: serve, invite a person, look after keys, find out what is wrong.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use honnin_server::doctor::{self, Here};
use honnin_server::{App, Config, Entropy, commands, serve};
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(version, about = "The Honnin verification server")]
struct Cli {
    /// Configuration file (JSON when named *.json, else TOML); else what HONNIN_CONFIG names; else the environment alone
    /// (docs/configuration.md).
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or ctrl-c (the default).
    Serve,
    /// Print a one-time link that lets a person register a passkey, good for an hour.
    Invite {
        /// The person's id.
        #[arg(long)]
        person: String,
    },
    /// Say whether this machine, configuration and database can serve, and what to do about what cannot.
    Doctor,
    /// Look at the keys in the database, make new ones, wrap them anew. Works beside servers that are running.
    Keys {
        #[command(subcommand)]
        what: commands::Keys,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("HONNIN_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,webauthn_rs=error,webauthn_rs_core=off"));
    tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Cli::parse()).await {
        Ok(well) => well,
        Err(reason) => {
            eprintln!("honnin-server: {reason}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let path = cli.config.or_else(|| std::env::var_os("HONNIN_CONFIG").map(PathBuf::from));
    let config = Config::load(path.as_deref(), std::env::vars_os());
    if let Some(Command::Doctor) = cli.command {
        let report = doctor::examine(config, path, Here::now()).await;
        print!("{report}");
        return Ok(if report.serves() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let config = config?;
    match cli.command.unwrap_or(Command::Serve) {
        // Answered above.
        Command::Doctor => {}
        Command::Serve => {
            let app = App::start(config, Entropy::system()).await?;
            tokio::spawn(stop_on_signal(app.clone()));
            serve::serve(app).await?;
        }
        Command::Invite { person } => {
            let app = App::start(config, Entropy::system()).await?;
            let link = app.invite(&person).await?.ok_or("nobody of this id is in good standing")?;
            app.db().close().await;
            println!("{link}");
        }
        Command::Keys { what } => print!("{}", commands::keys(&config, what, &Entropy::system()).await?),
    }
    Ok(ExitCode::SUCCESS)
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
