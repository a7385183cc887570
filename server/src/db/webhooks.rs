//! Where an organisation's alerts go, and the messages that are on their way.

use sqlx::Row as _;
use zeroize::Zeroizing;

use super::{Event, Millis, Query, Write};

/// Where alerts go.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Address.
    pub url: String,
    /// `whsec_…`.
    pub secret: Zeroizing<String>,
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

/// An organisation's webhook.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, organisation: &str) -> Result<Option<Webhook>, sqlx::Error> {
    let row = sqlx::query("SELECT url, secret FROM alert_webhooks WHERE organisation = $1")
        .bind(organisation)
        .fetch_optional(query.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: String = row.try_get(1)?;
    let secret: String = query.seals().open(organisation, "alert_webhooks", "secret", organisation, &sealed)?;
    Ok(Some(Webhook { url: row.try_get(0)?, secret: Zeroizing::new(secret) }))
}

/// The address alone.
///
/// # Errors
/// Whatever the database answers.
pub async fn url(query: &mut Query, organisation: &str) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query("SELECT url FROM alert_webhooks WHERE organisation = $1")
        .bind(organisation)
        .fetch_optional(query.conn())
        .await?;
    row.map(|r| r.try_get(0)).transpose()
}

/// Sets or replaces an organisation's webhook. The log says that, and not where to: an address may hold a token.
///
/// # Errors
/// Whatever the database answers.
pub async fn set(write: &mut Write, organisation: &str, webhook: &Webhook, by: &str) -> Result<(), sqlx::Error> {
    let (secret, now) = (webhook.secret.as_str(), write.now);
    let sealed = write.seals().seal(organisation, "alert_webhooks", "secret", organisation, secret)?;
    sqlx::query(
        "INSERT INTO alert_webhooks (organisation, url, secret, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation) DO UPDATE SET url = excluded.url, secret = excluded.secret,
                                                  created_at = excluded.created_at",
    )
    .bind(organisation)
    .bind(&webhook.url)
    .bind(sealed)
    .bind(now)
    .execute(write.conn())
    .await?;
    write.record(Event::new(organisation, "webhook.set").by(by));
    Ok(())
}

/// Removes it; `false` when there is none.
///
/// # Errors
/// Whatever the database answers.
pub async fn remove(write: &mut Write, organisation: &str, by: &str) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query("DELETE FROM alert_webhooks WHERE organisation = $1")
        .bind(organisation)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if removed {
        write.record(Event::new(organisation, "webhook.removed").by(by));
    }
    Ok(removed)
}

/// Removes it because its receiver said that it is gone, unless it was replaced meanwhile.
///
/// # Errors
/// Whatever the database answers.
pub async fn gone(write: &mut Write, organisation: &str, url: &str) -> Result<(), sqlx::Error> {
    let removed = sqlx::query("DELETE FROM alert_webhooks WHERE organisation = $1 AND url = $2")
        .bind(organisation)
        .bind(url)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if removed {
        write.record(Event::new(organisation, "webhook.disabled"));
    }
    Ok(())
}

/// Claims alerts that are due, oldest first: nobody else sends them until the claim lapses.
///
/// # Errors
/// Whatever the database answers.
pub async fn claim(write: &mut Write, limit: i64, for_ms: Millis) -> Result<Vec<Message>, sqlx::Error> {
    let now = write.now;
    let due = sqlx::query(
        "SELECT id FROM outbox WHERE done_at IS NULL AND kind = 'alert' AND due_at <= $1
           AND (claimed_until IS NULL OR claimed_until <= $1) ORDER BY due_at LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(write.conn())
    .await?;
    let mut claimed = Vec::new();
    for row in due {
        let row = sqlx::query(
            "UPDATE outbox SET claimed_until = $1 WHERE id = $2 AND done_at IS NULL AND due_at <= $3
               AND (claimed_until IS NULL OR claimed_until <= $3) RETURNING id, organisation, body, attempts",
        )
        .bind(now + for_ms)
        .bind(row.try_get::<String, _>(0)?)
        .bind(now)
        .fetch_optional(write.conn())
        .await?;
        if let Some(row) = row {
            claimed.push(Message {
                id: row.try_get(0)?,
                organisation: row.try_get(1)?,
                body: row.try_get(2)?,
                attempts: row.try_get(3)?,
                claimed_until: now + for_ms,
            });
        }
    }
    Ok(claimed)
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
pub async fn next_due(query: &mut Query) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query(
        "SELECT MIN(CASE WHEN claimed_until > due_at THEN claimed_until ELSE due_at END) FROM outbox
         WHERE done_at IS NULL AND kind = 'alert'",
    )
    .fetch_one(query.conn())
    .await?
    .try_get(0)
}
