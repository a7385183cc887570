//! Who works for whom.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::people::person_only;
use crate::app::App;
use crate::caller::admit;
use crate::db::delegations::{self, Delegation};
use crate::db::incidents::{self, Target, TargetKind};
use crate::db::{Millis, organisations, policies};
use crate::domain::rights::{Resource, Verb};
use crate::domain::settings::Kind;
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;
use crate::statements::identifier;

/// A delegation is given anew at least so often.
const LONGEST_MS: Millis = 3650 * 86_400_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/delegations", get(list).post(give))
        .route("/v1/orgs/{org}/delegations/{id}", delete(end))
}

/// `GET /v1/orgs/{org}/delegations`: given by a tenant, received by a partner.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Delegations).await?;
    let mut query = app.db().read().await?;
    let mut listed = Vec::new();
    for d in delegations::of(&mut query, &org).await? {
        listed.push(json!({
            "id": d.id, "tenant": d.tenant, "tenant_name": organisations::name(&mut query, &d.tenant).await?,
            "partner": d.partner, "partner_name": organisations::name(&mut query, &d.partner).await?,
            "purposes": d.purposes, "not_before": d.not_before, "not_after": d.not_after, "status": d.status,
            "created_by": d.created_by, "created_at": d.created_at,
        }));
    }
    Ok(Json(json!({"delegations": listed})))
}

/// A new delegation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Give {
    partner: String,
    purposes: Vec<String>,
    not_before: Millis,
    not_after: Millis,
}

/// `POST /v1/orgs/{org}/delegations`: by the tenant.
async fn give(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Give>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Delegations).await?;
    person_only(&caller)?;
    let mut write = app.db().write().await?;
    let kind = |o: Option<organisations::Organisation>| o.map(|o| o.kind);
    if kind(organisations::find(&mut write, &org).await?) != Some(Kind::Tenant) {
        return Err(Problem::NotPermitted);
    }
    if kind(organisations::find(&mut write, &body.partner).await?) != Some(Kind::Partner) {
        return Err(Problem::Refused("there is no such partner".into()));
    }
    let now = write.now;
    if body.not_before >= body.not_after || body.not_after <= now || body.not_after - body.not_before > LONGEST_MS {
        return Err(Problem::Refused(
            "the delegation must end after it begins, in the future, within ten years".into(),
        ));
    }
    let target = Target { kind: TargetKind::Partner, id: body.partner.clone() };
    if incidents::is_open(&mut write, &org, &target).await? {
        return Err(Problem::InUse("an incident about this partner is open"));
    }
    let known = policies::purposes(&mut write, &org).await?;
    if body.purposes.is_empty() || !body.purposes.iter().all(|p| known.iter().any(|k| k.code == *p)) {
        return Err(Problem::UnknownPolicy);
    }
    let delegation = Delegation {
        id: identifier("dl_", app.entropy()),
        tenant: org,
        partner: body.partner,
        purposes: body.purposes,
        not_before: body.not_before,
        not_after: body.not_after,
        status: "active".into(),
        created_by: caller.id().into(),
        created_at: now,
    };
    delegations::insert(&mut write, &delegation).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"id": delegation.id}))))
}

/// `DELETE /v1/orgs/{org}/delegations/{id}`: by either side, at once; the gate asks for it anew.
async fn end(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::Delegations).await?;
    let mut write = app.db().write_standing().await?;
    let delegation = delegations::find(&mut write, &id).await?.ok_or(Problem::NotFound)?;
    if delegation.tenant != org && delegation.partner != org {
        return Err(Problem::NotFound);
    }
    if !delegations::end(&mut write, &delegation, caller.id()).await? {
        return Err(Problem::AlreadyDecided);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
