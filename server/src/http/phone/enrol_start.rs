//! The first half of enrolment: the statement to prove, and passkey options.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::db::enrolments::{self, Content};
use crate::db::{consents, organisations, policies};
use crate::domain::settings::Kind;
use crate::http::extract::Body;
use crate::http::problem::Problem;
use crate::{requests, statements};

/// Who wants to enrol where. Nothing is believed yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    tenant: String,
    handle: String,
}

/// `POST /v1/enrolments`.
pub async fn start(State(app): State<App>, Body(body): Body<Start>) -> Result<(StatusCode, Json<Value>), Problem> {
    requests::check_handle(&body.handle)?;
    let mut write = app.db().write().await?;
    let now = write.now;
    let tenant = organisations::find(&mut write, &body.tenant)
        .await?
        .filter(|o| o.kind == Kind::Tenant)
        .ok_or(Problem::NotFound)?;
    if !tenant.active {
        return Err(Problem::NotInGoodStanding);
    }
    let started = enrolments::pressure(&mut write, &tenant.id, &body.handle, now - 60_000).await?;
    if started >= app.config().limits.enrolments_per_handle_per_minute {
        return Err(Problem::TooManyRequests);
    }
    let incomplete = || Problem::Internal("a tenant's settings are incomplete".into());
    let display = tenant.settings.display.as_ref().ok_or_else(incomplete)?;
    let policy = tenant.settings.enrolment_policy.as_deref().ok_or_else(incomplete)?;
    let policy = policies::current(&mut write, &tenant.id, policy).await?.ok_or_else(incomplete)?;
    // A later version of the enrolment policy may have come to disclose.
    if !policy.is_plain() {
        return Err(Problem::PolicyNeedsTerms);
    }
    // An enrolment that anybody's credential would do for is none.
    if !policy.asks_for_holder() {
        return Err(Problem::UnknownPolicy);
    }
    let fresh = statements::enrolment(&tenant.id, display, &policy, now, app.entropy())?;
    // The passkey is named after the company: the authenticator's list holds nothing of the customer.
    let user = Uuid::from_bytes(app.entropy().bytes());
    let (options, ceremony) = app.relying_party().start_registration(user, &display.name.ja)?;
    let answer = json!({
        "enrolment": fresh.id, "statement": statements::for_phone(&fresh.statement)?,
        "policy": policy, "passkey": options, "consent": consents::words(display, &policy),
    });
    let content = Content { handle: body.handle, statement: fresh.statement, ceremony };
    enrolments::insert(&mut write, &fresh.id, &tenant.id, &content, &policy, fresh.expires_at).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(answer)))
}
