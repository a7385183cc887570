//! What moves a verification: it is asked, and then one compare-and-set a step, each with its entry in the log.

use std::collections::HashSet;
use std::sync::Arc;

use honnin_evidence::receipt::{Approval, Body, Verdict};
use serde_json::json;
use sqlx::Row as _;

use super::sets::{self, set};
use super::verifications::{Asker, Record, open_of_person};
use super::{Event, Millis, News, Write};
use super::{calls, prospects};
use crate::domain::state::{Deadline, End, Refused, State, Step};

/// Inserts fresh verifications and their events.
///
/// # Errors
/// Whatever the database answers.
pub async fn insert_all(write: &mut Write, records: &[&Record]) -> Result<(), sqlx::Error> {
    if records.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        let statement =
            write.seals().seal(&record.tenant, "verifications", "statement", &record.id, &record.statement)?;
        let (session, machine) = match &record.asker {
            Asker::Person { session, .. } => (Some(session.as_str()), None),
            Asker::Machine(machine) => (None, Some(machine.as_str())),
        };
        rows.push(json!({
            "id": record.id, "tenant": record.tenant, "person": record.asker.person(), "session": session,
            "machine": machine, "delegation": record.delegation, "customer": record.customer, "device": record.device,
            "recipient": record.recipient,
            "reference": record.reference, "direction": record.direction, "purpose": record.purpose,
            "policy": record.policy.id, "version": record.policy.version, "statement": statement,
            "created": record.created_at, "expires": record.expires_at,
        }));
    }
    set!(
        write,
        "INSERT INTO verifications (id, tenant, person, session, machine, delegation, customer, device, recipient, reference,
                                    direction, purpose, policy_id, policy_version, statement, state, created_at,
                                    expires_at, changed_at)
         SELECT r.id, r.tenant, r.person, r.session, r.machine, r.delegation, r.customer, r.device, r.recipient, r.reference,
                r.direction, r.purpose, r.policy, r.version, r.statement, 'created', r.created, r.expires, r.created
         FROM",
        [id text, tenant text, person text, session text, machine text, delegation text, customer text, device text,
         recipient text,         reference text, direction text, purpose text, policy text, version bigint, statement text, created bigint,
         expires bigint],
        ""
    )
    .bind(sets::rows(&rows)?)
    .execute(write.conn())
    .await?;
    for record in records {
        let data = json!({
            "customer": record.customer, "purpose": record.purpose, "direction": record.direction,
            "policy": record.policy.id, "version": record.policy.version, "delegation": record.delegation,
            "expires_at": record.expires_at,
        });
        note(write, record, "verification.created", data);
    }
    calls::insert_all(write, records).await
}

/// Where a verification is to go: one step or several at once, and what a pass rests on. With a step the verification
/// becomes the phone's that stands in the record.
#[derive(Debug)]
pub struct Move<'a> {
    /// Which; moved on when the database took the steps.
    pub record: &'a mut Record,
    /// In their order, at least one.
    pub steps: Vec<Step>,
    /// For the receipt, when the gate let it through.
    pub approval: Option<Approval>,
}

/// Takes a step: one compare-and-set on state and deadline, and its event, in the caller's transaction.
///
/// # Errors
/// [`StepError::Lost`] when another step came first or the deadline stands on the other side.
pub async fn take(write: &mut Write, record: &mut Record, step: Step) -> Result<(), StepError> {
    let mut one = [Move { record, steps: vec![step], approval: None }];
    if take_all(write, &mut one).await? == [true] { Ok(()) } else { Err(StepError::Lost) }
}

/// As [`take`], for several verifications: whether each was moved.
///
/// # Errors
/// Whatever the database answers.
pub async fn take_all(write: &mut Write, moves: &mut [Move<'_>]) -> Result<Vec<bool>, sqlx::Error> {
    let now = write.now;
    let mut rows = Vec::with_capacity(moves.len());
    for one in moves.iter() {
        let (Some(first), Some(last)) = (one.steps.first(), one.steps.last()) else { continue };
        let to = last.to();
        let (delivered, opened, decided, end) = match to {
            State::Created => (None, None, None, None),
            State::Delivered { at } => (Some(at), None, None, None),
            State::Opened { delivered_at, at } => (Some(delivered_at), Some(at), None, None),
            State::Ended { delivered_at, opened_at, at, end } => (delivered_at, opened_at, Some(at), Some(end)),
        };
        let (valid, approve) = match end {
            Some(End::Passed { valid_until, approve_ms }) => (Some(valid_until), Some(approve_ms)),
            _ => (None, None),
        };
        // Of several steps the strictest side counts; they are all taken at one instant.
        let side = one.steps.iter().map(|step| match step.deadline() {
            Deadline::Before => 1,
            Deadline::Reached => 2,
            Deadline::Any => 3,
        });
        rows.push(json!({
            "id": one.record.id, "was": first.from(), "becomes": to.name(), "detail": end.and_then(|e| e.detail()),
            "delivered": delivered, "opened": opened, "decided": decided, "valid": valid, "approve": approve,
            "side": side.min(), "at": now, "device": one.record.device,
        }));
    }
    if rows.is_empty() {
        return Ok(vec![false; moves.len()]);
    }
    let moved = set!(
        write,
        "UPDATE verifications SET state = r.becomes, detail = r.detail, delivered_at = r.delivered, opened_at = r.opened,
                                  decided_at = r.decided, valid_until = r.valid, approve_ms = r.approve, changed_at = r.at,
                                  device = COALESCE(r.device, verifications.device)
         FROM",
        [id text, was text, becomes text, detail text, delivered bigint, opened bigint, decided bigint, valid bigint,
         approve bigint, side bigint, at bigint, device text],
        "WHERE verifications.id = r.id AND verifications.state = r.was
           AND (r.side = 3 OR (r.side = 1 AND verifications.expires_at > (SELECT now_ms FROM clock))
                OR (r.side = 2 AND verifications.expires_at <= (SELECT now_ms FROM clock)))
         RETURNING verifications.id"
    )
    .bind(sets::rows(&rows)?)
    .fetch_all(write.conn())
    .await?;
    let moved = moved.iter().map(|row| row.try_get(0)).collect::<Result<HashSet<String>, _>>()?;
    let mut taken = Vec::with_capacity(moves.len());
    for one in moves {
        let took = moved.contains(&one.record.id);
        if took {
            for step in std::mem::take(&mut one.steps) {
                arrive(write, one.record, step.to(), &mut one.approval)?;
            }
            prospects::part(write, one.record).await?;
        }
        taken.push(took);
    }
    Ok(taken)
}

/// The record in its new state, its event, and the receipt's digest in the event that ends it.
fn arrive(
    write: &mut Write,
    record: &mut Record,
    to: State,
    approval: &mut Option<Approval>,
) -> Result<(), sqlx::Error> {
    record.state = to;
    record.changed_at = write.now;
    let (kind, end) = match to {
        State::Created => ("verification.created", None),
        State::Delivered { .. } => ("verification.delivered", None),
        State::Opened { .. } => ("verification.opened", None),
        State::Ended { end, .. } => match end {
            End::Passed { .. } => ("verification.passed", Some(end)),
            End::Failed(_) => ("verification.failed", Some(end)),
            End::Denied { .. } => ("verification.denied", Some(end)),
            End::Expired => ("verification.expired", Some(end)),
            End::Cancelled => ("verification.cancelled", Some(end)),
            End::Unreachable { .. } => ("verification.unreachable", Some(end)),
        },
    };
    let mut data = end.and_then(|e| e.detail()).map_or(json!({}), |detail| json!({"detail": detail}));
    // The log speaks for every byte of the receipt.
    if end.is_some()
        && let Some(body) = receipt_body(record, approval.take()).map_err(|e| sqlx::Error::Encode(e.into()))?
    {
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
        handle: record.handle.clone(),
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
        customer: Some(record.customer.clone()),
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
        // What was announced for later outlives the session; whoever may not work any more loses it with their rights.
        if session.is_some() && record.call.is_some() {
            continue;
        }
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
