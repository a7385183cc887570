//! The native programs, built with the features of the whole workspace so that dependencies compile once.

use anyhow::Result;

use crate::sh::{cargo, run};

/// `honnin-server`, `honnin-issuer`, `honnin` and the tests' own programs, in `target/debug`.
pub fn programs() -> Result<()> {
    run(&mut cargo(BINS))
}

/// The same, with our own code optimised as in a release: dependencies are already, and are not compiled again.
pub fn measured_programs() -> Result<()> {
    let mut build = cargo(BINS);
    for name in ["honnin-evidence", "honnin-protocol", "honnin-server", "honnin-vault"] {
        build.arg("--config").arg(format!("profile.dev.package.{name}.opt-level=3"));
    }
    run(&mut build)
}

const BINS: [&str; 3] = ["build", "--workspace", "--bins"];
