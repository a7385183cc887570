//! Three nodes on one cluster, as each test here begins.

use std::sync::Arc;

use anyhow::{Context, Result};
use honnin_tests::{
    desk::Desk,
    phone::Phone,
    postgres::{Cluster, Durability},
    scene::customers_file,
    secret::Prover,
    stack::{Database, Plan, Stack},
};
use tempfile::TempDir;

/// Three nodes, their balancer and their database.
pub struct Nodes {
    pub stack: Stack,
    pub prover: Arc<Prover>,
    pub cluster: Cluster,
    pub url: String,
    _dir: TempDir,
}

impl Nodes {
    pub async fn start(count: usize) -> Result<Self> {
        let cluster = Cluster::start(Durability::Full)?;
        let url = cluster.create("honnin")?;
        let dir = tempfile::tempdir()?;
        let plan = Plan {
            customers: Some(customers_file(dir.path())?),
            database: Database::Url(url.clone()),
            nodes: count,
            ..Plan::new(dir.path())
        };
        let stack = Stack::start(plan).await?;
        let prover = Arc::new(Prover::load(&stack.keys)?);
        Ok(Self { stack, prover, cluster, url, _dir: dir })
    }

    /// New connections go to this node.
    pub fn pin(&self, node: Option<usize>) {
        self.stack.balancer.as_ref().expect("several nodes").pin(node);
    }

    /// A console on one node.
    pub async fn desk_on(&self, node: usize) -> Result<Desk> {
        self.pin(Some(node));
        self.stack.desk().await
    }

    /// A phone on one node, enrolled.
    pub async fn phone_on(&self, node: usize, handle: &str) -> Result<Phone> {
        self.pin(Some(node));
        Phone::enrolled(&self.stack, &self.prover, handle).await
    }

    /// A number from the database.
    pub fn count(&self, query: &str) -> Result<i64> {
        self.cluster.psql("honnin", query)?.parse().context("not a number")
    }
}
