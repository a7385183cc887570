//! `cargo xtask bench`: native and in-browser figures, merged into `target/bench/summary.json`.

use std::fs;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use super::{read, write};
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
        let Value::Object(part) = read(&dir.join(part))? else { bail!("{part} is no object") };
        for (name, value) in part {
            // Both halves bring their noise; everything else has one source.
            match (summary.get_mut(&name), value) {
                (Some(Value::Object(have)), Value::Object(more)) => have.extend(more),
                (_, value) => drop(summary.insert(name, value)),
            }
        }
    }
    write(&dir.join("summary.json"), &Value::Object(summary))
}
