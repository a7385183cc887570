//! `honnin-bench OUT.json`: the native figures of `cargo xtask bench`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use honnin_tests::{keys::Keys, measure};

fn main() -> Result<()> {
    let out = PathBuf::from(std::env::args_os().nth(1).context("usage: honnin-bench OUT.json")?);
    std::fs::write(out, serde_json::to_string_pretty(&measure::native(&Keys::ready()?)?)?)?;
    Ok(())
}
