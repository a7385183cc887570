//! `cargo xtask test [GROUP]`: runs the groups and closes with `N passed, N failed`.

mod browser;
mod counts;
mod deploy;
mod deps;
mod flows;
mod lint;
mod migrations;
mod nodes;
mod tidy;
mod unit;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::ValueEnum;

pub use counts::Counts;

use crate::sh::{capture, cmd, tee};

/// What can be run by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// Formatting, clippy, types, and the rules of `tidy`.
    Lint,
    /// Tests inside each crate and each web package.
    Unit,
    /// Whole calls over HTTP against real processes.
    Flows,
    /// Several nodes on one PostgreSQL, killed and restarted in mid-call.
    Nodes,
    /// Whole calls in Chromium: phone and console.
    Browser,
    /// Everything above.
    All,
}

/// One group's work.
type Step = fn() -> Result<Counts>;

/// Runs one group or all; an error when any test failed.
pub fn run(group: Group) -> Result<()> {
    let steps: [(Group, &str, Step); 5] = [
        (Group::Lint, "lint", lint::run),
        (Group::Unit, "unit", unit::run),
        (Group::Flows, "flows", flows::run),
        (Group::Nodes, "nodes", nodes::run),
        (Group::Browser, "browser", browser::run),
    ];
    let mut total = Counts::default();
    let mut lines = Vec::new();
    for (this, name, step) in steps {
        if group != Group::All && group != this {
            continue;
        }
        let start = Instant::now();
        // A group that cannot even start is a failure of that group; the others still run and report.
        let counts = step().unwrap_or_else(|error| {
            eprintln!("{name}: {error:#}");
            Counts::one(false)
        });
        lines.push(format!(
            "{name:8} {:4} passed, {:2} failed, {:4} s",
            counts.passed,
            counts.failed,
            start.elapsed().as_secs()
        ));
        total += counts;
    }
    println!();
    for line in &lines {
        println!("{line}");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed > 0 {
        bail!("tests failed");
    }
    Ok(())
}

/// Runs Rust tests with nextest where it is installed, else with cargo's own runner.
///
/// Always the whole workspace's features, so that every dependency is compiled once.
fn rust(packages: &[&str], excluded: bool) -> Result<Counts> {
    let joined = packages.iter().map(|p| format!("package({p})")).collect::<Vec<_>>().join(" | ");
    let filter = if excluded { format!("not ({joined})") } else { joined };
    filtered(&filter, packages, excluded, &[])
}

/// As [`rust`], by nextest's filter, with environment variables.
fn filtered(filter: &str, packages: &[&str], excluded: bool, env: &[(&str, &str)]) -> Result<Counts> {
    if capture(&mut cmd("cargo", ["nextest", "--version"])).is_some() {
        let mut command = crate::sh::cargo(["nextest", "run", "--workspace", "--no-fail-fast", "-E", filter]);
        command.envs(env.iter().copied());
        let (ok, output) = tee(&mut command)?;
        return Ok(Counts::of(counts::nextest, ok, &output));
    }
    let mut args = vec!["test", "--no-fail-fast"];
    if excluded {
        args.push("--workspace");
    }
    for package in packages {
        args.extend([if excluded { "--exclude" } else { "--package" }, package]);
    }
    let (ok, output) = tee(crate::sh::cargo(args).envs(env.iter().copied()))?;
    Ok(Counts::of(counts::cargo_test, ok, &output))
}
