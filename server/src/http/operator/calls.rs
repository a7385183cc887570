//! Calls that are announced before anybody dials.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use honnin_protocol::statement::Window;
use honnin_protocol::text::Localized;
use serde::Deserialize;
use serde_json::{Value, json};

use super::verifications::visible;
use crate::app::App;
use crate::bootstrap::is_plain;
use crate::caller::Caller;
use crate::db::verifications::{self, Record};
use crate::db::{Write, calls, organisations, people, phones, standing, steps};
use crate::domain::as_of;
use crate::domain::calls::{EARLY_MS, Stage, shown};
use crate::domain::settings::check_texts;
use crate::http::extract::{Asking, AuthCaller, AuthPerson, Body, Verification};
use crate::http::problem::Problem;
use crate::rounds::{Ask, NewCall, Whom};
use crate::{notices, requests};

/// What is announced. The purpose decides the policy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announce {
    tenant: Option<String>,
    handle: String,
    purpose: String,
    number: String,
    windows: Vec<Window>,
    alias: Option<Localized>,
    policy: Option<String>,
}

/// `POST /v1/calls`: 201 and the view.
pub async fn announce(
    State(app): State<App>,
    Asking(by): Asking,
    Body(body): Body<Announce>,
) -> Result<(StatusCode, Response), Problem> {
    requests::check_handle(&body.handle)?;
    if !is_plain(&body.purpose) {
        return Err(requests::unknown_code(&body.purpose));
    }
    check_texts(body.alias.iter()).map_err(|_| Problem::UnsafeText)?;
    let Announce { tenant, handle, purpose, number, windows, alias, policy } = body;
    let call = Some(NewCall { number, windows, alias, policy });
    let ask = Ask {
        by,
        tenant,
        whom: Whom::Customer(handle),
        purpose,
        direction: "outbound",
        call,
        terms: None,
        counted: false,
    };
    let record = app.ask(ask).await?;
    Ok((StatusCode::CREATED, answer(&record)?.into_response()))
}

/// `GET /v1/calls`: this person's that are not over, and today's.
pub async fn mine(State(app): State<App>, AuthPerson(session): AuthPerson) -> Result<Json<Value>, Problem> {
    app.sweep().await?;
    let mut query = app.db().read().await?;
    let own = organisations::find(&mut query, &session.organisation).await?.ok_or(Problem::Unauthenticated)?;
    let now = crate::db::now(&mut query).await?;
    let since = as_of::day_start(now, &own.settings.time_zone())
        .ok_or_else(|| Problem::Internal("the clock is outside the calendar".into()))?;
    let records = verifications::calls_of_person(&mut query, &session.person, since).await?;
    let views = records.iter().map(requests::view).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(json!({"calls": views, "now": now})))
}

/// `GET /v1/calls/{id}`.
pub async fn one(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Verification(id): Verification,
) -> Result<Response, Problem> {
    Ok(answer(&find(&app, &caller, &id).await?)?.into_response())
}

/// What the desk did.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    state: Stage,
}

/// `POST /v1/calls/{id}/state`: `ringing`, `talking`, `ended` or `missed`.
pub async fn progress(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Verification(id): Verification,
    Body(body): Body<Progress>,
) -> Result<Response, Problem> {
    if !matches!(body.state, Stage::Ringing | Stage::Talking | Stage::Ended | Stage::Missed) {
        return Err(Problem::Malformed("state is ringing, talking, ended or missed"));
    }
    let (mut write, mut record) = own(&app, &caller, &id).await?;
    let call = record.call.clone().ok_or(Problem::NotFound)?;
    if body.state == Stage::Ringing {
        // Nobody is told "that is us" of a call that was refused, or outside its window.
        if !matches!(shown(call.stage, record.state), "announced" | "confirmed") {
            return Err(Problem::AlreadyDecided);
        }
        if write.now < call.from - EARLY_MS {
            return Err(Problem::Refused("the window has not begun".into()));
        }
        if write.now >= call.until {
            return Err(Problem::Expired);
        }
        may_dial(&mut write, &record).await?;
    }
    if !calls::advance(&mut write, &mut record, body.state, None, caller.id()).await? {
        return Err(Problem::AlreadyDecided);
    }
    write.commit().await?;
    Ok(answer(&record)?.into_response())
}

/// `POST /v1/calls/{id}/cancel`: until it rings.
pub async fn cancel(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Verification(id): Verification,
) -> Result<Response, Problem> {
    let (mut write, mut record) = own(&app, &caller, &id).await?;
    if !calls::advance(&mut write, &mut record, Stage::Cancelled, None, caller.id()).await? {
        return Err(Problem::AlreadyDecided);
    }
    let open = !record.state.is_ended();
    if let Ok(step) = record.state.cancel(write.now) {
        steps::take(&mut write, &mut record, step).await?;
    }
    write.commit().await?;
    if open {
        app.metrics().ended("cancelled");
    }
    Ok(answer(&record)?.into_response())
}

/// `GET /v1/calls/{id}/number`: the tenant's signed word on the number, for who puts the call through.
pub async fn number(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Verification(id): Verification,
) -> Result<Json<Value>, Problem> {
    let record = find(&app, &caller, &id).await?;
    let mut query = app.db().read().await?;
    let statement = notices::number(&mut query, &record).await?;
    Ok(Json(json!({"statement": statement})))
}

fn answer(record: &Record) -> Result<Json<requests::View<'_>>, Problem> {
    requests::view(record).map(Json)
}

async fn find(app: &App, caller: &Caller, call: &str) -> Result<Record, Problem> {
    let id = calls::verification(&mut app.db().read().await?, call).await?.ok_or(Problem::NotFound)?;
    visible(app, caller, &id).await
}

/// A call of the caller's own, inside a transaction.
async fn own(app: &App, caller: &Caller, call: &str) -> Result<(Write, Record), Problem> {
    let seen = find(app, caller, call).await?;
    if seen.asker.id() != caller.id() {
        return Err(Problem::NotPermitted);
    }
    let mut write = app.db().write().await?;
    let record = verifications::find(&mut write, &seen.id).await?.ok_or(Problem::NotFound)?;
    Ok((write, record))
}

/// Who dials is still let work for the tenant.
async fn may_dial(write: &mut Write, record: &Record) -> Result<(), Problem> {
    if let Some(person) = record.asker.person() {
        people::may_log_in(write, person).await?.ok_or(Problem::NotInGoodStanding)?;
    }
    // A confirmation counts as long as the phone that gave it; else any phone will do. Of a customer without one there is
    // no standing, and no such call stays announced.
    let phone = match &record.device {
        Some(device) if record.state.is_ended() => device.clone(),
        _ => {
            let active = phones::of(write, &record.tenant, &record.customer).await?;
            active.into_iter().next().ok_or(Problem::NotInGoodStanding)?.id
        }
    };
    let standing = standing::of_verifications(write, &[(&record.id, &phone)]).await?;
    if standing.get(&record.id).is_some_and(|s| s.parties) { Ok(()) } else { Err(Problem::NotInGoodStanding) }
}
