//! Reasons for a call, each with the policy that it needs.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use honnin_protocol::text::Localized;
use serde::Deserialize;
use serde_json::{Value, json};

use super::people::person_only;
use crate::app::App;
use crate::bootstrap::is_plain;
use crate::caller::admit;
use crate::db::policies::{self, Purpose, PurposeKind};
use crate::domain::rights::{Resource, Verb};
use crate::domain::settings::check_texts;
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/purposes", get(list))
        .route("/v1/orgs/{org}/purposes/{code}", put(change).delete(remove))
}

/// `GET /v1/orgs/{org}/purposes`.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Policies).await?;
    Ok(Json(json!({"purposes": policies::purposes(&mut app.db().read().await?, &org).await?})))
}

/// Texts and policy of a purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    ja: String,
    en: String,
    policy: String,
    kind: Option<PurposeKind>,
}

/// `PUT /v1/orgs/{org}/purposes/{code}`.
async fn change(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, code)): Path<(String, String)>,
    Body(body): Body<Change>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Policies).await?;
    person_only(&caller)?;
    if !is_plain(&code) {
        return Err(Problem::Refused("a code is letters, digits, '-', '_', '.'".into()));
    }
    check_texts([&Localized::new(&*body.ja, &*body.en)]).map_err(|_| Problem::UnsafeText)?;
    let mut write = app.db().write().await?;
    let policy = policies::current(&mut write, &org, &body.policy).await?.ok_or(Problem::UnknownPolicy)?;
    let purpose = Purpose { code, ja: body.ja, en: body.en, policy: body.policy, kind: body.kind };
    if !purpose.fits(&policy) {
        return Err(Problem::Refused(policies::MISFIT.into()));
    }
    policies::put_purpose(&mut write, &org, &purpose, caller.id()).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/orgs/{org}/purposes/{code}`.
async fn remove(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, code)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::Policies).await?;
    let mut write = app.db().write().await?;
    if !policies::remove_purpose(&mut write, &org, &code, caller.id()).await? {
        return Err(Problem::NotFound);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
