//! `cargo xtask bench flows`: notice to push, tap to badge, tap to payment approved; `target/bench/flows.json`.

use std::fs;

use anyhow::Result;

use super::{read, write};
use crate::{
    build,
    sh::{cmd, root, run},
};

/// Measures and writes the file.
pub fn run_bench() -> Result<()> {
    build::released_programs()?;
    let dir = root().join("target/bench/flows");
    fs::create_dir_all(&dir)?;
    let out = dir.join("figures.json");
    let program = root().join("target/release/honnin-bench-flows");
    run(cmd(&program.to_string_lossy(), [] as [&str; 0]).arg(&out))?;
    write(&root().join("target/bench/flows.json"), &read(&out)?)
}
