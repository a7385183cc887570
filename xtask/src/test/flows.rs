//! Whole calls over HTTP: the crate `tests` against the real programs.

use anyhow::Result;

use super::{Counts, rust};
use crate::build;

pub fn run() -> Result<Counts> {
    build::programs()?;
    rust(&["honnin-tests"], false)
}
