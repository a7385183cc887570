//! Console sessions: active, locked when idle, ended.

use serde_json::json;
use sqlx::AnyConnection;
use sqlx::Row as _;

use super::events::{self, Event};
use super::{Millis, Write};

/// A session ends after a working day, whatever happens.
pub const LIFETIME_MS: Millis = 12 * 60 * 60 * 1000;

/// A console session that may act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Row identifier (not a secret).
    pub id: String,
    /// Who.
    pub operator: String,
    /// For which tenant.
    pub tenant: String,
    /// Last request, milliseconds.
    pub last_seen_at: Millis,
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may act.
    Active(Session),
    /// It waits for the next login.
    Locked(Session),
    /// It has been silent too long: lock it.
    Idle(Session),
    /// Unknown, ended, expired, or its operator or tenant is suspended.
    Gone,
}

/// Looks a session up by its token's hash. `idle_ms` comes from the tenant.
///
/// # Errors
/// Whatever the database answers.
pub async fn by_token(
    conn: &mut AnyConnection,
    token_hash: &str,
    idle_ms: impl Fn(&str) -> Millis,
) -> Result<Standing, sqlx::Error> {
    let row = sqlx::query(
        "SELECT s.id, s.operator, o.tenant, s.status, s.last_seen_at, (SELECT now_ms FROM clock)
         FROM operator_sessions s JOIN operators o ON o.id = s.operator JOIN tenants t ON t.id = o.tenant
         WHERE s.token_hash = $1 AND s.status <> 'ended' AND s.expires_at > (SELECT now_ms FROM clock)
           AND o.status = 'active' AND t.status = 'active'",
    )
    .bind(token_hash)
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(Standing::Gone) };
    let session = Session {
        id: row.try_get(0)?,
        operator: row.try_get(1)?,
        tenant: row.try_get(2)?,
        last_seen_at: row.try_get(4)?,
    };
    let (status, now): (String, Millis) = (row.try_get(3)?, row.try_get(5)?);
    Ok(if status == "locked" {
        Standing::Locked(session)
    } else if now - session.last_seen_at > idle_ms(&session.tenant) {
        Standing::Idle(session)
    } else {
        Standing::Active(session)
    })
}

/// Marks activity.
///
/// # Errors
/// Whatever the database answers.
pub async fn touch(write: &mut Write, session: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("UPDATE operator_sessions SET last_seen_at = $1 WHERE id = $2 AND status = 'active'")
        .bind(now)
        .bind(session)
        .execute(write.conn())
        .await
        .map(drop)
}

/// Begins a session, or unlocks `locked` under a new token.
///
/// # Errors
/// Whatever the database answers.
pub async fn begin(
    write: &mut Write,
    fresh_id: &str,
    token_hash: &str,
    operator: &str,
    tenant: &str,
    locked: Option<&str>,
) -> Result<(), sqlx::Error> {
    let now = write.now;
    let unlocked =
        match locked {
            Some(id) => sqlx::query(
                "UPDATE operator_sessions SET status = 'active', token_hash = $1, last_seen_at = $2, expires_at = $3
             WHERE id = $4 AND operator = $5 AND status <> 'ended'",
            )
            .bind(token_hash)
            .bind(now)
            .bind(now + LIFETIME_MS)
            .bind(id)
            .bind(operator)
            .execute(write.conn())
            .await?
            .rows_affected()
                == 1,
            None => false,
        };
    if !unlocked {
        sqlx::query(
            "INSERT INTO operator_sessions (id, token_hash, operator, status, created_at, last_seen_at, expires_at)
             VALUES ($1, $2, $3, 'active', $4, $4, $5)",
        )
        .bind(fresh_id)
        .bind(token_hash)
        .bind(operator)
        .bind(now)
        .bind(now + LIFETIME_MS)
        .execute(write.conn())
        .await?;
    }
    let kind = if unlocked { "session.unlocked" } else { "session.started" };
    record(write, kind, operator, tenant).await
}

/// Locks a session; `true` when it was active.
///
/// # Errors
/// Whatever the database answers.
pub async fn lock(write: &mut Write, session: &Session, idle: bool) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query("UPDATE operator_sessions SET status = 'locked' WHERE id = $1 AND status = 'active'")
        .bind(&session.id)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if changed {
        record(write, if idle { "session.locked-idle" } else { "session.locked" }, &session.operator, &session.tenant)
            .await?;
    }
    Ok(changed)
}

/// Ends a session for good.
///
/// # Errors
/// Whatever the database answers.
pub async fn end(write: &mut Write, session: &Session) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE operator_sessions SET status = 'ended' WHERE id = $1")
        .bind(&session.id)
        .execute(write.conn())
        .await?;
    record(write, "session.ended", &session.operator, &session.tenant).await
}

async fn record(write: &mut Write, kind: &str, operator: &str, tenant: &str) -> Result<(), sqlx::Error> {
    let event = Event { kind, operator: Some(operator), tenant: Some(tenant), data: json!({}), ..Event::default() };
    events::append(write, event).await.map(drop)
}
