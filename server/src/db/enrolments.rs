//! Enrolments under way.

use honnin_protocol::policy::Policy;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::organisations::stored;
use super::{Event, Millis, Query, Write, customers};

/// An enrolment is good for ten minutes.
pub const ENROLMENT_MS: Millis = 10 * 60 * 1000;

/// What is sealed of an enrolment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Content {
    /// For which customer.
    pub handle: String,
    /// Canonical statement.
    pub statement: String,
    /// Passkey registration state, JSON.
    pub ceremony: String,
}

/// An enrolment as stored.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// `e_…`.
    pub id: String,
    /// For which tenant.
    pub tenant: String,
    /// Handle, statement, ceremony; none once it was completed.
    pub content: Option<Content>,
    /// What it proves.
    pub policy: Policy,
    /// When it lapses.
    pub expires_at: Millis,
}

/// One enrolment.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, id: &str) -> Result<Option<Enrolment>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT e.tenant, e.content, p.document, e.expires_at, e.completed_at
         FROM enrolments e JOIN policies p ON p.tenant = e.tenant AND p.id = e.policy_id AND p.version = e.policy_version
         WHERE e.id = $1",
    )
    .bind(id)
    .fetch_optional(query.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (tenant, content, policy): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let completed: Option<Millis> = row.try_get(4)?;
    let content = match completed {
        None => Some(query.seals().open(&tenant, "enrolments", "content", id, &content)?),
        Some(_) => None,
    };
    Ok(Some(Enrolment { id: id.to_owned(), tenant, content, policy: stored(&policy)?, expires_at: row.try_get(3)? }))
}

/// How many enrolments of a handle were started since an instant.
///
/// # Errors
/// Whatever the database answers.
pub async fn pressure(query: &mut Query, tenant: &str, handle: &str, since: Millis) -> Result<i64, sqlx::Error> {
    let index = customers::index(query, tenant, handle)?;
    sqlx::query("SELECT COUNT(*) FROM enrolments WHERE tenant = $1 AND handle_index = $2 AND created_at > $3")
        .bind(tenant)
        .bind(index)
        .bind(since)
        .fetch_one(query.conn())
        .await?
        .try_get(0)
}

/// An enrolment as a customer's export lists it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// `e_…`.
    pub id: String,
    /// The policy that it proved.
    pub policy: String,
    /// Its version.
    pub policy_version: i64,
    /// When it began.
    pub created_at: Millis,
    /// When it lapsed or would have.
    pub expires_at: Millis,
    /// Refused proofs.
    pub refused: i64,
    /// When it became a phone.
    pub completed_at: Option<Millis>,
}

/// Every enrolment of a handle, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_handle(query: &mut Query, tenant: &str, handle: &str) -> Result<Vec<Listed>, sqlx::Error> {
    let index = customers::index(query, tenant, handle)?;
    let rows = sqlx::query(
        "SELECT id, policy_id, policy_version, created_at, expires_at, refused, completed_at FROM enrolments
         WHERE tenant = $1 AND handle_index = $2 ORDER BY created_at DESC, id",
    )
    .bind(tenant)
    .bind(index)
    .fetch_all(query.conn())
    .await?;
    rows.iter()
        .map(|r| {
            Ok(Listed {
                id: r.try_get(0)?,
                policy: r.try_get(1)?,
                policy_version: r.try_get(2)?,
                created_at: r.try_get(3)?,
                expires_at: r.try_get(4)?,
                refused: r.try_get(5)?,
                completed_at: r.try_get(6)?,
            })
        })
        .collect()
}

/// Stores a fresh enrolment and drops those that lapsed unused.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert(
    write: &mut Write,
    id: &str,
    tenant: &str,
    content: &Content,
    policy: &Policy,
    expires_at: Millis,
) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("DELETE FROM enrolments WHERE completed_at IS NULL AND expires_at <= $1")
        .bind(now - ENROLMENT_MS)
        .execute(write.conn())
        .await?;
    let index = customers::index(write, tenant, &content.handle)?;
    let sealed = write.seals().seal(tenant, "enrolments", "content", id, content)?;
    sqlx::query(
        "INSERT INTO enrolments (id, tenant, handle_index, content, policy_id, policy_version, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(tenant)
    .bind(index)
    .bind(sealed)
    .bind(&policy.id)
    .bind(i64::from(policy.version))
    .bind(now)
    .bind(expires_at)
    .execute(write.conn())
    .await
    .map(drop)
}

/// Uses an enrolment up; `false` when it was used or has lapsed.
///
/// # Errors
/// Whatever the database answers.
pub async fn complete(write: &mut Write, id: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    let changed = sqlx::query(
        "UPDATE enrolments SET completed_at = $1, content = ''
         WHERE id = $2 AND completed_at IS NULL AND expires_at > (SELECT now_ms FROM clock)",
    )
    .bind(now)
    .bind(id)
    .execute(write.conn())
    .await?;
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
    write.record(Event::new(&enrolment.tenant, "enrolment.proof-refused"));
    Ok(())
}
