//! `cargo xtask bench service`: whole calls a second and their latency, idle streams, and in the same run CIBA flows on
//! oidc-provider. Writes `target/bench/service.json`.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{read, write};
use crate::postgres::{Cluster, Durability};
use crate::{
    build, install,
    sh::{cmd, root, run},
};

/// Calls at once at which the two figures are judged.
const JUDGED: &str = "64";
/// Milliseconds within which 99 of 100 calls must end there.
const P99_MS: f64 = 150.0;

/// Measures and writes the file.
pub fn run_bench() -> Result<()> {
    let peer = root().join("tests/bench/ciba");
    install::oidc_provider()?;
    install::postgres()?;
    build::released_programs()?;
    // A cluster of its own, whose commits wait for the disk as in service.
    let cluster = Cluster::start(Durability::Full)?;
    let database = cluster.create("bench")?;
    let dir = root().join("target/bench/service");
    fs::create_dir_all(&dir)?;
    let out = dir.join("figures.json");
    let program = root().join("target/release/honnin-bench-service");
    run(cmd(&program.to_string_lossy(), [] as [&str; 0]).arg(&out).arg("--ciba").arg(&peer).args([
        "--postgres",
        &database,
        "--postmaster",
        &cluster.process()?.to_string(),
    ]))?;
    drop(cluster);
    let report = read(&out)?;
    write(&root().join("target/bench/service.json"), &report)?;
    judge(&report)
}

/// Says of each database whether it reached what the issue asks for.
fn judge(report: &Value) -> Result<()> {
    let figure = |path: String| {
        report.pointer(&path).and_then(Value::as_f64).with_context(|| format!("{path} was not measured"))
    };
    let flows = figure(format!("/oidc_provider/{JUDGED}/calls_per_s"))?;
    for database in ["sqlite", "postgres"] {
        let calls = figure(format!("/{database}/{JUDGED}/calls_per_s"))?;
        let p99 = figure(format!("/{database}/{JUDGED}/p99_ms"))?;
        let said = |reached: bool| if reached { "reached" } else { "NOT REACHED" };
        eprintln!("{database}, {JUDGED} at once: {calls} calls/s (wanted {flows}): {}", said(calls >= flows));
        eprintln!("{database}, {JUDGED} at once: p99 {p99} ms (wanted under {P99_MS}): {}", said(p99 < P99_MS));
    }
    Ok(())
}
