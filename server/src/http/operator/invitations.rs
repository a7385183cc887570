//! The one-time link: a person's passkey, or their login at an identity provider (`provider.rs`).

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use super::session;
use crate::app::App;
use crate::db::logins::{self, Invitation};
use crate::db::people::{self, Person};
use crate::db::sessions::Through;
use crate::db::{Millis, Query, providers};
use crate::entropy::token_hash;
use crate::http::extract::{Body, Path};
use crate::http::problem::Problem;

/// `POST /v1/operator/invitations/{token}/start`: whom it is for, passkey options unless passkeys are not for them, and
/// whether their organisation's identity provider can let them in.
pub async fn start(State(app): State<App>, Path(token): Path<String>) -> Result<Json<Value>, Problem> {
    let hash = token_hash(&token);
    let mut write = app.db().write().await?;
    let now = write.now;
    let (_, person) = usable(&mut write, &hash, now).await?;
    let provider = providers::exists(&mut write, &person.organisation).await?;
    let name = &person.profile.name;
    if providers::binds(&mut write, &person.organisation, &person.id).await? {
        return Ok(Json(json!({"operator": {"name": name}, "passkey": null, "provider": true})));
    }
    let user = Uuid::parse_str(&person.webauthn_id).map_err(|e| Problem::Internal(e.to_string()))?;
    let (options, ceremony) = app.relying_party().start_registration(user, &name.ja)?;
    logins::start(&mut write, &person, &hash, &ceremony).await?;
    write.commit().await?;
    Ok(Json(json!({"operator": {"name": name}, "passkey": options, "provider": provider})))
}

/// `POST /v1/operator/invitations/{token}/finish`: 204 and the cookie; the link is used up.
pub async fn finish(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Body(response): Body<Value>,
) -> Result<Response, Problem> {
    let hash = token_hash(&token);
    let mut write = app.db().write().await?;
    let now = write.now;
    let (invitation, person) = usable(&mut write, &hash, now).await?;
    let ceremony = invitation.ceremony.ok_or(Problem::Malformed("start the registration first"))?;
    let (credential_id, passkey) = app.relying_party().finish_operator(response, &ceremony)?;
    if providers::binds(&mut write, &person.organisation, &person.id).await? {
        return Err(Problem::ProviderRequired);
    }
    if !logins::redeem(&mut write, &hash).await? {
        return Err(Problem::AlreadyDecided);
    }
    logins::add_passkey(&mut write, &person, &credential_id, &passkey).await?;
    session::begin(&app, write, &headers, &person, Through::Passkey).await
}

pub(super) async fn usable(query: &mut Query, hash: &str, now: Millis) -> Result<(Invitation, Person), Problem> {
    let invitation = logins::invitation(query, hash).await?.ok_or(Problem::NotFound)?;
    if invitation.used {
        return Err(Problem::AlreadyDecided);
    }
    if invitation.expires_at <= now {
        return Err(Problem::Expired);
    }
    let person = people::active(query, &invitation.person).await?.ok_or(Problem::NotInGoodStanding)?;
    Ok((invitation, person))
}
