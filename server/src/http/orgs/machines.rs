//! API keys, and clients that sign for themselves.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::text::Localized;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::people::person_only;
use crate::app::App;
use crate::caller::admit;
use crate::db::machines::{self, Machine};
use crate::domain::rights::{Resource, Scope, Verb};
use crate::domain::settings::{Kind, check_texts};
use crate::entropy::token_hash;
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;
use crate::statements::identifier;

/// Keys of a client at most: one in use, one to come, and some slack.
const MOST_KEYS: usize = 4;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/machines", get(list).post(add))
        .route("/v1/orgs/{org}/machines/{id}", delete(remove))
}

/// `GET /v1/orgs/{org}/machines`.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Machines).await?;
    let listed: Vec<Value> = machines::of(&mut app.db().read().await?, &org)
        .await?
        .iter()
        .map(|m| {
            json!({
                "id": m.id, "kind": m.kind, "name": m.name, "label": m.label, "scopes": m.scopes,
                "created_at": m.created_at, "expires_at": m.expires_at, "last_used_at": m.last_used_at,
                "status": m.status,
            })
        })
        .collect();
    Ok(Json(json!({"machines": listed})))
}

/// API key or client.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum MachineKind {
    ApiKey,
    Client,
}

/// A client's public keys.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Jwks {
    keys: Vec<P256Jwk>,
}

/// A new machine.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    kind: MachineKind,
    name: String,
    label: Localized,
    scopes: Vec<Scope>,
    expires_in_days: i64,
    jwks: Option<Jwks>,
}

/// `POST /v1/orgs/{org}/machines`: 201; an API key's secret is shown this once.
async fn add(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Add>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Machines).await?;
    // A machine that makes machines would outlive its own expiry.
    person_only(&caller)?;
    honnin_protocol::guard::display_text(&body.name).map_err(|_| Problem::UnsafeText)?;
    check_texts([&body.label]).map_err(|_| Problem::UnsafeText)?;
    if !(1..=365).contains(&body.expires_in_days) || body.scopes.is_empty() {
        return Err(Problem::Malformed("scopes, and 1 to 365 days"));
    }
    let (secret, jwks) = match (body.kind, body.jwks) {
        (MachineKind::ApiKey, None) => (Some(format!("hk_{}", app.entropy().token())), None),
        (MachineKind::Client, Some(jwks)) if (1..=MOST_KEYS).contains(&jwks.keys.len()) => {
            (None, Some(serde_json::to_string(&jwks).map_err(|e| Problem::Internal(e.to_string()))?))
        }
        _ => return Err(Problem::Malformed("a client brings one to four P-256 keys, an API key none")),
    };
    let mut write = app.db().write().await?;
    let machine = Machine {
        id: identifier("m_", app.entropy()),
        organisation: org,
        organisation_kind: Kind::Tenant,
        kind: if jwks.is_some() { "client" } else { "api_key" }.into(),
        name: body.name,
        label: body.label,
        scopes: body.scopes,
        jwks,
        created_by: caller.id().into(),
        created_at: write.now,
        expires_at: write.now + body.expires_in_days * 86_400_000,
        last_used_at: None,
        status: "active".into(),
    };
    machines::insert(&mut write, &machine, secret.as_deref().map(token_hash).as_deref()).await?;
    write.commit().await?;
    let mut answer = json!({"id": machine.id, "expires_at": machine.expires_at});
    if let Some(secret) = secret {
        answer["secret"] = json!(secret);
    }
    Ok((StatusCode::CREATED, Json(answer)))
}

/// `DELETE /v1/orgs/{org}/machines/{id}`: it and its tokens stop at once.
async fn remove(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::Machines).await?;
    let mut write = app.db().write_standing().await?;
    if !machines::revoke(&mut write, &org, &id, caller.id()).await? {
        return Err(Problem::NotFound);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
