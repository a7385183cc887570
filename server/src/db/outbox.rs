//! The outbox: messages that were committed with what they tell of, each sent by whoever claims it.

use serde_json::json;
use sqlx::Row as _;

use super::sets::{self, listed, set};
use super::{Millis, Query, Write};

/// What a message is: who sends it, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To an organisation's webhook.
    Alert,
    /// Wakes a phone.
    Push,
    /// A link to a tenant's SMS gateway.
    Link,
    /// What was approved, to the recipient that it is sealed to.
    Delivery,
}

impl Kind {
    /// Name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Push => "push",
            Self::Link => "link",
            Self::Delivery => "delivery",
        }
    }
}

/// A message that this process may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `msg_…`: the same at each attempt.
    pub id: String,
    /// Whose.
    pub organisation: String,
    /// JSON.
    pub body: String,
    /// Attempts that failed.
    pub attempts: i64,
    /// Until when it is this process's; names the claim.
    claimed_until: Millis,
}

/// A message to be put into the outbox.
#[derive(Clone, Debug)]
pub struct Fresh<'a> {
    /// Unique.
    pub id: String,
    /// Whose.
    pub organisation: &'a str,
    /// JSON; no secrets and nobody's handle.
    pub body: String,
}

/// Puts messages in, due at once.
///
/// # Errors
/// Whatever the database answers.
pub async fn put(write: &mut Write, kind: Kind, messages: &[Fresh<'_>]) -> Result<(), sqlx::Error> {
    if messages.is_empty() {
        return Ok(());
    }
    let now = write.now;
    let rows: Vec<_> =
        messages.iter().map(|m| json!({"id": m.id, "organisation": m.organisation, "body": m.body})).collect();
    set!(
        write,
        "INSERT INTO outbox (id, organisation, kind, body, created_at, due_at)
         SELECT r.id, r.organisation, CAST($2 AS TEXT), r.body, $3, $3 FROM",
        [id text, organisation text, body text],
        ""
    )
    .bind(sets::rows(&rows)?)
    .bind(kind.name())
    .bind(now)
    .execute(write.conn())
    .await?;
    write.outbox_waits();
    Ok(())
}

/// Claims messages that are due, oldest first: nobody else sends them until the claim lapses.
///
/// # Errors
/// Whatever the database answers.
pub async fn claim(write: &mut Write, kind: Kind, limit: i64, for_ms: Millis) -> Result<Vec<Message>, sqlx::Error> {
    let now = write.now;
    let due = sqlx::query(
        "SELECT id FROM outbox WHERE done_at IS NULL AND kind = $3 AND due_at <= $1
           AND (claimed_until IS NULL OR claimed_until <= $1) ORDER BY due_at LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .bind(kind.name())
    .fetch_all(write.conn())
    .await?;
    let ids = due.iter().map(|row| row.try_get::<String, _>(0)).collect::<Result<Vec<_>, _>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // Asked again under each row's lock: another node may have been faster.
    let rows = listed!(
        write,
        "UPDATE outbox SET claimed_until = $2 WHERE done_at IS NULL AND due_at <= $3
           AND (claimed_until IS NULL OR claimed_until <= $3) AND id",
        "RETURNING id, organisation, body, attempts"
    )
    .bind(sets::rows(&ids)?)
    .bind(now + for_ms)
    .bind(now)
    .fetch_all(write.conn())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Message {
                id: row.try_get(0)?,
                organisation: row.try_get(1)?,
                body: row.try_get(2)?,
                attempts: row.try_get(3)?,
                claimed_until: now + for_ms,
            })
        })
        .collect()
}

/// Says that a message needs no more sending, and why; nothing when the claim lapsed and another has it.
///
/// # Errors
/// Whatever the database answers.
pub async fn done(write: &mut Write, message: &Message, outcome: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query(
        "UPDATE outbox SET done_at = $1, outcome = $2, attempts = attempts + 1, claimed_until = NULL
         WHERE id = $3 AND done_at IS NULL AND claimed_until = $4",
    )
    .bind(now)
    .bind(outcome)
    .bind(&message.id)
    .bind(message.claimed_until)
    .execute(write.conn())
    .await
    .map(drop)
}

/// Puts a message off after an attempt that failed.
///
/// # Errors
/// Whatever the database answers.
pub async fn retry(write: &mut Write, message: &Message, outcome: &str, after_ms: Millis) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query(
        "UPDATE outbox SET due_at = $1, outcome = $2, attempts = attempts + 1, claimed_until = NULL
         WHERE id = $3 AND done_at IS NULL AND claimed_until = $4",
    )
    .bind(now + after_ms)
    .bind(outcome)
    .bind(&message.id)
    .bind(message.claimed_until)
    .execute(write.conn())
    .await
    .map(drop)
}

/// When the next message is due or its claim lapses.
///
/// # Errors
/// Whatever the database answers.
pub async fn next_due(query: &mut Query, kind: Kind) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query(
        "SELECT MIN(CASE WHEN claimed_until > due_at THEN claimed_until ELSE due_at END) FROM outbox
         WHERE done_at IS NULL AND kind = $1",
    )
    .bind(kind.name())
    .fetch_one(query.conn())
    .await?
    .try_get(0)
}

/// Forgets pushes, links and deliveries that were settled before an instant: there is one a request, and nobody asks for them again.
/// Alerts stay.
///
/// # Errors
/// Whatever the database answers.
pub async fn tidy(write: &mut Write, before: Millis) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM outbox WHERE kind <> 'alert' AND done_at < $1")
        .bind(before)
        .execute(write.conn())
        .await
        .map(drop)
}
