//! The web applications and the proving key.

use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tower::ServiceExt as _;
use tower_http::services::{ServeDir, ServeFile};

use super::problem::Problem;
use crate::app::App;

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// `/app/…`, `/console/…`, `/admin/…`, `/keys/…`.
pub fn routes(app: &App) -> Router<App> {
    let dirs = &app.config().static_dirs;
    let mut router = Router::new()
        .route("/", get(|| async { Redirect::temporary("/console/") }))
        .route("/keys/{name}", get(proving_key));
    for (prefix, dir) in [("/app", &dirs.phone), ("/console", &dirs.console), ("/admin", &dirs.admin)] {
        if let Some(dir) = dir {
            let (dir, slash) = (dir.clone(), format!("{prefix}/"));
            router = router.route(prefix, get(move || async move { Redirect::permanent(&slash) })).nest_service(
                &format!("{prefix}/"),
                tower::service_fn(move |request: Request| {
                    let dir = dir.clone();
                    async move { Ok::<_, std::convert::Infallible>(serve(dir, request).await) }
                }),
            );
        }
    }
    router
}

/// A file; a path without an extension is the application's own and gets its index.
async fn serve(dir: PathBuf, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_file = last.contains('.');
    let answer = if is_file {
        ServeDir::new(&dir).append_index_html_on_directories(false).oneshot(request).await.map(|r| r.map(Body::new))
    } else {
        ServeFile::new(dir.join("index.html")).oneshot(request).await.map(|r| r.map(Body::new))
    };
    let mut response = match answer {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => return Problem::NotFound.into_response(),
        Ok(response) => response.into_response(),
        Err(never) => match never {},
    };
    // Names under assets/ carry their content's hash.
    let hashed = path.starts_with("/assets/") || path.contains("/assets/");
    response.headers_mut().insert(header::CACHE_CONTROL, if hashed && is_file { IMMUTABLE } else { REVALIDATE });
    response
}

/// The proving key, named by its hash.
async fn proving_key(State(app): State<App>, Path(name): Path<String>, request: Request) -> Response {
    if name != format!("{}.pk", app.config().keys.proving_key_sha256) {
        return Problem::NotFound.into_response();
    }
    let served = ServeFile::new(app.config().keys.dir.join("circuit.pk")).oneshot(request).await;
    let mut response = match served {
        Ok(response) => response.map(Body::new).into_response(),
        Err(never) => match never {},
    };
    response.headers_mut().insert(header::CACHE_CONTROL, IMMUTABLE);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response
}
