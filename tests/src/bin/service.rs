//! `honnin-bench-service OUT.json --ciba DIR`: the figures of `cargo xtask bench service`.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use clap::Parser;
use honnin_tests::{
    load::{
        LEVELS,
        ciba::{Algorithm, Provider},
        fleet::{self, Fleet},
        idle,
        level::{Counted, Window},
    },
    secret::Prover,
    stack::{Database, Plan, Stack},
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// Measures whole calls a second and their latency, and the same number of CIBA flows beside them.
#[derive(Parser)]
struct Cli {
    /// Where the figures go.
    out: PathBuf,
    /// Folder of the installed oidc-provider (tests/bench/ciba); without it, nothing is compared.
    #[arg(long)]
    ciba: Option<PathBuf>,
    /// Calls at once.
    #[arg(long, value_delimiter = ',', default_values_t = LEVELS)]
    levels: Vec<usize>,
    /// Counted seconds of each level.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Not counted seconds before them.
    #[arg(long, default_value_t = 2)]
    warm: u64,
    /// Leave the idle streams out.
    #[arg(long)]
    no_idle: bool,
    /// Leave SQLite out.
    #[arg(long, requires = "postgres")]
    no_sqlite: bool,
    /// Also measure on the empty PostgreSQL database at this URL.
    #[arg(long, requires = "postmaster")]
    postgres: Option<String>,
    /// Its first process, whose time and whose children's is counted.
    #[arg(long)]
    postmaster: Option<u32>,
}

impl Cli {
    fn with_idle(&self) -> bool {
        !self.no_idle && !self.no_sqlite
    }
}

/// A server on one database with its operators and phones.
struct Side {
    name: &'static str,
    stack: Arc<Stack>,
    fleet: Fleet,
    counted: Vec<Counted>,
    figures: Map<String, Value>,
    _dir: TempDir,
}

impl Side {
    async fn start(name: &'static str, database: Database, desks: usize, phones: usize, calls: usize) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let customers = Some(fleet::customers_file(dir.path(), phones)?);
        let plan = Plan { customers, operators: desks, unlimited: true, database, ..Plan::new(dir.path()) };
        let stack = Arc::new(Stack::start(plan).await?);
        let prover = Arc::new(Prover::load(&stack.keys)?);
        let mut fleet = Fleet::ready(&stack, &prover, desks, phones).await?;
        fleet.prepare(calls)?;
        eprintln!("{name}: {desks} operators and {phones} phones are ready");
        let counted = vec![Counted::one("server", stack.server_id()), client()];
        Ok(Self { name, stack, fleet, counted, figures: Map::new(), _dir: dir })
    }
}

/// This process.
fn client() -> Counted {
    Counted::one("client", std::process::id())
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    // All cores make ready; then one thread alone is the clients, which wakes nobody and costs least.
    let (ready, clients) = (Runtime::new()?, Builder::new_current_thread().enable_all().build()?);
    let sides = ready.block_on(sides(&cli))?;
    clients.block_on(measure(cli, sides))
}

/// Starts what is to be measured.
async fn sides(cli: &Cli) -> Result<Vec<Side>> {
    let most = cli.levels.iter().copied().max().context("no levels")?;
    let desks = most.div_ceil(fleet::CALLS_PER_OPERATOR);
    if cli.with_idle() {
        // Before the server starts: it takes the limit over.
        idle::raise_files(2 * idle::HALF)?;
    }

    let mut sides = Vec::new();
    if !cli.no_sqlite {
        let least = if cli.with_idle() { idle::LISTENERS } else { 0 };
        sides.push(Side::start("sqlite", Database::Sqlite, desks.max(least), most.max(least), most).await?);
    }
    if let (Some(url), Some(id)) = (&cli.postgres, cli.postmaster) {
        let mut side = Side::start("postgres", Database::Url(url.clone()), desks, most, most).await?;
        side.counted.push(Counted { name: "database", id, tree: true });
        sides.push(side);
    }
    Ok(sides)
}

async fn measure(cli: Cli, mut sides: Vec<Side>) -> Result<()> {
    let window = Window { warm: Duration::from_secs(cli.warm), counted: Duration::from_secs(cli.seconds) };
    let mut report = Map::new();
    if cli.with_idle() {
        let idle = idle::measure(&sides[0].fleet, sides[0].stack.server_id()).await?;
        eprintln!("idle: {idle}");
        report.insert("idle".to_owned(), idle);
    }
    let provider = cli.ciba.as_deref().map(Provider::start).transpose()?;
    let mut theirs = [Algorithm::Rs256, Algorithm::Es256].map(|algorithm| (algorithm, Map::new()));
    for calls in cli.levels {
        for side in &mut sides {
            let level = side.fleet.run(calls, window, &side.counted).await?.json()?;
            eprintln!("{}, {calls} calls at once: {level}", side.name);
            side.figures.insert(calls.to_string(), level);
        }
        for (algorithm, figures) in &mut theirs {
            let Some(provider) = &provider else { continue };
            let counted = [Counted::one("server", provider.id()), client()];
            let level = provider.run(calls, *algorithm, window, &counted).await?.json()?;
            eprintln!("oidc-provider, {}, {calls} flows at once: {level}", algorithm.name());
            figures.insert(calls.to_string(), level);
        }
    }
    for side in sides {
        report.insert(side.name.to_owned(), Value::Object(side.figures));
    }
    if provider.is_some() {
        for (algorithm, figures) in theirs {
            // The package's default algorithm is the one to be compared with.
            let name = if algorithm == Algorithm::Rs256 { "oidc_provider" } else { "oidc_provider_es256" };
            report.insert(name.to_owned(), Value::Object(figures));
        }
    }
    report.insert(
        "conditions".to_owned(),
        json!({"cores": std::thread::available_parallelism()?.get(), "seconds": cli.seconds, "warm_seconds": cli.warm,
            "calls_per_operator": fleet::CALLS_PER_OPERATOR}),
    );
    fs::write(cli.out, serde_json::to_string_pretty(&Value::Object(report))?)?;
    Ok(())
}
