//! Announced calls: one row beside its verification, moved by compare-and-set.

use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::sets::{self, set};
use super::verifications::{self, Record};
use super::{Event, Millis, News, Query, Write};
use crate::domain::calls::Stage;

/// What makes a verification a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `c_…`.
    pub id: String,
    /// What the desk did.
    pub stage: Stage,
    /// The window's begin.
    pub from: Millis,
    /// Its end.
    pub until: Millis,
    /// The call that took its place when the customer picked another window.
    pub instead: Option<String>,
    /// When it last moved.
    pub changed_at: Millis,
}

/// Columns that a query of verifications adds, with `LEFT JOIN calls k ON k.verification = v.id`.
macro_rules! columns {
    () => {
        "k.id AS call_id, k.stage AS call_stage, k.starts_at AS call_from, k.ends_at AS call_until, \
         k.instead AS call_instead, k.changed_at AS call_changed_at"
    };
}
pub(super) use columns;

pub(super) fn read(row: &AnyRow) -> Result<Option<Call>, sqlx::Error> {
    let Some(id) = row.try_get::<Option<String>, _>("call_id")? else { return Ok(None) };
    let stage: String = row.try_get("call_stage")?;
    Ok(Some(Call {
        id,
        stage: Stage::parse(&stage).ok_or_else(|| sqlx::Error::Decode("a call's stage is unknown".into()))?,
        from: row.try_get("call_from")?,
        until: row.try_get("call_until")?,
        instead: row.try_get("call_instead")?,
        changed_at: row.try_get("call_changed_at")?,
    }))
}

/// Inserts the calls among fresh verifications.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert_all(write: &mut Write, records: &[&Record]) -> Result<(), sqlx::Error> {
    let mut rows = Vec::new();
    for record in records {
        let Some(call) = &record.call else { continue };
        rows.push(json!({
            "id": call.id, "tenant": record.tenant, "verification": record.id, "person": record.asker.person(),
            "stage": call.stage.name(), "starts": call.from, "ends": call.until,
            "lapses": call.stage.lapses_at(call.changed_at, call.until), "changed": call.changed_at,
        }));
        let data = json!({"call": call.id, "from": call.from, "until": call.until});
        write.record(Event::new(&record.tenant, "call.announced").by(record.asker.id()).about(&record.id).with(data));
    }
    if rows.is_empty() {
        return Ok(());
    }
    set!(
        write,
        "INSERT INTO calls (id, tenant, verification, person, stage, starts_at, ends_at, lapses_at, changed_at)
         SELECT r.id, r.tenant, r.verification, r.person, r.stage, r.starts, r.ends, r.lapses, r.changed FROM",
        [id text, tenant text, verification text, person text, stage text, starts bigint, ends bigint, lapses bigint,
         changed bigint],
        ""
    )
    .bind(sets::rows(&rows)?)
    .execute(write.conn())
    .await
    .map(drop)
}

/// Moves a call on, with its event and news; `false` when it stood elsewhere by now.
///
/// # Errors
/// Whatever the database answers.
pub async fn advance(
    write: &mut Write,
    record: &mut Record,
    next: Stage,
    instead: Option<&str>,
    by: &str,
) -> Result<bool, sqlx::Error> {
    let Some(call) = &mut record.call else { return Ok(false) };
    if !call.stage.leads_to(next) {
        return Ok(false);
    }
    let now = write.now;
    let moved = sqlx::query(
        "UPDATE calls SET stage = $1, lapses_at = $2, instead = $3, changed_at = $4 WHERE id = $5 AND stage = $6",
    )
    .bind(next.name())
    .bind(next.lapses_at(now, call.until))
    .bind(instead)
    .bind(now)
    .bind(&call.id)
    .bind(call.stage.name())
    .execute(write.conn())
    .await?;
    if moved.rows_affected() != 1 {
        return Ok(false);
    }
    (call.stage, call.changed_at, call.instead) = (next, now, instead.map(Into::into));
    let kind = match next {
        Stage::Announced => "call.announced",
        Stage::Ringing => "call.ringing",
        Stage::Talking => "call.talking",
        Stage::Ended => "call.ended",
        Stage::Missed => "call.missed",
        Stage::Expired => "call.expired",
        Stage::Cancelled => "call.cancelled",
    };
    let data = json!({"call": call.id, "instead": instead});
    write.record(Event::new(&record.tenant, kind).by(by).about(&record.id).with(data));
    record.changed_at = record.changed_at.max(now);
    write.tell(News::Verification {
        id: record.id.clone(),
        person: record.asker.person().map(Into::into),
        customer: Some(record.customer.clone()),
        record: Some(std::sync::Arc::new(record.clone())),
    });
    Ok(true)
}

/// The verification of a call.
///
/// # Errors
/// Whatever the database answers.
pub async fn verification(query: &mut Query, call: &str) -> Result<Option<String>, sqlx::Error> {
    let row =
        sqlx::query("SELECT verification FROM calls WHERE id = $1").bind(call).fetch_optional(query.conn()).await?;
    row.map(|r| r.try_get(0)).transpose()
}

/// Verifications of calls whose time is up.
///
/// # Errors
/// Whatever the database answers.
pub async fn overdue(query: &mut Query) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT verification FROM calls WHERE lapses_at <= (SELECT now_ms FROM clock) ORDER BY lapses_at LIMIT 500",
    )
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|r| r.try_get(0)).collect()
}

/// The next instant at which a call lapses.
///
/// # Errors
/// Whatever the database answers.
pub async fn next_deadline(query: &mut Query) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query("SELECT MIN(lapses_at) FROM calls WHERE lapses_at IS NOT NULL")
        .fetch_one(query.conn())
        .await?
        .try_get(0)
}

/// Ends a call whose time is up, if it still is.
///
/// # Errors
/// Whatever the database answers.
pub async fn lapse(write: &mut Write, verification: &str) -> Result<bool, sqlx::Error> {
    let Some(mut record) = verifications::find(write, verification).await? else { return Ok(false) };
    let Some(call) = &record.call else { return Ok(false) };
    let due = match call.stage {
        Stage::Announced => call.until <= write.now,
        stage => stage.lapses_at(call.changed_at, call.until).is_some_and(|at| at <= write.now),
    };
    match call.stage.lapsed() {
        Some(next) if due => advance(write, &mut record, next, None, "service").await,
        _ => Ok(false),
    }
}

/// How many calls a customer has before them: announced or confirmed, and not refused.
///
/// # Errors
/// Whatever the database answers.
pub async fn upcoming(query: &mut Query, customer: &str) -> Result<i64, sqlx::Error> {
    sqlx::query(
        "SELECT COUNT(*) FROM calls k JOIN verifications v ON v.id = k.verification
         WHERE v.customer = $1 AND k.lapses_at IS NOT NULL AND (v.decided_at IS NULL OR v.state = 'passed')",
    )
    .bind(customer)
    .fetch_one(query.conn())
    .await?
    .try_get(0)
}
