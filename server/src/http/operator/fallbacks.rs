//! What stands in for a phone that is lost, dead or new.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::verifications::visible;
use crate::app::App;
use crate::caller::Caller;
use crate::db::fallbacks as rows;
use crate::db::machines::Machine;
use crate::db::verifications;
use crate::domain::fallback::{Method, Reason};
use crate::domain::rights::{Resource, Role, Scope, Verb};
use crate::fallbacks::{self, shown};
use crate::http::extract::{AuthCaller, AuthPerson, Body, Verification};
use crate::http::problem::Problem;

/// How, and what became of the phone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    method: Method,
    reason: Reason,
}

/// `POST /v1/verifications/{id}/fallback`: 201, by whoever asked for the verification.
pub async fn ask(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Verification(id): Verification,
    Body(wish): Body<Wish>,
) -> Result<Response, Problem> {
    let record = visible(&app, &caller, &id).await?;
    if record.asker.id() != caller.id() {
        return Err(Problem::NotPermitted);
    }
    caller.require(Verb::Change, Resource::Verifications)?;
    let fallback = fallbacks::ask(&app, &caller, &id, wish.method, wish.reason).await?;
    Ok((StatusCode::CREATED, Json(shown(&fallback))).into_response())
}

/// `GET /v1/fallbacks`: those waiting that this person may decide or asked for.
pub async fn waiting(State(app): State<App>, AuthPerson(session): AuthPerson) -> Result<Json<Value>, Problem> {
    let supervisor = session.roles.contains(&Role::Supervisor);
    let mut query = app.db().read().await?;
    let mut listed = Vec::new();
    for (id, may) in rows::waiting_for(&mut query, &session.person, &session.organisation, supervisor).await? {
        let Some(record) = verifications::find(&mut query, &id).await? else { continue };
        if let Some(one) = fallbacks::listed(&record, may)? {
            listed.push(serde_json::to_value(one).map_err(|e| Problem::Internal(e.to_string()))?);
        }
    }
    Ok(Json(json!({"fallbacks": listed, "now": crate::db::now(&mut query).await?})))
}

/// `POST /v1/fallbacks/{id}/approve`: by a supervisor; two make it accepted.
pub async fn approve(
    State(app): State<App>,
    AuthPerson(session): AuthPerson,
    Verification(id): Verification,
) -> Result<Response, Problem> {
    Ok(Json(shown(&fallbacks::approve(&app, &session, &id).await?)).into_response())
}

/// `POST /v1/fallbacks/{id}/refuse`: by a supervisor; one decides.
pub async fn refuse(
    State(app): State<App>,
    AuthPerson(session): AuthPerson,
    Verification(id): Verification,
) -> Result<Response, Problem> {
    Ok(Json(shown(&fallbacks::refuse(&app, &session, &id).await?)).into_response())
}

/// `GET /v1/fallbacks/callbacks`: for the tenant's dialler, which looks the pinned number up by the handle.
pub async fn callbacks(State(app): State<App>, AuthCaller(caller): AuthCaller) -> Result<Json<Value>, Problem> {
    let machine = dialler(caller)?;
    let mut query = app.db().read().await?;
    let mut listed = Vec::new();
    for id in rows::callbacks(&mut query, &machine.organisation).await? {
        let Some(record) = verifications::find(&mut query, &id).await? else { continue };
        let Some(fallback) = &record.fallback else { continue };
        listed.push(json!({"id": fallback.id, "handle": record.handle, "verification": record.id,
                           "reference": record.reference, "expires_at": fallback.expires_at}));
    }
    Ok(Json(json!({"callbacks": listed, "now": crate::db::now(&mut query).await?})))
}

/// How a call-back went.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    reached: bool,
}

/// `POST /v1/fallbacks/{id}/outcome`: by the tenant's dialler.
pub async fn outcome(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Verification(id): Verification,
    Body(outcome): Body<Outcome>,
) -> Result<Response, Problem> {
    let machine = dialler(caller)?;
    let fallback = fallbacks::called_back(&app, &machine, &id, outcome.reached).await?;
    Ok(Json(shown(&fallback)).into_response())
}

/// A machine that makes call-backs; to anybody else they do not show.
fn dialler(caller: Caller) -> Result<Machine, Problem> {
    match caller {
        Caller::Machine(machine) if machine.scopes.contains(&Scope::Fallbacks) => Ok(machine),
        Caller::Machine(_) | Caller::Person(_) => Err(Problem::NotFound),
    }
}
