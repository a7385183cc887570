//! Cookies, lock and logout.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::db::people::Person;
use crate::db::sessions::{self, Standing, Through};
use crate::db::{Write, steps};
use crate::entropy::token_hash;
use crate::http::extract::{cookie_name, session_cookie};
use crate::http::problem::Problem;

/// `POST /v1/operator/lock`: 204, also when it is locked already.
pub async fn lock(State(app): State<App>, headers: HeaderMap) -> Result<StatusCode, Problem> {
    match standing(&app, &headers).await? {
        Standing::Active(session) | Standing::Idle(session) => {
            let mut write = app.db().write().await?;
            sessions::lock(&mut write, &session, false).await?;
            write.commit().await?;
            Ok(StatusCode::NO_CONTENT)
        }
        Standing::Locked(_) => Ok(StatusCode::NO_CONTENT),
        Standing::Gone => Err(Problem::Unauthenticated),
    }
}

/// `POST /v1/operator/logout`: ends the session and calls off what it still asks.
pub async fn logout(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Standing::Active(session) | Standing::Idle(session) | Standing::Locked(session) =
        standing(&app, &headers).await?
    {
        let mut write = app.db().write().await?;
        let cancelled = steps::call_off(&mut write, &session.person, Some(&session.id)).await?;
        sessions::end(&mut write, &session).await?;
        write.commit().await?;
        (0..cancelled).for_each(|_| app.metrics().ended("cancelled"));
    }
    let name = cookie_name(&app);
    let secure = if app.config().is_https() { "; Secure" } else { "" };
    let gone = format!("{name}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0{secure}");
    cookie(&gone)
}

async fn standing(app: &App, headers: &HeaderMap) -> Result<Standing, Problem> {
    let Some(token) = session_cookie(headers, app) else { return Ok(Standing::Gone) };
    Ok(sessions::by_token(&mut app.db().read().await?, &token_hash(token)).await?)
}

/// Begins a session for a person who just proved themself and answers 204 with the cookie. A locked session of the
/// same person in this browser goes on under a new token.
///
/// # Errors
/// `internal` only.
pub async fn begin(
    app: &App,
    mut write: Write,
    headers: &HeaderMap,
    person: &Person,
    through: Through,
) -> Result<Response, Problem> {
    let token = app.entropy().token();
    let held = match session_cookie(headers, app) {
        Some(old) => sessions::by_token(&mut write, &token_hash(old)).await?,
        None => Standing::Gone,
    };
    let locked = match &held {
        Standing::Active(s) | Standing::Locked(s) | Standing::Idle(s) if s.person == person.id => Some(s.id.as_str()),
        _ => None,
    };
    let fresh = format!("s_{}", &app.entropy().token()[..22]);
    sessions::begin(&mut write, &fresh, &token_hash(&token), person, through, locked).await?;
    write.commit().await?;
    let name = cookie_name(app);
    let secure = if app.config().is_https() { "; Secure" } else { "" };
    cookie(&format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict{secure}"))
}

fn cookie(text: &str) -> Result<Response, Problem> {
    let value = HeaderValue::from_str(text).map_err(|e| Problem::Internal(e.to_string()))?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, value)]).into_response())
}
