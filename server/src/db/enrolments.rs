//! Enrolments under way and the issuer certificates they rest on.

use sqlx::AnyConnection;
use sqlx::Row as _;

use super::events::{self, Event};
use super::{Millis, Write};

/// An enrolment is good for ten minutes.
pub const ENROLMENT_MS: Millis = 10 * 60 * 1000;

/// An enrolment as stored.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// `e_…`.
    pub id: String,
    /// For which tenant.
    pub tenant: String,
    /// For which customer.
    pub handle: String,
    /// Canonical statement.
    pub statement: String,
    /// Policy document, JSON.
    pub policy: String,
    /// Passkey registration state, JSON.
    pub ceremony: String,
    /// When it lapses.
    pub expires_at: Millis,
    /// Whether it was completed.
    pub completed: bool,
}

/// One enrolment.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<Enrolment>, sqlx::Error> {
    let row = sqlx::query("SELECT id, tenant, handle, statement, policy, ceremony, expires_at, completed_at FROM enrolments WHERE id = $1")
        .bind(id).fetch_optional(conn).await?;
    row.map(|r| {
        Ok(Enrolment {
            id: r.try_get(0)?,
            tenant: r.try_get(1)?,
            handle: r.try_get(2)?,
            statement: r.try_get(3)?,
            policy: r.try_get(4)?,
            ceremony: r.try_get(5)?,
            expires_at: r.try_get(6)?,
            completed: r.try_get::<Option<i64>, _>(7)?.is_some(),
        })
    })
    .transpose()
}

/// How many enrolments of a handle were started since an instant.
///
/// # Errors
/// Whatever the database answers.
pub async fn pressure(conn: &mut AnyConnection, tenant: &str, handle: &str, since: Millis) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT COUNT(*) FROM enrolments WHERE tenant = $1 AND handle = $2 AND created_at > $3")
        .bind(tenant)
        .bind(handle)
        .bind(since)
        .fetch_one(conn)
        .await?
        .try_get(0)
}

/// Stores a fresh enrolment and drops those that lapsed unused.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert(write: &mut Write, enrolment: &Enrolment) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM enrolments WHERE completed_at IS NULL AND expires_at <= $1")
        .bind(now - ENROLMENT_MS)
        .execute(write.conn())
        .await?;
    sqlx::query(
        "INSERT INTO enrolments (id, tenant, handle, statement, policy, ceremony, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&enrolment.id).bind(&enrolment.tenant).bind(&enrolment.handle).bind(&enrolment.statement).bind(&enrolment.policy)
    .bind(&enrolment.ceremony).bind(now).bind(enrolment.expires_at).execute(write.conn()).await.map(drop)
}

/// Uses an enrolment up; `false` when it was used or has lapsed.
///
/// # Errors
/// Whatever the database answers.
pub async fn complete(write: &mut Write, id: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    let changed = sqlx::query(
        "UPDATE enrolments SET completed_at = $1, ceremony = '' WHERE id = $2 AND completed_at IS NULL AND expires_at > (SELECT now_ms FROM clock)",
    )
    .bind(now).bind(id).execute(write.conn()).await?;
    Ok(changed.rows_affected() == 1)
}

/// Refused proofs before an enrolment is over.
pub const MAX_REFUSED_PROOFS: i64 = 5;

/// Records a refused proof; the fifth ends the enrolment.
///
/// # Errors
/// Whatever the database answers.
pub async fn refuse(write: &mut Write, enrolment: &Enrolment) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query(
        "UPDATE enrolments SET refused = refused + 1, expires_at = CASE WHEN refused + 1 >= $1 THEN $2 ELSE expires_at END
         WHERE id = $3 AND completed_at IS NULL",
    )
    .bind(MAX_REFUSED_PROOFS)
    .bind(now)
    .bind(&enrolment.id)
    .execute(write.conn())
    .await?;
    let event = Event { kind: "enrolment.proof-refused", tenant: Some(&enrolment.tenant), ..Event::default() };
    events::append(write, event).await.map(drop)
}

/// A checked issuer certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// SHA-256 of tenant, key and window, hex.
    pub id: String,
    /// For which tenant.
    pub tenant: String,
    /// Row of the issuer.
    pub issuer: String,
    /// The compact JWS.
    pub jws: String,
    /// Baby Jubjub key, hex.
    pub key_x: String,
    /// Baby Jubjub key, hex.
    pub key_y: String,
    /// Milliseconds.
    pub not_before: Millis,
    /// Milliseconds.
    pub not_after: Millis,
}

/// Keeps a certificate once.
///
/// # Errors
/// Whatever the database answers.
pub async fn keep_certificate(write: &mut Write, c: &Certificate) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO issuer_certificates (id, tenant, issuer, jws, key_x, key_y, not_before, not_after)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&c.id)
    .bind(&c.tenant)
    .bind(&c.issuer)
    .bind(&c.jws)
    .bind(&c.key_x)
    .bind(&c.key_y)
    .bind(c.not_before)
    .bind(c.not_after)
    .execute(write.conn())
    .await
    .map(drop)
}

/// A certificate by its row.
///
/// # Errors
/// Whatever the database answers.
pub async fn certificate(conn: &mut AnyConnection, id: &str) -> Result<Option<Certificate>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id, tenant, issuer, jws, key_x, key_y, not_before, not_after FROM issuer_certificates WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    row.map(|r| {
        Ok(Certificate {
            id: r.try_get(0)?,
            tenant: r.try_get(1)?,
            issuer: r.try_get(2)?,
            jws: r.try_get(3)?,
            key_x: r.try_get(4)?,
            key_y: r.try_get(5)?,
            not_before: r.try_get(6)?,
            not_after: r.try_get(7)?,
        })
    })
    .transpose()
}
