//! `honnin-bench-service OUT.json`.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use honnin_tests::{
    load::{
        LEVELS,
        fleet::{self, Fleet},
        level::Window,
    },
    secret::Prover,
    stack::{Plan, Stack},
};
use serde_json::{Map, Value};

#[tokio::main]
async fn main() -> Result<()> {
    let out = PathBuf::from(std::env::args_os().nth(1).context("usage: honnin-bench-service OUT.json")?);
    let dir = tempfile::tempdir()?;
    let most = LEVELS[LEVELS.len() - 1];
    let operators = most.div_ceil(fleet::CALLS_PER_OPERATOR);
    let customers = Some(fleet::customers_file(dir.path(), most)?);
    let plan = Plan { customers, operators, unlimited: true, ..Plan::new(dir.path()) };
    let stack = Arc::new(Stack::start(plan).await?);
    let prover = Arc::new(Prover::load(&stack.keys)?);
    let began = std::time::Instant::now();
    let mut fleet = Fleet::ready(&stack, &prover, operators, most).await?;
    eprintln!("fleet ready in {:?}", began.elapsed());
    let window = Window { warm: Duration::from_secs(2), counted: Duration::from_secs(10) };
    let mut figures = Map::new();
    for calls in LEVELS {
        let counted = [("server", stack.server_id()), ("client", std::process::id())];
        let level = fleet.run(calls, window, &counted).await?.json()?;
        eprintln!("{calls}: {level}");
        figures.insert(calls.to_string(), level);
    }
    std::fs::write(out, serde_json::to_string_pretty(&Value::Object(figures))?)?;
    Ok(())
}
