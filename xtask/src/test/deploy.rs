//! The systemd unit: systemd knows every word of it, and it leaves the service little to do harm with.
//!
//! That the server knows its arguments is a test of the server (`server/tests/deploy.rs`).

use std::{fs, process::Command};

use anyhow::{Context, Result, bail};

use crate::{install, sh::root};

const UNIT: &str = "honnin-server.service";
/// Ten times the exposure that `systemd-analyze security` may find; most services stand at 96.
const MOST_EXPOSURE: &str = "--threshold=15";

/// Lets systemd read the unit, and bent copies of it, which it must refuse.
pub fn check() -> Result<()> {
    install::systemd()?;
    let text = fs::read_to_string(root().join("deploy").join(UNIT)).context(UNIT)?;
    verify(&text)?;
    for (from, to) in [("LimitCORE=", "LimitCOER="), ("CapabilityBoundingSet=\n", "")] {
        if !text.contains(from) || verify(&text.replace(from, to)).is_ok() {
            bail!("the check would not notice a unit without {from:?}");
        }
    }
    Ok(())
}

fn verify(text: &str) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join(UNIT);
    // The checker wants the program to be there, and it is not installed on the machine that builds it.
    let placed: Vec<String> = text
        .lines()
        .map(|line| if line.starts_with("ExecStart=") { "ExecStart=/bin/true".to_owned() } else { line.to_owned() })
        .collect();
    fs::write(&path, placed.join("\n") + "\n")?;
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output()?;
    // Of words that it does not know it only warns.
    if !verified.status.success() || !verified.stderr.is_empty() {
        bail!("systemd-analyze verify: {}", String::from_utf8_lossy(&verified.stderr));
    }
    let exposed = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager", MOST_EXPOSURE])
        .arg(&path)
        .output()?;
    if !exposed.status.success() {
        bail!("systemd-analyze security: {}", String::from_utf8_lossy(&exposed.stdout));
    }
    Ok(())
}
