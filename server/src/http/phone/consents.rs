//! What the customer agreed to, and taking it back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::app::App;
use crate::db::{consents, phones};
use crate::http::extract::{AuthDevice, Path};
use crate::http::problem::Problem;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/device/consents", get(list)).route("/v1/device/consents/{id}/withdraw", post(withdraw))
}

/// `GET /v1/device/consents`: this phone's, newest first.
async fn list(State(app): State<App>, AuthDevice(device): AuthDevice) -> Result<Json<Value>, Problem> {
    let given = consents::of_device(&mut app.db().read().await?, &device.id).await?;
    let given: Vec<Value> = given
        .iter()
        .map(|c| {
            json!({"id": c.id, "purpose": c.purpose, "text": c.agreed.asked.text, "given_at": c.given_at,
                   "withdrawn_at": c.withdrawn_at})
        })
        .collect();
    Ok(Json(json!({"consents": given})))
}

/// `POST /v1/device/consents/{id}/withdraw`: 204. Without the enrolment's consent the phone is none of the tenant's
/// any more: its streams end, its token is dead, and what no other phone of the customer can answer is called off.
async fn withdraw(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let mut write = app.db().write_standing().await?;
    let Some(purpose) = consents::withdraw(&mut write, &device.tenant, &device.id, &id).await? else {
        let given = consents::of_device(&mut write, &device.id).await?;
        return if given.iter().any(|c| c.id == id) { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::NotFound) };
    };
    let mut called_off = 0;
    if [consents::ENROLMENT, consents::ELIGIBILITY].contains(&&*purpose) {
        let ids = [device.id.clone()];
        let (tenant, customer) = (&device.tenant, &device.customer);
        let stopped = phones::remove(&mut write, tenant, customer, &ids, &device.id, "consent-withdrawn").await?;
        called_off = stopped.called_off;
    }
    write.commit().await?;
    (0..called_off).for_each(|_| app.metrics().ended("cancelled"));
    Ok(StatusCode::NO_CONTENT)
}
