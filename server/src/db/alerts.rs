//! What somebody should look at.

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::Row as _;

use super::organisations::{document, stored};
use super::{Event, Millis, News, Query, Write};

/// An alert as stored.
#[derive(Clone, Debug, Serialize)]
pub struct Alert {
    /// `a_…`.
    pub id: String,
    /// When.
    pub at: Millis,
    /// Stable kind.
    pub kind: String,
    /// The person concerned, if one is.
    pub person: Option<String>,
    /// Codes, numbers and identifiers.
    pub data: Value,
    /// When somebody looked.
    pub acknowledged_at: Option<Millis>,
    /// Who.
    pub acknowledged_by: Option<String>,
}

/// Raises an alert: on the pages, in the log, and to the webhook if there is one.
///
/// # Errors
/// Whatever the database answers.
pub async fn raise(
    write: &mut Write,
    organisation: &str,
    id: &str,
    kind: &str,
    person: Option<&str>,
    data: &Value,
) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query("INSERT INTO alerts (id, organisation, kind, person, data, at) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(organisation)
        .bind(kind)
        .bind(person)
        .bind(document(data)?)
        .bind(now)
        .execute(write.conn())
        .await?;
    let mut event = Event::new(organisation, "alert.raised").with(json!({"alert": id, "kind": kind, "data": data}));
    event.actor = person.map(Into::into);
    write.record(event);
    // Thin: who wants to know more comes and looks.
    let body = json!({"type": "alert.raised", "timestamp": now, "data": {"id": id, "kind": kind}});
    sqlx::query(
        "INSERT INTO outbox (id, organisation, kind, body, created_at, due_at)
         SELECT $1, $2, 'alert', $3, $4, $4 FROM alert_webhooks WHERE organisation = $2",
    )
    .bind(format!("msg_{}", &id[2..]))
    .bind(organisation)
    .bind(document(&body)?)
    .bind(now)
    .execute(write.conn())
    .await?;
    write.tell(News::Alert { organisation: organisation.to_owned(), id: id.to_owned() });
    Ok(())
}

/// Whether an alert of this kind about this person or thing was raised since an instant: one is enough.
///
/// # Errors
/// Whatever the database answers.
pub async fn raised_since(
    query: &mut Query,
    organisation: &str,
    kind: &str,
    person: Option<&str>,
    since: Millis,
) -> Result<bool, sqlx::Error> {
    let row = sqlx::query(
        "SELECT 1 FROM alerts WHERE organisation = $1 AND at > $2 AND kind = $3 AND COALESCE(person, '') = $4 LIMIT 1",
    )
    .bind(organisation)
    .bind(since)
    .bind(kind)
    .bind(person.unwrap_or_default())
    .fetch_optional(query.conn())
    .await?;
    Ok(row.is_some())
}

/// An organisation's alerts, newest first, 200 at most.
///
/// # Errors
/// Whatever the database answers.
pub async fn of(query: &mut Query, organisation: &str) -> Result<Vec<Alert>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id, at, kind, person, data, acknowledged_at, acknowledged_by FROM alerts
         WHERE organisation = $1 ORDER BY at DESC, id LIMIT 200",
    )
    .bind(organisation)
    .fetch_all(query.conn())
    .await?;
    rows.iter()
        .map(|r| {
            Ok(Alert {
                id: r.try_get(0)?,
                at: r.try_get(1)?,
                kind: r.try_get(2)?,
                person: r.try_get(3)?,
                data: stored(&r.try_get::<String, _>(4)?)?,
                acknowledged_at: r.try_get(5)?,
                acknowledged_by: r.try_get(6)?,
            })
        })
        .collect()
}

/// Says that somebody looked; `false` when there is none such or somebody did before.
///
/// # Errors
/// Whatever the database answers.
pub async fn acknowledge(write: &mut Write, organisation: &str, id: &str, by: &str) -> Result<bool, sqlx::Error> {
    let now = write.now;
    let changed = sqlx::query(
        "UPDATE alerts SET acknowledged_at = $1, acknowledged_by = $2
         WHERE id = $3 AND organisation = $4 AND acknowledged_at IS NULL",
    )
    .bind(now)
    .bind(by)
    .bind(id)
    .bind(organisation)
    .execute(write.conn())
    .await?
    .rows_affected()
        == 1;
    if changed {
        write.record(Event::new(organisation, "alert.acknowledged").by(by).with(json!({"alert": id})));
        write.tell(News::Alert { organisation: organisation.to_owned(), id: id.to_owned() });
    }
    Ok(changed)
}

/// As [`raised_since`], about a customer.
///
/// # Errors
/// Whatever the database answers.
pub async fn raised_about(
    query: &mut Query,
    organisation: &str,
    kind: &str,
    customer: &str,
    since: Millis,
) -> Result<bool, sqlx::Error> {
    let rows =
        sqlx::query("SELECT data FROM alerts WHERE organisation = $1 AND at > $2 AND kind = $3 AND person IS NULL")
            .bind(organisation)
            .bind(since)
            .bind(kind)
            .fetch_all(query.conn())
            .await?;
    for row in rows {
        let data: Value = stored(&row.try_get::<String, _>(0)?)?;
        if data["customer"] == customer {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an organisation has this alert.
///
/// # Errors
/// Whatever the database answers.
pub async fn exists(query: &mut Query, organisation: &str, id: &str) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT 1 FROM alerts WHERE organisation = $1 AND id = $2")
        .bind(organisation)
        .bind(id)
        .fetch_optional(query.conn())
        .await?;
    Ok(row.is_some())
}
