//! What `cargo xtask demo --check` runs: the README's first command, without a person.

use anyhow::{Context, Result};
use honnin_tests::process::program;
use serde_json::Value;
use tokio::process::Command;

#[tokio::test]
async fn the_scripted_call_passes() -> Result<()> {
    let done = Command::new(program("honnin-check")?).output().await?;
    let (said, error) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}\n{error}");
    let last: Value = serde_json::from_str(said.lines().last().context("nothing said")?)?;
    assert_eq!((last["verdict"].as_str(), last["proof_bytes"].as_u64()), (Some("passed"), Some(128)));
    Ok(())
}
