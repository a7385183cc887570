//! Whole calls in Chromium: the specs of `tests/browser` against the real programs.

use anyhow::Result;

use super::{Counts, counts};
use crate::{
    build, install,
    sh::{cmd, tee},
    web,
};

pub fn run() -> Result<Counts> {
    install::browser()?;
    build::programs()?;
    web::build()?;
    let (ok, output) = tee(&mut cmd("npm", ["run", "--silent", "test", "--workspace", "tests/browser"]))?;
    Ok(Counts::of(counts::node, ok, &output))
}
