//! Routes. The protocol's answer the phone app's origin; the clerk's answer the issuer's own page alone.

mod admin;
mod clerk;
mod credential;
mod metadata;
mod nonce;
mod offer;
mod problem;
mod revoke;
mod token;

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::App;
pub use problem::{OAuth, Problem};

/// Bodies over this are refused.
pub const MAX_BODY: usize = 64 * 1024;

/// The whole service.
pub fn router(app: App) -> Router {
    let protocol = Router::new()
        .route("/.well-known/openid-credential-issuer", get(metadata::issuer))
        .route("/.well-known/oauth-authorization-server", get(metadata::authorization_server))
        .route("/offers/{id}", get(offer::offer))
        .route("/token", post(token::token))
        .route("/nonce", post(nonce::nonce))
        .route("/credential", post(credential::credential))
        // Set before the layer: a fallback set after it would answer preflights without CORS.
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(cors(&app));
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .merge(protocol)
        .route("/admin/offers", post(admin::make_offer))
        .route("/admin/revocations", post(revoke::revoke))
        .route("/clerk/revocations", get(revoke::ask).post(revoke::end))
        .route("/", get(clerk::page))
        .route("/login", post(clerk::login))
        .route("/logout", post(clerk::logout))
        .route("/clerk/offers", post(clerk::make_offer))
        .route("/clerk.css", get(clerk::css))
        .route("/clerk.js", get(clerk::js))
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(10)))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // `same-origin`, not `no-referrer`: under the latter a form's Origin is "null" and could not be checked.
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(header::CONTENT_SECURITY_POLICY, clerk::CSP))
        .layer(header(HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(CatchPanicLayer::custom(|_| axum::response::IntoResponse::into_response(Problem::Internal)))
        .layer(middleware::from_fn(log))
        .with_state(app)
}

fn cors(app: &App) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(Duration::from_secs(600));
    match HeaderValue::from_str(&app.config().server()) {
        Ok(origin) => layer.allow_origin(origin),
        Err(_) => layer,
    }
}

async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    sqlx::query("SELECT 1").execute(app.store().pool()).await?;
    app.keys().issuing(app.now_s())?;
    Ok("ready")
}

/// One line a request: the route's pattern, never the path itself, which may hold an offer.
async fn log(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("-".to_owned(), |m| m.as_str().to_owned());
    let response = next.run(request).await;
    let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status = response.status().as_u16(), ms, "request");
    response
}
