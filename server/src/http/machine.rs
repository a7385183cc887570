//! For machines: alive, ready, metrics; and the log line of each request.

use std::net::SocketAddr;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::problem::ProblemCode;
use crate::app::App;
use crate::db::{Millis, organisations};
use crate::metrics::key_ages;
use crate::telemetry;

/// `/healthz`, `/readyz`, `/metrics`.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(|| async { Json(json!({"status": "alive"})) }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Ready when the database answers; the keys were checked before the first request.
async fn ready(State(app): State<App>) -> Response {
    let database = app.db().now().await.is_ok();
    let stopping = app.stopping().is_cancelled();
    let status = if database && !stopping { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({"database": database, "keys": true, "stopping": stopping}))).into_response()
}

async fn metrics(State(app): State<App>) -> Response {
    let mut text = app.metrics().render();
    // Without the database's clock there is no age to tell; the other figures still are.
    if let Ok((now, founded)) = ages(&app).await {
        text.push_str(&key_ages(&app.db().seals().keyring().status(now), founded.map(|at| now - at)));
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

async fn ages(app: &App) -> Result<(Millis, Option<Millis>), sqlx::Error> {
    let mut query = app.db().read().await?;
    Ok((crate::db::now(&mut query).await?, organisations::oldest(&mut query).await?))
}

/// Counts, logs and traces each request: method, route pattern, status, time. Never the path itself, which may hold a token.
pub async fn measure(State(app): State<App>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |p| p.as_str().to_owned());
    let span = span(&app, &request, &route);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let code = response.extensions().get::<ProblemCode>().map(|c| c.0);
    span.record("http.response.status_code", status);
    if let Some(code) = code {
        span.record("error.type", code);
    }
    app.metrics().response(status);
    if let Some(code) = code {
        app.metrics().problem(code);
    }
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status, code, micros, "request");
    response
}

/// The request's span: by the route's template, under the trace of a caller that the configuration names.
fn span(app: &App, request: &Request, route: &str) -> Span {
    let method = known(request.method());
    tracing::span!(
        target: telemetry::TARGET,
        telemetry::LEVEL,
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        otel.parent = traceparent(app, request),
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        error.type = Empty,
    )
}

/// A method is whatever the client writes: only those that exist have a name.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "_OTHER",
    }
}

fn traceparent<'a>(app: &App, request: &'a Request) -> Option<&'a str> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    let callers = &app.config().telemetry.as_ref()?.callers;
    callers.contains(&peer).then(|| request.headers().get("traceparent")?.to_str().ok()).flatten()
}
