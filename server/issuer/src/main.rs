//! `honnin-issuer`: serve, make offers, rotate the key, make synthetic customers.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use honnin_issuer::app::{self, App};
use honnin_issuer::config::Config;
use honnin_issuer::customers::generate;
use honnin_issuer::entropy::{Clock, Entropy};
use honnin_issuer::{keys, serve};

/// Environment variable with the clerk's token; without it one is made and kept in the data folder.
const ADMIN_TOKEN: &str = "HONNIN_ISSUER_ADMIN_TOKEN";

#[derive(Parser)]
#[command(version, about = "Issues Honnin credentials for one enterprise's customers")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve phones and clerks until SIGTERM.
    Serve {
        /// Configuration (JSON when named *.json, else TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Make one offer and print its links.
    Offer {
        /// Configuration (JSON when named *.json, else TOML).
        #[arg(long)]
        config: PathBuf,
        /// The customer.
        #[arg(long)]
        handle: String,
    },
    /// Replace the Baby Jubjub key; takes effect at once, also in a running service.
    RotateKey {
        /// Configuration (JSON when named *.json, else TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Write synthetic Japanese customers: CSV, or JSON when FILE ends in .json.
    Generate {
        /// How many.
        #[arg(long, default_value_t = 1000)]
        count: u32,
        /// The same seed gives the same customers.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Where to write.
        #[arg(long)]
        out: PathBuf,
    },
}

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("honnin-issuer: {e}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve { config } => {
            let (config, entropy) = (Config::load(&config)?, Entropy::system());
            let token = admin_token(&config, &entropy)?;
            let app = App::open(config, &token, Clock::system(), entropy).await?;
            tokio::spawn(serve::stop_at_signal(app.clone()));
            serve::serve(app).await?;
        }
        Command::Offer { config, handle } => {
            let app = App::attach(Config::load(&config)?, Clock::system(), Entropy::system()).await?;
            let offer =
                app.offer(&handle).await?.ok_or("no customer has that handle (customers come in with `serve`)")?;
            println!("offer  {}\nphone  {}", offer.url, offer.phone_url);
        }
        Command::RotateKey { config } => {
            let (clock, entropy) = (Clock::system(), Entropy::system());
            let ring = app::keyring(&Config::load(&config)?, &clock, &entropy)?;
            println!("the issuing key is now {}", ring.rotate(&entropy, clock.now_s())?);
        }
        Command::Generate { count, seed, out } => {
            let customers = generate::customers(count, seed);
            let json = out.extension().is_some_and(|e| e == "json");
            let bytes = if json { serde_json::to_vec_pretty(&customers)? } else { generate::to_csv(&customers)? };
            std::fs::write(&out, bytes)?;
            println!("{count} customers in {}", out.display());
        }
    }
    Ok(())
}

fn admin_token(config: &Config, entropy: &Entropy) -> Result<String, Failure> {
    if let Ok(token) = std::env::var(ADMIN_TOKEN) {
        if token.len() < 16 {
            return Err(format!("{ADMIN_TOKEN} must have at least 16 characters").into());
        }
        return Ok(token);
    }
    let path = config.data_dir.join("admin-token");
    if !path.exists() {
        keys::private_folder(&config.data_dir)?;
        keys::write_secret(&path, entropy.token().as_bytes())?;
        println!("the clerk's token is in {}", path.display());
    }
    Ok(std::fs::read_to_string(path)?.trim().to_owned())
}
