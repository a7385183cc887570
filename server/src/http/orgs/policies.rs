//! Policies as data: drafted by one person, tried dry, published by another.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use honnin_protocol::currency::Currency;
use honnin_protocol::policy::{Policy, words};
use honnin_protocol::statement::Payment;
use honnin_protocol::subject::Party;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sqlx::Row as _;

use super::people::person_only;
use crate::app::App;
use crate::bootstrap::check_policy;
use crate::caller::admit;
use crate::db::policies::{self, Version};
use crate::db::{Query, organisations};
use crate::domain::as_of;
use crate::domain::rights::{Resource, Verb};
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/policies", get(list).post(draft))
        .route("/v1/orgs/{org}/policies/dry-run", post(dry_run))
        .route("/v1/orgs/{org}/policies/{id}/{version}/publish", post(publish))
        .route("/v1/orgs/{org}/policies/{id}/{version}", delete(withdraw))
}

/// `GET /v1/orgs/{org}/policies`.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Policies).await?;
    let versions = policies::versions(&mut app.db().read().await?, &org).await?;
    let listed: Vec<Value> = versions
        .chunk_by(|a, b| a.document.id == b.document.id)
        .map(|versions| {
            let current = versions.iter().find(|v| v.status == "published");
            let named = current.unwrap_or(&versions[0]);
            json!({
                "id": named.document.id, "name": named.document.name,
                "current": current.map(|v| v.document.version), "versions": versions.iter().map(view).collect::<Vec<_>>(),
            })
        })
        .collect();
    Ok(Json(json!({"policies": listed})))
}

fn view(v: &Version) -> Value {
    json!({
        "version": v.document.version, "status": v.status, "document": v.document, "words": words(&v.document),
        "created_by": v.created_by, "created_at": v.created_at,
        "published_by": v.published_by, "published_at": v.published_at,
    })
}

/// A policy without its version: the service counts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    document: Map<String, Value>,
}

/// The document as the version that it would become.
async fn next(query: &mut Query, org: &str, mut document: Map<String, Value>) -> Result<Policy, Problem> {
    if document.contains_key("version") {
        return Err(Problem::Malformed("the service counts the versions"));
    }
    let id = document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let version = policies::next_version(query, org, &id).await?;
    document.insert("version".into(), json!(version));
    let policy: Policy = serde_json::from_value(Value::Object(document))
        .map_err(|_| Problem::Malformed("the document is no policy (docs/protocol.md, \"Policy\")"))?;
    check_policy(&policy).map_err(Problem::Refused)?;
    // What the tenant uses it for already does not change its nature.
    let purposes = policies::purposes(query, org).await?;
    let own = organisations::find(query, org).await?.ok_or(Problem::NotFound)?;
    let enrols = own.settings.enrolment_policy.as_deref() == Some(&*policy.id) && !policy.asks_for_holder();
    if enrols || purposes.iter().any(|p| p.policy == policy.id && !p.fits(&policy)) {
        return Err(Problem::Refused(policies::MISFIT.into()));
    }
    Ok(policy)
}

/// `POST /v1/orgs/{org}/policies`: 201, a draft.
async fn draft(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Draft>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Policies).await?;
    person_only(&caller)?;
    let mut write = app.db().write().await?;
    let policy = next(&mut write, &org, body.document).await?;
    policies::draft(&mut write, &org, &policy, caller.id()).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"id": policy.id, "version": policy.version}))))
}

/// `POST /v1/orgs/{org}/policies/dry-run`: what it would ask today, whom it concerns, how it differs.
async fn dry_run(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Draft>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Policies).await?;
    let mut query = app.db().read().await?;
    let policy = next(&mut query, &org, body.document).await?;
    let own = organisations::find(&mut query, &org).await?.ok_or(Problem::NotFound)?;
    let now = crate::db::now(&mut query).await?;
    let today = as_of::allowed(now, &own.settings.time_zone())
        .ok_or_else(|| Problem::Internal("the clock is outside the calendar".into()))?[0];
    // The amount stands for another number each time: any payment shows whether the policy compiles.
    let payment = Payment::new(1, Currency::JPY, "payee".into(), "order".into(), "instrument".into());
    let payment = payment.map_err(|e| Problem::Internal(format!("a sample payment: {e}")))?;
    let compiled = policy
        .compile(Party::Customer("handle"), today, Some(&payment))
        .map_err(|e| Problem::Refused(e.to_string()))?;
    let conditions: Vec<Value> = policy
        .predicates
        .iter()
        .zip(compiled.as_array())
        .map(|(condition, predicate)| {
            // The handle's number says nothing to a reader, and stands for another customer each time.
            let operand = match condition.value {
                honnin_protocol::policy::Operand::Handle(_) => json!("handle"),
                honnin_protocol::policy::Operand::Amount(_) => json!("amount"),
                _ => json!(honnin_circuits::predicate::as_u64(predicate.operand())),
            };
            json!({"slot": condition.slot, "op": condition.op, "operand": operand})
        })
        .collect();
    let purposes: Vec<String> = policies::purposes(&mut query, &org)
        .await?
        .into_iter()
        .filter(|p| p.policy == policy.id)
        .map(|p| p.code)
        .collect();
    let current = policies::current(&mut query, &org, &policy.id).await?;
    let devices: i64 = sqlx::query("SELECT COUNT(*) FROM devices WHERE tenant = $1 AND status = 'active'")
        .bind(&org)
        .fetch_one(query.conn())
        .await?
        .try_get(0)?;
    Ok(Json(json!({
        "words": words(&policy), "conditions": conditions, "purposes": purposes, "devices": devices,
        "changes": changes(current.as_ref(), &policy),
    })))
}

/// Members that differ from the published version.
fn changes(from: Option<&Policy>, to: &Policy) -> Vec<Value> {
    let members = |p: &Policy| match serde_json::to_value(p) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let (from, to) = (from.map(members).unwrap_or_default(), members(to));
    to.iter()
        .filter(|(name, _)| *name != "version")
        .filter(|(name, value)| from.get(*name) != Some(value))
        .map(|(name, value)| json!({"member": name, "from": from.get(name), "to": value}))
        .collect()
}

async fn find(query: &mut Query, org: &str, id: &str, version: u32) -> Result<Version, Problem> {
    policies::find(query, org, id, i64::from(version)).await?.ok_or(Problem::NotFound)
}

/// `POST …/publish`: by another person than its author; phones prepare anew by themselves.
async fn publish(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id, version)): Path<(String, String, u32)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Change, Resource::Policies).await?;
    person_only(&caller)?;
    let mut write = app.db().write().await?;
    let draft = find(&mut write, &org, &id, version).await?;
    if draft.status != "draft" {
        return Err(Problem::AlreadyDecided);
    }
    if draft.created_by == caller.id() {
        return Err(Problem::SecondPerson);
    }
    // An older draft must not undo what was published since.
    let current = policies::current(&mut write, &org, &id).await?;
    if current.is_some_and(|current| current.version > version) {
        return Err(Problem::ChangedMeanwhile);
    }
    if !policies::publish(&mut write, &org, &draft.document, caller.id()).await? {
        return Err(Problem::AlreadyDecided);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/orgs/{org}/policies/{id}/{version}`: drops a draft, retires a version that no purpose needs.
async fn withdraw(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id, version)): Path<(String, String, u32)>,
) -> Result<StatusCode, Problem> {
    admit(&app, &caller, &org, Verb::Delete, Resource::Policies).await?;
    let mut write = app.db().write().await?;
    let found = find(&mut write, &org, &id, version).await?;
    match found.status.as_str() {
        "draft" => {}
        "published" => {
            let needed = policies::purposes(&mut write, &org).await?.iter().any(|p| p.policy == id);
            let own = organisations::find(&mut write, &org).await?.ok_or(Problem::NotFound)?;
            if needed || own.settings.enrolment_policy.as_deref() == Some(&id) {
                return Err(Problem::InUse("a purpose or the enrolment needs this policy"));
            }
        }
        _ => return Err(Problem::AlreadyDecided),
    }
    policies::withdraw(&mut write, &org, &found, caller.id()).await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
