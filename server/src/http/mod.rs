//! The two interfaces, the web applications and the machine's own pages.

pub mod bodies;
pub mod extract;
pub mod headers;
mod issuer;
pub mod machine;
pub mod oauth;
pub mod operator;
pub mod orgs;
pub mod phone;
pub mod problem;
pub mod static_files;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use problem::Problem;

/// The largest body taken.
pub const BODY_LIMIT: usize = 64 * 1024;

/// The whole service.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(phone::routes())
        .merge(phone::guessed().layer(middleware::from_fn_with_state(app.clone(), extract::bounded_guesses)))
        .merge(issuer::routes().layer(middleware::from_fn_with_state(app.clone(), extract::bounded)))
        .merge(oauth::routes().layer(middleware::from_fn_with_state(app.clone(), extract::bounded)))
        .merge(phone::anonymous().layer(middleware::from_fn_with_state(app.clone(), extract::bounded)))
        .merge(
            operator::routes()
                .merge(orgs::routes())
                .merge(operator::anonymous().layer(middleware::from_fn_with_state(app.clone(), extract::bounded)))
                .layer(middleware::from_fn_with_state(app.clone(), extract::same_origin)),
        )
        .merge(machine::routes())
        .merge(static_files::routes(&app))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::NotFound })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(app.clone(), extract::in_time))
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(Problem::Internal("a handler panicked".into()))
        }))
        .layer(middleware::from_fn_with_state(app.clone(), headers::security))
        .layer(middleware::from_fn_with_state(app.clone(), machine::measure))
        .with_state(app)
}
