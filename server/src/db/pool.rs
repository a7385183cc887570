//! Connections: how many and how set up.

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection as _};

use super::schema::{self, SchemaError};

/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);
/// Idle so long, a connection may have been lost: asked after, it is replaced instead of failing a request. Under load
/// none is idle so long.
const IDLE: Duration = Duration::from_millis(100);

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Embedded, for one node.
    Sqlite,
    /// For several nodes.
    Postgres,
}

impl Backend {
    /// By the scheme of the URL.
    pub fn of(url: &str) -> Option<Self> {
        match url.split_once(':')?.0 {
            "sqlite" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            _ => None,
        }
    }
}

#[derive(Clone)]
pub(super) struct Pools {
    reader: AnyPool,
    writer: AnyPool,
    backend: Backend,
    url: String,
}

impl Pools {
    pub(super) async fn open(url: &str) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let backend = Backend::of(url)
            .ok_or_else(|| sqlx::Error::Configuration("the database is a sqlite: or postgres: URL".into()))?;
        let (reader, writer) = match backend {
            Backend::Sqlite => sqlite(url).await?,
            Backend::Postgres => postgres(url).await?,
        };
        Ok(Self { reader, writer, backend, url: url.to_owned() })
    }

    pub(super) async fn migrate(&self) -> Result<(), SchemaError> {
        match self.backend {
            Backend::Sqlite => schema::migrate(&mut *self.writer.acquire().await?, self.backend).await,
            Backend::Postgres => {
                // Without the pool's statement_timeout: a migration may take its time, and so may waiting for the node
                // that applies it.
                let mut conn = AnyConnection::connect(&self.url).await?;
                let migrated = schema::migrate(&mut conn, self.backend).await;
                conn.close().await?;
                migrated
            }
        }
    }

    pub(super) fn reader(&self) -> &AnyPool {
        &self.reader
    }

    pub(super) fn writer(&self) -> &AnyPool {
        &self.writer
    }

    pub(super) fn backend(&self) -> Backend {
        self.backend
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

async fn sqlite(url: &str) -> Result<(AnyPool, AnyPool), sqlx::Error> {
    let url = if url.contains('?') { url.to_owned() } else { format!("{url}?mode=rwc") };
    let options = |max: u32| {
        patient(max).after_connect(|conn, _| {
            Box::pin(async move {
                // FULL: a verdict that was answered survives a power cut.
                for pragma in [
                    "PRAGMA journal_mode = WAL",
                    "PRAGMA synchronous = FULL",
                    "PRAGMA foreign_keys = ON",
                    // The same pages change in each round: copied back less often, they are copied fewer times.
                    "PRAGMA wal_autocheckpoint = 4000",
                    "PRAGMA busy_timeout = 5000",
                    "PRAGMA trusted_schema = OFF",
                ] {
                    sqlx::query(pragma).execute(&mut *conn).await?;
                }
                Ok(())
            })
        })
    };
    // One writing connection is a fair queue: no busy loop, no lost turn.
    let writer = options(1).connect(&url).await?;
    let reader = options(4).connect(&url).await?;
    Ok((reader, writer))
}

async fn postgres(url: &str) -> Result<(AnyPool, AnyPool), sqlx::Error> {
    let options = |max: u32| {
        patient(max).after_connect(|conn, _| {
            Box::pin(async move {
                for setting in [
                    // A verdict that was answered survives a power cut, whatever the cluster's default.
                    "SET synchronous_commit = on",
                    "SET statement_timeout = '10s'",
                    "SET idle_in_transaction_session_timeout = '20s'",
                ] {
                    sqlx::query(setting).execute(&mut *conn).await?;
                }
                Ok(())
            })
        })
    };
    // Readers and writers apart, so that a burst of the ones cannot starve the others.
    let writer = options(8).connect(url).await?;
    let reader = options(8).connect(url).await?;
    Ok((reader, writer))
}

/// A pool that asks after a connection only when it has been idle: a question before each use would cost as much as
/// the use. It keeps its connections: sqlx 0.9.0 closes old ones in a task that can count below zero and then holds a
/// core for ever (its issue 3645; seen here once in some thousand starts).
fn patient(max: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(max)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .before_acquire(|conn, meta| {
            Box::pin(async move {
                if meta.idle_for < IDLE {
                    return Ok(true);
                }
                Ok(conn.ping().await.is_ok())
            })
        })
}
