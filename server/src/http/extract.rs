//! Who is asking, and strict JSON.

use std::net::{IpAddr, SocketAddr};

use axum::body::Bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::app::App;
use crate::caller::Caller;
use crate::db::devices::{self, Device};
use crate::db::machines;
use crate::db::sessions::{self, Session, Standing};
use crate::entropy::token_hash;
use crate::rounds::By;

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
        let bytes = body(request, app).await?;
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|_| Problem::Malformed("the body is not the expected document"))
    }
}

/// A request's body, whole, within the limit and in time.
///
/// # Errors
/// `too-large`, `too-slow`, `malformed`.
pub async fn body(request: Request, app: &App) -> Result<Bytes, Problem> {
    // What is announced as too long is not waited for.
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > super::BODY_LIMIT as u64) {
        return Err(Problem::TooLarge);
    }
    let read = tokio::time::timeout(app.config().timeouts.body(), Bytes::from_request(request, app)).await;
    read.map_err(|_| Problem::TooSlow)?.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Problem::TooLarge
        } else {
            Problem::Malformed("the body cannot be read")
        }
    })
}

/// Ends a request that takes too long; a stream counts until its head is there.
///
/// # Errors
/// `unavailable`.
pub async fn in_time(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    tokio::time::timeout(app.config().timeouts.request(), next.run(request))
        .await
        .map_err(|_| Problem::Unavailable("a request took too long".into()))
}

/// Put on requests that came in where machines must show a certificate.
#[derive(Clone, Copy, Debug)]
pub struct Machines;

/// Refuses a machine that did not come in by their listener, where it must.
///
/// # Errors
/// `unauthenticated`.
pub fn by_their_listener(app: &App, parts: &Parts) -> Result<(), Problem> {
    let only = app.config().machines.as_ref().is_some_and(|machines| machines.only);
    if only && parts.extensions.get::<Machines>().is_none() { Err(Problem::Unauthenticated) } else { Ok(()) }
}

/// A path's parts; what does not fit is not found.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        axum::extract::Path::from_request_parts(parts, app).await.map(|p| Self(p.0)).map_err(|_| Problem::NotFound)
    }
}

/// A verification's identifier in a path. What cannot be one is not found, before any database is asked.
pub struct Verification(pub String);

impl FromRequestParts<App> for Verification {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, app).await?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if id.len() <= 64 && id.bytes().all(plain) { Ok(Self(id)) } else { Err(Problem::NotFound) }
    }
}

/// A query string, read strictly.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        axum::extract::Query::from_request_parts(parts, app)
            .await
            .map(|q| Self(q.0))
            .map_err(|_| Problem::Malformed("the query string is not the expected one"))
    }
}

/// The device whose token came along.
pub struct AuthDevice(pub Device);

impl FromRequestParts<App> for AuthDevice {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or(Problem::Unauthenticated)?;
        let mut query = app.db().read().await?;
        devices::by_token(&mut query, &token_hash(token)).await?.map(Self).ok_or(Problem::Unauthenticated)
    }
}

/// The hash of a phone's token, to be looked up where the work is done.
pub struct DeviceToken(pub String);

impl FromRequestParts<App> for DeviceToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        bearer(&parts.headers).map(|token| Self(token_hash(token))).ok_or(Problem::Unauthenticated)
    }
}

/// Who asks a customer: a session's token is looked up where the work is done, a machine's here.
pub struct Asking(pub By);

impl FromRequestParts<App> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            let token = session_cookie(&parts.headers, app).ok_or(Problem::Unauthenticated)?;
            return Ok(Self(By::Session(token_hash(token))));
        }
        match AuthCaller::from_request_parts(parts, app).await?.0 {
            Caller::Machine(machine) => Ok(Self(By::Machine(Box::new(machine)))),
            Caller::Person(_) => Err(Problem::Unauthenticated),
        }
    }
}

/// The bearer token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The person whose session cookie came along, active; counts as activity.
pub struct AuthPerson(pub Session);

impl FromRequestParts<App> for AuthPerson {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let AnyPerson(session) = AnyPerson::from_request_parts(parts, app).await?;
        unfrozen(session).map(Self)
    }
}

/// As [`AuthPerson`], also of a frozen organisation: for what asks [`Caller::may`] before it shows or does anything.
pub struct AnyPerson(pub Session);

impl FromRequestParts<App> for AnyPerson {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = session_cookie(&parts.headers, app).ok_or(Problem::Unauthenticated)?;
        let session = authorise(app, &token_hash(token)).await?;
        if session.should_touch() {
            let mut write = app.db().write().await?;
            sessions::touch(&mut write, &session.id).await?;
            write.commit().await?;
        }
        Ok(Self(session))
    }
}

/// Refuses people of a frozen organisation, who may see and end its incidents and do nothing else.
///
/// # Errors
/// `not-in-good-standing`.
pub fn unfrozen(session: Session) -> Result<Session, Problem> {
    if session.frozen { Err(Problem::NotInGoodStanding) } else { Ok(session) }
}

/// As [`AuthPerson`], without counting as activity: for streams, which reconnect by themselves.
pub struct QuietPerson(pub Session);

impl FromRequestParts<App> for QuietPerson {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = session_cookie(&parts.headers, app).ok_or(Problem::Unauthenticated)?;
        unfrozen(authorise(app, &token_hash(token)).await?).map(Self)
    }
}

/// A person or a machine. A request with a bearer token is a machine's, whatever cookie comes with it.
pub struct AuthCaller(pub Caller);

impl FromRequestParts<App> for AuthCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            let AnyPerson(session) = AnyPerson::from_request_parts(parts, app).await?;
            return Ok(Self(Caller::Person(session)));
        }
        by_their_listener(app, parts)?;
        let token = bearer(&parts.headers).ok_or(Problem::Unauthenticated)?;
        let (found, now) = {
            let mut query = app.db().read().await?;
            let found = machines::by_secret(&mut query, &token_hash(token)).await?;
            (found, crate::db::now(&mut query).await?)
        };
        let machine = found.ok_or(Problem::Unauthenticated)?;
        if machine.last_used_at.is_none_or(|at| now - at > 60_000) {
            let mut write = app.db().write().await?;
            machines::touch(&mut write, &machine.id).await?;
            write.commit().await?;
        }
        Ok(Self(Caller::Machine(machine)))
    }
}

/// Whether a session may act now, be its organisation frozen or not; locks it when it has been silent too long.
///
/// # Errors
/// `unauthenticated` or `session-locked`.
pub async fn authorise(app: &App, token_hash: &str) -> Result<Session, Problem> {
    let standing = sessions::by_token(&mut app.db().read().await?, token_hash).await?;
    match standing {
        Standing::Active(session) => Ok(session),
        Standing::Gone => Err(Problem::Unauthenticated),
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
    cookie(headers, cookie_name(app))
}

/// A cookie's value, if it came along.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// Refuses what changes something unless our own page sent it. A bearer token is no cookie: no page of another origin
/// can send it.
///
/// # Errors
/// `forbidden-origin`.
pub async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    if !reads && !request.headers().contains_key(header::AUTHORIZATION) {
        let header = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap_or("?"));
        let origin_ok = header("origin") == Some(app.origin());
        let site_ok = header("sec-fetch-site").is_none_or(|site| site == "same-origin");
        if !origin_ok || !site_ok {
            return Err(Problem::ForbiddenOrigin);
        }
    }
    Ok(next.run(request).await)
}

/// Bounds requests that come without a session or token, by address.
///
/// # Errors
/// `too-many-requests`.
pub async fn bounded(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    if let Some(address) = client_address(&app, &request) {
        app.limiter().address(address).map_err(|_| Problem::TooManyRequests)?;
    }
    Ok(next.run(request).await)
}

/// Bounds guesses at codes, by address.
///
/// # Errors
/// `too-many-requests`.
pub async fn bounded_guesses(State(app): State<App>, request: Request, next: Next) -> Result<Response, Problem> {
    if let Some(address) = client_address(&app, &request) {
        app.limiter().guess(address).map_err(|_| Problem::TooManyRequests)?;
    }
    Ok(next.run(request).await)
}

/// The address of the client: the peer's, or what a trusted proxy says it is.
fn client_address(app: &App, request: &Request) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    let trusted = &app.config().limits.trusted_proxies;
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    // From the right: each proxy appended whom it saw; the first that is no proxy of ours is the client.
    let seen =
        request.headers().get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let hops: Vec<IpAddr> = seen.map_while(|hop| hop.trim().parse::<IpAddr>().ok()).collect();
    Some(hops.into_iter().rev().map(|ip| ip.to_canonical()).find(|ip| !trusted.contains(ip)).unwrap_or(peer))
}
