//! `honnin-bench-service OUT.json`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use clap::Parser;
use honnin_tests::{
    load::{
        LEVELS,
        ciba::{Algorithm, Provider},
        fleet::{self, Fleet},
        level::{Counted, Window},
    },
    secret::Prover,
    stack::{Plan, Stack},
};
use serde_json::{Map, json};

/// Measures the service: complete calls a second, and their latency.
#[derive(Parser)]
struct Cli {
    /// Where the figures go.
    out: PathBuf,
    /// Calls at once.
    #[arg(long, value_delimiter = ',', default_values_t = LEVELS)]
    levels: Vec<usize>,
    /// Counted seconds of each level.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Folder of the installed oidc-provider (tests/bench/ciba).
    #[arg(long)]
    ciba: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let dir = tempfile::tempdir()?;
    let most = cli.levels.iter().copied().max().context("no levels")?;
    let operators = most.div_ceil(fleet::CALLS_PER_OPERATOR);
    let customers = Some(fleet::customers_file(dir.path(), most)?);
    let plan = Plan { customers, operators, unlimited: true, ..Plan::new(dir.path()) };
    let stack = Arc::new(Stack::start(plan).await?);
    let prover = Arc::new(Prover::load(&stack.keys)?);
    let mut fleet = Fleet::ready(&stack, &prover, operators, most).await?;
    eprintln!("fleet ready; server {}", stack.server_id());
    let window = Window { warm: Duration::from_secs(2), counted: Duration::from_secs(cli.seconds) };
    let provider = Provider::start(&cli.ciba)?;
    let (mut ours, mut theirs, mut theirs_es256) = (Map::new(), Map::new(), Map::new());
    let me = Counted::one("client", std::process::id());
    for calls in cli.levels {
        let level = fleet.run(calls, window, &[Counted::one("server", stack.server_id()), me]).await?.json()?;
        eprintln!("{calls} calls at once: {level}");
        ours.insert(calls.to_string(), level);
        for (algorithm, into) in [(Algorithm::Rs256, &mut theirs), (Algorithm::Es256, &mut theirs_es256)] {
            let counted = [Counted::one("server", provider.id()), me];
            let level = provider.run(calls, algorithm, window, &counted).await?.json()?;
            eprintln!("{calls} CIBA flows at once, {}: {level}", algorithm.name());
            into.insert(calls.to_string(), level);
        }
    }
    let report = json!({"sqlite": ours, "oidc_provider": theirs, "oidc_provider_es256": theirs_es256});
    std::fs::write(cli.out, serde_json::to_string_pretty(&report)?)?;
    Ok(())
}
