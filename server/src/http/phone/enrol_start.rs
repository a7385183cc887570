//! The first half of enrolment: the statement to prove, and passkey options.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::db::enrolments::{self, Enrolment};
use crate::db::standing;
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
    let tenant = app.tenant(&body.tenant).ok_or(Problem::NotFound)?;
    let mut write = app.db().write().await?;
    let now = write.now;
    if !standing::of_tenant(write.conn(), &tenant.id).await? {
        return Err(Problem::NotInGoodStanding);
    }
    let started = enrolments::pressure(write.conn(), &tenant.id, &body.handle, now - 60_000).await?;
    if started >= app.config().limits.enrolments_per_handle_per_minute {
        return Err(Problem::TooManyRequests);
    }
    let fresh = statements::enrolment(tenant, now, app.entropy())?;
    // The passkey is named after the company: the authenticator's list holds nothing of the customer.
    let user = Uuid::from_bytes(app.entropy().bytes());
    let (options, ceremony) = app.relying_party().start_registration(user, &tenant.display.name.ja)?;
    let answer = json!({
        "enrolment": fresh.id, "statement": statements::for_phone(&fresh.statement)?,
        "policy": tenant.enrolment_policy, "passkey": options,
    });
    let enrolment = Enrolment {
        id: fresh.id,
        tenant: tenant.id.clone(),
        handle: body.handle,
        statement: fresh.statement,
        policy: fresh.policy,
        ceremony,
        expires_at: fresh.expires_at,
        completed: false,
    };
    enrolments::insert(&mut write, &enrolment).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(answer)))
}
