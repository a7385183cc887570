//! The organisation's identity provider. Who sets it decides how people come in, not who they are: links are made by
//! invitations alone, and another provider starts without any.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::app::App;
use crate::caller::admit;
use crate::db::providers::{self, Provider};
use crate::db::{Write, steps};
use crate::domain::rights::{Resource, Verb};
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::operator::provider::redirect_uri;
use crate::http::orgs::people::person_only;
use crate::http::problem::Problem;
use crate::oidc::{OidcError, Registration};
use crate::webhook::AddressError;

/// Longest client id and longest secret.
const MAX_TEXT: usize = 512;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/orgs/{org}/identity-provider", get(view).put(set).delete(remove))
}

/// `GET …/identity-provider`: never the secret.
async fn view(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Provider).await?;
    let provider = providers::of(&mut app.db().read().await?, &org).await?.map(|p| {
        json!({"issuer": p.registration.issuer, "client_id": p.registration.client_id,
               "secret": p.registration.client_secret.is_some(), "required": p.required})
    });
    Ok(Json(json!({"identity_provider": provider, "redirect_uri": redirect_uri(&app)})))
}

/// The provider as it shall be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    issuer: String,
    client_id: String,
    /// Absent: as it was; null: none.
    #[serde(default, deserialize_with = "given")]
    client_secret: Option<Option<Zeroizing<String>>>,
    required: bool,
}

fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<Zeroizing<String>>>, D::Error> {
    Ok(Some(Option::<String>::deserialize(from)?.map(Zeroizing::new)))
}

/// `PUT …/identity-provider`: 204 once the provider answers under its issuer.
async fn set(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Set>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Provider).await?;
    person_only(&caller)?;
    let secret_fits = |s: &str| !s.is_empty() && s.len() <= MAX_TEXT;
    let texts = secret_fits(&body.client_id)
        && !body.client_id.chars().any(char::is_control)
        && body.client_secret.as_ref().and_then(Option::as_ref).is_none_or(|s| secret_fits(s));
    if !texts {
        return Err(Problem::Refused("client_id and client_secret hold 1 to 512 characters".into()));
    }
    app.oidc().probe(&body.issuer).await.map_err(|e| Problem::Refused(reason(&e).into()))?;
    let mut write = app.db().write().await?;
    let before = providers::of(&mut write, &org).await?;
    let same = before.as_ref().is_some_and(|p| p.is_same_client(&body.issuer, &body.client_id));
    // A secret goes to nobody but the provider that it was made for.
    let client_secret = match body.client_secret {
        Some(given) => given,
        None => before.filter(|_| same).and_then(|p| p.registration.client_secret),
    };
    let registration = Registration { issuer: body.issuer, client_id: body.client_id, client_secret };
    providers::set(&mut write, &org, &Provider { registration, required: body.required }, caller.id()).await?;
    let cancelled = if same { 0 } else { unlink_all(&mut write, &org).await? };
    write.commit().await?;
    (0..cancelled).for_each(|_| app.metrics().ended("cancelled"));
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/identity-provider`: links are forgotten, and who came through it is logged out.
async fn remove(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::Provider).await?;
    person_only(&caller)?;
    let mut write = app.db().write().await?;
    if !providers::remove(&mut write, &org, caller.id()).await? {
        return Err(Problem::NotFound);
    }
    let cancelled = unlink_all(&mut write, &org).await?;
    write.commit().await?;
    (0..cancelled).for_each(|_| app.metrics().ended("cancelled"));
    Ok(StatusCode::NO_CONTENT)
}

async fn unlink_all(write: &mut Write, org: &str) -> Result<usize, Problem> {
    let mut cancelled = 0;
    for person in providers::unlink_all(write, org).await? {
        cancelled += steps::call_off(write, &person, None).await?;
    }
    Ok(cancelled)
}

/// For the person who wrote the address; nothing of what answered there.
fn reason(error: &OidcError) -> &'static str {
    match error {
        OidcError::Address(_, AddressError::Https) => "the provider's addresses are https URLs",
        OidcError::Address(_, AddressError::Extra) => "the provider's addresses hold no user, password or fragment",
        OidcError::Address(_, AddressError::Private) => "the provider is not on the public internet",
        OidcError::Issuer => "the provider names another issuer",
        _ => "no OpenID provider answers under this issuer",
    }
}
