//! Login through the organisation's identity provider. Whoever comes back is the person that an invitation linked to
//! the provider's subject, and nobody else: no address that the provider knows counts.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::{invitations, session};
use crate::app::App;
use crate::db::sessions::Through;
use crate::db::{logins, people, providers};
use crate::entropy::token_hash;
use crate::http::extract::{Body, Query, cookie};
use crate::http::problem::Problem;
use crate::oidc::{Binding, OidcError, Return};

/// Where providers send browsers back to.
pub const CALLBACK: &str = "/v1/operator/login/provider/callback";
/// Longest code and longest issuer that come back.
const MAX_PART: usize = 2048;

/// What a provider must know as ours.
pub fn redirect_uri(app: &App) -> String {
    format!("{}{CALLBACK}", app.origin())
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Page {
    Console,
    Admin,
}

/// Who wants in, to which page: anybody of an organisation, or whom an invitation is for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    page: Page,
    organisation: Option<String>,
    invitation: Option<String>,
}

/// `POST /v1/operator/login/provider/start`: where to go, and the cookie that binds the login to this browser.
pub async fn start(State(app): State<App>, Body(body): Body<Start>) -> Result<Response, Problem> {
    let (state, secret) = (app.entropy().token(), app.entropy().token());
    let state = format!("{}.{state}", if matches!(body.page, Page::Admin) { "admin" } else { "console" });
    let invitation = body.invitation.as_deref().map(token_hash);
    let (provider, organisation) = {
        let mut query = app.db().read().await?;
        let organisation = match (body.organisation, &invitation) {
            (Some(organisation), None) => organisation,
            (None, Some(hash)) => {
                let now = crate::db::now(&mut query).await?;
                invitations::usable(&mut query, hash, now).await?.1.organisation
            }
            _ => return Err(Problem::Malformed("name the organisation or bring an invitation")),
        };
        (providers::of(&mut query, &organisation).await?.ok_or(Problem::NotFound)?, organisation)
    };
    let registration = &provider.registration;
    let url = app
        .oidc()
        .authorisation(registration, &redirect_uri(&app), &state, &Binding::of(&secret))
        .await
        .map_err(|e| refused(&organisation, &e))?;
    let mut write = app.db().write().await?;
    let login = providers::Login {
        organisation,
        issuer: registration.issuer.clone(),
        client_id: registration.client_id.clone(),
        invitation,
        started_at: write.now,
    };
    providers::start_login(&mut write, &token_hash(&state), &token_hash(&secret), &login).await?;
    write.commit().await?;
    let bound = binding_cookie(&app, &secret, providers::LOGIN_MS / 1000)?;
    Ok(([(header::SET_COOKIE, bound)], Json::<Value>(json!({"redirect": url.as_str()}))).into_response())
}

/// What a provider sends a browser back with.
#[derive(Deserialize)]
pub struct Back {
    state: String,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// `GET …/callback`: on to the page that the person came from, which finishes the login itself: this request is the
/// provider's page's, and carries no cookie of ours. In the fragment, which no further server is sent.
pub async fn callback(Query(back): Query<Back>) -> Result<Response, Problem> {
    let page = if back.state.starts_with("admin.") { "admin" } else { "console" };
    let mut fragment = Serializer::new(String::new());
    fragment.append_pair("state", &back.state);
    // What went wrong there is for the provider's own page to say.
    for (name, value) in [("code", back.code), ("iss", back.iss), ("error", back.error.map(|_| "refused".into()))] {
        if let Some(value) = value {
            fragment.append_pair(name, &value);
        }
    }
    let to = HeaderValue::from_str(&format!("/{page}/#{}", fragment.finish()))
        .map_err(|_| Problem::Malformed("the query string is not the expected one"))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response())
}

/// What the page found in its address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    state: String,
    code: String,
    iss: Option<String>,
}

/// `POST …/finish`: 204 and the session's cookie. A login serves once, also when it fails.
pub async fn finish(State(app): State<App>, headers: HeaderMap, Body(body): Body<Finish>) -> Result<Response, Problem> {
    if body.code.len() > MAX_PART || body.iss.as_ref().is_some_and(|iss| iss.len() > MAX_PART) {
        return Err(Problem::Malformed("the code or the issuer is too long"));
    }
    let secret = cookie(&headers, binding_name(&app)).ok_or(Problem::Expired)?;
    let (login, provider) = {
        let mut write = app.db().write().await?;
        let login = providers::take_login(&mut write, &token_hash(&body.state), &token_hash(secret)).await?;
        let login = login.ok_or(Problem::Expired)?;
        let provider = providers::of(&mut write, &login.organisation).await?;
        write.commit().await?;
        (login, provider)
    };
    let provider = provider.filter(|p| p.is_same_client(&login.issuer, &login.client_id)).ok_or(Problem::Expired)?;
    let binding = Binding::of(secret);
    let back =
        Return { code: &body.code, iss: body.iss.as_deref(), redirect_uri: &redirect_uri(&app), binding: &binding };
    let failed = |e: OidcError| refused(&login.organisation, &e);
    let token = app.oidc().redeem(&provider.registration, &back).await.map_err(failed)?;
    let (since_s, now_s) = (login.started_at / 1000, app.db().now().await? / 1000);
    let subject = app.oidc().subject(&provider.registration, &token, &binding, since_s, now_s).await.map_err(failed)?;

    let mut write = app.db().write().await?;
    // Again, in the transaction that lets somebody in: it may have been removed meanwhile.
    let now = write.now;
    let stands = providers::of(&mut write, &login.organisation).await?;
    if !stands.is_some_and(|p| p.is_same_client(&login.issuer, &login.client_id)) {
        return Err(Problem::Expired);
    }
    let person = match &login.invitation {
        None => people::active_by_subject(&mut write, &login.organisation, &login.issuer, &subject)
            .await?
            .ok_or(Problem::LoginNotLinked)?,
        Some(hash) => {
            let (_, person) = invitations::usable(&mut write, hash, now).await?;
            if !logins::redeem(&mut write, hash).await? {
                return Err(Problem::AlreadyDecided);
            }
            if !people::link_subject(&mut write, &person, &login.issuer, &subject).await? {
                return Err(Problem::InUse("this login is another person's"));
            }
            person
        }
    };
    let mut response = session::begin(&app, write, &headers, &person, Through::Provider).await?;
    response.headers_mut().append(header::SET_COOKIE, binding_cookie(&app, "", 0)?);
    Ok(response)
}

fn refused(organisation: &str, error: &OidcError) -> Problem {
    tracing::warn!(organisation, cause = %error, "a login through an identity provider failed");
    if error.is_outage() { Problem::ProviderUnavailable } else { Problem::LoginRefused }
}

fn binding_name(app: &App) -> &'static str {
    if app.config().is_https() { "__Host-honnin-login" } else { "honnin-login" }
}

fn binding_cookie(app: &App, value: &str, max_age_s: i64) -> Result<HeaderValue, Problem> {
    let secure = if app.config().is_https() { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_s}{secure}", binding_name(app));
    HeaderValue::from_str(&text).map_err(|e| Problem::Internal(e.to_string()))
}
