//! Tests inside each crate (nextest or cargo test) and each web package (vitest).

use anyhow::Result;

use super::{Counts, counts, rust};
use crate::{
    install,
    sh::{cmd, root, tee},
    wasm,
};

const WEB: [&str; 3] = ["operator-ui/kit", "operator-ui/console", "mobile-sdk/web"];

pub fn run() -> Result<Counts> {
    // Tests of the ceremony run snarkjs beside ours.
    install::npm()?;
    // Those of key-encryption keys talk to a PKCS#11 token.
    install::token()?;
    let mut total = rust(&["honnin-tests"], true)?;
    // The phone's types come from the module's glue.
    wasm::build()?;
    for dir in WEB {
        if has_script(dir, "test")? {
            let (ok, output) = tee(&mut cmd("npm", ["run", "--silent", "test", "--workspace", dir]))?;
            total += Counts::of(counts::vitest, ok, &output);
        }
    }
    Ok(total)
}

/// Whether the package in `dir` names this npm script.
pub fn has_script(dir: &str, script: &str) -> Result<bool> {
    let text = std::fs::read_to_string(root().join(dir).join("package.json"))?;
    let package: serde_json::Value = serde_json::from_str(&text)?;
    Ok(package["scripts"][script].is_string())
}
