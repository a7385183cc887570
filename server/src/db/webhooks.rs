//! Where an organisation's alerts go.

use sqlx::Row as _;
use zeroize::Zeroizing;

use super::{Event, Query, Write};

/// Where alerts go.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Address.
    pub url: String,
    /// `whsec_…`.
    pub secret: Zeroizing<String>,
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
