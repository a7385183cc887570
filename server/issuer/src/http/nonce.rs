//! `c_nonce`s.

use axum::Json;
use axum::extract::State;
use honnin_protocol::issuance::NonceResponse;

use super::Problem;
use crate::app::App;
use crate::entropy::secret_hash;
use crate::store::nonces;

/// `POST /nonce`.
pub async fn nonce(State(app): State<App>) -> Result<Json<NonceResponse>, Problem> {
    let c_nonce = app.entropy().token();
    nonces::give(app.store(), &secret_hash(&c_nonce), app.now()).await?;
    Ok(Json(NonceResponse { c_nonce }))
}
