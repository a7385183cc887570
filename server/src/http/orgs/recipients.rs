//! Parties that open what payments and orders seal.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use honnin_protocol::guard;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::text::Localized;
use serde::Deserialize;
use serde_json::{Value, json};

use super::people::person_only;
use crate::app::App;
use crate::caller::admit;
use crate::db::recipients::{self, Recipient};
use crate::domain::rights::{Resource, Verb};
use crate::domain::settings::Kind;
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;
use crate::statements::identifier;
use crate::webhook;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/recipients", get(list).post(add))
        .route("/v1/orgs/{org}/recipients/{id}", delete(remove))
}

/// `GET …/recipients`: those that stand; never a secret.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Policies).await?;
    let found = recipients::of(&mut app.db().read().await?, &org).await?;
    let listed: Vec<Value> = found
        .iter()
        .map(|r| {
            json!({"id": r.id, "name": r.name, "key": r.key, "thumbprint": r.key.thumbprint(), "url": r.url,
                   "created_at": r.created_at})
        })
        .collect();
    Ok(Json(json!({"recipients": listed})))
}

/// A new recipient. A key of another curve does not read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    name: Localized,
    key: P256Jwk,
    url: String,
}

/// `POST …/recipients`: 201; the secret is shown this once.
async fn add(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Add>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Policies).await?;
    person_only(&caller)?;
    if caller.kind() != Kind::Tenant {
        return Err(Problem::NotFound);
    }
    for text in [&body.name.ja, &body.name.en] {
        guard::term(text).map_err(|e| Problem::Refused(e.to_string()))?;
    }
    let url = app.webhooks().reach().read(&body.url).map_err(|e| Problem::Refused(e.to_string()))?;
    let mut write = app.db().write().await?;
    let recipient = Recipient {
        id: identifier("r_", app.entropy()),
        tenant: org,
        name: body.name,
        key: body.key,
        url: url.into(),
        created_at: write.now,
    };
    let secret = webhook::secret(app.entropy());
    recipients::insert(&mut write, &recipient, &secret, caller.id()).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"id": recipient.id, "secret": secret.as_str()}))))
}

/// `DELETE …/recipients/{id}`: 204; what waits for it does not pass any more.
async fn remove(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::Policies).await?;
    let mut write = app.db().write_standing().await?;
    if !recipients::remove(&mut write, &org, &id, caller.id()).await? {
        return Err(Problem::NotFound);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
