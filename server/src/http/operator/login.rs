//! Login by passkey, without a name.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::session;
use crate::app::App;
use crate::db::sessions::Through;
use crate::db::{logins, people, providers};
use crate::entropy::token_hash;
use crate::http::extract::Body;
use crate::http::problem::Problem;

/// `POST /v1/operator/login/start`: request options for a discoverable credential.
pub async fn start(State(app): State<App>) -> Result<Json<Value>, Problem> {
    let (options, ceremony) = app.relying_party().start_login()?;
    let login = app.entropy().token();
    let mut write = app.db().write().await?;
    logins::start_login(&mut write, &token_hash(&login), &ceremony).await?;
    write.commit().await?;
    Ok(Json(json!({"login": login, "passkey": options})))
}

/// The browser's answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    login: String,
    response: Value,
}

/// `POST /v1/operator/login/finish`: 204 and the cookie. A ceremony serves once, also when it fails.
pub async fn finish(State(app): State<App>, headers: HeaderMap, Body(body): Body<Finish>) -> Result<Response, Problem> {
    let ceremony = {
        let mut write = app.db().write().await?;
        let ceremony = logins::take_login(&mut write, &token_hash(&body.login)).await?.ok_or(Problem::Expired)?;
        write.commit().await?;
        ceremony
    };
    let (user, credential) = app.relying_party().claimed(&body.response)?;
    let mut write = app.db().write().await?;
    // Unknown users and unknown credentials get the same answer as a bad signature.
    let person =
        people::active_by_webauthn_id(&mut write, &user.to_string()).await?.ok_or(Problem::AssertionInvalid)?;
    let stored = logins::passkey(&mut write, &person, &credential).await?.ok_or(Problem::AssertionInvalid)?;
    let logged_in = app.relying_party().finish_login(&body.response, &ceremony, &stored)?;
    if let Some(updated) = logged_in.updated {
        logins::update_passkey(&mut write, &person, &logged_in.credential_id, &updated).await?;
    }
    if providers::binds(&mut write, &person.organisation, &person.id).await? {
        return Err(Problem::ProviderRequired);
    }
    session::begin(&app, write, &headers, &person, Through::Passkey).await
}
