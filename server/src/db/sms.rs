//! A tenant's own SMS gateway, which is handed links.

use sqlx::Row as _;
use zeroize::Zeroizing;

use super::{Event, Query, Write};

/// Where links go.
#[derive(Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Address.
    pub url: String,
    /// `whsec_…`.
    pub secret: Zeroizing<String>,
}

/// A tenant's gateway.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, organisation: &str) -> Result<Option<Gateway>, sqlx::Error> {
    let row = sqlx::query("SELECT url, secret FROM sms_gateways WHERE organisation = $1")
        .bind(organisation)
        .fetch_optional(query.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: String = row.try_get(1)?;
    let secret: String = query.seals().open(organisation, "sms_gateways", "secret", organisation, &sealed)?;
    Ok(Some(Gateway { url: row.try_get(0)?, secret: Zeroizing::new(secret) }))
}

/// The address alone.
///
/// # Errors
/// Whatever the database answers.
pub async fn url(query: &mut Query, organisation: &str) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query("SELECT url FROM sms_gateways WHERE organisation = $1")
        .bind(organisation)
        .fetch_optional(query.conn())
        .await?;
    row.map(|r| r.try_get(0)).transpose()
}

/// Sets or replaces a tenant's gateway. The log says that, and not where to: an address may hold a token.
///
/// # Errors
/// Whatever the database answers.
pub async fn set(write: &mut Write, organisation: &str, gateway: &Gateway, by: &str) -> Result<(), sqlx::Error> {
    let (secret, now) = (gateway.secret.as_str(), write.now);
    let sealed = write.seals().seal(organisation, "sms_gateways", "secret", organisation, secret)?;
    sqlx::query(
        "INSERT INTO sms_gateways (organisation, url, secret, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation) DO UPDATE SET url = excluded.url, secret = excluded.secret,
                                                  created_at = excluded.created_at",
    )
    .bind(organisation)
    .bind(&gateway.url)
    .bind(sealed)
    .bind(now)
    .execute(write.conn())
    .await?;
    write.record(Event::new(organisation, "sms-gateway.set").by(by));
    Ok(())
}

/// Removes it; `false` when there is none.
///
/// # Errors
/// Whatever the database answers.
pub async fn remove(write: &mut Write, organisation: &str, by: &str) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query("DELETE FROM sms_gateways WHERE organisation = $1")
        .bind(organisation)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if removed {
        write.record(Event::new(organisation, "sms-gateway.removed").by(by));
    }
    Ok(removed)
}
