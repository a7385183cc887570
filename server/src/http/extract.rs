//! Who is asking, and strict JSON.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::app::App;
use crate::db::devices::{self, Device};
use crate::db::sessions::{self, Session, Standing};
use crate::entropy::token_hash;

/// A JSON body, read strictly: right type, within the limit, no unknown member.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let json =
            request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|v| {
                v.split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case("application/json"))
            });
        if !json {
            return Err(Problem::Malformed("the body must be application/json"));
        }
        let bytes = Bytes::from_request(request, app).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Problem::TooLarge
            } else {
                Problem::Malformed("the body cannot be read")
            }
        })?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|_| Problem::Malformed("the body is not the expected document"))
    }
}

/// The device whose token came along.
pub struct AuthDevice(pub Device);

impl FromRequestParts<App> for AuthDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or(Problem::Unauthenticated)?;
        let mut conn = app.db().reader().acquire().await?;
        devices::by_token(&mut conn, &token_hash(token)).await?.map(Self).ok_or(Problem::Unauthenticated)
    }
}

/// The bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The console session whose cookie came along, active; counts as activity.
pub struct AuthOperator(pub Session);

impl FromRequestParts<App> for AuthOperator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let session = QuietOperator::from_request_parts(parts, app).await?.0;
        // A second's grain spares a write for each of a burst of requests.
        if app.db().now().await? - session.last_seen_at > 1000 {
            let mut write = app.db().write().await?;
            sessions::touch(&mut write, &session.id).await?;
            write.commit().await?;
        }
        Ok(Self(session))
    }
}

/// As [`AuthOperator`], without counting as activity: for streams, which reconnect by themselves.
pub struct QuietOperator(pub Session);

impl FromRequestParts<App> for QuietOperator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = session_cookie(&parts.headers, app).ok_or(Problem::Unauthenticated)?;
        authorise(app, &token_hash(token)).await.map(Self)
    }
}

/// Whether a session may act now; locks it when it has been silent too long.
///
/// # Errors
/// `unauthenticated` or `session-locked`.
pub async fn authorise(app: &App, token_hash: &str) -> Result<Session, Problem> {
    let standing = {
        let mut conn = app.db().reader().acquire().await?;
        sessions::by_token(&mut conn, token_hash, |tenant| app.idle_ms(tenant)).await?
    };
    match standing {
        Standing::Active(session) if app.operator(&session.tenant, &session.operator).is_some() => Ok(session),
        Standing::Active(_) | Standing::Gone => Err(Problem::Unauthenticated),
        Standing::Locked(_) => Err(Problem::SessionLocked),
        Standing::Idle(session) => {
            let mut write = app.db().write().await?;
            sessions::lock(&mut write, &session, true).await?;
            write.commit().await?;
            Err(Problem::SessionLocked)
        }
    }
}

/// The session cookie's name: host-bound over TLS.
pub fn cookie_name(app: &App) -> &'static str {
    if app.config().is_https() { "__Host-honnin" } else { "honnin" }
}

/// The session cookie's value, if one came along.
pub fn session_cookie<'a>(headers: &'a HeaderMap, app: &App) -> Option<&'a str> {
    let name = cookie_name(app);
    headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// Refuses what changes something unless our own page sent it.
///
/// # Errors
/// `forbidden-origin`.
pub async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let header = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap_or("?"));
        let origin_ok = header("origin") == Some(app.origin());
        let site_ok = header("sec-fetch-site").is_none_or(|site| site == "same-origin");
        if !origin_ok || !site_ok {
            return Err(Problem::ForbiddenOrigin);
        }
    }
    Ok(next.run(request).await)
}
