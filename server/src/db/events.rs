//! What happened: entries of an organisation's append-only log.

use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Millis, Query};

/// What to record. Identifiers and codes only: no handle, no token, no text of a person.
#[derive(Clone, Debug)]
pub struct Event {
    /// The organisation whose log it stands in.
    pub log: String,
    /// Stable kind, such as `verification.passed`.
    pub kind: &'static str,
    /// Person, machine or device that did it; none when the service did.
    pub actor: Option<String>,
    /// Verification concerned.
    pub verification: Option<String>,
    /// Codes, numbers and identifiers that belong to the kind.
    pub data: Value,
}

impl Event {
    /// Something that an organisation's log must hold.
    pub fn new(log: &str, kind: &'static str) -> Self {
        Self { log: log.to_owned(), kind, actor: None, verification: None, data: json!({}) }
    }

    /// Who did it.
    #[must_use]
    pub fn by(mut self, actor: &str) -> Self {
        self.actor = Some(actor.to_owned());
        self
    }

    /// The verification concerned.
    #[must_use]
    pub fn about(mut self, verification: &str) -> Self {
        self.verification = Some(verification.to_owned());
        self
    }

    /// Codes, numbers and identifiers.
    #[must_use]
    pub fn with(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
}

/// An entry as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Place in the log, from 0.
    pub place: i64,
    /// When.
    pub at: Millis,
    /// Stable kind.
    pub kind: String,
    /// Who.
    pub actor: Option<String>,
    /// Verification concerned.
    pub verification: Option<String>,
    /// Codes, numbers and identifiers.
    pub data: Value,
    /// RFC 9162 leaf hash, hex.
    pub leaf: String,
}

impl Entry {
    /// The bytes that the log hashes: canonical JSON (RFC 8785).
    ///
    /// # Errors
    /// Never for what was stored by this service.
    pub fn canonical(&self, log: &str) -> Result<Vec<u8>, sqlx::Error> {
        canonical(log, self.place, self.at, &self.kind, self.actor.as_deref(), self.verification.as_deref(), &self.data)
    }
}

/// The bytes that the log hashes.
pub(super) fn canonical(
    log: &str,
    place: i64,
    at: Millis,
    kind: &str,
    actor: Option<&str>,
    verification: Option<&str>,
    data: &Value,
) -> Result<Vec<u8>, sqlx::Error> {
    let entry = json!({
        "v": 1, "log": log, "seq": place, "at": at, "kind": kind, "actor": actor, "verification": verification,
        "data": data,
    });
    serde_jcs::to_vec(&entry).map_err(|e| sqlx::Error::Encode(e.into()))
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!("SELECT place, at, kind, actor, verification, data, leaf FROM events ", $rest))
    };
}

pub(super) fn read(row: &AnyRow) -> Result<Entry, sqlx::Error> {
    let data: String = row.try_get(5)?;
    Ok(Entry {
        place: row.try_get(0)?,
        at: row.try_get(1)?,
        kind: row.try_get(2)?,
        actor: row.try_get(3)?,
        verification: row.try_get(4)?,
        data: serde_json::from_str(&data).map_err(|e| sqlx::Error::Decode(e.into()))?,
        leaf: row.try_get(6)?,
    })
}

/// Entries of a log from a place on, oldest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn from(query: &mut Query, log: &str, place: i64, limit: i64) -> Result<Vec<Entry>, sqlx::Error> {
    select!("WHERE log = $1 AND place >= $2 ORDER BY place LIMIT $3")
        .bind(log)
        .bind(place)
        .bind(limit)
        .fetch_all(query.conn())
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Entries about a verification, oldest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_verification(query: &mut Query, verification: &str) -> Result<Vec<Entry>, sqlx::Error> {
    select!("WHERE verification = $1 ORDER BY place")
        .bind(verification)
        .fetch_all(query.conn())
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The last entry of a kind about a verification.
///
/// # Errors
/// Whatever the database answers.
pub async fn last_about(
    query: &mut Query,
    log: &str,
    verification: &str,
    kind: &str,
) -> Result<Option<Entry>, sqlx::Error> {
    select!("WHERE verification = $1 AND log = $2 AND kind = $3 ORDER BY place DESC LIMIT 1")
        .bind(verification)
        .bind(log)
        .bind(kind)
        .fetch_optional(query.conn())
        .await?
        .as_ref()
        .map(read)
        .transpose()
}
