//! Offers by reference. Reading one spends nothing.

use axum::Json;
use axum::extract::{Path, State};
use honnin_protocol::ids::OfferId;
use honnin_protocol::issuance::CredentialOffer;

use super::Problem;
use crate::app::App;
use crate::store::offers::{self, Standing};

/// `GET /offers/{id}`: 404 unknown, 409 redeemed, 410 expired.
pub async fn offer(State(app): State<App>, Path(id): Path<String>) -> Result<Json<CredentialOffer>, Problem> {
    let id: OfferId = id.parse().map_err(|_| Problem::NotFound)?;
    match offers::standing(app.store().pool(), &id, app.now()).await? {
        None => Err(Problem::NotFound),
        Some(Standing::Used) => Err(Problem::AlreadyUsed),
        Some(Standing::Expired) => Err(Problem::Expired),
        Some(Standing::Open) => Ok(Json(CredentialOffer::new(app.config().issuer(), offers::code(&id)))),
    }
}
