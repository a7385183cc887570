//! Looking at a database without changing it: what `honnin-server doctor` asks.

use honnin_vault::{KeyEncryptionKey, Keyring};
use sqlx::{AnyConnection, Connection as _, Row as _};

use super::schema::{self, Schema, SchemaError};
use super::{Backend, KeysError, Millis, keys};

/// A connection of its own, past the pools and past migrating.
pub struct Inspection {
    conn: AnyConnection,
    backend: Backend,
}

/// An issuer that is in use, and until when its newest certificate is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Whose.
    pub tenant: String,
    /// Its address.
    pub url: String,
    /// `None`: none was seen yet.
    pub not_after: Option<Millis>,
}

/// What waits in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that are due.
    pub due: i64,
    /// When the oldest of them became so.
    pub since: Option<Millis>,
}

impl Inspection {
    /// Connects. An SQLite file that is not there is not made.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let backend = Backend::of(url)
            .ok_or_else(|| sqlx::Error::Configuration("the database is a sqlite: or postgres: URL".into()))?;
        Ok(Self { conn: AnyConnection::connect(url).await?, backend })
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// How the schema stands to this program.
    ///
    /// # Errors
    /// [`SchemaError`].
    pub async fn schema(&mut self) -> Result<Schema, SchemaError> {
        schema::state(&mut self.conn, self.backend).await
    }

    /// The database's clock.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn now(&mut self) -> Result<Millis, sqlx::Error> {
        sqlx::query("SELECT now_ms FROM clock").fetch_one(&mut self.conn).await?.try_get(0)
    }

    /// Writes what changes nothing, and takes it back.
    ///
    /// # Errors
    /// Whatever the database answers: it is read-only, full, or the right is missing.
    pub async fn write(&mut self) -> Result<(), sqlx::Error> {
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            Backend::Postgres => "BEGIN",
        };
        let mut tx = self.conn.begin_with(begin).await?;
        sqlx::query("INSERT INTO machine_assertions (jti_hash, expires_at) VALUES ('doctor', 0)")
            .execute(&mut *tx)
            .await?;
        tx.rollback().await
    }

    /// Opens every wrapped key.
    ///
    /// # Errors
    /// [`KeysError`] says which does not open.
    pub async fn unlock(&mut self, keks: Vec<KeyEncryptionKey>) -> Result<Keyring, KeysError> {
        keys::unlock(&mut self.conn, keks).await
    }

    /// Issuers that are in use.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn issuers(&mut self) -> Result<Vec<Issuer>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT i.tenant, i.url, MAX(c.not_after) FROM issuers i
             LEFT JOIN issuer_certificates c ON c.issuer = i.id AND c.status = 'active'
             WHERE i.status = 'active' GROUP BY i.id, i.tenant, i.url ORDER BY i.tenant, i.url",
        )
        .fetch_all(&mut self.conn)
        .await?;
        rows.iter()
            .map(|r| Ok(Issuer { tenant: r.try_get(0)?, url: r.try_get(1)?, not_after: r.try_get(2)? }))
            .collect()
    }

    /// When the oldest entry was written that no checkpoint covers.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn unsigned_since(&mut self) -> Result<Option<Millis>, sqlx::Error> {
        sqlx::query(
            "SELECT MIN(e.at) FROM events e JOIN
               (SELECT l.organisation, COALESCE(MAX(c.size), 0) AS signed FROM logs l
                LEFT JOIN checkpoints c ON c.log = l.organisation GROUP BY l.organisation) s
             ON e.log = s.organisation AND e.place = s.signed",
        )
        .fetch_one(&mut self.conn)
        .await?
        .try_get(0)
    }

    /// What waits in the outbox.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn backlog(&mut self, now: Millis) -> Result<Backlog, sqlx::Error> {
        let row = sqlx::query("SELECT COUNT(*), MIN(due_at) FROM outbox WHERE done_at IS NULL AND due_at <= $1")
            .bind(now)
            .fetch_one(&mut self.conn)
            .await?;
        Ok(Backlog { due: row.try_get(0)?, since: row.try_get(1)? })
    }

    /// What became of each organisation's last alert to its webhook: organisation and outcome.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub async fn last_outcomes(&mut self) -> Result<Vec<(String, String)>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT o.organisation, o.outcome FROM outbox o
             WHERE o.kind = 'alert' AND o.outcome IS NOT NULL AND NOT EXISTS (SELECT 1 FROM outbox later
                 WHERE later.kind = 'alert' AND later.organisation = o.organisation AND later.outcome IS NOT NULL
                   AND (later.created_at > o.created_at OR (later.created_at = o.created_at AND later.id > o.id)))
             ORDER BY o.organisation",
        )
        .fetch_all(&mut self.conn)
        .await?;
        rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get(1)?))).collect()
    }

    /// Closes the connection.
    pub async fn close(self) {
        // Nothing was begun; a connection that breaks while it is closed is closed.
        let _ = self.conn.close().await;
    }
}
