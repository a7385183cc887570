//! Enrolled phones, their sessions and challenges.

use serde_json::json;
use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::events::{self, Event};
use super::{Millis, Write};

/// A challenge is good for a minute.
pub const CHALLENGE_MS: Millis = 60 * 1000;
/// A device token is good for twelve hours.
pub const TOKEN_MS: Millis = 12 * 60 * 60 * 1000;

/// An enrolled phone.
#[derive(Clone, Debug)]
pub struct Device {
    /// `d_…`.
    pub id: String,
    /// For which tenant: devices are pairwise.
    pub tenant: String,
    /// The tenant's handle for the customer.
    pub handle: String,
    /// Field element, hex.
    pub pseudonym: String,
    /// Row of the issuer certificate that its credential stands on.
    pub certificate: String,
    /// JWK.
    pub device_key: String,
    /// b64u.
    pub passkey_id: String,
    /// JWK.
    pub passkey_key: String,
    /// Last signature counter seen.
    pub passkey_counter: i64,
    /// What the customer calls it.
    pub label: String,
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(
            "SELECT d.id, d.tenant, d.handle, d.pseudonym, d.certificate, d.device_key, d.passkey_id, d.passkey_key, ",
            "d.passkey_counter, d.label FROM devices d ",
            $rest
        ))
    };
}

fn read(row: &AnyRow) -> Result<Device, sqlx::Error> {
    Ok(Device {
        id: row.try_get(0)?,
        tenant: row.try_get(1)?,
        handle: row.try_get(2)?,
        pseudonym: row.try_get(3)?,
        certificate: row.try_get(4)?,
        device_key: row.try_get(5)?,
        passkey_id: row.try_get(6)?,
        passkey_key: row.try_get(7)?,
        passkey_counter: row.try_get(8)?,
        label: row.try_get(9)?,
    })
}

/// A device in good standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn active(conn: &mut AnyConnection, id: &str) -> Result<Option<Device>, sqlx::Error> {
    select!("JOIN tenants t ON t.id = d.tenant WHERE d.id = $1 AND d.status = 'active' AND t.status = 'active'")
        .bind(id)
        .fetch_optional(conn)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The device that answers for a handle.
///
/// # Errors
/// Whatever the database answers.
pub async fn active_of_handle(
    conn: &mut AnyConnection,
    tenant: &str,
    handle: &str,
) -> Result<Option<Device>, sqlx::Error> {
    select!("WHERE d.tenant = $1 AND d.handle = $2 AND d.status = 'active'")
        .bind(tenant)
        .bind(handle)
        .fetch_optional(conn)
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The device that holds this token, in good standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn by_token(conn: &mut AnyConnection, token_hash: &str) -> Result<Option<Device>, sqlx::Error> {
    select!(
        "JOIN tenants t ON t.id = d.tenant JOIN device_tokens k ON k.device = d.id
         WHERE k.token_hash = $1 AND k.expires_at > (SELECT now_ms FROM clock) AND d.status = 'active' AND t.status = 'active'"
    )
    .bind(token_hash).fetch_optional(conn).await?.as_ref().map(read).transpose()
}

/// Whether a holder secret (by its pseudonym) already has a device that is over, or another one than this.
///
/// # Errors
/// Whatever the database answers.
pub async fn holder_is_taken(
    conn: &mut AnyConnection,
    tenant: &str,
    pseudonym: &str,
    device_key: &str,
) -> Result<bool, sqlx::Error> {
    let others: i64 = sqlx::query(
        "SELECT COUNT(*) FROM devices WHERE tenant = $1 AND pseudonym = $2 AND (status <> 'active' OR device_key <> $3)",
    )
    .bind(tenant)
    .bind(pseudonym)
    .bind(device_key)
    .fetch_one(conn)
    .await?
    .try_get(0)?;
    Ok(others > 0)
}

/// Enrols a device in place of the handle's earlier one.
///
/// # Errors
/// Whatever the database answers.
pub async fn enrol(write: &mut Write, device: &Device) -> Result<(), sqlx::Error> {
    let now = write.now;
    let replaced =
        sqlx::query("UPDATE devices SET status = 'replaced' WHERE tenant = $1 AND handle = $2 AND status = 'active'")
            .bind(&device.tenant)
            .bind(&device.handle)
            .execute(write.conn())
            .await?
            .rows_affected();
    sqlx::query(
        "INSERT INTO devices (id, tenant, handle, pseudonym, certificate, device_key, passkey_id, passkey_key, passkey_counter, label, status, enrolled_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11)",
    )
    .bind(&device.id).bind(&device.tenant).bind(&device.handle).bind(&device.pseudonym).bind(&device.certificate)
    .bind(&device.device_key).bind(&device.passkey_id).bind(&device.passkey_key).bind(device.passkey_counter)
    .bind(&device.label).bind(now).execute(write.conn()).await?;
    let event = Event {
        kind: "device.enrolled",
        tenant: Some(&device.tenant),
        device: Some(&device.id),
        data: json!({"replaced": replaced}),
        ..Event::default()
    };
    events::append(write, event).await.map(drop)
}

/// Moves the passkey's counter on; `false` when it went back or another assertion was faster.
///
/// # Errors
/// Whatever the database answers.
pub async fn advance_counter(write: &mut Write, device: &str, counter: i64) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "UPDATE devices SET passkey_counter = $1 WHERE id = $2 AND status = 'active' AND (passkey_counter < $1 OR (passkey_counter = 0 AND $1 = 0))",
    )
    .bind(counter).bind(device).execute(write.conn()).await?;
    Ok(changed.rows_affected() == 1)
}

/// Stores a challenge; `false` when the device has too many waiting.
///
/// # Errors
/// Whatever the database answers.
pub async fn add_challenge(write: &mut Write, device: &str, challenge_hash: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM device_challenges WHERE expires_at <= $1").bind(now).execute(write.conn()).await?;
    let waiting: i64 = sqlx::query("SELECT COUNT(*) FROM device_challenges WHERE device = $1")
        .bind(device)
        .fetch_one(write.conn())
        .await?
        .try_get(0)?;
    if waiting >= 20 {
        return Ok(false);
    }
    sqlx::query("INSERT INTO device_challenges (challenge_hash, device, expires_at) VALUES ($1, $2, $3)")
        .bind(challenge_hash)
        .bind(device)
        .bind(now + CHALLENGE_MS)
        .execute(write.conn())
        .await?;
    Ok(true)
}

/// Takes a challenge out: it serves once.
///
/// # Errors
/// Whatever the database answers.
pub async fn take_challenge(write: &mut Write, device: &str, challenge_hash: &str) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query("DELETE FROM device_challenges WHERE challenge_hash = $1 AND device = $2 AND expires_at > (SELECT now_ms FROM clock)")
        .bind(challenge_hash).bind(device).execute(write.conn()).await?;
    Ok(taken.rows_affected() == 1)
}

/// Stores a token and drops lapsed ones.
///
/// # Errors
/// Whatever the database answers.
pub async fn add_token(write: &mut Write, device: &str, token_hash: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM device_tokens WHERE expires_at <= $1").bind(now).execute(write.conn()).await?;
    sqlx::query("INSERT INTO device_tokens (token_hash, device, expires_at) VALUES ($1, $2, $3)")
        .bind(token_hash)
        .bind(device)
        .bind(now + TOKEN_MS)
        .execute(write.conn())
        .await
        .map(drop)
}
