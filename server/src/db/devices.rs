//! Enrolled phones, their sessions and challenges.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::sets::{self, listed, set};
use super::{Event, Millis, News, Query, Write, push};

/// A challenge is good for a minute.
pub const CHALLENGE_MS: Millis = 60 * 1000;
/// A device token is good for twelve hours.
pub const TOKEN_MS: Millis = 12 * 60 * 60 * 1000;

/// What is sealed of a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Field element, hex.
    pub pseudonym: String,
    /// JWK.
    pub device_key: String,
    /// b64u.
    pub passkey_id: String,
    /// JWK.
    pub passkey_key: String,
    /// What kind of phone it is.
    pub label: String,
}

/// An enrolled phone.
#[derive(Clone, Debug)]
pub struct Device {
    /// `d_…`.
    pub id: String,
    /// For which tenant: devices are pairwise.
    pub tenant: String,
    /// Whose.
    pub customer: String,
    /// Row of the issuer certificate that its credential stands on.
    pub certificate: String,
    /// Keys and names.
    pub identity: Identity,
    /// Last signature counter seen.
    pub passkey_counter: i64,
}

macro_rules! columns {
    () => {
        "SELECT d.id, d.tenant, d.customer, d.certificate, d.identity, d.passkey_counter"
    };
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(columns!(), " FROM devices d ", $rest))
    };
}

fn read(query: &Query, row: &AnyRow) -> Result<Device, sqlx::Error> {
    let (id, tenant): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    let identity: String = row.try_get(4)?;
    Ok(Device {
        identity: open_identity(query, &tenant, &id, &identity)?,
        id,
        tenant,
        customer: row.try_get(2)?,
        certificate: row.try_get(3)?,
        passkey_counter: row.try_get(5)?,
    })
}

/// Opens the sealed column.
pub(super) fn open_identity(query: &Query, tenant: &str, id: &str, sealed: &str) -> Result<Identity, sqlx::Error> {
    query.seals().open(tenant, "devices", "identity", id, sealed)
}

/// A device in good standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn active(query: &mut Query, id: &str) -> Result<Option<Device>, sqlx::Error> {
    let row = select!(
        "JOIN organisations t ON t.id = d.tenant WHERE d.id = $1 AND d.status = 'active' AND t.status = 'active'"
    )
    .bind(id)
    .fetch_optional(query.conn())
    .await?;
    row.map(|r| read(query, &r)).transpose()
}

/// The device that holds this token, in good standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn by_token(query: &mut Query, token_hash: &str) -> Result<Option<Device>, sqlx::Error> {
    Ok(by_tokens(query, &[token_hash]).await?.remove(token_hash))
}

/// As [`by_token`], for several: by hash.
///
/// # Errors
/// Whatever the database answers.
pub async fn by_tokens(query: &mut Query, hashes: &[&str]) -> Result<HashMap<String, Device>, sqlx::Error> {
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = listed!(
        query,
        concat!(
            columns!(),
            ", k.token_hash FROM device_tokens k JOIN devices d ON d.id = k.device \
             JOIN organisations t ON t.id = d.tenant \
             WHERE k.expires_at > (SELECT now_ms FROM clock) AND d.status = 'active' AND t.status = 'active' \
               AND k.token_hash"
        ),
        ""
    )
    .bind(sets::rows(hashes)?)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|row| Ok((row.try_get(6)?, read(query, row)?))).collect()
}

/// Which phone, in good standing, holds a token, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// `d_…`.
    pub device: String,
    /// `c_…`.
    pub customer: String,
}

/// Who holds each of these tokens.
///
/// # Errors
/// Whatever the database answers.
pub async fn holders(query: &mut Query, hashes: &[&str]) -> Result<HashMap<String, Holding>, sqlx::Error> {
    if hashes.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = listed!(
        query,
        "SELECT k.token_hash, d.id, d.customer FROM device_tokens k JOIN devices d ON d.id = k.device
         JOIN organisations t ON t.id = d.tenant
         WHERE k.expires_at > (SELECT now_ms FROM clock) AND d.status = 'active' AND t.status = 'active'
           AND k.token_hash",
        ""
    )
    .bind(sets::rows(hashes)?)
    .fetch_all(query.conn())
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, Holding { device: row.try_get(1)?, customer: row.try_get(2)? })))
        .collect()
}

/// Whether the device that holds this token is still in good standing: what a stream asks each turn.
///
/// # Errors
/// Whatever the database answers.
pub async fn may_listen(query: &mut Query, token_hash: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT 1 FROM device_tokens k JOIN devices d ON d.id = k.device JOIN organisations t ON t.id = d.tenant
         WHERE k.token_hash = $1 AND k.expires_at > (SELECT now_ms FROM clock) AND d.status = 'active' AND t.status = 'active'",
    )
    .bind(token_hash).fetch_optional(query.conn()).await?;
    Ok(row.is_some())
}

/// Stores a phone that was just enrolled; [`super::phones::enrol`] decides beside which others.
///
/// # Errors
/// Whatever the database answers.
pub(super) async fn insert(write: &mut Write, device: &Device) -> Result<(), sqlx::Error> {
    let now = write.now;
    let index = write.seals().index(&device.tenant, "devices.pseudonym", &device.identity.pseudonym)?;
    let identity = write.seals().seal(&device.tenant, "devices", "identity", &device.id, &device.identity)?;
    sqlx::query(
        "INSERT INTO devices (id, tenant, customer, pseudonym_index, certificate, identity, passkey_counter, status,
                              enrolled_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $8)",
    )
    .bind(&device.id)
    .bind(&device.tenant)
    .bind(&device.customer)
    .bind(index)
    .bind(&device.certificate)
    .bind(identity)
    .bind(device.passkey_counter)
    .bind(now)
    .execute(write.conn())
    .await
    .map(drop)
}

/// Revokes a phone for good; `true` when it was active or suspended.
///
/// # Errors
/// Whatever the database answers.
pub async fn revoke(write: &mut Write, tenant: &str, id: &str, by: &str, reason: &str) -> Result<bool, sqlx::Error> {
    let revoked = sqlx::query(
        "UPDATE devices SET status = 'revoked'
         WHERE id = $1 AND tenant = $2 AND status IN ('active', 'suspended') RETURNING customer",
    )
    .bind(id)
    .bind(tenant)
    .fetch_optional(write.conn())
    .await?;
    let Some(row) = revoked else { return Ok(false) };
    push::forget(write, id).await?;
    write.record(Event::new(tenant, "device.revoked").by(by).with(json!({"device": id, "reason": reason})));
    write.tell(News::Device(id.to_owned()));
    write.tell(News::Phones(row.try_get(0)?));
    Ok(true)
}

/// A phone of a customer, whatever became of it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// `d_…`.
    pub id: String,
    /// `active`, `suspended`, `replaced` or `revoked`.
    pub status: String,
    /// When it was enrolled.
    pub enrolled_at: Millis,
    /// Row of the issuer certificate.
    pub certificate: String,
    /// Keys and names, unless erased.
    pub identity: Option<Identity>,
}

/// Every phone that a customer enrolled, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_customer(query: &mut Query, tenant: &str, customer: &str) -> Result<Vec<Listed>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, status, enrolled_at, certificate, identity FROM devices WHERE tenant = $1 AND customer = $2
         ORDER BY enrolled_at DESC, id",
    )
    .bind(tenant)
    .bind(customer)
    .fetch_all(query.conn())
    .await?;
    rows.iter()
        .map(|r| {
            let (id, sealed): (String, String) = (r.try_get(0)?, r.try_get(4)?);
            let identity = if sealed.is_empty() { None } else { Some(open_identity(query, tenant, &id, &sealed)?) };
            Ok(Listed { id, status: r.try_get(1)?, enrolled_at: r.try_get(2)?, certificate: r.try_get(3)?, identity })
        })
        .collect()
}

/// Empties a phone that is over: its keys, names, index, tokens and challenges.
///
/// # Errors
/// Whatever the database answers.
pub async fn forget(write: &mut Write, device: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE devices SET identity = '', pseudonym_index = '' WHERE id = $1 AND status <> 'active'")
        .bind(device)
        .execute(write.conn())
        .await?;
    forget_sessions(write, device).await
}

/// Forgets a phone's tokens and challenges: its streams end.
///
/// # Errors
/// Whatever the database answers.
pub async fn forget_sessions(write: &mut Write, device: &str) -> Result<(), sqlx::Error> {
    for statement in ["DELETE FROM device_tokens WHERE device = $1", "DELETE FROM device_challenges WHERE device = $1"]
    {
        sqlx::query(statement).bind(device).execute(write.conn()).await?;
    }
    write.tell(News::Device(device.to_owned()));
    Ok(())
}

/// Moves passkeys' counters on, which is a use; the devices whose did: not those whose counter went back, or which are over.
///
/// # Errors
/// Whatever the database answers.
pub async fn advance_counters(write: &mut Write, counters: &[(&str, i64)]) -> Result<HashSet<String>, sqlx::Error> {
    if counters.is_empty() {
        return Ok(HashSet::new());
    }
    let now = write.now;
    let rows: Vec<_> =
        counters.iter().map(|(id, counter)| json!({"id": id, "counter": counter, "used": now})).collect();
    let advanced = set!(
        write,
        "UPDATE devices SET passkey_counter = r.counter, last_used_at = r.used FROM",
        [id text, counter bigint, used bigint],
        "WHERE devices.id = r.id AND devices.status = 'active'
           AND (devices.passkey_counter < r.counter OR (devices.passkey_counter = 0 AND r.counter = 0))
         RETURNING devices.id"
    )
    .bind(sets::rows(&rows)?)
    .fetch_all(write.conn())
    .await?;
    advanced.iter().map(|row| row.try_get(0)).collect()
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

/// Stores a token, which is a use, and drops lapsed ones.
///
/// # Errors
/// Whatever the database answers.
pub async fn add_token(write: &mut Write, device: &str, token_hash: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM device_tokens WHERE expires_at <= $1").bind(now).execute(write.conn()).await?;
    sqlx::query("UPDATE devices SET last_used_at = $1 WHERE id = $2")
        .bind(now)
        .bind(device)
        .execute(write.conn())
        .await?;
    sqlx::query("INSERT INTO device_tokens (token_hash, device, expires_at) VALUES ($1, $2, $3)")
        .bind(token_hash)
        .bind(device)
        .bind(now + TOKEN_MS)
        .execute(write.conn())
        .await
        .map(drop)
}
