//! API keys and clients: what acts without a person.

use honnin_protocol::text::Localized;
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::organisations::{document, stored};
use super::{Event, Millis, News, Query, Write};
use crate::domain::rights::Scope;
use crate::domain::settings::Kind;

/// A client's access token is good for ten minutes.
pub const TOKEN_MS: Millis = 10 * 60 * 1000;

/// A machine as stored.
#[derive(Clone, Debug)]
pub struct Machine {
    /// `m_…`.
    pub id: String,
    /// Whose.
    pub organisation: String,
    /// Tenant or partner.
    pub organisation_kind: Kind,
    /// `api_key` or `client`.
    pub kind: String,
    /// Seen by people who run it.
    pub name: String,
    /// Seen on the customer's phone.
    pub label: Localized,
    /// What it may.
    pub scopes: Vec<Scope>,
    /// A client's public keys, JSON.
    pub jwks: Option<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Millis,
    /// Until when.
    pub expires_at: Millis,
    /// When it last came.
    pub last_used_at: Option<Millis>,
    /// `active` or `revoked`.
    pub status: String,
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(
            "SELECT m.id, m.organisation, o.kind, m.kind, m.name, m.label, m.scopes, m.jwks, m.created_by, m.created_at, ",
            "m.expires_at, m.last_used_at, m.status FROM machines m JOIN organisations o ON o.id = m.organisation ",
            $rest
        ))
    };
}

fn read(row: &AnyRow) -> Result<Machine, sqlx::Error> {
    let kind: String = row.try_get(2)?;
    Ok(Machine {
        id: row.try_get(0)?,
        organisation: row.try_get(1)?,
        organisation_kind: if kind == "tenant" { Kind::Tenant } else { Kind::Partner },
        kind: row.try_get(3)?,
        name: row.try_get(4)?,
        label: stored(&row.try_get::<String, _>(5)?)?,
        scopes: stored(&row.try_get::<String, _>(6)?)?,
        jwks: row.try_get(7)?,
        created_by: row.try_get(8)?,
        created_at: row.try_get(9)?,
        expires_at: row.try_get(10)?,
        last_used_at: row.try_get(11)?,
        status: row.try_get(12)?,
    })
}

/// An organisation's machines, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, organisation: &str) -> Result<Vec<Machine>, sqlx::Error> {
    select!("WHERE m.organisation = $1 ORDER BY m.created_at DESC, m.id")
        .bind(organisation)
        .fetch_all(query.conn())
        .await?
        .iter()
        .map(read)
        .collect()
}

/// A client in good standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn active_client(query: &mut Query, id: &str) -> Result<Option<Machine>, sqlx::Error> {
    select!(
        "WHERE m.id = $1 AND m.kind = 'client' AND m.status = 'active' AND o.status = 'active'
           AND m.expires_at > (SELECT now_ms FROM clock)"
    )
    .bind(id)
    .fetch_optional(query.conn())
    .await?
    .as_ref()
    .map(read)
    .transpose()
}

/// The machine that sent this secret: an API key, or a client's access token. In good standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn by_secret(query: &mut Query, secret_hash: &str) -> Result<Option<Machine>, sqlx::Error> {
    select!(
        "WHERE (m.secret_hash = $1 OR m.id = (SELECT k.machine FROM machine_tokens k
                 WHERE k.token_hash = $1 AND k.expires_at > (SELECT now_ms FROM clock)))
           AND m.status = 'active' AND o.status = 'active' AND m.expires_at > (SELECT now_ms FROM clock)"
    )
    .bind(secret_hash)
    .fetch_optional(query.conn())
    .await?
    .as_ref()
    .map(read)
    .transpose()
}

/// Adds a machine; an API key by the hash of its secret.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert(write: &mut Write, m: &Machine, secret_hash: Option<&str>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO machines (id, organisation, kind, name, label, scopes, secret_hash, jwks, created_by, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(&m.id).bind(&m.organisation).bind(&m.kind).bind(&m.name).bind(document(&m.label)?).bind(document(&m.scopes)?)
    .bind(secret_hash).bind(m.jwks.as_deref()).bind(&m.created_by).bind(m.created_at).bind(m.expires_at)
    .execute(write.conn()).await?;
    write.record(
        Event::new(&m.organisation, "machine.added")
            .by(&m.created_by)
            .with(json!({"machine": m.id, "kind": m.kind, "scopes": m.scopes, "expires_at": m.expires_at})),
    );
    Ok(())
}

/// Revokes a machine and its tokens; `false` when there is none such or it was revoked.
///
/// # Errors
/// Whatever the database answers.
pub async fn revoke(write: &mut Write, organisation: &str, id: &str, by: &str) -> Result<bool, sqlx::Error> {
    let changed =
        sqlx::query("UPDATE machines SET status = 'revoked' WHERE id = $1 AND organisation = $2 AND status = 'active'")
            .bind(id)
            .bind(organisation)
            .execute(write.conn())
            .await?
            .rows_affected()
            == 1;
    if changed {
        sqlx::query("DELETE FROM machine_tokens WHERE machine = $1").bind(id).execute(write.conn()).await?;
        write.record(Event::new(organisation, "machine.revoked").by(by).with(json!({"machine": id})));
        write.tell(News::Person(id.to_owned()));
    }
    Ok(changed)
}

/// Marks a machine as used; a minute's grain spares writes.
///
/// # Errors
/// Whatever the database answers.
pub async fn touch(write: &mut Write, id: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("UPDATE machines SET last_used_at = $1 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $3)")
        .bind(now)
        .bind(id)
        .bind(now - 60_000)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Remembers an assertion's `jti` until it lapses; `false` when it came before.
///
/// # Errors
/// Whatever the database answers.
pub async fn remember_assertion(write: &mut Write, jti_hash: &str, expires_at: Millis) -> Result<bool, sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM machine_assertions WHERE expires_at <= $1").bind(now).execute(write.conn()).await?;
    let added = sqlx::query(
        "INSERT INTO machine_assertions (jti_hash, expires_at) VALUES ($1, $2) ON CONFLICT (jti_hash) DO NOTHING",
    )
    .bind(jti_hash)
    .bind(expires_at)
    .execute(write.conn())
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Stores an access token and drops lapsed ones.
///
/// # Errors
/// Whatever the database answers.
pub async fn add_token(write: &mut Write, machine: &str, token_hash: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM machine_tokens WHERE expires_at <= $1").bind(now).execute(write.conn()).await?;
    sqlx::query("INSERT INTO machine_tokens (token_hash, machine, expires_at) VALUES ($1, $2, $3)")
        .bind(token_hash)
        .bind(machine)
        .bind(now + TOKEN_MS)
        .execute(write.conn())
        .await
        .map(drop)
}
