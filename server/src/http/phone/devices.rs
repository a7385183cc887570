//! The customer's phones, as any of them sees and removes them. Names are the phones' own affair: the server has none.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::app::App;
use crate::db::phones;
use crate::http::extract::{AuthDevice, Path};
use crate::http::problem::Problem;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/device/devices", get(list)).route("/v1/device/devices/{id}", delete(remove))
}

/// `GET /v1/device/devices`: the active ones, newest use first.
async fn list(State(app): State<App>, AuthDevice(device): AuthDevice) -> Result<Json<Value>, Problem> {
    let mut query = app.db().read().await?;
    let now = crate::db::now(&mut query).await?;
    let listed: Vec<Value> = phones::of(&mut query, &device.tenant, &device.customer)
        .await?
        .iter()
        .map(|p| {
            json!({"id": p.id, "label": p.label, "enrolled_at": p.enrolled_at, "last_used_at": p.last_used_at,
                   "this": p.id == device.id})
        })
        .collect();
    Ok(Json(json!({"devices": listed, "now": now})))
}

/// `DELETE /v1/device/devices/{id}`: 204; this phone or a sibling, at once: its streams end, its token is dead.
async fn remove(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let mut write = app.db().write_standing().await?;
    // Anew, because this phone may have been removed meanwhile.
    let active = phones::of(&mut write, &device.tenant, &device.customer).await?;
    if !active.iter().any(|p| p.id == device.id) {
        return Err(Problem::Unauthenticated);
    }
    if !active.iter().any(|p| p.id == id) {
        return Err(Problem::NotFound);
    }
    let stopped = phones::remove(&mut write, &device.tenant, &device.customer, &[id], &device.id, "removed").await?;
    write.commit().await?;
    (0..stopped.called_off).for_each(|_| app.metrics().ended("cancelled"));
    Ok(StatusCode::NO_CONTENT)
}
