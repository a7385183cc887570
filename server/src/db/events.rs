//! The append-only, hash-chained event table: what happened, in the transaction in which it happened.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Millis, News, Write};

/// The hash before the first entry.
const GENESIS: [u8; 32] = [0; 32];

/// What to record. Identifiers and codes only: no handle, no token, no text of a person.
#[derive(Clone, Debug, Default)]
pub struct Event<'a> {
    /// Stable kind, such as `verification.passed`.
    pub kind: &'a str,
    /// Tenant concerned.
    pub tenant: Option<&'a str>,
    /// Verification concerned.
    pub verification: Option<&'a str>,
    /// Operator concerned.
    pub operator: Option<&'a str>,
    /// Device concerned.
    pub device: Option<&'a str>,
    /// Codes and numbers that belong to the kind.
    pub data: Value,
}

/// Appends one entry and has the parties concerned told after the commit.
///
/// # Errors
/// Whatever the database answers.
pub async fn append(write: &mut Write, event: Event<'_>) -> Result<i64, sqlx::Error> {
    let last =
        sqlx::query("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetch_optional(write.conn()).await?;
    let (seq, previous): (i64, String) = match last {
        Some(row) => (row.try_get::<i64, _>(0)? + 1, row.try_get(1)?),
        None => (1, hex::encode(GENESIS)),
    };
    let data = canonical(&event.data)?;
    let at = write.now;
    let hash = chain(&previous, &entry(seq, at, &event, &event.data))?;
    sqlx::query(
        "INSERT INTO events (seq, at, kind, tenant, verification, operator, device, data, previous, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(seq)
    .bind(at)
    .bind(event.kind)
    .bind(event.tenant)
    .bind(event.verification)
    .bind(event.operator)
    .bind(event.device)
    .bind(data)
    .bind(previous)
    .bind(hash)
    .execute(write.conn())
    .await?;
    write.tell(News { operator: event.operator.map(Into::into), device: event.device.map(Into::into) });
    Ok(seq)
}

/// An event that concerns a verification, as the streams want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Place in the event table.
    pub seq: i64,
    /// Stable kind.
    pub kind: String,
    /// The verification.
    pub verification: String,
}

/// The latest sequence number, 0 when there is none.
///
/// # Errors
/// Whatever the database answers.
pub async fn latest(conn: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT COALESCE(MAX(seq), 0) FROM events").fetch_one(conn).await?.try_get(0)
}

/// The last sequence number before a time, 0 when there is none.
///
/// # Errors
/// Whatever the database answers.
pub async fn before(conn: &mut AnyConnection, at: Millis) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT COALESCE(MAX(seq), 0) FROM events WHERE at < $1").bind(at).fetch_one(conn).await?.try_get(0)
}

/// Verification events of an operator after `seq`, oldest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_operator(conn: &mut AnyConnection, operator: &str, seq: i64) -> Result<Vec<Mark>, sqlx::Error> {
    sqlx::query("SELECT seq, kind, verification FROM events WHERE operator = $1 AND seq > $2 AND verification IS NOT NULL ORDER BY seq")
        .bind(operator).bind(seq).fetch_all(conn).await?.iter().map(mark).collect()
}

/// Verification events of a device after `seq`, oldest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_device(conn: &mut AnyConnection, device: &str, seq: i64) -> Result<Vec<Mark>, sqlx::Error> {
    sqlx::query("SELECT seq, kind, verification FROM events WHERE device = $1 AND seq > $2 AND verification IS NOT NULL ORDER BY seq")
        .bind(device).bind(seq).fetch_all(conn).await?.iter().map(mark).collect()
}

/// How many events of a kind a verification has.
///
/// # Errors
/// Whatever the database answers.
pub async fn count(conn: &mut AnyConnection, verification: &str, kind: &str) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT COUNT(*) FROM events WHERE verification = $1 AND kind = $2")
        .bind(verification)
        .bind(kind)
        .fetch_one(conn)
        .await?
        .try_get(0)
}

/// Walks the whole chain and returns its length.
///
/// # Errors
/// The sequence number of the first entry that does not follow, or the database's error.
pub async fn verify_chain(conn: &mut AnyConnection) -> Result<i64, ChainError> {
    let rows = sqlx::query(
        "SELECT seq, at, kind, tenant, verification, operator, device, data, previous, hash FROM events ORDER BY seq",
    )
    .fetch_all(conn)
    .await?;
    let mut previous = hex::encode(GENESIS);
    let mut expected = 0;
    for row in &rows {
        expected += 1;
        let seq: i64 = row.try_get(0)?;
        let broken = ChainError::Broken { seq };
        let (kind, data): (String, String) = (row.try_get(2)?, row.try_get(7)?);
        let text = |i: usize| row.try_get::<Option<String>, _>(i);
        let (tenant, verification, operator, device) = (text(3)?, text(4)?, text(5)?, text(6)?);
        let event = Event {
            kind: &kind,
            tenant: tenant.as_deref(),
            verification: verification.as_deref(),
            operator: operator.as_deref(),
            device: device.as_deref(),
            data: Value::Null,
        };
        let Ok(value) = serde_json::from_str::<Value>(&data) else { return Err(broken) };
        let hash = chain(&previous, &entry(seq, row.try_get(1)?, &event, &value))?;
        if seq != expected || row.try_get::<String, _>(8)? != previous || row.try_get::<String, _>(9)? != hash {
            return Err(broken);
        }
        previous = hash;
    }
    Ok(expected)
}

/// Why the chain does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// An entry was changed, removed or put in.
    #[error("event {seq} does not follow from the one before it")]
    Broken {
        /// The first such entry.
        seq: i64,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}

fn entry(seq: i64, at: Millis, event: &Event<'_>, data: &Value) -> Value {
    json!({
        "seq": seq, "at": at, "kind": event.kind, "tenant": event.tenant, "verification": event.verification,
        "operator": event.operator, "device": event.device, "data": data,
    })
}

fn chain(previous: &str, entry: &Value) -> Result<String, sqlx::Error> {
    let mut hash = Sha256::new();
    hash.update(hex::decode(previous).map_err(|e| sqlx::Error::Decode(e.into()))?);
    hash.update(canonical(entry)?.as_bytes());
    Ok(hex::encode(hash.finalize()))
}

fn canonical(value: &Value) -> Result<String, sqlx::Error> {
    serde_jcs::to_string(value).map_err(|e| sqlx::Error::Encode(e.into()))
}

fn mark(row: &AnyRow) -> Result<Mark, sqlx::Error> {
    Ok(Mark { seq: row.try_get(0)?, kind: row.try_get(1)?, verification: row.try_get(2)? })
}
