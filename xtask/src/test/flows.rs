//! Whole calls over HTTP: the crate `tests` against the real programs, on SQLite and on PostgreSQL.

use anyhow::Result;

use super::{Counts, filtered};
use crate::{
    build, install,
    postgres::{Cluster, Durability},
};

const FLOWS: &str = "package(honnin-tests) & not binary(nodes)";

pub fn run() -> Result<Counts> {
    install::postgres()?;
    build::programs()?;
    let mut total = filtered(FLOWS, &["honnin-tests"], false, &[])?;
    let cluster = Cluster::start(Durability::None)?;
    total += filtered(FLOWS, &["honnin-tests"], false, &[("HONNIN_TEST_POSTGRES", &cluster.url("postgres"))])?;
    Ok(total)
}
