//! Credential issuers and their certificates.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use honnin_protocol::jwk::P256Jwk;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::people::person_only;
use crate::app::App;
use crate::caller::admit;
use crate::db::incidents::{self, Target, TargetKind};
use crate::db::issuers::{self, Issuer, Serves};
use crate::domain::rights::{Resource, Verb};
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;
use crate::statements::identifier;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/issuers", get(list).post(add))
        .route("/v1/orgs/{org}/issuers/{id}/suspend", post(suspend))
        .route("/v1/orgs/{org}/issuers/{id}/resume", post(resume))
        .route("/v1/orgs/{org}/issuers/{id}/certificates/{certificate}/revoke", post(revoke))
}

/// `GET /v1/orgs/{org}/issuers`.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Issuers).await?;
    let mut query = app.db().read().await?;
    let mut listed = Vec::new();
    for issuer in issuers::of(&mut query, &org).await? {
        let certificates = issuers::certificates(&mut query, &issuer.id).await?;
        listed.push(json!({
            "id": issuer.id, "url": issuer.url, "thumbprint": issuer.thumbprint,
            "serves": issuer.serves().name(), "certifies": issuer.certifies,
            "status": if issuer.active { "active" } else { "suspended" }, "certificates": certificates,
        }));
    }
    Ok(Json(json!({"issuers": listed})))
}

/// A new issuer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    url: Url,
    root: P256Jwk,
    #[serde(default)]
    serves: Serves,
    certifies: Option<String>,
}

/// `POST /v1/orgs/{org}/issuers`: its root is pinned from now on.
async fn add(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Add>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Issuers).await?;
    person_only(&caller)?;
    let loopback = body.url.domain().is_some_and(|h| h == "localhost" || h.ends_with(".localhost"));
    if body.url.scheme() != "https" && !(loopback && app.config().development) {
        return Err(Problem::Refused("an issuer's URL is https".into()));
    }
    if !body.serves.goes_with(body.certifies.as_deref()) {
        return Err(Problem::Refused(
            "an issuer for eligibility certifies a tenant, and one for customers this one".into(),
        ));
    }
    let root = serde_json::to_string(&body.root).map_err(|e| Problem::Internal(e.to_string()))?;
    let issuer = Issuer {
        id: identifier("i_", app.entropy()),
        tenant: org,
        // As certificates spell it: without a slash at the end.
        url: body.url.as_str().trim_end_matches('/').to_owned(),
        thumbprint: body.root.thumbprint(),
        root,
        certifies: body.certifies,
        active: true,
    };
    let mut write = app.db().write().await?;
    if !issuers::insert(&mut write, &issuer, caller.id()).await? {
        return Err(Problem::InUse("this root is pinned already"));
    }
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"id": issuer.id}))))
}

/// `POST …/suspend`: nothing that stands on it passes any more.
async fn suspend(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::Issuers).await?;
    set_suspended(&app, &org, &id, true, caller.id()).await
}

/// `POST …/resume`.
async fn resume(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Issuers).await?;
    set_suspended(&app, &org, &id, false, caller.id()).await
}

async fn set_suspended(app: &App, org: &str, id: &str, suspended: bool, by: &str) -> Result<StatusCode, Problem> {
    let mut write = app.db().write_standing().await?;
    let target = Target { kind: TargetKind::Issuer, id: id.to_owned() };
    if !suspended && incidents::is_open(&mut write, org, &target).await? {
        return Err(Problem::InUse("an incident about this issuer is open"));
    }
    if !issuers::set_suspended(&mut write, org, id, suspended, by).await? {
        return Err(Problem::NotFound);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/certificates/{certificate}/revoke`: and with it the key.
async fn revoke(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id, certificate)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::Issuers).await?;
    let mut write = app.db().write_standing().await?;
    if !issuers::revoke(&mut write, &org, &id, &certificate, caller.id()).await? {
        return Err(Problem::NotFound);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
