//! The customer's own receipts.

use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::db::{devices, prospects};
use crate::http::extract::{DeviceToken, Path};
use crate::http::orgs;
use crate::http::problem::Problem;
use crate::{receipts, requests};

/// `GET /v1/device/receipts/{verification}`.
pub async fn receipt(
    State(app): State<App>,
    DeviceToken(token_hash): DeviceToken,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let mut query = app.db().read().await?;
    let customer = match devices::by_token(&mut query, &token_hash).await? {
        Some(device) => Some(device.customer),
        // A prospect's phone is none any more when there is something to show for.
        None => prospects::receipt_holder(&mut query, &token_hash).await?,
    };
    drop(query);
    let record = requests::for_customer(&app, &id, &customer.ok_or(Problem::Unauthenticated)?).await?;
    Ok(orgs::document(receipts::receipt(&app, &record).await?))
}
