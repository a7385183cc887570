//! Asking: start, watch, call off.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::bootstrap::is_plain;
use crate::caller::Caller;
use crate::db::verifications::{self, Record};
use crate::db::{organisations, steps};
use crate::domain::as_of;
use crate::domain::rights::{Resource, Verb};
use crate::http::extract::{Asking, AuthCaller, AuthPerson, Body, Verification};
use crate::http::problem::Problem;
use crate::requests;
use crate::rounds::{Ask, Whom};

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
    Asking(by): Asking,
    Body(body): Body<Start>,
) -> Result<(StatusCode, Response), Problem> {
    requests::check_handle(&body.handle)?;
    if !is_plain(&body.purpose) {
        return Err(requests::unknown_code(&body.purpose));
    }
    let Start { tenant, handle, purpose, direction } = body;
    let record = app
        .ask(Ask {
            by,
            tenant,
            whom: Whom::Customer(handle),
            purpose,
            direction: direction.name(),
            call: None,
            terms: None,
            counted: false,
        })
        .await?;
    Ok((StatusCode::CREATED, shown(&record)?))
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
    Verification(id): Verification,
) -> Result<Response, Problem> {
    shown(&visible(&app, &caller, &id).await?)
}

/// `POST /v1/verifications/{id}/cancel`.
pub async fn cancel(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Verification(id): Verification,
) -> Result<Response, Problem> {
    let record = visible(&app, &caller, &id).await?;
    if record.asker.id() != caller.id() {
        return Err(Problem::NotPermitted);
    }
    requests::must_be_open(&record)?;
    let mut write = app.db().write().await?;
    let mut record = verifications::find(&mut write, &id).await?.ok_or(Problem::NotFound)?;
    let step = record.state.cancel(write.now).map_err(|_| Problem::AlreadyDecided)?;
    steps::take(&mut write, &mut record, step).await?;
    write.commit().await?;
    app.metrics().ended("cancelled");
    shown(&record)
}

fn shown(record: &Record) -> Result<Response, Problem> {
    Ok(Json(requests::view(record)?).into_response())
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
