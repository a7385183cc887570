//! The database: one writer at a time, readers beside it, news told only after the commit.

pub mod devices;
pub mod enrolments;
pub mod events;
pub mod invitations;
pub mod sessions;
pub mod standing;
pub mod verifications;

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{Any, AnyConnection, AnyPool, Row as _, Transaction};
use tokio::sync::broadcast;

/// Milliseconds since the Unix epoch, by the database's clock.
pub type Millis = i64;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Handle on the database.
#[derive(Clone)]
pub struct Db {
    reader: AnyPool,
    writer: AnyPool,
    news: broadcast::Sender<News>,
}

/// "Something was committed that concerns these": a wake-up, not the message. The event table is the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Whose console.
    pub operator: Option<String>,
    /// Whose phone.
    pub device: Option<String>,
}

impl Db {
    /// Opens (making it when missing) and migrates.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let with_mode = if url.contains('?') { url.to_owned() } else { format!("{url}?mode=rwc") };
        let options = |max: u32| {
            AnyPoolOptions::new().max_connections(max).acquire_timeout(Duration::from_secs(10)).after_connect(
                |conn, _| {
                    Box::pin(async move {
                        // FULL: a verdict that was answered survives a power cut.
                        for pragma in [
                            "PRAGMA journal_mode = WAL",
                            "PRAGMA synchronous = FULL",
                            "PRAGMA foreign_keys = ON",
                            "PRAGMA busy_timeout = 5000",
                            "PRAGMA trusted_schema = OFF",
                        ] {
                            sqlx::query(pragma).execute(&mut *conn).await?;
                        }
                        Ok(())
                    })
                },
            )
        };
        // One writing connection is a fair queue: no busy loop, no lost turn.
        let writer = options(1).connect(&with_mode).await?;
        MIGRATIONS.run(&writer).await.map_err(|e| sqlx::Error::Migrate(Box::new(e)))?;
        let reader = options(4).connect(&with_mode).await?;
        Ok(Self { reader, writer, news: broadcast::channel(1024).0 })
    }

    /// Connections for queries that change nothing.
    pub fn reader(&self) -> &AnyPool {
        &self.reader
    }

    /// Begins a writing transaction; dropped without [`Write::commit`] it leaves no trace.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn write(&self) -> Result<Write, sqlx::Error> {
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let now = now(&mut tx).await?;
        Ok(Write { tx, now, news: Vec::new(), sender: self.news.clone() })
    }

    /// Listens for commits.
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// The database's clock.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn now(&self) -> Result<Millis, sqlx::Error> {
        let mut conn = self.reader.acquire().await?;
        now(&mut conn).await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// A writing transaction.
pub struct Write {
    tx: Transaction<'static, Any>,
    /// The database's clock at the start of the transaction.
    pub now: Millis,
    news: Vec<News>,
    sender: broadcast::Sender<News>,
}

impl Write {
    /// The connection inside the transaction.
    pub fn conn(&mut self) -> &mut AnyConnection {
        &mut self.tx
    }

    /// Tells of this once committed.
    pub fn tell(&mut self, news: News) {
        if !self.news.contains(&news) {
            self.news.push(news);
        }
    }

    /// Commits, then wakes the listeners.
    ///
    /// # Errors
    /// Whatever the database answers; nothing was told then.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.tx.commit().await?;
        for news in self.news {
            // No listener is no error.
            let _ = self.sender.send(news);
        }
        Ok(())
    }
}

/// The database's clock on this connection.
///
/// # Errors
/// Whatever the database answers.
pub async fn now(conn: &mut AnyConnection) -> Result<Millis, sqlx::Error> {
    sqlx::query("SELECT now_ms FROM clock").fetch_one(conn).await?.try_get(0)
}
