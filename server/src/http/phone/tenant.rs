//! What a phone must know about a tenant before it enrols and each day after.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use crate::app::App;
use crate::db::standing;
use crate::http::problem::Problem;

/// `GET /v1/tenants/{tenant}`.
pub async fn tenant(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let tenant = app.tenant(&id).ok_or(Problem::NotFound)?;
    if !standing::of_tenant(&mut *app.db().reader().acquire().await?, &id).await? {
        return Err(Problem::NotInGoodStanding);
    }
    let sha256 = &app.config().keys.proving_key_sha256;
    Ok(Json(json!({
        "tenant": tenant.id, "display": tenant.display, "time_zone": tenant.zone,
        "policies": tenant.policies, "enrolment_policy": tenant.enrolment_policy,
        "circuit": {
            "version": u32::from(honnin_circuits::CircuitVersion::V1),
            "proving_key": {"url": format!("{}/keys/{sha256}.pk", app.origin()), "sha256": sha256, "bytes": app.proving_key_bytes()},
        },
        "now": app.db().now().await?,
    })))
}
