//! The clerk's page: log in, find a customer, make an offer. Server-rendered; the one script only hands over the
//! token of a login link.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use honnin_protocol::guard;
use serde::Deserialize;

use super::Problem;
use crate::app::App;
use crate::page::{self, Lang, Notice};
use crate::store::customers;

/// For every answer.
pub const CSP: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What the page shows.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct View {
    q: String,
    page: i64,
    lang: Option<String>,
}

/// The login form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    token: String,
}

/// The offer button.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Make {
    handle: String,
    lang: Option<String>,
}

/// `GET /`: the login form, or customers.
pub async fn page(State(app): State<App>, Query(view): Query<View>, headers: HeaderMap) -> Result<Response, Problem> {
    let lang = Lang::choose(view.lang.as_deref(), &headers);
    if session(&app, &headers).is_none() {
        return Ok((StatusCode::UNAUTHORIZED, Html(page::login(lang, None))).into_response());
    }
    list(&app, &view, lang, None).await
}

async fn list(app: &App, view: &View, lang: Lang, notice: Option<Notice>) -> Result<Response, Problem> {
    let part: String = view.q.trim().chars().take(64).collect();
    let (found, total) = customers::search(app.store().pool(), &part, view.page).await?;
    let html = page::customers(lang, &app.config().tenant, &found, total, &part, view.page.max(0), notice);
    Ok(Html(html).into_response())
}

/// `POST /login`: the cookie, or the form again.
pub async fn login(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<Form<Login>, FormRejection>,
) -> Result<Response, Problem> {
    same_origin(&app, &headers)?;
    let Form(form) = form?;
    let lang = Lang::choose(None, &headers);
    if !app.is_admin(form.token.trim()) {
        tracing::warn!("clerk login refused");
        let html = page::login(lang, Some(Notice::WrongToken));
        return Ok((StatusCode::UNAUTHORIZED, Html(html)).into_response());
    }
    let mut response = Redirect::to("/").into_response();
    set_cookie(&app, &mut response, &app.clerk_login(), 8 * 3600)?;
    tracing::info!("clerk logged in");
    Ok(response)
}

/// `POST /logout`.
pub async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    same_origin(&app, &headers)?;
    if let Some(session) = session(&app, &headers) {
        app.clerk_logout(session);
    }
    let mut response = Redirect::to("/").into_response();
    set_cookie(&app, &mut response, "", 0)?;
    Ok(response)
}

/// `POST /clerk/offers`: the offer's link and code, shown once.
pub async fn make_offer(
    State(app): State<App>,
    headers: HeaderMap,
    form: Result<Form<Make>, FormRejection>,
) -> Result<Response, Problem> {
    same_origin(&app, &headers)?;
    let Form(form) = form?;
    let lang = Lang::choose(form.lang.as_deref(), &headers);
    if session(&app, &headers).is_none() {
        return Ok((StatusCode::UNAUTHORIZED, Html(page::login(lang, None))).into_response());
    }
    let handle = form.handle.trim();
    let view = View { q: String::new(), page: 0, lang: None };
    if guard::handle(handle).is_err() {
        return list(&app, &view, lang, Some(Notice::PersonalData)).await;
    }
    match app.offer(handle).await? {
        None => list(&app, &view, lang, Some(Notice::UnknownCustomer)).await,
        Some(offer) => {
            let qr = page::qr(&offer.phone_url).ok_or(Problem::Internal)?;
            let minutes = app.config().offer_ttl_s.div_ceil(60);
            Ok(Html(page::offer(lang, &app.config().tenant, handle, &offer, &qr, minutes)).into_response())
        }
    }
}

/// `GET /clerk.css`.
pub async fn css() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../assets/clerk.css"))
}

/// `GET /clerk.js`.
pub async fn js() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../../assets/clerk.js"))
}

/// Cookies ignore ports, so the name differs from the server's on the same host.
fn cookie_name(app: &App) -> &'static str {
    if app.config().is_https() { "__Host-honnin-issuer" } else { "honnin-issuer" }
}

fn set_cookie(app: &App, response: &mut Response, value: &str, max_age: u32) -> Result<(), Problem> {
    let secure = if app.config().is_https() { "; Secure" } else { "" };
    let name = cookie_name(app);
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age}{secure}");
    let value = HeaderValue::from_str(&cookie).map_err(|_| Problem::Internal)?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}

/// The clerk's live session, if the request carries one.
pub(super) fn session<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let name = cookie_name(app);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|all| all.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && app.is_clerk(value))
        .map(|(_, value)| value)
}

/// Other services on the same host are same-site, so the cookie alone does not tell them apart.
pub(super) fn same_origin(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    if origin == Some(app.config().issuer().as_str()) { Ok(()) } else { Err(Problem::ForbiddenOrigin) }
}
