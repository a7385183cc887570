//! Verifications: rows, and the one compare-and-set that moves them.

use std::sync::Arc;

use honnin_evidence::receipt::{Approval, Body, Verdict};
use honnin_protocol::policy::Policy;
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::organisations::stored;
use super::{Backend, Event, LOCK_STANDING, Millis, News, Query, Write};
use crate::domain::state::{Deadline, End, Refused, State, Step};

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A person at a console.
    Person {
        /// Who.
        person: String,
        /// In which session.
        session: String,
    },
    /// A machine.
    Machine(String),
}

impl Asker {
    /// The identifier that stands in the log.
    pub fn id(&self) -> &str {
        match self {
            Self::Person { person, .. } => person,
            Self::Machine(machine) => machine,
        }
    }

    /// The person, if it is one.
    pub fn person(&self) -> Option<&str> {
        match self {
            Self::Person { person, .. } => Some(person),
            Self::Machine(_) => None,
        }
    }
}

/// A verification as stored.
#[derive(Clone, Debug)]
pub struct Record {
    /// `v_…`.
    pub id: String,
    /// On whose behalf.
    pub tenant: String,
    /// Who asked.
    pub asker: Asker,
    /// The delegation that let them, if they are a partner's.
    pub delegation: Option<String>,
    /// The customer asked.
    pub customer: String,
    /// Their handle, unless it was erased.
    pub handle: Option<String>,
    /// The phone asked, if one is enrolled.
    pub device: Option<String>,
    /// Read aloud over the phone.
    pub reference: String,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// Code of the purpose.
    pub purpose: String,
    /// What is to be proven.
    pub policy: Policy,
    /// The canonical statement, with the match code.
    pub statement: String,
    /// Where it is.
    pub state: State,
    /// Wrong numbers so far.
    pub wrong_numbers: i64,
    /// Refused proofs so far.
    pub refused_proofs: i64,
    /// Other refused answers that were recorded.
    pub noted: i64,
    /// When it was asked.
    pub created_at: Millis,
    /// When it times out.
    pub expires_at: Millis,
    /// When it last moved.
    pub changed_at: Millis,
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(
            "SELECT v.id, v.tenant, v.person, v.session, v.machine, v.delegation, v.customer, u.handle, v.device, ",
            "v.reference, v.direction, v.purpose, y.document, v.statement, v.state, v.detail, v.wrong_numbers, ",
            "v.refused_proofs, v.noted, v.created_at, v.delivered_at, v.opened_at, v.decided_at, v.expires_at, ",
            "v.valid_until, v.approve_ms, v.changed_at FROM verifications v JOIN customers u ON u.id = v.customer ",
            "JOIN policies y ON y.tenant = v.tenant AND y.id = v.policy_id AND y.version = v.policy_version ",
            $rest
        ))
    };
}

fn read(query: &Query, row: &AnyRow) -> Result<Record, sqlx::Error> {
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
    let contradiction = || sqlx::Error::Decode("a verification's columns contradict each other".into());
    let asker = match (row.try_get("person")?, row.try_get("session")?, row.try_get("machine")?) {
        (Some(person), Some(session), None) => Asker::Person { person, session },
        (None, None, Some(machine)) => Asker::Machine(machine),
        _ => return Err(contradiction()),
    };
    let (id, tenant, customer): (String, String, String) =
        (row.try_get("id")?, row.try_get("tenant")?, row.try_get("customer")?);
    let handle: Option<String> = row.try_get("handle")?;
    let handle =
        handle.map(|sealed| query.seals().open(&tenant, "customers", "handle", &customer, &sealed)).transpose()?;
    let statement: String = row.try_get("statement")?;
    let policy: String = row.try_get("document")?;
    Ok(Record {
        statement: query.seals().open(&tenant, "verifications", "statement", &id, &statement)?,
        id,
        tenant,
        asker,
        delegation: row.try_get("delegation")?,
        customer,
        handle,
        device: row.try_get("device")?,
        reference: row.try_get("reference")?,
        direction: row.try_get("direction")?,
        purpose: row.try_get("purpose")?,
        policy: stored(&policy)?,
        state: state.ok_or_else(contradiction)?,
        wrong_numbers: row.try_get("wrong_numbers")?,
        refused_proofs: row.try_get("refused_proofs")?,
        noted: row.try_get("noted")?,
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        changed_at: row.try_get("changed_at")?,
    })
}

fn read_all(query: &Query, rows: &[AnyRow]) -> Result<Vec<Record>, sqlx::Error> {
    rows.iter().map(|row| read(query, row)).collect()
}

/// One verification.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, id: &str) -> Result<Option<Record>, sqlx::Error> {
    let row = select!("WHERE v.id = $1").bind(id).fetch_optional(query.conn()).await?;
    row.map(|r| read(query, &r)).transpose()
}

/// A person's verifications asked since an instant, newest first, 500 at most.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_person(query: &mut Query, person: &str, since: Millis) -> Result<Vec<Record>, sqlx::Error> {
    // What was asked since then also changed since then: the index serves both.
    let rows = select!(
        "WHERE v.person = $1 AND v.changed_at >= $2 AND v.created_at >= $2 ORDER BY v.created_at DESC LIMIT 500"
    )
    .bind(person)
    .bind(since)
    .fetch_all(query.conn())
    .await?;
    read_all(query, &rows)
}

/// A person's verifications that moved since an instant, oldest move first: what a console that comes back must hear.
///
/// # Errors
/// Whatever the database answers.
pub async fn changed_since(query: &mut Query, person: &str, since: Millis) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!("WHERE v.person = $1 AND v.changed_at >= $2 ORDER BY v.changed_at, v.created_at LIMIT 500")
        .bind(person)
        .bind(since)
        .fetch_all(query.conn())
        .await?;
    read_all(query, &rows)
}

/// Every verification of a customer, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_customer(query: &mut Query, tenant: &str, customer: &str) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!("WHERE v.tenant = $1 AND v.customer = $2 ORDER BY v.created_at DESC, v.id")
        .bind(tenant)
        .bind(customer)
        .fetch_all(query.conn())
        .await?;
    read_all(query, &rows)
}

/// A device's open verifications, oldest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn open_of_device(query: &mut Query, device: &str) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!("WHERE v.device = $1 AND v.decided_at IS NULL ORDER BY v.created_at")
        .bind(device)
        .fetch_all(query.conn())
        .await?;
    read_all(query, &rows)
}

/// A device's decided verifications, newest first, 100 at most.
///
/// # Errors
/// Whatever the database answers.
pub async fn history_of_device(query: &mut Query, device: &str) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!("WHERE v.device = $1 AND v.decided_at IS NOT NULL ORDER BY v.decided_at DESC LIMIT 100")
        .bind(device)
        .fetch_all(query.conn())
        .await?;
    read_all(query, &rows)
}

/// Open verifications that a person asked for, in one session or in all.
///
/// # Errors
/// Whatever the database answers.
pub async fn open_of_person(
    query: &mut Query,
    person: &str,
    session: Option<&str>,
) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!("WHERE v.person = $1 AND v.session = COALESCE($2, v.session) AND v.decided_at IS NULL")
        .bind(person)
        .bind(session)
        .fetch_all(query.conn())
        .await?;
    read_all(query, &rows)
}

/// Identifiers of open verifications whose time is up.
///
/// # Errors
/// Whatever the database answers.
pub async fn overdue(query: &mut Query) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id FROM verifications WHERE decided_at IS NULL AND expires_at <= (SELECT now_ms FROM clock)
         ORDER BY expires_at LIMIT 500",
    )
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|r| r.try_get(0)).collect()
}

/// The next instant at which an open verification times out.
///
/// # Errors
/// Whatever the database answers.
pub async fn next_deadline(query: &mut Query) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query("SELECT MIN(expires_at) FROM verifications WHERE decided_at IS NULL")
        .fetch_one(query.conn())
        .await?
        .try_get(0)
}

/// Inserts a fresh verification and its event.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert(write: &mut Write, record: &Record) -> Result<(), sqlx::Error> {
    let statement = write.seals().seal(&record.tenant, "verifications", "statement", &record.id, &record.statement)?;
    let (person, session, machine) = match &record.asker {
        Asker::Person { person, session } => (Some(person.as_str()), Some(session.as_str()), None),
        Asker::Machine(machine) => (None, None, Some(machine.as_str())),
    };
    sqlx::query(
        "INSERT INTO verifications (id, tenant, person, session, machine, delegation, customer, device, reference,
                                    direction, purpose, policy_id, policy_version, statement, state, created_at,
                                    expires_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'created', $15, $16, $15)",
    )
    .bind(&record.id)
    .bind(&record.tenant)
    .bind(person)
    .bind(session)
    .bind(machine)
    .bind(record.delegation.as_deref())
    .bind(&record.customer)
    .bind(record.device.as_deref())
    .bind(&record.reference)
    .bind(&record.direction)
    .bind(&record.purpose)
    .bind(&record.policy.id)
    .bind(i64::from(record.policy.version))
    .bind(statement)
    .bind(record.created_at)
    .bind(record.expires_at)
    .execute(write.conn())
    .await?;
    let data = json!({
        "customer": record.customer, "purpose": record.purpose, "direction": record.direction,
        "policy": record.policy.id, "version": record.policy.version, "delegation": record.delegation,
        "expires_at": record.expires_at,
    });
    note(write, record, "verification.created", data);
    Ok(())
}

/// Takes a step: one compare-and-set on state and deadline, and its event, in the caller's transaction.
///
/// # Errors
/// [`StepError::Lost`] when another step came first or the deadline stands on the other side.
pub async fn take(write: &mut Write, record: &mut Record, step: Step) -> Result<(), StepError> {
    take_with(write, record, step, None).await
}

/// As [`take`], for the step that the gate let through, with what it rests on.
///
/// # Errors
/// As [`take`].
pub async fn pass(write: &mut Write, record: &mut Record, step: Step, approval: Approval) -> Result<(), StepError> {
    take_with(write, record, step, Some(approval)).await
}

async fn take_with(
    write: &mut Write,
    record: &mut Record,
    step: Step,
    approval: Option<Approval>,
) -> Result<(), StepError> {
    let to = step.to();
    let now = write.now;
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
        "UPDATE verifications SET state = $1, detail = $2, delivered_at = $3, opened_at = $4, decided_at = $5, valid_until = $6,
                                  approve_ms = $7, changed_at = $11
         WHERE id = $8 AND state = $9
           AND ($10 = 3 OR ($10 = 1 AND expires_at > (SELECT now_ms FROM clock)) OR ($10 = 2 AND expires_at <= (SELECT now_ms FROM clock)))",
    )
    .bind(to.name()).bind(end.and_then(|e| e.detail())).bind(delivered_at).bind(opened_at).bind(decided_at)
    .bind(valid_until).bind(approve_ms).bind(&record.id).bind(step.from()).bind(deadline).bind(now)
    .execute(write.conn()).await?.rows_affected();
    if changed != 1 {
        return Err(StepError::Lost);
    }
    record.state = to;
    record.changed_at = now;
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
    let mut data = end.and_then(|e| e.detail()).map_or(json!({}), |detail| json!({"detail": detail}));
    // The log speaks for every byte of the receipt.
    if let Some(body) = receipt_body(record, approval).map_err(|e| sqlx::Error::Encode(e.into()))? {
        data["receipt"] = json!(body.digest());
    }
    note(write, record, kind, data);
    Ok(())
}

/// The body of the receipt of a verification that is over; `None` while it is open.
///
/// # Errors
/// When a stored document does not read.
pub fn receipt_body(record: &Record, approval: Option<Approval>) -> Result<Option<Body>, serde_json::Error> {
    let State::Ended { delivered_at, opened_at, at, end } = record.state else { return Ok(None) };
    let time = |at: Millis| u64::try_from(at).unwrap_or(0);
    let valid_until = match end {
        End::Passed { valid_until, .. } => Some(time(valid_until)),
        _ => None,
    };
    Ok(Some(Body {
        statement: serde_json::from_str(&record.statement)?,
        policy: record.policy.clone(),
        reference: serde_json::from_value(json!(record.reference))?,
        handle: record.handle.clone().unwrap_or_default(),
        verdict: Verdict {
            state: serde_json::from_value(json!(end.name()))?,
            detail: end.detail().map(|d| serde_json::from_value(json!(d))).transpose()?,
            delivered_at: delivered_at.map(time),
            opened_at: opened_at.map(time),
            decided_at: time(at),
            valid_until,
        },
        approval,
    }))
}

/// Records something about a verification and has its parties told.
pub fn note(write: &mut Write, record: &Record, kind: &'static str, data: serde_json::Value) {
    write.record(Event::new(&record.tenant, kind).by(record.asker.id()).about(&record.id).with(data));
    write.tell(News::Verification {
        id: record.id.clone(),
        person: record.asker.person().map(Into::into),
        device: record.device.clone(),
        record: Some(Arc::new(record.clone())),
    });
}

/// Which refused answers are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Wrong numbers.
    Number,
    /// Refused proofs.
    Proof,
    /// Any other.
    Other,
}

/// Counts a refused answer; the row's lock makes guesses wait for each other. `None` when the verification is over.
///
/// # Errors
/// Whatever the database answers.
pub async fn count(write: &mut Write, id: &str, what: Counted) -> Result<Option<i64>, sqlx::Error> {
    let statement = match what {
        Counted::Number => {
            "UPDATE verifications SET wrong_numbers = wrong_numbers + 1 WHERE id = $1 AND decided_at IS NULL RETURNING wrong_numbers"
        }
        Counted::Proof => {
            "UPDATE verifications SET refused_proofs = refused_proofs + 1 WHERE id = $1 AND decided_at IS NULL RETURNING refused_proofs"
        }
        Counted::Other => {
            "UPDATE verifications SET noted = noted + 1 WHERE id = $1 AND decided_at IS NULL RETURNING noted"
        }
    };
    let row = sqlx::query(statement).bind(id).fetch_optional(write.conn()).await?;
    row.map(|r| r.try_get(0)).transpose()
}

/// Takes the row's lock for the rest of the transaction; `false` when the verification is over.
///
/// # Errors
/// Whatever the database answers.
pub async fn lock(write: &mut Write, id: &str) -> Result<bool, sqlx::Error> {
    // In one round trip: on PostgreSQL the lock against `Db::write_standing`, which comes before the row's.
    let locked = match write.backend {
        Backend::Sqlite => sqlx::query("UPDATE verifications SET noted = noted WHERE id = $1 AND decided_at IS NULL"),
        Backend::Postgres => sqlx::query(
            "UPDATE verifications SET noted = noted WHERE id = $1 AND decided_at IS NULL
               AND (SELECT 1 FROM pg_advisory_xact_lock_shared($2)) = 1",
        ),
    };
    let locked = locked.bind(id);
    let locked = if write.backend == Backend::Postgres { locked.bind(LOCK_STANDING) } else { locked };
    let locked = locked.execute(write.conn()).await?;
    Ok(locked.rows_affected() == 1)
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

/// Calls off what is still open of a person; returns how many.
///
/// # Errors
/// Whatever the database answers.
pub async fn call_off(write: &mut Write, person: &str, session: Option<&str>) -> Result<usize, sqlx::Error> {
    let mut cancelled = 0;
    for mut record in open_of_person(write, person, session).await? {
        // One whose time is up is the sweeper's.
        if let Ok(step) = record.state.cancel(write.now) {
            match take(write, &mut record, step).await {
                Ok(()) => cancelled += 1,
                Err(StepError::Lost | StepError::Refused(_)) => {}
                Err(StepError::Db(e)) => return Err(e),
            }
        }
    }
    Ok(cancelled)
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
