//! Verifications: rows, and the one compare-and-set that moves them.

use serde_json::json;
use sqlx::AnyConnection;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::events::{self, Event};
use super::{Millis, Write};
use crate::domain::state::{Deadline, End, Refused, State, Step};

/// A verification as stored.
#[derive(Clone, Debug)]
pub struct Record {
    /// `v_…`.
    pub id: String,
    /// Who asks.
    pub tenant: String,
    /// Which person asks.
    pub operator: String,
    /// In which console session.
    pub session: String,
    /// The phone asked, if one is enrolled.
    pub device: Option<String>,
    /// The tenant's opaque handle for the customer.
    pub handle: String,
    /// Read aloud over the phone.
    pub reference: String,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// The policy's whole document, JSON.
    pub policy: String,
    /// The canonical statement, with the match code.
    pub statement: String,
    /// Where it is.
    pub state: State,
    /// When it was asked.
    pub created_at: Millis,
    /// When it times out.
    pub expires_at: Millis,
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(
            "SELECT id, tenant, operator, session, device, handle, reference, direction, policy, statement, state, ",
            "detail, created_at, delivered_at, opened_at, decided_at, expires_at, valid_until, approve_ms FROM verifications ",
            $rest
        ))
    };
}

fn read(row: &AnyRow) -> Result<Record, sqlx::Error> {
    let name: String = row.try_get("state")?;
    let detail: Option<String> = row.try_get("detail")?;
    let (delivered, opened): (Option<i64>, Option<i64>) = (row.try_get("delivered_at")?, row.try_get("opened_at")?);
    let decided: Option<i64> = row.try_get("decided_at")?;
    let state = match (name.as_str(), delivered, opened, decided) {
        ("created", None, None, None) => Some(State::Created),
        ("delivered", Some(at), None, None) => Some(State::Delivered { at }),
        ("opened", Some(delivered_at), Some(at), None) => Some(State::Opened { delivered_at, at }),
        (name, delivered_at, opened_at, Some(at)) => {
            End::parse(name, detail.as_deref(), row.try_get("valid_until")?, row.try_get("approve_ms")?)
                .map(|end| State::Ended { delivered_at, opened_at, at, end })
        }
        _ => None,
    };
    Ok(Record {
        id: row.try_get("id")?,
        tenant: row.try_get("tenant")?,
        operator: row.try_get("operator")?,
        session: row.try_get("session")?,
        device: row.try_get("device")?,
        handle: row.try_get("handle")?,
        reference: row.try_get("reference")?,
        direction: row.try_get("direction")?,
        policy: row.try_get("policy")?,
        statement: row.try_get("statement")?,
        state: state.ok_or_else(|| sqlx::Error::Decode("a verification's columns contradict each other".into()))?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
    })
}

/// One verification.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<Record>, sqlx::Error> {
    select!("WHERE id = $1").bind(id).fetch_optional(conn).await?.as_ref().map(read).transpose()
}

/// An operator's verifications since an instant, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_operator(conn: &mut AnyConnection, operator: &str, since: Millis) -> Result<Vec<Record>, sqlx::Error> {
    select!("WHERE operator = $1 AND created_at >= $2 ORDER BY created_at DESC LIMIT 500")
        .bind(operator)
        .bind(since)
        .fetch_all(conn)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// A device's open verifications, oldest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn open_of_device(conn: &mut AnyConnection, device: &str) -> Result<Vec<Record>, sqlx::Error> {
    select!("WHERE device = $1 AND decided_at IS NULL ORDER BY created_at")
        .bind(device)
        .fetch_all(conn)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// A device's decided verifications, newest first, 100 at most.
///
/// # Errors
/// Whatever the database answers.
pub async fn history_of_device(conn: &mut AnyConnection, device: &str) -> Result<Vec<Record>, sqlx::Error> {
    select!("WHERE device = $1 AND decided_at IS NOT NULL ORDER BY decided_at DESC LIMIT 100")
        .bind(device)
        .fetch_all(conn)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Open verifications of a console session.
///
/// # Errors
/// Whatever the database answers.
pub async fn open_of_session(conn: &mut AnyConnection, session: &str) -> Result<Vec<Record>, sqlx::Error> {
    select!("WHERE session = $1 AND decided_at IS NULL").bind(session).fetch_all(conn).await?.iter().map(read).collect()
}

/// Open verifications whose time is up.
///
/// # Errors
/// Whatever the database answers.
pub async fn overdue(conn: &mut AnyConnection) -> Result<Vec<Record>, sqlx::Error> {
    select!("WHERE decided_at IS NULL AND expires_at <= (SELECT now_ms FROM clock) ORDER BY expires_at LIMIT 500")
        .fetch_all(conn)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// The next instant at which an open verification times out.
///
/// # Errors
/// Whatever the database answers.
pub async fn next_deadline(conn: &mut AnyConnection) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query("SELECT MIN(expires_at) FROM verifications WHERE decided_at IS NULL").fetch_one(conn).await?.try_get(0)
}

/// How many verifications of a handle were started since an instant, and how many are open.
///
/// # Errors
/// Whatever the database answers.
pub async fn pressure(
    conn: &mut AnyConnection,
    tenant: &str,
    handle: &str,
    since: Millis,
) -> Result<(i64, i64), sqlx::Error> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN created_at > $3 THEN 1 END), COUNT(CASE WHEN decided_at IS NULL THEN 1 END)
         FROM verifications WHERE tenant = $1 AND handle = $2",
    )
    .bind(tenant)
    .bind(handle)
    .bind(since)
    .fetch_one(conn)
    .await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Inserts a fresh verification and its event.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert(write: &mut Write, record: &Record) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO verifications (id, tenant, operator, session, device, handle, reference, direction, policy, statement, state, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'created', $11, $12)",
    )
    .bind(&record.id).bind(&record.tenant).bind(&record.operator).bind(&record.session).bind(record.device.as_deref())
    .bind(&record.handle).bind(&record.reference).bind(&record.direction).bind(&record.policy).bind(&record.statement)
    .bind(record.created_at).bind(record.expires_at)
    .execute(write.conn()).await?;
    note(write, record, "verification.created", json!({"expires_at": record.expires_at})).await
}

/// Takes a step: one compare-and-set on state and deadline, and its event, in the caller's transaction.
///
/// # Errors
/// [`StepError::Lost`] when another step came first or the deadline stands on the other side.
pub async fn take(write: &mut Write, record: &mut Record, step: Step) -> Result<(), StepError> {
    let to = step.to();
    let (delivered_at, opened_at, decided_at, end) = match to {
        State::Created => (None, None, None, None),
        State::Delivered { at } => (Some(at), None, None, None),
        State::Opened { delivered_at, at } => (Some(delivered_at), Some(at), None, None),
        State::Ended { delivered_at, opened_at, at, end } => (delivered_at, opened_at, Some(at), Some(end)),
    };
    let (valid_until, approve_ms) = match end {
        Some(End::Passed { valid_until, approve_ms }) => (Some(valid_until), Some(approve_ms)),
        _ => (None, None),
    };
    let deadline = match step.deadline() {
        Deadline::Before => 1_i64,
        Deadline::Reached => 2,
        Deadline::Any => 3,
    };
    let changed = sqlx::query(
        "UPDATE verifications SET state = $1, detail = $2, delivered_at = $3, opened_at = $4, decided_at = $5, valid_until = $6, approve_ms = $7
         WHERE id = $8 AND state = $9
           AND ($10 = 3 OR ($10 = 1 AND expires_at > (SELECT now_ms FROM clock)) OR ($10 = 2 AND expires_at <= (SELECT now_ms FROM clock)))",
    )
    .bind(to.name()).bind(end.and_then(|e| e.detail())).bind(delivered_at).bind(opened_at).bind(decided_at)
    .bind(valid_until).bind(approve_ms).bind(&record.id).bind(step.from()).bind(deadline)
    .execute(write.conn()).await?.rows_affected();
    if changed != 1 {
        return Err(StepError::Lost);
    }
    record.state = to;
    let kind = match to {
        State::Created => "verification.created",
        State::Delivered { .. } => "verification.delivered",
        State::Opened { .. } => "verification.opened",
        State::Ended { end, .. } => match end {
            End::Passed { .. } => "verification.passed",
            End::Failed(_) => "verification.failed",
            End::Denied { .. } => "verification.denied",
            End::Expired => "verification.expired",
            End::Cancelled => "verification.cancelled",
            End::Unreachable { .. } => "verification.unreachable",
        },
    };
    let data = end.and_then(|e| e.detail()).map_or(json!({}), |detail| json!({"detail": detail}));
    Ok(note(write, record, kind, data).await?)
}

/// Records something about a verification that does not move it.
///
/// # Errors
/// Whatever the database answers.
pub async fn note(write: &mut Write, record: &Record, kind: &str, data: serde_json::Value) -> Result<(), sqlx::Error> {
    let event = Event {
        kind,
        tenant: Some(&record.tenant),
        verification: Some(&record.id),
        operator: Some(&record.operator),
        device: record.device.as_deref(),
        data,
    };
    events::append(write, event).await.map(drop)
}

/// Ends a verification whose time is up, if it is; the lazy half of the sweeper.
///
/// # Errors
/// Whatever the database answers.
pub async fn time_out_if_due(write: &mut Write, record: &mut Record) -> Result<bool, sqlx::Error> {
    if record.state.is_ended() || record.expires_at > write.now {
        return Ok(false);
    }
    let Ok(step) = record.state.time_out(write.now) else { return Ok(false) };
    match take(write, record, step).await {
        Ok(()) => Ok(true),
        Err(StepError::Lost | StepError::Refused(_)) => Ok(false),
        Err(StepError::Db(e)) => Err(e),
    }
}

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The row had moved on, or its deadline had passed.
    #[error("another step came first")]
    Lost,
    /// There is no such step.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}
