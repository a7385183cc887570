//! Several nodes on one PostgreSQL: `tests/nodes`. The tests start their own clusters.

use anyhow::Result;

use super::{Counts, filtered};
use crate::{build, install};

pub fn run() -> Result<Counts> {
    install::postgres()?;
    build::programs()?;
    filtered("package(honnin-tests) & binary(nodes)", &["honnin-tests"], false, &[])
}
