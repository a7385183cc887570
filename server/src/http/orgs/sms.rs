//! The tenant's own SMS gateway, which is handed links for phones that no push reached.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::admit;
use crate::db::sms::{self, Gateway};
use crate::domain::rights::{Resource, Verb};
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;
use crate::webhook::{self, AddressError};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/orgs/{org}/sms-gateway", get(view).put(set))
}

/// `GET …/sms-gateway`: where links go, never the secret.
async fn view(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Settings).await?;
    let url = sms::url(&mut app.db().read().await?, &org).await?;
    Ok(Json(json!({"url": url})))
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

/// `PUT …/sms-gateway`: each setting makes a new secret, which is shown this once.
async fn set(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(setting): Body<Setting>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Settings).await?;
    let mut write = app.db().write().await?;
    let Some(url) = setting.url else {
        sms::remove(&mut write, &org, caller.id()).await?;
        write.commit().await?;
        return Ok(Json(json!({})));
    };
    let url = app.webhooks().reach().read(&url).map_err(|e| {
        Problem::Malformed(match e {
            AddressError::Https => "the gateway is an https URL",
            AddressError::Extra => "the gateway's URL holds no user, password or fragment",
            AddressError::Private => "the gateway is not on the public internet",
        })
    })?;
    let gateway = Gateway { url: url.into(), secret: webhook::secret(app.entropy()) };
    sms::set(&mut write, &org, &gateway, caller.id()).await?;
    write.commit().await?;
    Ok(Json(json!({"secret": gateway.secret.as_str()})))
}
