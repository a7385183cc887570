//! Who works for whom: a tenant lets a partner verify its customers, for purposes and for a time.

use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::organisations::{document, stored};
use super::{Event, Millis, News, Query, Write};

/// A delegation as stored.
#[derive(Clone, Debug)]
pub struct Delegation {
    /// `dl_…`.
    pub id: String,
    /// Who lets.
    pub tenant: String,
    /// Who is let.
    pub partner: String,
    /// Codes of the tenant's purposes.
    pub purposes: Vec<String>,
    /// From when.
    pub not_before: Millis,
    /// Until when.
    pub not_after: Millis,
    /// `active`, `frozen` or `ended`.
    pub status: String,
    /// Who gave it.
    pub created_by: String,
    /// When.
    pub created_at: Millis,
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(
            "SELECT d.id, d.tenant, d.partner, d.purposes, d.not_before, d.not_after, d.status, d.created_by, ",
            "d.created_at FROM delegations d ",
            $rest
        ))
    };
}

fn read(row: &AnyRow) -> Result<Delegation, sqlx::Error> {
    Ok(Delegation {
        id: row.try_get(0)?,
        tenant: row.try_get(1)?,
        partner: row.try_get(2)?,
        purposes: stored(&row.try_get::<String, _>(3)?)?,
        not_before: row.try_get(4)?,
        not_after: row.try_get(5)?,
        status: row.try_get(6)?,
        created_by: row.try_get(7)?,
        created_at: row.try_get(8)?,
    })
}

/// What an organisation gave and received, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, organisation: &str) -> Result<Vec<Delegation>, sqlx::Error> {
    select!("WHERE d.tenant = $1 OR d.partner = $1 ORDER BY d.created_at DESC, d.id")
        .bind(organisation)
        .fetch_all(query.conn())
        .await?
        .iter()
        .map(read)
        .collect()
}

/// What a partner may do now, for tenants in good standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn in_force(query: &mut Query, partner: &str) -> Result<Vec<Delegation>, sqlx::Error> {
    select!(
        "JOIN organisations t ON t.id = d.tenant
         WHERE d.partner = $1 AND d.status = 'active' AND t.status = 'active'
           AND d.not_before <= (SELECT now_ms FROM clock) AND d.not_after > (SELECT now_ms FROM clock)
         ORDER BY d.tenant, d.created_at, d.id"
    )
    .bind(partner)
    .fetch_all(query.conn())
    .await?
    .iter()
    .map(read)
    .collect()
}

/// One delegation.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, id: &str) -> Result<Option<Delegation>, sqlx::Error> {
    select!("WHERE d.id = $1").bind(id).fetch_optional(query.conn()).await?.as_ref().map(read).transpose()
}

/// Gives a delegation: in both organisations' logs.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert(write: &mut Write, d: &Delegation) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO delegations (id, tenant, partner, purposes, not_before, not_after, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&d.id)
    .bind(&d.tenant)
    .bind(&d.partner)
    .bind(document(&d.purposes)?)
    .bind(d.not_before)
    .bind(d.not_after)
    .bind(&d.created_by)
    .bind(d.created_at)
    .execute(write.conn())
    .await?;
    let data = json!({
        "delegation": d.id, "tenant": d.tenant, "partner": d.partner, "purposes": d.purposes,
        "not_before": d.not_before, "not_after": d.not_after,
    });
    for log in [&d.tenant, &d.partner] {
        write.record(Event::new(log, "delegation.given").by(&d.created_by).with(data.clone()));
        write.tell(News::Organisation(log.clone()));
    }
    Ok(())
}

/// Ends a delegation; `false` when it had ended.
///
/// # Errors
/// Whatever the database answers.
pub async fn end(write: &mut Write, d: &Delegation, by: &str) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query("UPDATE delegations SET status = 'ended' WHERE id = $1 AND status <> 'ended'")
        .bind(&d.id)
        .execute(write.conn())
        .await?
        .rows_affected()
        == 1;
    if changed {
        for log in [&d.tenant, &d.partner] {
            write.record(Event::new(log, "delegation.ended").by(by).with(json!({"delegation": d.id})));
            write.tell(News::Organisation(log.clone()));
        }
    }
    Ok(changed)
}

/// Freezes or thaws what a tenant gave a partner. The event is the incident's.
///
/// # Errors
/// Whatever the database answers.
pub async fn set_frozen(write: &mut Write, tenant: &str, partner: &str, frozen: bool) -> Result<bool, sqlx::Error> {
    let (to, from) = if frozen { ("frozen", "active") } else { ("active", "frozen") };
    let changed = sqlx::query("UPDATE delegations SET status = $1 WHERE tenant = $2 AND partner = $3 AND status = $4")
        .bind(to)
        .bind(tenant)
        .bind(partner)
        .bind(from)
        .execute(write.conn())
        .await?
        .rows_affected();
    for organisation in [tenant, partner] {
        write.tell(News::Organisation(organisation.to_owned()));
    }
    Ok(changed > 0)
}
