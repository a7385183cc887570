//! Ending phones: the clerk's question and answer, and the same for programs.

use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::{Form, Json};
use honnin_protocol::guard;
use honnin_protocol::revocation::Reason;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::admin::bearer;
use super::clerk::{same_origin, session};
use crate::app::App;
use crate::page::{self, Lang, Notice};
use crate::revocations::RevokeError;

/// Of whom.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whose {
    handle: String,
    lang: Option<String>,
}

/// The answer to the question.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    handle: String,
    reason: Reason,
    lang: Option<String>,
}

/// `GET /clerk/revocations?handle=…`: whether, and why.
pub async fn ask(State(app): State<App>, Query(whose): Query<Whose>, headers: HeaderMap) -> Result<Response, Problem> {
    let lang = Lang::choose(whose.lang.as_deref(), &headers);
    if session(&app, &headers).is_none() {
        return Ok((StatusCode::UNAUTHORIZED, Html(page::login(lang, None))).into_response());
    }
    guard::handle(&whose.handle).map_err(|_| Problem::LooksLikePersonalData)?;
    Ok(Html(page::revoke(lang, &app.config().tenant, &whose.handle, None)).into_response())
}

/// `POST /clerk/revocations`: how many phones went.
pub async fn end(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<Form<End>, FormRejection>,
) -> Result<Response, Problem> {
    same_origin(&app, &headers)?;
    let Form(form) = form?;
    let lang = Lang::choose(form.lang.as_deref(), &headers);
    if session(&app, &headers).is_none() {
        return Ok((StatusCode::UNAUTHORIZED, Html(page::login(lang, None))).into_response());
    }
    guard::handle(&form.handle).map_err(|_| Problem::LooksLikePersonalData)?;
    let tenant = &app.config().tenant;
    let (status, notice) = match app.revoke(&form.handle, form.reason).await {
        Ok(phones) => return Ok(Html(page::revoked(lang, tenant, &form.handle, phones)).into_response()),
        Err(RevokeError::Key(e)) => return Err(e.into()),
        Err(RevokeError::Unreachable) => (StatusCode::BAD_GATEWAY, Notice::ServerSilent),
        Err(RevokeError::Refused(_)) => (StatusCode::BAD_GATEWAY, Notice::ServerRefused),
    };
    Ok((status, Html(page::revoke(lang, tenant, &form.handle, Some(notice)))).into_response())
}

/// For programs: whose phones, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    handle: String,
    reason: Reason,
}

/// How many went.
#[derive(Serialize)]
pub struct Revoked {
    phones: u64,
}

/// `POST /admin/revocations`.
pub async fn revoke(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Json<Revoke>, JsonRejection>,
) -> Result<Json<Revoked>, Problem> {
    if !bearer(&headers).is_some_and(|token| app.is_admin(token)) {
        return Err(Problem::Unauthenticated);
    }
    let Json(request) = body?;
    guard::handle(&request.handle).map_err(|_| Problem::LooksLikePersonalData)?;
    let phones = app.revoke(&request.handle, request.reason).await.map_err(|e| match e {
        RevokeError::Key(e) => e.into(),
        RevokeError::Unreachable | RevokeError::Refused(_) => Problem::ServerUnavailable,
    })?;
    Ok(Json(Revoked { phones }))
}
