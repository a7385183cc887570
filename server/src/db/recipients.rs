//! Parties that open what payments and orders seal: their key, and where they are told.

use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::text::Localized;
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;
use zeroize::Zeroizing;

use super::organisations::stored;
use super::{Event, Millis, Query, Write};

/// A party that may be sent sealed attributes.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// `r_…`.
    pub id: String,
    /// Whose recipient.
    pub tenant: String,
    /// As the phone shows it.
    pub name: Localized,
    /// What boxes are sealed to.
    pub key: P256Jwk,
    /// Where it is told.
    pub url: String,
    /// When it was added.
    pub created_at: Millis,
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!("SELECT id, tenant, name, public, url, created_at FROM recipients ", $rest))
    };
}

fn read(row: &AnyRow) -> Result<Recipient, sqlx::Error> {
    let (name, key): (String, String) = (row.try_get(2)?, row.try_get(3)?);
    Ok(Recipient {
        id: row.try_get(0)?,
        tenant: row.try_get(1)?,
        name: stored(&name)?,
        key: stored(&key)?,
        url: row.try_get(4)?,
        created_at: row.try_get(5)?,
    })
}

/// Adds one with the secret that its messages are signed with.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert(write: &mut Write, recipient: &Recipient, secret: &str, by: &str) -> Result<(), sqlx::Error> {
    let sealed = write.seals().seal(&recipient.tenant, "recipients", "secret", &recipient.id, secret)?;
    let encode = |e: serde_json::Error| sqlx::Error::Encode(e.into());
    sqlx::query(
        "INSERT INTO recipients (id, tenant, name, public, url, secret, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&recipient.id)
    .bind(&recipient.tenant)
    .bind(serde_json::to_string(&recipient.name).map_err(encode)?)
    .bind(serde_json::to_string(&recipient.key).map_err(encode)?)
    .bind(&recipient.url)
    .bind(sealed)
    .bind(recipient.created_at)
    .execute(write.conn())
    .await?;
    let data = json!({"recipient": recipient.id, "key": recipient.key.thumbprint()});
    write.record(Event::new(&recipient.tenant, "recipient.added").by(by).with(data));
    Ok(())
}

/// A tenant's recipients that stand, oldest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, tenant: &str) -> Result<Vec<Recipient>, sqlx::Error> {
    let rows = select!("WHERE tenant = $1 AND status = 'active' ORDER BY created_at, id")
        .bind(tenant)
        .fetch_all(query.conn())
        .await?;
    rows.iter().map(read).collect()
}

/// One of a tenant's recipients, if it stands.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, tenant: &str, id: &str) -> Result<Option<Recipient>, sqlx::Error> {
    let row = select!("WHERE tenant = $1 AND id = $2 AND status = 'active'")
        .bind(tenant)
        .bind(id)
        .fetch_optional(query.conn())
        .await?;
    row.map(|r| read(&r)).transpose()
}

/// Where a recipient is told and what that is signed with, also of one that was removed: what was approved for it is its.
///
/// # Errors
/// Whatever the database answers.
pub async fn reach(query: &mut Query, id: &str) -> Result<Option<(String, Zeroizing<String>)>, sqlx::Error> {
    let row = sqlx::query("SELECT tenant, url, secret FROM recipients WHERE id = $1")
        .bind(id)
        .fetch_optional(query.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (tenant, sealed): (String, String) = (row.try_get(0)?, row.try_get(2)?);
    let secret: String = query.seals().open(&tenant, "recipients", "secret", id, &sealed)?;
    Ok(Some((row.try_get(1)?, Zeroizing::new(secret))))
}

/// Nothing is sealed to it any more; `false` when there is none. Under the standing lock: what waits for it does not pass.
///
/// # Errors
/// Whatever the database answers.
pub async fn remove(write: &mut Write, tenant: &str, id: &str, by: &str) -> Result<bool, sqlx::Error> {
    let removed =
        sqlx::query("UPDATE recipients SET status = 'removed' WHERE tenant = $1 AND id = $2 AND status = 'active'")
            .bind(tenant)
            .bind(id)
            .execute(write.conn())
            .await?
            .rows_affected()
            == 1;
    if removed {
        write.record(Event::new(tenant, "recipient.removed").by(by).with(json!({"recipient": id})));
    }
    Ok(removed)
}
