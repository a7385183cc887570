//! Asking somebody who has no account: an invitation to prove conditions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::links::qr_svg;
use crate::app::App;
use crate::bootstrap::is_plain;
use crate::entropy::token_hash;
use crate::http::extract::{Asking, Body};
use crate::http::problem::Problem;
use crate::rounds::{Ask, Invite, Whom};
use crate::{links, requests};

/// Minutes that an invitation is open.
const MINUTES: std::ops::RangeInclusive<i64> = 5..=1440;

/// What is to be proven, by whoever opens the link. The purpose decides the policy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invited {
    tenant: Option<String>,
    purpose: String,
    #[serde(default = "quarter")]
    minutes: i64,
}

fn quarter() -> i64 {
    15
}

/// `POST /v1/eligibility`: 201, the view and the invitation, which is shown this once.
pub async fn invite(
    State(app): State<App>,
    Asking(by): Asking,
    Body(body): Body<Invited>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    if !is_plain(&body.purpose) {
        return Err(requests::unknown_code(&body.purpose));
    }
    if !MINUTES.contains(&body.minutes) {
        return Err(Problem::Malformed("minutes is 5 to 1440"));
    }
    let token = links::token(app.entropy());
    let invite = Invite { token_hash: token_hash(&token), open_ms: body.minutes * 60_000 };
    let Invited { tenant, purpose, .. } = body;
    let whom = Whom::Prospect(invite);
    let ask = Ask { by, tenant, whom, purpose, direction: "inbound", call: None, terms: None, counted: false };
    let record = app.ask(ask).await?;
    let link = links::invitation(&app, &token);
    let mut view = serde_json::to_value(requests::view(&record)?).map_err(|e| Problem::Internal(e.to_string()))?;
    view["invitation"] = json!({"link": link, "qr_svg": qr_svg(&link)?, "expires_at": record.expires_at});
    Ok((StatusCode::CREATED, Json(view)))
}
