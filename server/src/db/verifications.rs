//! Verifications as stored, and who may find them. What moves them: `steps.rs`.

use std::collections::HashMap;

use honnin_protocol::policy::Policy;
use honnin_protocol::subject::Party;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::calls::{self, Call};
use super::fallbacks::{self, Fallback};
use super::organisations::stored;
use super::sets::{self, listed};
use super::{Millis, Query, Write};
use crate::domain::state::{End, State};

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
    /// Their handle, unless it was erased or they are a prospect.
    pub handle: Option<String>,
    /// Somebody without an account: there never was a handle.
    pub prospect: bool,
    /// The phone addressed first, then the one that answers; none if none is enrolled. All of the customer's are asked.
    pub device: Option<String>,
    /// Who opens what the phone seals, of a payment or an order.
    pub recipient: Option<String>,
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
    /// When it, or its call, last moved.
    pub changed_at: Millis,
    /// What makes it an announced call, if it is one.
    pub call: Option<Call>,
    /// The newest that was asked to stand in for it. Read only where the desk sees it.
    pub fallback: Option<Fallback>,
}

impl Record {
    /// Whom it asks; `None` once a customer was erased.
    pub fn party(&self) -> Option<Party<'_>> {
        match (self.prospect, &self.handle) {
            (true, _) => Some(Party::Prospect),
            (false, Some(handle)) => Some(Party::Customer(handle)),
            (false, None) => None,
        }
    }
}

macro_rules! columns {
    () => {
        concat!(
            "SELECT v.id, v.tenant, v.person, v.session, v.machine, v.delegation, v.customer, u.handle, u.kind, v.device, v.recipient, \
         v.reference, v.direction, v.purpose, y.document, v.statement, v.state, v.detail, v.wrong_numbers, \
         v.refused_proofs, v.noted, v.created_at, v.delivered_at, v.opened_at, v.decided_at, v.expires_at, \
         v.valid_until, v.approve_ms, v.changed_at, ",
            calls::columns!(),
            " FROM verifications v \
         JOIN customers u ON u.id = v.customer \
         JOIN policies y ON y.tenant = v.tenant AND y.id = v.policy_id AND y.version = v.policy_version \
         LEFT JOIN calls k ON k.verification = v.id "
        )
    };
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query(concat!(columns!(), $rest))
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
    let call = calls::read(row)?;
    let changed_at: Millis = row.try_get("changed_at")?;
    Ok(Record {
        statement: query.seals().open(&tenant, "verifications", "statement", &id, &statement)?,
        id,
        tenant,
        asker,
        delegation: row.try_get("delegation")?,
        customer,
        handle,
        prospect: row.try_get::<String, _>("kind")? == "prospect",
        device: row.try_get("device")?,
        recipient: row.try_get("recipient")?,
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
        changed_at: call.as_ref().map_or(changed_at, |call| call.changed_at.max(changed_at)),
        call,
        fallback: None,
    })
}

fn read_all(query: &Query, rows: &[AnyRow]) -> Result<Vec<Record>, sqlx::Error> {
    rows.iter().map(|row| read(query, row)).collect()
}

/// As [`read_all`], with what stands in for them.
async fn read_whole(query: &mut Query, rows: &[AnyRow]) -> Result<Vec<Record>, sqlx::Error> {
    let mut records = read_all(query, rows)?;
    fallbacks::attach(query, &mut records).await?;
    Ok(records)
}

/// One verification.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, id: &str) -> Result<Option<Record>, sqlx::Error> {
    let row = select!("WHERE v.id = $1").bind(id).fetch_optional(query.conn()).await?;
    Ok(read_whole(query, row.as_slice()).await?.pop())
}

/// These verifications, by identifier. In a writing transaction nothing else moves them from here to its end.
///
/// # Errors
/// Whatever the database answers.
pub async fn find_all(write: &mut Write, ids: &[&str]) -> Result<HashMap<String, Record>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = listed!(write, concat!(columns!(), "WHERE v.id"), "ORDER BY v.id", "FOR UPDATE OF v")
        .bind(sets::rows(ids)?)
        .fetch_all(write.conn())
        .await?;
    found.iter().map(|row| read(write, row).map(|record| (record.id.clone(), record))).collect()
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
    read_whole(query, &rows).await
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
    read_whole(query, &rows).await
}

/// A person's calls that are not over, or moved since an instant, by their windows, 500 at most.
///
/// # Errors
/// Whatever the database answers.
pub async fn calls_of_person(query: &mut Query, person: &str, since: Millis) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!(
        "WHERE v.id IN (SELECT verification FROM calls WHERE person = $1 AND (lapses_at IS NOT NULL OR changed_at >= $2))
         ORDER BY k.starts_at, v.id LIMIT 500"
    )
    .bind(person)
    .bind(since)
    .fetch_all(query.conn())
    .await?;
    read_whole(query, &rows).await
}

/// A person's verifications whose fallbacks moved since an instant, 500 at most.
///
/// # Errors
/// Whatever the database answers.
pub async fn fallen_back(query: &mut Query, person: &str, since: Millis) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!(
        "WHERE v.id IN (SELECT verification FROM fallbacks WHERE person = $1 AND changed_at >= $2)
         ORDER BY v.created_at, v.id LIMIT 500"
    )
    .bind(person)
    .bind(since)
    .fetch_all(query.conn())
    .await?;
    read_whole(query, &rows).await
}

/// A customer's calls that are not over, by their windows.
///
/// # Errors
/// Whatever the database answers.
pub async fn calls_of_customer(query: &mut Query, customer: &str) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!("WHERE v.customer = $1 AND k.lapses_at IS NOT NULL ORDER BY k.starts_at, v.id LIMIT 100")
        .bind(customer)
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

/// A customer's open verifications, oldest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn open_of_customer(query: &mut Query, customer: &str) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!("WHERE v.customer = $1 AND v.decided_at IS NULL ORDER BY v.created_at")
        .bind(customer)
        .fetch_all(query.conn())
        .await?;
    read_all(query, &rows)
}

/// What a phone's customer decided, on any phone, since this one was enrolled: newest first, 100 at most. An approval
/// that its owner knows nothing of must show on the phone that they hold.
///
/// # Errors
/// Whatever the database answers.
pub async fn history_of_device(query: &mut Query, device: &str) -> Result<Vec<Record>, sqlx::Error> {
    let rows = select!(
        "JOIN devices d ON d.customer = v.customer
         WHERE d.id = $1 AND v.device IS NOT NULL AND v.decided_at >= d.enrolled_at ORDER BY v.decided_at DESC LIMIT 100"
    )
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
