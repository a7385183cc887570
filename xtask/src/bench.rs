//! `cargo xtask bench`: native and in-browser figures, merged into `target/bench/summary.json`.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::{
    build, install,
    sh::{cmd, root, run},
    web,
};

/// Measures and writes the summary; each figure is a median of at least 11 runs.
pub fn run_bench() -> Result<()> {
    install::browser()?;
    build::programs()?;
    web::build()?;
    let dir = root().join("target/bench");
    fs::create_dir_all(&dir)?;
    run(cmd(&root().join("target/debug/honnin-bench").to_string_lossy(), [] as [&str; 0]).arg(dir.join("native.json")))?;
    run(cmd("npm", ["run", "--silent", "bench", "--workspace", "tests/browser", "--"]).arg(dir.join("browser.json")))?;
    let mut summary = Map::new();
    for part in ["native.json", "browser.json"] {
        let text = fs::read_to_string(dir.join(part)).with_context(|| format!("{part} was not written"))?;
        let Value::Object(part) = serde_json::from_str(&text)? else { anyhow::bail!("{part} is no object") };
        for (name, value) in part {
            // Both halves bring their noise; everything else has one source.
            match (summary.get_mut(&name), value) {
                (Some(Value::Object(have)), Value::Object(more)) => have.extend(more),
                (_, value) => drop(summary.insert(name, value)),
            }
        }
    }
    let text = serde_json::to_string_pretty(&summary)?;
    fs::write(dir.join("summary.json"), &text)?;
    println!("{text}");
    Ok(())
}
