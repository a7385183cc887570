//! What somebody should look at, and where else it is sent.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::admit;
use crate::db::alerts;
use crate::db::webhooks::{self, Webhook};
use crate::domain::rights::{Resource, Verb};
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;
use crate::webhook::{self, AddressError};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/alerts", get(list))
        .route("/v1/orgs/{org}/alerts/{id}/acknowledge", post(acknowledge))
        .route("/v1/orgs/{org}/alerts/webhook", put(set_webhook))
}

/// `GET …/alerts`: newest first, 200 at most.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Alerts).await?;
    let mut query = app.db().read().await?;
    let (alerts, webhook) = (alerts::of(&mut query, &org).await?, webhooks::url(&mut query, &org).await?);
    Ok(Json(json!({"alerts": alerts, "webhook": webhook})))
}

/// `POST …/alerts/{id}/acknowledge`: who came first stays written.
async fn acknowledge(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Alerts).await?;
    let mut write = app.db().write().await?;
    if alerts::acknowledge(&mut write, &org, &id, caller.id()).await? {
        write.commit().await?;
    } else if !alerts::exists(&mut write, &org, &id).await? {
        return Err(Problem::NotFound);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Where to; null for nowhere.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    // Named, so that an empty document does not remove it.
    #[serde(deserialize_with = "required")]
    url: Option<String>,
}

fn required<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(from)
}

/// `PUT …/alerts/webhook`: each setting makes a new secret, which is shown this once.
async fn set_webhook(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(setting): Body<Setting>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Alerts).await?;
    let mut write = app.db().write().await?;
    let Some(url) = setting.url else {
        webhooks::remove(&mut write, &org, caller.id()).await?;
        write.commit().await?;
        return Ok(Json(json!({})));
    };
    let url = app.webhooks().reach().read(&url).map_err(|e| {
        Problem::Malformed(match e {
            AddressError::Https => "the webhook is an https URL",
            AddressError::Extra => "the webhook's URL holds no user, password or fragment",
            AddressError::Private => "the webhook is not on the public internet",
        })
    })?;
    let webhook = Webhook { url: url.into(), secret: webhook::secret(app.entropy()) };
    webhooks::set(&mut write, &org, &webhook, caller.id()).await?;
    write.commit().await?;
    Ok(Json(json!({"secret": webhook.secret.as_str()})))
}
