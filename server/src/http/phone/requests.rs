//! What the phone is asked, and what it was asked before.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::db::{recipients, verifications};
use crate::http::extract::{AuthDevice, DeviceToken, Verification};
use crate::http::problem::Problem;
use crate::rounds::{Acknowledge, Examined};
use crate::{notices, requests, statements};

/// `GET /v1/device/requests`: the open ones.
pub async fn open(State(app): State<App>, AuthDevice(device): AuthDevice) -> Result<Json<Value>, Problem> {
    let mut query = app.db().read().await?;
    let now = crate::db::now(&mut query).await?;
    let open = verifications::open_of_customer(&mut query, &device.customer).await?;
    let open: Vec<Value> = open
        .iter()
        .filter(|r| r.expires_at > now)
        .map(|r| json!({"verification": r.id, "state": r.state.name(), "expires_at": r.expires_at}))
        .collect();
    Ok(Json(json!({"requests": open, "now": now})))
}

/// `GET /v1/device/requests/{id}`: the acknowledgement that the phone has it.
pub async fn one(
    State(app): State<App>,
    DeviceToken(token_hash): DeviceToken,
    Verification(verification): Verification,
) -> Result<Json<Value>, Problem> {
    let fetched = app.acknowledge(Acknowledge { token_hash: token_hash.clone(), verification, opened: false }).await?;
    let Examined { device, record, now, .. } = &fetched;
    let policy = &record.policy;
    let recipient_key = match &record.recipient {
        Some(id) => recipients::find(&mut app.db().read().await?, &record.tenant, id).await?.map(|r| r.key),
        None => None,
    };
    let notice = match &record.call {
        Some(_) => notices::notice(&mut app.db().read().await?, record, &device.id).await?,
        None => None,
    };
    let answer = json!({
        "statement": statements::for_phone(&record.statement)?,
        "policy": policy, "words": honnin_protocol::policy::words(policy), "state": record.state.name(),
        "passkey": {
            "rpId": app.config().rp_id(), "timeout": 60_000,
            "userVerification": if policy.user_verification { "required" } else { "preferred" },
            "allowCredentials": [{"type": "public-key", "id": device.identity.passkey_id}],
        },
        "recipient_key": recipient_key, "notice": notice, "call": if record.call.is_some() { Some(notices::for_phone(record)?) } else { None },
        "now": now,
    });
    if !record.state.is_ended() {
        app.fetched().keep(token_hash, fetched);
    }
    Ok(Json(answer))
}

/// `POST /v1/device/requests/{id}/opened`: 204, also when it was open already.
pub async fn opened(
    State(app): State<App>,
    DeviceToken(token_hash): DeviceToken,
    Verification(verification): Verification,
) -> Result<StatusCode, Problem> {
    app.acknowledge(Acknowledge { token_hash, verification, opened: true }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/device/history`: the decided ones, newest first.
pub async fn history(State(app): State<App>, AuthDevice(device): AuthDevice) -> Result<Json<Value>, Problem> {
    let mut query = app.db().read().await?;
    let records = verifications::history_of_device(&mut query, &device.id).await?;
    let mut entries = Vec::with_capacity(records.len());
    for record in &records {
        let statement: Value = requests::stored(&record.statement)?;
        let (_, _, decided_at) = requests::times(record.state);
        entries.push(json!({
            "verification": record.id, "reference": record.reference, "statement_purpose": statement["purpose"],
            "state": record.state.name(), "decided_at": decided_at,
        }));
    }
    Ok(Json(json!({"entries": entries})))
}
