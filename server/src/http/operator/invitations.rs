//! The one-time link: an operator's first passkey.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use sqlx::AnyConnection;
use uuid::Uuid;

use super::session;
use crate::app::App;
use crate::db::invitations::{self, Invitation, Operator};
use crate::entropy::token_hash;
use crate::http::extract::Body;
use crate::http::problem::Problem;

/// `POST /v1/operator/invitations/{token}/start`: whom it is for, and passkey options.
pub async fn start(State(app): State<App>, Path(token): Path<String>) -> Result<Json<Value>, Problem> {
    let hash = token_hash(&token);
    let mut write = app.db().write().await?;
    let now = write.now;
    let (_, operator) = usable(write.conn(), &hash, now).await?;
    let configured = app.operator(&operator.tenant, &operator.id).ok_or(Problem::NotFound)?;
    let user = Uuid::parse_str(&operator.webauthn_id).map_err(|e| Problem::Internal(e.to_string()))?;
    let (options, ceremony) = app.relying_party().start_registration(user, &configured.name.ja)?;
    invitations::start(&mut write, &hash, &ceremony).await?;
    write.commit().await?;
    Ok(Json(json!({"operator": {"name": configured.name}, "passkey": options})))
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
    let (invitation, operator) = usable(write.conn(), &hash, now).await?;
    let ceremony = invitation.ceremony.ok_or(Problem::Malformed("start the registration first"))?;
    let (credential_id, passkey) = app.relying_party().finish_operator(response, &ceremony)?;
    if !invitations::redeem(&mut write, &hash).await? {
        return Err(Problem::AlreadyDecided);
    }
    invitations::add_passkey(&mut write, &operator, &credential_id, &passkey).await?;
    session::begin(&app, write, &headers, &operator).await
}

async fn usable(conn: &mut AnyConnection, hash: &str, now: i64) -> Result<(Invitation, Operator), Problem> {
    let invitation = invitations::invitation(conn, hash).await?.ok_or(Problem::NotFound)?;
    if invitation.used {
        return Err(Problem::AlreadyDecided);
    }
    if invitation.expires_at <= now {
        return Err(Problem::Expired);
    }
    let operator = invitations::operator(conn, &invitation.operator).await?.ok_or(Problem::NotInGoodStanding)?;
    Ok((invitation, operator))
}
