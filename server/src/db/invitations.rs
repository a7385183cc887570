//! One-time invitations, operators' passkeys and login ceremonies.

use serde_json::json;
use sqlx::AnyConnection;
use sqlx::Row as _;

use super::events::{self, Event};
use super::{Millis, Write};

/// An invitation is good for an hour.
pub const INVITATION_MS: Millis = 60 * 60 * 1000;
/// A login ceremony is good for five minutes.
pub const LOGIN_MS: Millis = 5 * 60 * 1000;

/// An operator's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Identifier from the configuration.
    pub id: String,
    /// Tenant.
    pub tenant: String,
    /// WebAuthn user handle, UUID.
    pub webauthn_id: String,
}

/// An operator in good standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn operator(conn: &mut AnyConnection, id: &str) -> Result<Option<Operator>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT o.id, o.tenant, o.webauthn_id FROM operators o JOIN tenants t ON t.id = o.tenant
         WHERE o.id = $1 AND o.status = 'active' AND t.status = 'active'",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    row.map(|r| Ok(Operator { id: r.try_get(0)?, tenant: r.try_get(1)?, webauthn_id: r.try_get(2)? })).transpose()
}

/// The operator with this WebAuthn user handle, in good standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn operator_by_webauthn_id(
    conn: &mut AnyConnection,
    webauthn_id: &str,
) -> Result<Option<Operator>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT o.id, o.tenant, o.webauthn_id FROM operators o JOIN tenants t ON t.id = o.tenant
         WHERE o.webauthn_id = $1 AND o.status = 'active' AND t.status = 'active'",
    )
    .bind(webauthn_id)
    .fetch_optional(conn)
    .await?;
    row.map(|r| Ok(Operator { id: r.try_get(0)?, tenant: r.try_get(1)?, webauthn_id: r.try_get(2)? })).transpose()
}

/// Stores a fresh invitation.
///
/// # Errors
/// Whatever the database answers.
pub async fn invite(write: &mut Write, operator: &Operator, token_hash: &str) -> Result<(), sqlx::Error> {
    let expires = write.now + INVITATION_MS;
    sqlx::query("INSERT INTO operator_invitations (token_hash, operator, expires_at) VALUES ($1, $2, $3)")
        .bind(token_hash)
        .bind(&operator.id)
        .bind(expires)
        .execute(write.conn())
        .await?;
    let event = Event {
        kind: "operator.invited",
        tenant: Some(&operator.tenant),
        operator: Some(&operator.id),
        data: json!({}),
        ..Event::default()
    };
    events::append(write, event).await.map(drop)
}

/// An invitation's row.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// Whom it lets in.
    pub operator: String,
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
pub async fn invitation(conn: &mut AnyConnection, token_hash: &str) -> Result<Option<Invitation>, sqlx::Error> {
    let row =
        sqlx::query("SELECT operator, ceremony, expires_at, used_at FROM operator_invitations WHERE token_hash = $1")
            .bind(token_hash)
            .fetch_optional(conn)
            .await?;
    row.map(|r| {
        Ok(Invitation {
            operator: r.try_get(0)?,
            ceremony: r.try_get(1)?,
            expires_at: r.try_get(2)?,
            used: r.try_get::<Option<i64>, _>(3)?.is_some(),
        })
    })
    .transpose()
}

/// Keeps the registration state of an unused invitation.
///
/// # Errors
/// Whatever the database answers.
pub async fn start(write: &mut Write, token_hash: &str, ceremony: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE operator_invitations SET ceremony = $1 WHERE token_hash = $2 AND used_at IS NULL")
        .bind(ceremony)
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
        "UPDATE operator_invitations SET used_at = $1, ceremony = NULL
         WHERE token_hash = $2 AND used_at IS NULL AND expires_at > (SELECT now_ms FROM clock)",
    )
    .bind(now)
    .bind(token_hash)
    .execute(write.conn())
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Adds a passkey to an operator.
///
/// # Errors
/// Whatever the database answers; a known credential id violates its uniqueness.
pub async fn add_passkey(
    write: &mut Write,
    operator: &Operator,
    credential_id: &str,
    passkey: &str,
) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("INSERT INTO operator_passkeys (credential_id, operator, passkey, created_at) VALUES ($1, $2, $3, $4)")
        .bind(credential_id)
        .bind(&operator.id)
        .bind(passkey)
        .bind(now)
        .execute(write.conn())
        .await?;
    let event = Event {
        kind: "operator.passkey-added",
        tenant: Some(&operator.tenant),
        operator: Some(&operator.id),
        data: json!({}),
        ..Event::default()
    };
    events::append(write, event).await.map(drop)
}

/// An operator's passkey, JSON.
///
/// # Errors
/// Whatever the database answers.
pub async fn passkey(
    conn: &mut AnyConnection,
    operator: &str,
    credential_id: &str,
) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query("SELECT passkey FROM operator_passkeys WHERE operator = $1 AND credential_id = $2")
        .bind(operator)
        .bind(credential_id)
        .fetch_optional(conn)
        .await?;
    row.map(|r| r.try_get(0)).transpose()
}

/// Replaces a passkey after its counter moved.
///
/// # Errors
/// Whatever the database answers.
pub async fn update_passkey(write: &mut Write, credential_id: &str, passkey: &str) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE operator_passkeys SET passkey = $1 WHERE credential_id = $2")
        .bind(passkey)
        .bind(credential_id)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Stores a login ceremony and drops lapsed ones.
///
/// # Errors
/// Whatever the database answers.
pub async fn start_login(write: &mut Write, id: &str, ceremony: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM operator_logins WHERE expires_at <= $1").bind(now).execute(write.conn()).await?;
    sqlx::query("INSERT INTO operator_logins (id, ceremony, expires_at) VALUES ($1, $2, $3)")
        .bind(id)
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
pub async fn take_login(write: &mut Write, id: &str) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query(
        "DELETE FROM operator_logins WHERE id = $1 AND expires_at > (SELECT now_ms FROM clock) RETURNING ceremony",
    )
    .bind(id)
    .fetch_optional(write.conn())
    .await?;
    row.map(|r| r.try_get(0)).transpose()
}
