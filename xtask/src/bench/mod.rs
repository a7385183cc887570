//! What is measured, and how the parts become one file.

pub mod calls;
pub mod flows;
pub mod proving;
pub mod service;

use std::{fs, path::Path};

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::Value;

/// What to measure.
#[derive(Clone, Copy, ValueEnum)]
pub enum What {
    /// Whole calls, from the tap to the badge, and the prover's and verifier's times in them.
    Calls,
    /// The proving engine alone, beside snarkjs and Semaphore.
    Proving,
    /// Notice to push, tap to badge, tap to payment approved.
    Flows,
    /// The service: whole calls a second beside oidc-provider's CIBA flows.
    Service,
}

fn read(file: &Path) -> Result<Value> {
    let text = fs::read_to_string(file).with_context(|| format!("{} was not written", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", file.display()))
}

/// Written beside its name and renamed.
fn write(file: &Path, value: &Value) -> Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    let part = file.with_extension("part");
    fs::write(&part, &text)?;
    fs::rename(part, file)?;
    println!("{text}");
    Ok(())
}
