//! `honnin-server`: serve, invite a person, look after keys, find out what is wrong.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use honnin_server::doctor::{self, Here};
use honnin_server::telemetry::export::Exporter;
use honnin_server::telemetry::{self, Telemetry};
use honnin_server::{App, Config, Entropy, commands, serve};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// How long the last spans may take to leave once the service has stopped.
const LAST_SPANS: Duration = Duration::from_secs(6);

// Small, short-lived pieces on many threads: the system's allocator took an eighth of a call's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
            let traces = listen_to_self(config.telemetry.as_ref())?;
            let app = App::start(config, Entropy::system()).await?;
            tokio::spawn(stop_on_signal(app.clone()));
            let done = CancellationToken::new();
            let sending = traces.map(|exporter| tokio::spawn(exporter.run(done.clone())));
            let served = serve::serve(app).await;
            done.cancel();
            if let Some(sending) = sending {
                let _ = tokio::time::timeout(LAST_SPANS, sending).await;
            }
            served?;
        }
        Command::Invite { person } => {
            listen_to_self(None)?;
            let app = App::start(config, Entropy::system()).await?;
            let link = app.invite(&person).await?.ok_or("nobody of this id is in good standing")?;
            app.db().close().await;
            println!("{link}");
        }
        Command::Keys { what } => {
            listen_to_self(None)?;
            print!("{}", commands::keys(&config, what, &Entropy::system()).await?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Logs to stderr, and makes spans if they are wanted; what sends those is for the caller to run.
fn listen_to_self(traces: Option<&Telemetry>) -> Result<Option<Exporter>, reqwest::Error> {
    let filter = EnvFilter::try_from_env("HONNIN_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,webauthn_rs=error,webauthn_rs_core=off"));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    let (layer, exporter) = traces.map(|t| telemetry::start(t, Entropy::system())).transpose()?.unzip();
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(layer).init();
    Ok(exporter)
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
