//! The console's live stream.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::entropy::token_hash;
use crate::http::extract::{QuietPerson, session_cookie};
use crate::http::problem::Problem;

/// `GET /v1/operator/stream`: resumes after `Last-Event-ID`.
pub async fn stream(
    State(app): State<App>,
    QuietPerson(session): QuietPerson,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last = match headers.get("last-event-id") {
        Some(value) => {
            let text = value.to_str().unwrap_or_default();
            Some(
                text.parse::<u64>()
                    .ok()
                    .and_then(|n| i64::try_from(n).ok())
                    .ok_or(Problem::Malformed("Last-Event-ID is a number"))?,
            )
        }
        None => None,
    };
    let token = session_cookie(&headers, &app).ok_or(Problem::Unauthenticated)?;
    Ok(crate::stream::person(app.clone(), token_hash(token), session.person, last).into_response())
}
