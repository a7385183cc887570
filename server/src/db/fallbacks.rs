//! Fallbacks: rows beside the verification that nobody answered, moved by compare-and-set. Who may move them is asked in
//! `crate::fallbacks`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use honnin_protocol::text::Localized;
use serde_json::json;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::organisations::stored;
use super::people::Profile;
use super::sets::{self, listed};
use super::verifications::{self, Asker, Record};
use super::{Event, Millis, News, Query, Write};
use crate::domain::fallback::{Method, Reason, State};
use crate::domain::state::{End, State as Life};

/// A fallback as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// `f_…`.
    pub id: String,
    /// On whose behalf.
    pub tenant: String,
    /// What it stands in for.
    pub verification: String,
    /// About whom.
    pub customer: String,
    /// What is accepted instead.
    pub method: Method,
    /// What became of the phone.
    pub reason: Reason,
    /// Where it is.
    pub state: State,
    /// Who said yes so far, oldest first.
    pub approvals: Vec<Approval>,
    /// When it was asked for.
    pub created_at: Millis,
    /// Until when it waits.
    pub expires_at: Millis,
    /// When it was over.
    pub decided_at: Option<Millis>,
    /// When it last moved.
    pub changed_at: Millis,
}

/// A yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// A person, or the machine that dialled.
    pub actor: String,
    /// In which session of theirs; a machine has none.
    pub session: Option<String>,
    /// What they are called.
    pub label: Localized,
    /// When.
    pub at: Millis,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.tenant, f.verification, f.customer, f.method, f.reason, f.state, f.created_at, \
             f.expires_at, f.decided_at, f.changed_at FROM fallbacks f ",
            $rest
        )
    };
}

fn read(row: &AnyRow) -> Result<Fallback, sqlx::Error> {
    let unknown = || sqlx::Error::Decode("a fallback's method, reason or state is unknown".into());
    let text = |place: usize| row.try_get::<String, _>(place);
    Ok(Fallback {
        id: text(0)?,
        tenant: text(1)?,
        verification: text(2)?,
        customer: text(3)?,
        method: Method::parse(&text(4)?).ok_or_else(unknown)?,
        reason: Reason::parse(&text(5)?).ok_or_else(unknown)?,
        state: State::parse(&text(6)?).ok_or_else(unknown)?,
        approvals: Vec::new(),
        created_at: row.try_get(7)?,
        expires_at: row.try_get(8)?,
        decided_at: row.try_get(9)?,
        changed_at: row.try_get(10)?,
    })
}

/// Adds who said yes.
async fn with_approvals(query: &mut Query, fallbacks: &mut [Fallback]) -> Result<(), sqlx::Error> {
    if fallbacks.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = fallbacks.iter().map(|f| f.id.as_str()).collect();
    let rows = listed!(
        query,
        "SELECT x.fallback, x.actor, x.session, x.at, p.organisation, p.profile, m.label FROM fallback_approvals x
         LEFT JOIN people p ON p.id = x.actor LEFT JOIN machines m ON m.id = x.actor WHERE x.fallback",
        "ORDER BY x.at, x.actor"
    )
    .bind(sets::rows(&ids)?)
    .fetch_all(query.conn())
    .await?;
    let mut found: HashMap<String, Vec<Approval>> = HashMap::new();
    for row in &rows {
        let actor: String = row.try_get(1)?;
        let label = match (row.try_get::<Option<String>, _>(4)?, row.try_get::<Option<String>, _>(5)?) {
            (Some(organisation), Some(profile)) => {
                let profile: Profile = query.seals().open(&organisation, "people", "profile", &actor, &profile)?;
                profile.label
            }
            _ => stored(&row.try_get::<String, _>(6)?)?,
        };
        let approval = Approval { actor, session: row.try_get(2)?, label, at: row.try_get(3)? };
        found.entry(row.try_get(0)?).or_default().push(approval);
    }
    for fallback in fallbacks {
        fallback.approvals = found.remove(&fallback.id).unwrap_or_default();
    }
    Ok(())
}

/// Gives each verification the newest that was asked to stand in for it.
pub(super) async fn attach(query: &mut Query, records: &mut [Record]) -> Result<(), sqlx::Error> {
    let fits = |r: &&mut Record| {
        let Life::Ended { end, .. } = r.state else { return false };
        matches!(end, End::Expired | End::Cancelled | End::Unreachable { .. })
    };
    let mut records: BTreeMap<String, &mut Record> =
        records.iter_mut().filter(fits).map(|r| (r.id.clone(), r)).collect();
    if records.is_empty() {
        return Ok(());
    }
    let ids: Vec<&String> = records.keys().collect();
    let rows = listed!(query, select!("WHERE f.verification"), "ORDER BY f.created_at, f.id")
        .bind(sets::rows(&ids)?)
        .fetch_all(query.conn())
        .await?;
    let mut newest = BTreeMap::new();
    for row in &rows {
        let fallback = read(row)?;
        newest.insert(fallback.verification.clone(), fallback);
    }
    let mut newest: Vec<Fallback> = newest.into_values().collect();
    with_approvals(query, &mut newest).await?;
    for fallback in newest {
        if let Some(record) = records.get_mut(&fallback.verification) {
            record.changed_at = record.changed_at.max(fallback.changed_at);
            record.fallback = Some(fallback);
        }
    }
    Ok(())
}

/// One fallback.
///
/// # Errors
/// Whatever the database answers.
pub async fn find(query: &mut Query, id: &str) -> Result<Option<Fallback>, sqlx::Error> {
    let row = sqlx::query(select!("WHERE f.id = $1")).bind(id).fetch_optional(query.conn()).await?;
    let mut found = row.as_ref().map(read).transpose()?;
    with_approvals(query, found.as_mut_slice()).await?;
    Ok(found)
}

/// As [`find`]; while it waits, nothing else moves it until the transaction is over.
///
/// # Errors
/// Whatever the database answers.
pub async fn held(write: &mut Write, id: &str) -> Result<Option<Fallback>, sqlx::Error> {
    // Takes the row's lock on PostgreSQL: two that approve come one after the other.
    sqlx::query("UPDATE fallbacks SET changed_at = changed_at WHERE id = $1 AND state = 'waiting'")
        .bind(id)
        .execute(write.conn())
        .await?;
    find(write, id).await
}

/// Every fallback of a customer, newest first.
///
/// # Errors
/// Whatever the database answers.
pub async fn of_customer(query: &mut Query, customer: &str) -> Result<Vec<Fallback>, sqlx::Error> {
    let rows = sqlx::query(select!("WHERE f.customer = $1 ORDER BY f.created_at DESC, f.id"))
        .bind(customer)
        .fetch_all(query.conn())
        .await?;
    let mut found: Vec<Fallback> = rows.iter().map(read).collect::<Result<_, _>>()?;
    with_approvals(query, &mut found).await?;
    Ok(found)
}

/// Verifications with a fallback that waits and that this person asked for or, as a supervisor, may decide; newest
/// first, 200 at most, each with whether the person may decide.
///
/// # Errors
/// Whatever the database answers.
pub async fn waiting_for(
    query: &mut Query,
    person: &str,
    organisation: &str,
    supervisor: bool,
) -> Result<Vec<(String, bool)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT f.verification, CASE WHEN f.person = $1 OR m.created_by = $1 THEN 0 ELSE 1 END FROM fallbacks f
         JOIN verifications v ON v.id = f.verification
         LEFT JOIN people q ON q.id = v.person LEFT JOIN machines m ON m.id = v.machine
         WHERE f.state = 'waiting' AND f.expires_at > (SELECT now_ms FROM clock)
           AND (f.person = $1 OR ($2 = 1 AND f.method = 'supervisors'
                AND (f.tenant = $3 OR COALESCE(q.organisation, m.organisation) = $3)))
           AND (v.delegation IS NULL OR EXISTS (SELECT 1 FROM delegations g WHERE g.id = v.delegation AND g.status = 'active'
                AND g.not_before <= (SELECT now_ms FROM clock) AND g.not_after > (SELECT now_ms FROM clock)))
         ORDER BY f.created_at DESC, f.id LIMIT 200",
    )
    .bind(person)
    .bind(i64::from(supervisor))
    .bind(organisation)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|r| Ok((r.try_get(0)?, r.try_get::<i64, _>(1)? == 1))).collect()
}

/// Verifications of a tenant whose customers are to be called back, oldest first, 200 at most.
///
/// # Errors
/// Whatever the database answers.
pub async fn callbacks(query: &mut Query, tenant: &str) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT verification FROM fallbacks WHERE tenant = $1 AND state = 'waiting' AND method = 'callback'
           AND expires_at > (SELECT now_ms FROM clock) ORDER BY created_at, id LIMIT 200",
    )
    .bind(tenant)
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|r| r.try_get(0)).collect()
}

/// Fallbacks of a customer that wait.
///
/// # Errors
/// Whatever the database answers.
pub async fn waiting_of(query: &mut Query, customer: &str) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query("SELECT id FROM fallbacks WHERE customer = $1 AND state = 'waiting'")
        .bind(customer)
        .fetch_all(query.conn())
        .await?;
    rows.iter().map(|r| r.try_get(0)).collect()
}

/// How many fallbacks were asked for a customer since an instant.
///
/// # Errors
/// Whatever the database answers.
pub async fn asked_since(query: &mut Query, customer: &str, since: Millis) -> Result<i64, sqlx::Error> {
    sqlx::query("SELECT COUNT(*) FROM fallbacks WHERE customer = $1 AND created_at > $2")
        .bind(customer)
        .bind(since)
        .fetch_one(query.conn())
        .await?
        .try_get(0)
}

/// Whether a verification had a fallback of this method.
///
/// # Errors
/// Whatever the database answers.
pub async fn was_asked(query: &mut Query, verification: &str, method: Method) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT 1 FROM fallbacks WHERE verification = $1 AND method = $2")
        .bind(verification)
        .bind(method.name())
        .fetch_optional(query.conn())
        .await?;
    Ok(row.is_some())
}

/// Inserts a fallback that stands in for a verification, with its event and news.
///
/// # Errors
/// Whatever the database answers; a second one that waits for a customer violates its uniqueness.
pub async fn insert(
    write: &mut Write,
    record: &Record,
    id: &str,
    session: Option<&str>,
    (method, reason): (Method, Reason),
) -> Result<(), sqlx::Error> {
    let now = write.now;
    sqlx::query(
        "INSERT INTO fallbacks (id, tenant, verification, customer, person, session, method, reason, state, created_at,
                                expires_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10, $9)",
    )
    .bind(id)
    .bind(&record.tenant)
    .bind(&record.id)
    .bind(&record.customer)
    .bind(record.asker.person())
    .bind(session.filter(|_| matches!(record.asker, Asker::Person { .. })))
    .bind(method.name())
    .bind(reason.name())
    .bind(now)
    .bind(now + method.waits_ms())
    .execute(write.conn())
    .await?;
    let data = json!({"fallback": id, "method": method, "reason": reason});
    write.record(Event::new(&record.tenant, "fallback.requested").by(record.asker.id()).about(&record.id).with(data));
    tell(write, &record.id).await
}

/// Tells whoever asked, with the view as it is now.
async fn tell(write: &mut Write, verification: &str) -> Result<(), sqlx::Error> {
    let Some(record) = verifications::find(write, verification).await? else { return Ok(()) };
    write.tell(News::Verification {
        id: record.id.clone(),
        person: record.asker.person().map(Into::into),
        customer: None,
        record: Some(Arc::new(record)),
    });
    Ok(())
}

/// Notes a yes. `void` are those who said yes and may not any more: theirs is taken back.
///
/// # Errors
/// Whatever the database answers.
pub async fn approve(
    write: &mut Write,
    fallback: &mut Fallback,
    actor: &str,
    session: Option<&str>,
    void: &[String],
) -> Result<(), sqlx::Error> {
    let now = write.now;
    for actor in void {
        sqlx::query("DELETE FROM fallback_approvals WHERE fallback = $1 AND actor = $2")
            .bind(&fallback.id)
            .bind(actor)
            .execute(write.conn())
            .await?;
    }
    sqlx::query("INSERT INTO fallback_approvals (fallback, actor, session, at) VALUES ($1, $2, $3, $4)")
        .bind(&fallback.id)
        .bind(actor)
        .bind(session)
        .bind(now)
        .execute(write.conn())
        .await?;
    sqlx::query("UPDATE fallbacks SET changed_at = $1 WHERE id = $2")
        .bind(now)
        .bind(&fallback.id)
        .execute(write.conn())
        .await?;
    let data = json!({"fallback": fallback.id, "method": fallback.method, "void": void});
    write.record(Event::new(&fallback.tenant, "fallback.approved").by(actor).about(&fallback.verification).with(data));
    *fallback = find(write, &fallback.id).await?.ok_or(sqlx::Error::RowNotFound)?;
    tell(write, &fallback.verification).await
}

/// Ends a fallback, with its event and news; `false` when it was over, or its time is on the other side.
///
/// # Errors
/// Whatever the database answers.
pub async fn decide(write: &mut Write, fallback: &Fallback, end: State, by: Option<&str>) -> Result<bool, sqlx::Error> {
    let kind = match end {
        State::Waiting => return Ok(false),
        State::Accepted => "fallback.accepted",
        State::Refused => "fallback.refused",
        State::Expired => "fallback.expired",
    };
    let now = write.now;
    let moved = sqlx::query(
        "UPDATE fallbacks SET state = $1, decided_at = $2, changed_at = $2 WHERE id = $3 AND state = 'waiting'
           AND ((expires_at <= $2 AND $4 = 1) OR (expires_at > $2 AND $4 = 0))",
    )
    .bind(end.name())
    .bind(now)
    .bind(&fallback.id)
    .bind(i64::from(end == State::Expired))
    .execute(write.conn())
    .await?;
    if moved.rows_affected() != 1 {
        return Ok(false);
    }
    let persons: Vec<&str> = fallback.approvals.iter().map(|a| a.actor.as_str()).collect();
    let data =
        json!({"fallback": fallback.id, "method": fallback.method, "reason": fallback.reason, "persons": persons});
    let event = Event::new(&fallback.tenant, kind).about(&fallback.verification).with(data);
    write.record(match by {
        Some(by) => event.by(by),
        None => event,
    });
    tell(write, &fallback.verification).await?;
    Ok(true)
}

/// Fallbacks whose time is up.
///
/// # Errors
/// Whatever the database answers.
pub async fn overdue(query: &mut Query) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT id FROM fallbacks WHERE state = 'waiting' AND expires_at <= (SELECT now_ms FROM clock)
         ORDER BY expires_at LIMIT 500",
    )
    .fetch_all(query.conn())
    .await?;
    rows.iter().map(|r| r.try_get(0)).collect()
}

/// The next instant at which a fallback lapses.
///
/// # Errors
/// Whatever the database answers.
pub async fn next_deadline(query: &mut Query) -> Result<Option<Millis>, sqlx::Error> {
    sqlx::query("SELECT MIN(expires_at) FROM fallbacks WHERE state = 'waiting'")
        .fetch_one(query.conn())
        .await?
        .try_get(0)
}

/// Ends a fallback whose time is up, if it still waits.
///
/// # Errors
/// Whatever the database answers.
pub async fn lapse(write: &mut Write, id: &str) -> Result<bool, sqlx::Error> {
    match held(write, id).await? {
        Some(fallback) => decide(write, &fallback, State::Expired, None).await,
        None => Ok(false),
    }
}

/// How many were accepted since an instant: of a tenant's, or of those that a partner's people asked for.
///
/// # Errors
/// Whatever the database answers.
pub async fn accepted_since(query: &mut Query, organisation: &str, since: Millis) -> Result<i64, sqlx::Error> {
    sqlx::query(
        "SELECT COUNT(*) FROM fallbacks f JOIN verifications v ON v.id = f.verification
         LEFT JOIN delegations d ON d.id = v.delegation
         WHERE f.state = 'accepted' AND f.decided_at >= $2 AND (f.tenant = $1 OR d.partner = $1)",
    )
    .bind(organisation)
    .bind(since)
    .fetch_one(query.conn())
    .await?
    .try_get(0)
}

/// Deletes what is kept of a customer's fallbacks, within [`super::reseal::begin_keeping`].
pub(super) async fn forget_customer(write: &mut Write, customer: &str) -> Result<(), sqlx::Error> {
    for statement in [
        "DELETE FROM fallback_approvals WHERE fallback IN (SELECT id FROM fallbacks WHERE customer = $1)",
        "DELETE FROM fallbacks WHERE customer = $1",
    ] {
        sqlx::query(statement).bind(customer).execute(write.conn()).await?;
    }
    Ok(())
}

/// As [`forget_customer`], of one verification.
pub(super) async fn forget_verification(write: &mut Write, verification: &str) -> Result<(), sqlx::Error> {
    for statement in [
        "DELETE FROM fallback_approvals WHERE fallback IN (SELECT id FROM fallbacks WHERE verification = $1)",
        "DELETE FROM fallbacks WHERE verification = $1",
    ] {
        sqlx::query(statement).bind(verification).execute(write.conn()).await?;
    }
    Ok(())
}
