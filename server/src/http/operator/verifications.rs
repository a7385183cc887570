//! Asking: start, watch, call off.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::db::devices;
use crate::db::sessions::Session;
use crate::db::verifications::{self, Record};
use crate::domain::as_of;
use crate::domain::state::State as Life;
use crate::http::extract::{AuthOperator, Body};
use crate::http::problem::Problem;
use crate::requests;
use crate::statements;

/// What the operator asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    handle: String,
    purpose: String,
    policy: String,
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
    AuthOperator(session): AuthOperator,
    Body(body): Body<Start>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    requests::check_handle(&body.handle)?;
    let tenant = app.tenant(&session.tenant).ok_or(Problem::Unauthenticated)?;
    let operator = app.operator(&session.tenant, &session.operator).ok_or(Problem::Unauthenticated)?;
    let purpose = tenant.purpose(&body.purpose).ok_or_else(|| requests::unknown_code(&body.purpose))?;
    let policy = tenant.policy(&body.policy).ok_or_else(|| requests::unknown_code(&body.policy))?;

    let mut write = app.db().write().await?;
    let now = write.now;
    let (started, open) = verifications::pressure(write.conn(), &tenant.id, &body.handle, now - 60_000).await?;
    let limits = &app.config().limits;
    if started >= limits.verifications_per_handle_per_minute || open >= limits.open_per_handle {
        return Err(Problem::TooManyRequests);
    }
    let device = devices::active_of_handle(write.conn(), &tenant.id, &body.handle).await?;
    let asked = statements::Asked { tenant, operator, purpose, policy, direction: body.direction.name(), now };
    let fresh = asked.make(app.entropy())?;
    let mut record = Record {
        id: fresh.id,
        tenant: tenant.id.clone(),
        operator: session.operator,
        session: session.id,
        device: device.map(|d| d.id),
        handle: body.handle,
        reference: fresh.reference,
        direction: body.direction.name().to_owned(),
        policy: fresh.policy,
        statement: fresh.statement,
        state: Life::Created,
        created_at: now,
        expires_at: fresh.expires_at,
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

/// `GET /v1/verifications`: this operator's calls today, newest first.
pub async fn today(State(app): State<App>, AuthOperator(session): AuthOperator) -> Result<Json<Value>, Problem> {
    let now = app.db().now().await?;
    let zone = app.zone(&session.tenant).ok_or(Problem::Unauthenticated)?;
    let since =
        as_of::day_start(now, zone).ok_or_else(|| Problem::Internal("the clock is outside the calendar".into()))?;
    // What timed out this instant is shown as such even before the sweeper comes by.
    app.sweep().await?;
    let mut conn = app.db().reader().acquire().await?;
    let records = verifications::of_operator(&mut conn, &session.operator, since).await?;
    let views = records.iter().map(requests::view).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(json!({"verifications": views, "now": now})))
}

/// `GET /v1/verifications/{id}`.
pub async fn one(
    State(app): State<App>,
    AuthOperator(session): AuthOperator,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(requests::view(&own(&app, &session, &id).await?)?))
}

/// `POST /v1/verifications/{id}/cancel`.
pub async fn cancel(
    State(app): State<App>,
    AuthOperator(session): AuthOperator,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    requests::must_be_open(&own(&app, &session, &id).await?)?;
    let mut write = app.db().write().await?;
    let mut record = verifications::find(write.conn(), &id).await?.ok_or(Problem::NotFound)?;
    let step = record.state.cancel(write.now).map_err(|_| Problem::AlreadyDecided)?;
    verifications::take(&mut write, &mut record, step).await?;
    write.commit().await?;
    app.metrics().ended("cancelled");
    Ok(Json(requests::view(&record)?))
}

/// An operator sees their own requests and nobody else's.
async fn own(app: &App, session: &Session, id: &str) -> Result<Record, Problem> {
    match requests::current(app, id).await? {
        Some(record) if record.operator == session.operator && record.tenant == session.tenant => Ok(record),
        _ => Err(Problem::NotFound),
    }
}
