//! The age of every key, and rotating the one that seals.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use honnin_vault::status::{Role, WARN_DAYS};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller;
use crate::db::{self, announcers, keys, log, organisations};
use crate::domain::rights::{Resource, Verb};
use crate::domain::settings::Kind;
use crate::http::extract::{AuthCaller, Path};
use crate::http::problem::Problem;
use crate::upkeep::kind;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/keys", get(list))
        .route("/v1/orgs/{org}/keys/rotate", post(rotate))
        .route("/v1/orgs/{org}/keys/announcement/rotate", post(rotate_announcement))
}

/// `GET …/keys`: the organisation's own, and the key-encryption keys that wrap them.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    caller::admit(&app, &caller, &org, Verb::View, Resource::Keys).await?;
    let mut query = app.db().read().await?;
    let now = db::now(&mut query).await?;
    let founded = organisations::founded_at(&mut query, &org).await?.ok_or(Problem::NotFound)?;
    let origin = app.log_origin(&org);
    let (vkey, size) = log::public_key(&mut query, &org, &origin).await?;
    let mut listed: Vec<Value> = app
        .db()
        .seals()
        .keyring()
        .status(now)
        .into_iter()
        .filter(|k| k.organisation.as_ref().is_none_or(|o| *o == org))
        .map(|k| {
            let id = match (k.role, k.version) {
                (Role::KeyEncryption, _) | (_, None) => k.kek.to_string(),
                (role, Some(version)) => format!("{}-{version}", kind(role)),
            };
            json!({"kind": kind(k.role), "id": id, "version": k.version, "made_at": k.made_at, "age_days": k.age_days,
                   "warn": k.warn})
        })
        .collect();
    // It does not rotate: receipts and checkpoints of years hang on it.
    listed.push(json!({"kind": "log", "id": "log-1", "version": 1, "made_at": founded,
                       "age_days": (now - founded).max(0) / DAY_MS, "warn": false}));
    for (place, key) in announcers::of(&mut query, &org).await?.iter().enumerate() {
        listed.push(json!({"kind": "announcement", "id": key.public.thumbprint(), "version": place + 1,
                           "made_at": key.made_at, "age_days": (now - key.made_at).max(0) / DAY_MS, "warn": false}));
    }
    Ok(Json(json!({
        "keys": listed, "warn_after_days": WARN_DAYS, "log": {"origin": origin, "vkey": vkey, "size": size},
    })))
}

/// `POST …/keys/rotate`: 204; what is sealed from now on is sealed with the new key, the rest follows.
async fn rotate(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<StatusCode, Problem> {
    caller::admit(&app, &caller, &org, Verb::Change, Resource::Keys).await?;
    let mut write = app.db().write().await?;
    keys::rotate(&mut write, &org, caller.id()).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/keys/announcement/rotate`: 204; calls are announced with a new key, which the old one signs for.
async fn rotate_announcement(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<StatusCode, Problem> {
    caller::admit(&app, &caller, &org, Verb::Change, Resource::Keys).await?;
    if caller.kind() != Kind::Tenant {
        return Err(Problem::NotFound);
    }
    let mut write = app.db().write().await?;
    announcers::rotate(&mut write, &org, caller.id()).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
