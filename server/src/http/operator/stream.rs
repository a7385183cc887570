//! The console's live stream.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::entropy::token_hash;
use crate::http::extract::{QuietOperator, session_cookie};
use crate::http::problem::Problem;

/// `GET /v1/operator/stream`: resumes after `Last-Event-ID`.
pub async fn stream(
    State(app): State<App>,
    QuietOperator(session): QuietOperator,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last = match headers.get("last-event-id") {
        Some(value) => {
            let text = value.to_str().unwrap_or_default();
            Some(text.parse::<u32>().map(i64::from).map_err(|_| Problem::Malformed("Last-Event-ID is a number"))?)
        }
        None => None,
    };
    let token = session_cookie(&headers, &app).ok_or(Problem::Unauthenticated)?;
    Ok(crate::stream::operator(app.clone(), token_hash(token), session.operator, last).into_response())
}
