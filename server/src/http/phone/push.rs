//! Where this phone is woken.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::db::push::{self, Target};
use crate::http::extract::{AuthDevice, Body};
use crate::http::problem::Problem;
use crate::push::services::NotTaken;

/// `GET /v1/device/push`: the key that a browser binds its subscription to.
pub async fn key(State(app): State<App>, AuthDevice(_): AuthDevice) -> Result<Json<Value>, Problem> {
    let key = app.pushes().public_key().ok_or(Problem::NotFound)?;
    Ok(Json(json!({"kind": "web", "public_key": key})))
}

/// Where to.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Setting {
    /// What a browser's `PushSubscription` says.
    Web {
        /// The push service's address.
        endpoint: String,
        /// Its keys.
        keys: Keys,
    },
    /// Apple.
    Apns {
        /// Device token.
        token: String,
    },
    /// Google.
    Fcm {
        /// Registration token.
        token: String,
    },
}

/// A browser's keys, b64u.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    p256dh: String,
    auth: String,
}

/// `PUT /v1/device/push`: 204, also when it was that already. One a phone.
pub async fn set(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    Body(setting): Body<Setting>,
) -> Result<StatusCode, Problem> {
    let target = match setting {
        Setting::Web { endpoint, keys } => Target::Web { endpoint, p256dh: keys.p256dh, auth: keys.auth },
        Setting::Apns { token } => Target::Apns { token },
        Setting::Fcm { token } => Target::Fcm { token },
    };
    app.pushes().check(&target).await.map_err(|e| match e {
        NotTaken::Malformed(why) => Problem::Malformed(why),
        NotTaken::NotServed => Problem::Malformed("this service has no account at that push service"),
    })?;
    let mut write = app.db().write().await?;
    push::set(&mut write, &device.tenant, &device.id, &target).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/device/push`: 204, also when there was none.
pub async fn remove(State(app): State<App>, AuthDevice(device): AuthDevice) -> Result<StatusCode, Problem> {
    let mut write = app.db().write().await?;
    push::remove(&mut write, &device.tenant, &device.id).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
