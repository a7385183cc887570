//! The phone's live stream.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::entropy::token_hash;
use crate::http::extract::{AuthDevice, bearer};
use crate::http::problem::Problem;

/// `GET /v1/device/stream`.
pub async fn stream(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let token = bearer(&headers).ok_or(Problem::Unauthenticated)?;
    Ok(crate::stream::device(app.clone(), device, token_hash(token)).into_response())
}
