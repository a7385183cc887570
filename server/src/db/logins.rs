//! One-time invitations, people's passkeys and login ceremonies.

use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::Row as _;

use super::people::Person;
use super::{Event, Millis, Query, Write};

/// An invitation is good for an hour.
pub const INVITATION_MS: Millis = 60 * 60 * 1000;
/// A login ceremony is good for five minutes.
pub const LOGIN_MS: Millis = 5 * 60 * 1000;

/// Stores a fresh invitation.
///
/// # Errors
/// Whatever the database answers.
pub async fn invite(write: &mut Write, person: &Person, token_hash: &str, by: &str) -> Result<(), sqlx::Error> {
    let expires = write.now + INVITATION_MS;
    sqlx::query("INSERT INTO invitations (token_hash, person, expires_at) VALUES ($1, $2, $3)")
        .bind(token_hash)
        .bind(&person.id)
        .bind(expires)
        .execute(write.conn())
        .await?;
    write.record(Event::new(&person.organisation, "person.invited").by(by).with(json!({"person": person.id})));
    Ok(())
}

/// An invitation's row.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Whom it lets in.
    pub person: String,
    /// Registration state, once started.
    pub ceremony: Option<String>,
    /// When it lapses.
    pub expires_at: Millis,
    /// Whether it was used.
    pub used: bool,
}

/// An invitation by its token's hash.
///
/// # Errors
/// Whatever the database answers.
pub async fn invitation(query: &mut Query, token_hash: &str) -> Result<Option<Invitation>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT i.person, i.ceremony, i.expires_at, i.used_at, p.organisation
         FROM invitations i JOIN people p ON p.id = i.person WHERE i.token_hash = $1",
    )
    .bind(token_hash)
    .fetch_optional(query.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (sealed, organisation): (Option<String>, String) = (row.try_get(1)?, row.try_get(4)?);
    let ceremony = match sealed {
        Some(sealed) => Some(query.seals().open(&organisation, "invitations", "ceremony", token_hash, &sealed)?),
        None => None,
    };
    Ok(Some(Invitation {
        person: row.try_get(0)?,
        ceremony,
        expires_at: row.try_get(2)?,
        used: row.try_get::<Option<i64>, _>(3)?.is_some(),
    }))
}

/// Keeps the registration state of an unused invitation.
///
/// # Errors
/// Whatever the database answers.
pub async fn start(write: &mut Write, person: &Person, token_hash: &str, ceremony: &str) -> Result<(), sqlx::Error> {
    let sealed = write.seals().seal(&person.organisation, "invitations", "ceremony", token_hash, &ceremony)?;
    sqlx::query("UPDATE invitations SET ceremony = $1 WHERE token_hash = $2 AND used_at IS NULL")
        .bind(sealed)
        .bind(token_hash)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Uses an invitation up; `false` when it was used or has lapsed.
///
/// # Errors
/// Whatever the database answers.
pub async fn redeem(write: &mut Write, token_hash: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    let changed = sqlx::query(
        "UPDATE invitations SET used_at = $1, ceremony = NULL
         WHERE token_hash = $2 AND used_at IS NULL AND expires_at > (SELECT now_ms FROM clock)",
    )
    .bind(now)
    .bind(token_hash)
    .execute(write.conn())
    .await?;
    Ok(changed.rows_affected() == 1)
}

fn credential_index(credential_id: &str) -> String {
    hex::encode(Sha256::digest(credential_id.as_bytes()))
}

/// Adds a passkey to a person.
///
/// # Errors
/// Whatever the database answers; a known credential id violates its uniqueness.
pub async fn add_passkey(
    write: &mut Write,
    person: &Person,
    credential_id: &str,
    passkey: &str,
) -> Result<(), sqlx::Error> {
    let now = write.now;
    let index = credential_index(credential_id);
    let sealed = write.seals().seal(&person.organisation, "passkeys", "passkey", &index, &passkey)?;
    sqlx::query("INSERT INTO passkeys (credential_index, person, passkey, created_at) VALUES ($1, $2, $3, $4)")
        .bind(index)
        .bind(&person.id)
        .bind(sealed)
        .bind(now)
        .execute(write.conn())
        .await?;
    write.record(Event::new(&person.organisation, "person.passkey-added").by(&person.id));
    Ok(())
}

/// A person's passkey, JSON.
///
/// # Errors
/// Whatever the database answers.
pub async fn passkey(query: &mut Query, person: &Person, credential_id: &str) -> Result<Option<String>, sqlx::Error> {
    let index = credential_index(credential_id);
    let row = sqlx::query("SELECT passkey FROM passkeys WHERE person = $1 AND credential_index = $2")
        .bind(&person.id)
        .bind(&index)
        .fetch_optional(query.conn())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: String = row.try_get(0)?;
    query.seals().open(&person.organisation, "passkeys", "passkey", &index, &sealed).map(Some)
}

/// How many passkeys a person has.
///
/// # Errors
/// Whatever the database answers.
pub async fn passkeys(query: &mut Query, person: &str) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT COUNT(*) FROM passkeys WHERE person = $1")
        .bind(person)
        .fetch_one(query.conn())
        .await?
        .try_get(0)
}

/// Replaces a passkey after its counter moved.
///
/// # Errors
/// Whatever the database answers.
pub async fn update_passkey(
    write: &mut Write,
    person: &Person,
    credential_id: &str,
    passkey: &str,
) -> Result<(), sqlx::Error> {
    let index = credential_index(credential_id);
    let sealed = write.seals().seal(&person.organisation, "passkeys", "passkey", &index, &passkey)?;
    sqlx::query("UPDATE passkeys SET passkey = $1 WHERE credential_index = $2")
        .bind(sealed)
        .bind(index)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Stores a login ceremony and drops lapsed ones. It says nothing about anybody.
///
/// # Errors
/// Whatever the database answers.
pub async fn start_login(write: &mut Write, id_hash: &str, ceremony: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM logins WHERE expires_at <= $1").bind(now).execute(write.conn()).await?;
    sqlx::query("INSERT INTO logins (id_hash, ceremony, expires_at) VALUES ($1, $2, $3)")
        .bind(id_hash)
        .bind(ceremony)
        .bind(now + LOGIN_MS)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Takes a login ceremony out: it serves once.
///
/// # Errors
/// Whatever the database answers.
pub async fn take_login(write: &mut Write, id_hash: &str) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query(
        "DELETE FROM logins WHERE id_hash = $1 AND expires_at > (SELECT now_ms FROM clock) RETURNING ceremony",
    )
    .bind(id_hash)
    .fetch_optional(write.conn())
    .await?;
    row.map(|r| r.try_get(0)).transpose()
}
