//! What the desk, supervisors, diallers and the issuer do about a phone that is lost, dead or new. Whatever is accepted
//! here is weaker than a proof and never moves its verification.
//!
//! As in the gate, everything that a yes rests on is read anew inside the transaction that accepts.

use honnin_protocol::text::Localized;
use serde::Serialize;

use crate::app::App;
use crate::caller::Caller;
use crate::db::fallbacks::{self as rows, Fallback};
use crate::db::machines::Machine;
use crate::db::sessions::Session;
use crate::db::verifications::{self, Record};
use crate::db::{Millis, Write, customers, fallback_standing as stands, organisations, standing};
use crate::domain::fallback::{AFTER_REFUSAL_MS, ASKED_WITHIN_MS, Method, Reason, State};
use crate::domain::rights::Role;
use crate::domain::state::{End, State as Life};
use crate::http::problem::Problem;
use crate::statements::identifier;

/// A fallback as everybody sees it (docs/protocol.md, "Fallback").
#[derive(Serialize)]
pub struct Shown<'a> {
    id: &'a str,
    verification: &'a str,
    method: Method,
    reason: Reason,
    state: State,
    approvals: Vec<ShownApproval<'a>>,
    needed: usize,
    created_at: Millis,
    expires_at: Millis,
    decided_at: Option<Millis>,
    /// Always: no screen may take it for a proof.
    weaker: bool,
}

#[derive(Serialize)]
struct ShownApproval<'a> {
    person: &'a str,
    label: &'a Localized,
    at: Millis,
}

/// See [`Shown`].
pub fn shown(fallback: &Fallback) -> Shown<'_> {
    Shown {
        id: &fallback.id,
        verification: &fallback.verification,
        method: fallback.method,
        reason: fallback.reason,
        state: fallback.state,
        approvals: fallback
            .approvals
            .iter()
            .map(|a| ShownApproval { person: &a.actor, label: &a.label, at: a.at })
            .collect(),
        needed: fallback.method.needed(),
        created_at: fallback.created_at,
        expires_at: fallback.expires_at,
        decided_at: fallback.decided_at,
        weaker: true,
    }
}

/// Why nothing may stand in for a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Unfit {
    /// It still waits for the phone.
    #[error("the verification is still open")]
    Open,
    /// The phone answered it, or the customer moved it: there is nothing to stand in for.
    #[error("the verification was answered")]
    Answered,
    /// It ended too long ago.
    #[error("the verification ended too long ago")]
    Late,
    /// A payment or an order: nothing but the phone authorises one.
    #[error("a payment or an order has no fallback")]
    Terms,
    /// Nobody is known by a handle: a prospect, or a customer who was erased.
    #[error("there is no customer to fall back on")]
    Nobody,
}

/// Whether a fallback may hang on this verification now.
fn fits(record: &Record, now: Millis) -> Result<(), Unfit> {
    let Life::Ended { end, at, .. } = record.state else { return Err(Unfit::Open) };
    if record.recipient.is_some() {
        return Err(Unfit::Terms);
    }
    if record.handle.is_none() {
        return Err(Unfit::Nobody);
    }
    // A call that was moved to another window: the customer answered.
    let moved = record.call.as_ref().is_some_and(|call| call.instead.is_some());
    match end {
        End::Unreachable { .. } | End::Expired | End::Cancelled if !moved => {
            if now - at > ASKED_WITHIN_MS {
                Err(Unfit::Late)
            } else {
                Ok(())
            }
        }
        _ => Err(Unfit::Answered),
    }
}

impl From<Unfit> for Problem {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Answered => Self::AlreadyDecided,
            Unfit::Late => Self::Expired,
            Unfit::Open | Unfit::Terms | Unfit::Nobody => Self::Refused(unfit.to_string()),
        }
    }
}

/// Asks for something that stands in for a verification that the caller asked for.
///
/// # Errors
/// Why not: `already-decided`, `expired`, `refused`, `in-use`, `customer-frozen`, `too-many-requests`,
/// `not-in-good-standing`.
pub async fn ask(
    app: &App,
    caller: &Caller,
    verification: &str,
    method: Method,
    reason: Reason,
) -> Result<Fallback, Problem> {
    let mut write = app.db().write().await?;
    standing::hold(&mut write).await?;
    let record = verifications::find(&mut write, verification).await?.ok_or(Problem::NotFound)?;
    fits(&record, write.now)?;
    let tenant = organisations::active_tenant(&mut write, &record.tenant).await?.ok_or(Problem::NotInGoodStanding)?;
    if !tenant.settings.allows(&record.purpose, method) {
        return Err(Problem::Refused("the tenant accepts no such fallback for this purpose".into()));
    }
    for waiting in rows::waiting_of(&mut write, &record.customer).await? {
        // One whose time is up makes room by itself.
        rows::lapse(&mut write, &waiting).await?;
    }
    if rows::was_asked(&mut write, &record.id, method).await? {
        return Err(Problem::AlreadyDecided);
    }
    if !rows::waiting_of(&mut write, &record.customer).await?.is_empty() {
        return Err(Problem::InUse("another fallback of this customer waits"));
    }
    let since = write.now - 60_000;
    let pressed = customers::pressure(&mut write, &record.customer).await?
        + rows::asked_since(&mut write, &record.customer, since).await?;
    if pressed >= app.config().limits.verifications_per_handle_per_minute {
        return Err(Problem::TooManyRequests);
    }
    let machine = caller.person().is_none().then(|| caller.id());
    app.limiter().start(&record.tenant, caller.person(), machine).map_err(|_| Problem::TooManyRequests)?;
    let id = identifier("f_", app.entropy());
    let session = match caller {
        Caller::Person(session) => Some(session.id.as_str()),
        Caller::Machine(_) => None,
    };
    rows::insert(&mut write, &record, &id, session, (method, reason)).await?;
    let fallback = rows::find(&mut write, &id).await?.ok_or(Problem::NotFound)?;
    must_stand(&mut write, &fallback).await?;
    write.commit().await?;
    app.deadlines().moved(fallback.expires_at);
    Ok(fallback)
}

/// A supervisor says yes; with the second one it is accepted.
///
/// # Errors
/// `not-found` to whom it is not, `second-person` to the asker and to who said yes already, `already-decided`,
/// `expired`, and what the gate says.
pub async fn approve(app: &App, session: &Session, id: &str) -> Result<Fallback, Problem> {
    may_decide(app, session, id).await?;
    let (mut write, mut fallback) = begin(app, id).await?;
    let mut void = Vec::new();
    for yes in &fallback.approvals {
        let of = yes.session.as_deref().unwrap_or_default();
        if !stands::may_decide(&mut write, id, &yes.actor, of).await? {
            void.push(yes.actor.clone());
        }
    }
    if fallback.approvals.iter().any(|yes| yes.actor == session.person && !void.contains(&yes.actor)) {
        return Err(Problem::SecondPerson);
    }
    if !stands::may_decide(&mut write, id, &session.person, &session.id).await? {
        return Err(Problem::NotInGoodStanding);
    }
    must_stand(&mut write, &fallback).await?;
    rows::approve(&mut write, &mut fallback, &session.person, Some(&session.id), &void).await?;
    if fallback.approvals.len() >= fallback.method.needed() {
        accept(&mut write, &mut fallback, &session.person).await?;
    }
    write.commit().await?;
    crate::caller::used(app, session, Role::Supervisor).await?;
    Ok(fallback)
}

/// A supervisor says no: that decides.
///
/// # Errors
/// As [`approve`].
pub async fn refuse(app: &App, session: &Session, id: &str) -> Result<Fallback, Problem> {
    may_decide(app, session, id).await?;
    let (mut write, mut fallback) = begin(app, id).await?;
    if !stands::may_decide(&mut write, id, &session.person, &session.id).await? {
        return Err(Problem::NotInGoodStanding);
    }
    end(&mut write, &mut fallback, State::Refused, &session.person).await?;
    write.commit().await?;
    crate::caller::used(app, session, Role::Supervisor).await?;
    Ok(fallback)
}

/// The tenant's dialler says whether it reached the customer at the number that the enterprise pinned.
///
/// # Errors
/// `not-found` for another tenant's or another method's, `second-person` to the machine that asked and to one that the asker made, `already-decided`,
/// `expired`, and what the gate says.
pub async fn called_back(app: &App, machine: &Machine, id: &str, reached: bool) -> Result<Fallback, Problem> {
    let seen = rows::find(&mut app.db().read().await?, id).await?.ok_or(Problem::NotFound)?;
    if seen.tenant != machine.organisation || seen.method != Method::Callback {
        return Err(Problem::NotFound);
    }
    let (mut write, mut fallback) = begin(app, id).await?;
    if !stands::machine_stands(&mut write, &machine.id).await? {
        return Err(Problem::NotInGoodStanding);
    }
    if !stands::is_anothers(&mut write, &fallback.verification, &machine.id).await? {
        return Err(Problem::SecondPerson);
    }
    if reached {
        must_stand(&mut write, &fallback).await?;
        rows::approve(&mut write, &mut fallback, &machine.id, None, &[]).await?;
        accept(&mut write, &mut fallback, &machine.id).await?;
    } else {
        end(&mut write, &mut fallback, State::Refused, &machine.id).await?;
    }
    write.commit().await?;
    Ok(fallback)
}

/// A customer enrolled a phone: what waited for that is accepted, if it still may be and the issuer gave the phone's
/// credential anew. In the transaction that enrols, which holds the standing.
///
/// # Errors
/// Whatever the database answers.
pub async fn re_enrolled(write: &mut Write, customer: &str, device: &str) -> Result<(), Problem> {
    for id in rows::waiting_of(write, customer).await? {
        let Some(fallback) = rows::held(write, &id).await? else { continue };
        if fallback.method != Method::ReEnrolment || !stands::is_fresh(write, device).await? {
            continue;
        }
        match must_stand(write, &fallback).await {
            // One whose time is up is the sweeper's.
            Ok(()) => drop(rows::decide(write, &fallback, State::Accepted, Some(device)).await?),
            Err(Problem::Internal(cause)) => return Err(Problem::Internal(cause)),
            Err(Problem::Unavailable(cause)) => return Err(Problem::Unavailable(cause)),
            // The phone is enrolled all the same.
            Err(_) => {}
        }
    }
    Ok(())
}

/// Lets through who may decide a fallback; to others it does not show, but to whoever asked for it.
async fn may_decide(app: &App, session: &Session, id: &str) -> Result<(), Problem> {
    let mut query = app.db().read().await?;
    if stands::may_decide(&mut query, id, &session.person, &session.id).await? {
        return Ok(());
    }
    let found = rows::find(&mut query, id).await?.ok_or(Problem::NotFound)?;
    let record = verifications::find(&mut query, &found.verification).await?.ok_or(Problem::NotFound)?;
    if record.asker.id() == session.person { Err(Problem::SecondPerson) } else { Err(Problem::NotFound) }
}

/// A fallback that waits, inside a transaction in which nothing that it rests on changes.
async fn begin(app: &App, id: &str) -> Result<(Write, Fallback), Problem> {
    let mut write = app.db().write().await?;
    standing::hold(&mut write).await?;
    let fallback = rows::held(&mut write, id).await?.ok_or(Problem::NotFound)?;
    match fallback.state {
        State::Waiting if fallback.expires_at > write.now => Ok((write, fallback)),
        State::Waiting | State::Expired => Err(Problem::Expired),
        State::Accepted | State::Refused => Err(Problem::AlreadyDecided),
    }
}

/// The gate: everything that a fallback rests on, as it stands now.
async fn must_stand(write: &mut Write, fallback: &Fallback) -> Result<(), Problem> {
    let since = write.now - AFTER_REFUSAL_MS;
    let standing = stands::standing(write, fallback, since).await?;
    if !standing.parties || !standing.settings.allows(&standing.purpose, fallback.method) {
        return Err(Problem::NotInGoodStanding);
    }
    if standing.frozen {
        return Err(Problem::CustomerFrozen);
    }
    // Their phone works, and whoever holds it said no.
    if standing.refused {
        return Err(Problem::Refused("the customer refused a request within the last hour".into()));
    }
    Ok(())
}

async fn accept(write: &mut Write, fallback: &mut Fallback, by: &str) -> Result<(), Problem> {
    end(write, fallback, State::Accepted, by).await
}

async fn end(write: &mut Write, fallback: &mut Fallback, state: State, by: &str) -> Result<(), Problem> {
    if !fallback.state.leads_to(state) || !rows::decide(write, fallback, state, Some(by)).await? {
        return Err(Problem::AlreadyDecided);
    }
    *fallback = rows::find(write, &fallback.id).await?.ok_or(Problem::NotFound)?;
    Ok(())
}

/// A fallback that waits, for the list of who may decide or asked.
#[derive(Serialize)]
pub struct Listed<'a> {
    #[serde(flatten)]
    fallback: Shown<'a>,
    tenant: &'a str,
    reference: &'a str,
    handle: Option<&'a str>,
    purpose: serde_json::Value,
    asker: Asked<'a>,
    may_decide: bool,
}

/// Who asked, as the customer's phone was told.
#[derive(Serialize)]
struct Asked<'a> {
    person: &'a str,
    label: Option<Localized>,
}

/// See [`Listed`]; `None` when it is over by now.
///
/// # Errors
/// `internal` when a stored document does not read.
pub fn listed(record: &Record, may_decide: bool) -> Result<Option<Listed<'_>>, Problem> {
    let Some(fallback) = record.fallback.as_ref().filter(|f| f.state == State::Waiting) else { return Ok(None) };
    let statement = crate::requests::statement(record)?;
    let purpose = serde_json::to_value(&statement.purpose).map_err(|e| Problem::Internal(e.to_string()))?;
    Ok(Some(Listed {
        fallback: shown(fallback),
        tenant: &record.tenant,
        reference: &record.reference,
        handle: record.handle.as_deref(),
        purpose,
        asker: Asked { person: record.asker.id(), label: statement.operator },
        may_decide,
    }))
}
