//! Asking: start, watch, call off.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::bootstrap::is_plain;
use crate::caller::{Caller, used};
use crate::db::verifications::{self, Asker, Record};
use crate::db::{Query, customers, devices, organisations, people, policies};
use crate::domain::as_of;
use crate::domain::rights::{Resource, Role, Verb};
use crate::domain::state::State as Life;
use crate::http::extract::{AuthCaller, AuthPerson, Body, Path};
use crate::http::problem::Problem;
use crate::requests;
use crate::statements;

/// What is asked. The purpose decides the policy: nobody at a desk picks a weaker one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    tenant: Option<String>,
    handle: String,
    purpose: String,
    direction: Direction,
}

/// Who called whom.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The customer called the desk.
    Inbound,
    /// The desk called the customer.
    Outbound,
}

impl Direction {
    fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

/// `POST /v1/verifications`: 201 and the view; without an enrolled phone it ends at once as unreachable.
pub async fn start(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Body(body): Body<Start>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    caller.require(Verb::Change, Resource::Verifications)?;
    requests::check_handle(&body.handle)?;
    if !is_plain(&body.purpose) {
        return Err(requests::unknown_code(&body.purpose));
    }
    if let Caller::Person(session) = &caller {
        used(&app, session, Role::Operator).await?;
    }
    let mut write = app.db().write().await?;
    let now = write.now;
    let mandate = caller.mandate(&mut write, body.tenant.as_deref(), &body.purpose).await?;
    let tenant = &mandate.tenant;
    if !mandate.covers(&body.purpose) {
        return Err(requests::unknown_code(&body.purpose));
    }
    let (purpose, policy) = policies::for_purpose(&mut write, &tenant.id, &body.purpose)
        .await?
        .ok_or_else(|| requests::unknown_code(&body.purpose))?;
    let (asker, label) = asker(&mut write, &caller).await?;
    let machine = if asker.person().is_none() { Some(asker.id()) } else { None };
    app.limiter().start(&tenant.id, asker.person(), machine).map_err(|_| Problem::TooManyRequests)?;

    let customer = customers::known(&mut write, &tenant.id, &body.handle, app.entropy()).await?;
    if customer.frozen_until.is_some_and(|until| until > now) {
        return Err(Problem::CustomerFrozen);
    }
    let limits = &app.config().limits;
    let (started, open) = customers::pressure(&mut write, &customer.id, now - 60_000).await?;
    if started >= limits.verifications_per_handle_per_minute || open >= limits.open_per_handle {
        return Err(Problem::TooManyRequests);
    }
    let device = devices::active_of_customer(&mut write, &customer.id).await?;
    let display =
        tenant.settings.display.as_ref().ok_or_else(|| Problem::Internal("a tenant without display".into()))?;
    let asked = statements::Asked {
        tenant: &tenant.id,
        display,
        operator: &label,
        purpose: &purpose,
        policy: &policy,
        direction: body.direction.name(),
        now,
    };
    let fresh = asked.make(app.entropy())?;
    let mut record = Record {
        id: fresh.id,
        tenant: tenant.id.clone(),
        asker,
        delegation: mandate.delegation.as_ref().map(|d| d.id.clone()),
        customer: customer.id,
        handle: Some(body.handle),
        device,
        reference: fresh.reference,
        direction: body.direction.name().to_owned(),
        purpose: purpose.code,
        policy,
        statement: fresh.statement,
        state: Life::Created,
        wrong_numbers: 0,
        refused_proofs: 0,
        noted: 0,
        created_at: now,
        expires_at: fresh.expires_at,
        changed_at: now,
    };
    verifications::insert(&mut write, &record).await?;
    if record.device.is_none() {
        let step = record.state.no_device(now).map_err(|_| Problem::AlreadyDecided)?;
        verifications::take(&mut write, &mut record, step).await?;
    }
    write.commit().await?;
    app.deadline_moved().notify_one();
    if record.state.is_ended() {
        app.metrics().ended(record.state.name());
    }
    Ok((StatusCode::CREATED, Json(requests::view(&record)?)))
}

/// Who asks, and what the phone shows of them.
async fn asker(query: &mut Query, caller: &Caller) -> Result<(Asker, honnin_protocol::text::Localized), Problem> {
    match caller {
        Caller::Person(session) => {
            let person = people::active(query, &session.person).await?.ok_or(Problem::Unauthenticated)?;
            let asker = Asker::Person { person: session.person.clone(), session: session.id.clone() };
            Ok((asker, person.profile.label))
        }
        Caller::Machine(machine) => Ok((Asker::Machine(machine.id.clone()), machine.label.clone())),
    }
}

/// `GET /v1/verifications`: this person's calls today, newest first.
pub async fn today(State(app): State<App>, AuthPerson(session): AuthPerson) -> Result<Json<Value>, Problem> {
    // What timed out this instant is shown as such even before the sweeper comes by.
    app.sweep().await?;
    let mut query = app.db().read().await?;
    let own = organisations::find(&mut query, &session.organisation).await?.ok_or(Problem::Unauthenticated)?;
    let now = crate::db::now(&mut query).await?;
    let since = as_of::day_start(now, &own.settings.time_zone())
        .ok_or_else(|| Problem::Internal("the clock is outside the calendar".into()))?;
    let records = verifications::of_person(&mut query, &session.person, since).await?;
    let views = records.iter().map(requests::view).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(json!({"verifications": views, "now": now})))
}

/// `GET /v1/verifications/{id}`.
pub async fn one(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(requests::view(&visible(&app, &caller, &id).await?)?))
}

/// `POST /v1/verifications/{id}/cancel`.
pub async fn cancel(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let record = visible(&app, &caller, &id).await?;
    if record.asker.id() != caller.id() {
        return Err(Problem::NotPermitted);
    }
    requests::must_be_open(&record)?;
    let mut write = app.db().write().await?;
    let mut record = verifications::find(&mut write, &id).await?.ok_or(Problem::NotFound)?;
    let step = record.state.cancel(write.now).map_err(|_| Problem::AlreadyDecided)?;
    verifications::take(&mut write, &mut record, step).await?;
    write.commit().await?;
    app.metrics().ended("cancelled");
    Ok(Json(requests::view(&record)?))
}

/// One's own requests, and for a machine that may read them the tenant's; nobody else's.
///
/// # Errors
/// `not-found`.
pub async fn visible(app: &App, caller: &Caller, id: &str) -> Result<Record, Problem> {
    let record = requests::current(app, id).await?.ok_or(Problem::NotFound)?;
    let own = record.asker.id() == caller.id();
    let reads = matches!(caller, Caller::Machine(_))
        && caller.may(Verb::View, Resource::Verifications)
        && caller.organisation() == record.tenant;
    if own || reads { Ok(record) } else { Err(Problem::NotFound) }
}
