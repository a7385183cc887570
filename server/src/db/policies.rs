//! Policies, versioned, and the purposes that name them.

use honnin_protocol::policy::Policy;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Row as _;

use super::organisations::{document, stored};
use super::{Event, Millis, News, Query, Write};

/// A reason for a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Purpose {
    /// Stable code.
    pub code: String,
    /// Japanese text.
    pub ja: String,
    /// English text.
    pub en: String,
    /// Identifier of the policy that goes with it.
    pub policy: String,
    /// What it is for, where that is not customers.
    pub kind: Option<PurposeKind>,
}

/// What a purpose is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PurposeKind {
    /// Asking somebody who has no account.
    Eligibility,
}

/// What is said of a purpose and a policy that do not go together.
pub const MISFIT: &str =
    "a policy for eligibility asks for no account holder, pays and sends nothing; every other asks for the holder";

impl Purpose {
    /// Whether a policy goes with it: one for eligibility knows no account, every other asks for its holder.
    pub fn fits(&self, policy: &Policy) -> bool {
        match self.kind {
            Some(PurposeKind::Eligibility) => policy.is_for_prospects(),
            None => policy.asks_for_holder(),
        }
    }
}

/// One version of a policy.
#[derive(Clone, Debug)]
pub struct Version {
    /// The policy.
    pub document: Policy,
    /// `draft`, `published` or `retired`.
    pub status: String,
    /// Who wrote it.
    pub created_by: String,
    /// When.
    pub created_at: Millis,
    /// Who let it apply.
    pub published_by: Option<String>,
    /// When.
    pub published_at: Option<Millis>,
}

/// A tenant's published policies.
///
/// # Errors
/// Whatever the database answers.
pub async fn published(query: &mut Query, tenant: &str) -> Result<Vec<Policy>, sqlx::Error> {
    let rows = sqlx::query("SELECT document FROM policies WHERE tenant = $1 AND status = 'published' ORDER BY id")
        .bind(tenant)
        .fetch_all(query.conn())
        .await?;
    rows.iter().map(|r| stored(&r.try_get::<String, _>(0)?)).collect()
}

/// The published version of one policy.
///
/// # Errors
/// Whatever the database answers.
pub async fn current(query: &mut Query, tenant: &str, id: &str) -> Result<Option<Policy>, sqlx::Error> {
    let row = sqlx::query("SELECT document FROM policies WHERE tenant = $1 AND id = $2 AND status = 'published'")
        .bind(tenant)
        .bind(id)
        .fetch_optional(query.conn())
        .await?;
    row.map(|r| stored(&r.try_get::<String, _>(0)?)).transpose()
}

/// A purpose and the published policy that it needs.
///
/// # Errors
/// Whatever the database answers.
pub async fn for_purpose(
    query: &mut Query,
    tenant: &str,
    code: &str,
) -> Result<Option<(Purpose, Policy)>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT u.code, u.ja, u.en, u.policy, u.kind, p.document FROM purposes u
         JOIN policies p ON p.tenant = u.tenant AND p.id = u.policy AND p.status = 'published'
         WHERE u.tenant = $1 AND u.code = $2",
    )
    .bind(tenant)
    .bind(code)
    .fetch_optional(query.conn())
    .await?;
    row.map(|r| Ok((purpose(&r)?, stored(&r.try_get::<String, _>(5)?)?))).transpose()
}

fn purpose(row: &sqlx::any::AnyRow) -> Result<Purpose, sqlx::Error> {
    // The only kind there is: a check of the table's.
    let kind = row.try_get::<Option<String>, _>(4)?.map(|_| PurposeKind::Eligibility);
    Ok(Purpose { code: row.try_get(0)?, ja: row.try_get(1)?, en: row.try_get(2)?, policy: row.try_get(3)?, kind })
}

/// A tenant's purposes.
///
/// # Errors
/// Whatever the database answers.
pub async fn purposes(query: &mut Query, tenant: &str) -> Result<Vec<Purpose>, sqlx::Error> {
    let rows = sqlx::query("SELECT code, ja, en, policy, kind FROM purposes WHERE tenant = $1 ORDER BY code")
        .bind(tenant)
        .fetch_all(query.conn())
        .await?;
    rows.iter().map(purpose).collect()
}

/// Adds or alters a purpose.
///
/// # Errors
/// Whatever the database answers.
pub async fn put_purpose(write: &mut Write, tenant: &str, purpose: &Purpose, by: &str) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO purposes (tenant, code, ja, en, policy, kind) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant, code) DO UPDATE SET ja = $3, en = $4, policy = $5, kind = $6",
    )
    .bind(tenant)
    .bind(&purpose.code)
    .bind(&purpose.ja)
    .bind(&purpose.en)
    .bind(&purpose.policy)
    .bind(purpose.kind.map(|PurposeKind::Eligibility| "eligibility"))
    .execute(write.conn())
    .await?;
    write.record(
        Event::new(tenant, "purpose.changed")
            .by(by)
            .with(json!({"purpose": purpose.code, "policy": purpose.policy, "kind": purpose.kind})),
    );
    write.tell(News::Organisation(tenant.to_owned()));
    Ok(())
}

/// Removes a purpose; `false` when there is none such.
///
/// # Errors
/// Whatever the database answers.
pub async fn remove_purpose(write: &mut Write, tenant: &str, code: &str, by: &str) -> Result<bool, sqlx::Error> {
    let gone = sqlx::query("DELETE FROM purposes WHERE tenant = $1 AND code = $2")
        .bind(tenant)
        .bind(code)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if gone {
        write.record(Event::new(tenant, "purpose.removed").by(by).with(json!({"purpose": code})));
        write.tell(News::Organisation(tenant.to_owned()));
    }
    Ok(gone)
}

/// Every version of every policy, by identifier, newest version first.
///
/// # Errors
/// Whatever the database answers.
pub async fn versions(query: &mut Query, tenant: &str) -> Result<Vec<Version>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT document, status, created_by, created_at, published_by, published_at FROM policies
         WHERE tenant = $1 ORDER BY id, version DESC",
    )
    .bind(tenant)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(version).collect()
}

fn version(row: &sqlx::any::AnyRow) -> Result<Version, sqlx::Error> {
    Ok(Version {
        document: stored(&row.try_get::<String, _>(0)?)?,
        status: row.try_get(1)?,
        created_by: row.try_get(2)?,
        created_at: row.try_get(3)?,
        published_by: row.try_get(4)?,
        published_at: row.try_get(5)?,
    })
}

/// One version.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, tenant: &str, id: &str, number: i64) -> Result<Option<Version>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT document, status, created_by, created_at, published_by, published_at FROM policies
         WHERE tenant = $1 AND id = $2 AND version = $3",
    )
    .bind(tenant)
    .bind(id)
    .bind(number)
    .fetch_optional(query.conn())
    .await?;
    row.as_ref().map(version).transpose()
}

/// The number that the next version of a policy gets.
///
/// # Errors
/// Whatever the database answers.
pub async fn next_version(query: &mut Query, tenant: &str, id: &str) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT COALESCE(MAX(version), 0) + 1 FROM policies WHERE tenant = $1 AND id = $2")
        .bind(tenant)
        .bind(id)
        .fetch_one(query.conn())
        .await?
        .try_get(0)
}

/// Stores a draft.
///
/// # Errors
/// Whatever the database answers.
pub async fn draft(write: &mut Write, tenant: &str, policy: &Policy, by: &str) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query(
        "INSERT INTO policies (tenant, id, version, status, document, created_by, created_at)
         VALUES ($1, $2, $3, 'draft', $4, $5, $6)",
    )
    .bind(tenant)
    .bind(&policy.id)
    .bind(i64::from(policy.version))
    .bind(document(policy)?)
    .bind(by)
    .bind(now)
    .execute(write.conn())
    .await?;
    write.record(
        Event::new(tenant, "policy.drafted")
            .by(by)
            .with(json!({"policy": policy.id, "version": policy.version, "digest": policy.digest()})),
    );
    Ok(())
}

/// Publishes a draft in place of the version before it.
///
/// # Errors
/// Whatever the database answers.
pub async fn publish(write: &mut Write, tenant: &str, policy: &Policy, by: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    sqlx::query("UPDATE policies SET status = 'retired' WHERE tenant = $1 AND id = $2 AND status = 'published'")
        .bind(tenant)
        .bind(&policy.id)
        .execute(write.conn())
        .await?;
    let published = sqlx::query(
        "UPDATE policies SET status = 'published', published_by = $1, published_at = $2
         WHERE tenant = $3 AND id = $4 AND version = $5 AND status = 'draft'",
    )
    .bind(by)
    .bind(now)
    .bind(tenant)
    .bind(&policy.id)
    .bind(i64::from(policy.version))
    .execute(write.conn())
    .await?
    .rows_affected()
        == 1;
    if published {
        write.record(
            Event::new(tenant, "policy.published")
                .by(by)
                .with(json!({"policy": policy.id, "version": policy.version, "digest": policy.digest()})),
        );
        write.tell(News::Organisation(tenant.to_owned()));
    }
    Ok(published)
}

/// Drops a draft, or retires a published version.
///
/// # Errors
/// Whatever the database answers.
pub async fn withdraw(write: &mut Write, tenant: &str, version: &Version, by: &str) -> Result<(), sqlx::Error> {
    let (id, number) = (&version.document.id, i64::from(version.document.version));
    let (statement, kind) = if version.status == "draft" {
        ("DELETE FROM policies WHERE tenant = $1 AND id = $2 AND version = $3 AND status = 'draft'", "policy.dropped")
    } else {
        (
            "UPDATE policies SET status = 'retired' WHERE tenant = $1 AND id = $2 AND version = $3 AND status = 'published'",
            "policy.retired",
        )
    };
    sqlx::query(statement).bind(tenant).bind(id).bind(number).execute(write.conn()).await?;
    write.record(Event::new(tenant, kind).by(by).with(json!({"policy": id, "version": number})));
    write.tell(News::Organisation(tenant.to_owned()));
    Ok(())
}
