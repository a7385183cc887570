//! The native programs, built with the features of the whole workspace so that dependencies compile once.

use anyhow::Result;

use crate::sh::{cargo, run};

/// `honnin-server`, `honnin-issuer`, `honnin` and the tests' own programs, in `target/debug`.
pub fn programs() -> Result<()> {
    run(&mut cargo(BINS))
}

/// The same as released, in `target/release`: for measuring.
pub fn released_programs() -> Result<()> {
    run(cargo(BINS).arg("--release"))
}

const BINS: [&str; 3] = ["build", "--workspace", "--bins"];
