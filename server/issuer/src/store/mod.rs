//! The issuer's own database: SQLite, one writer at a time.

pub mod customers;
pub mod nonces;
pub mod offers;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Handle on the database.
#[derive(Clone)]
pub struct Store(SqlitePool);

impl Store {
    /// Opens (making it when missing) and migrates.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        // Without a task that closes old connections: sqlx 0.9.0's can hold a core for ever (its issue 3645).
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_with(options)
            .await?;
        MIGRATIONS.run(&pool).await.map_err(|e| sqlx::Error::Migrate(Box::new(e)))?;
        Ok(Self(pool))
    }

    /// For reading.
    pub fn pool(&self) -> &SqlitePool {
        &self.0
    }

    /// Begins a writing transaction; dropped without commit it leaves no trace.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn write(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.0.begin_with("BEGIN IMMEDIATE").await
    }

    /// Waits for open work and closes.
    pub async fn close(&self) {
        self.0.close().await;
    }
}
