//! The customer's own receipts.

use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::http::extract::{AuthDevice, Path};
use crate::http::orgs;
use crate::http::problem::Problem;
use crate::{receipts, requests};

/// `GET /v1/device/receipts/{verification}`.
pub async fn receipt(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let record = requests::for_device(&app, &id, &device).await?;
    Ok(orgs::document(receipts::receipt(&app, &record).await?))
}
