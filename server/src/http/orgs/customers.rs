//! One customer's rights over their data: everything about them, and its end. By handle, and a prospect, who has none, by
//! what they were asked; the log holds the opaque identifier.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::{self, Caller};
use crate::db::customers::{self, Customer};
use crate::db::{
    Event, Query, consents, devices, enrolments, erasure, fallbacks, phones, prospects, standing, verifications,
};
use crate::domain::rights::{Resource, Role, Verb};
use crate::domain::state::{End, State as Life};
use crate::http::extract::{AuthCaller, Body, Path, unfrozen};
use crate::http::problem::Problem;
use crate::requests;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/customers/export", post(export))
        .route("/v1/orgs/{org}/customers/erase", post(erase))
        .route("/v1/orgs/{org}/customers/found", post(found))
        .route("/v1/orgs/{org}/customers/frozen", get(frozen))
        .route("/v1/orgs/{org}/customers/frozen/{id}/release", post(release))
}

/// Who: one of the two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Who {
    handle: Option<String>,
    /// Of a prospect.
    verification: Option<String>,
}

impl Who {
    fn check(&self) -> Result<(), Problem> {
        match (&self.handle, &self.verification) {
            (Some(handle), None) => requests::check_handle(handle),
            (None, Some(_)) => Ok(()),
            _ => Err(Problem::Malformed("a handle, or a prospect's verification")),
        }
    }

    async fn find(&self, query: &mut Query, tenant: &str) -> Result<Customer, Problem> {
        let found = match (&self.handle, &self.verification) {
            (Some(handle), _) => customers::find(query, tenant, handle).await?,
            (None, Some(id)) => prospects::of_verification(query, tenant, id).await?,
            (None, None) => None,
        };
        found.ok_or(Problem::NotFound)
    }
}

/// `POST …/customers/export`: everything stored about a customer, opened.
async fn export(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(who): Body<Who>,
) -> Result<Json<Value>, Problem> {
    caller::admit(&app, &caller, &org, Verb::View, Resource::Customers).await?;
    who.check()?;
    let (customer, document) = {
        let mut query = app.db().snapshot().await?;
        let customer = who.find(&mut query, &org).await?;
        let document = everything(&mut query, &org, who.handle.as_deref(), &customer).await?;
        (customer, document)
    };
    let mut write = app.db().write().await?;
    write.record(Event::new(&org, "customer.exported").by(caller.id()).with(json!({"customer": customer.id})));
    write.commit().await?;
    Ok(Json(document))
}

async fn everything(
    query: &mut Query,
    tenant: &str,
    handle: Option<&str>,
    customer: &Customer,
) -> Result<Value, Problem> {
    let devices: Vec<Value> = devices::of_customer(query, tenant, &customer.id)
        .await?
        .iter()
        .map(|d| {
            json!({"id": d.id, "status": d.status, "enrolled_at": d.enrolled_at, "certificate": d.certificate,
                   "identity": d.identity})
        })
        .collect();
    let consents: Vec<Value> = consents::of_customer(query, tenant, &customer.id)
        .await?
        .iter()
        .map(|c| {
            json!({"id": c.id, "device": c.device, "purpose": c.purpose, "agreed": c.agreed, "given_at": c.given_at,
                   "withdrawn_at": c.withdrawn_at})
        })
        .collect();
    let mut calls = Vec::new();
    for record in verifications::of_customer(query, tenant, &customer.id).await? {
        let (delivered_at, opened_at, decided_at) = requests::times(record.state);
        let (detail, valid_until) = match record.state {
            Life::Ended { end: End::Passed { valid_until, .. }, .. } => (None, Some(valid_until)),
            Life::Ended { end, .. } => (end.detail(), None),
            _ => (None, None),
        };
        let approval = standing::approval(query, tenant, &record.id).await?;
        let statement: Value = requests::stored(&record.statement)?;
        calls.push(json!({
            "id": record.id, "reference": record.reference, "direction": record.direction, "purpose": record.purpose,
            "asked_by": record.asker.id(), "delegation": record.delegation, "device": record.device,
            "policy": {"id": record.policy.id, "version": record.policy.version}, "statement": statement,
            "state": record.state.name(), "detail": detail, "created_at": record.created_at,
            "delivered_at": delivered_at, "opened_at": opened_at, "decided_at": decided_at,
            "expires_at": record.expires_at, "valid_until": valid_until, "approval": approval,
        }));
    }
    let fallbacks: Vec<Value> = fallbacks::of_customer(query, &customer.id)
        .await?
        .iter()
        .map(|f| {
            let approved_by: Vec<&str> = f.approvals.iter().map(|a| a.actor.as_str()).collect();
            json!({"id": f.id, "verification": f.verification, "method": f.method, "reason": f.reason,
                   "state": f.state, "approved_by": approved_by, "created_at": f.created_at,
                   "expires_at": f.expires_at, "decided_at": f.decided_at})
        })
        .collect();
    let enrolments = match handle {
        Some(handle) => enrolments::of_handle(query, tenant, handle).await?,
        None => Vec::new(),
    };
    Ok(json!({
        "v": 1, "tenant": tenant, "exported_at": crate::db::now(query).await?,
        "customer": {"id": customer.id, "handle": handle, "created_at": customers::known_since(query, &customer.id).await?,
                     "refusals": customer.refusals, "refused_at": customer.refused_at,
                     "frozen_until": customer.frozen_until},
        "devices": devices, "consents": consents, "verifications": calls, "fallbacks": fallbacks,
        "enrolments": enrolments,
    }))
}

/// `POST …/customers/erase`: how many phones and verifications went.
async fn erase(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(who): Body<Who>,
) -> Result<Json<Value>, Problem> {
    caller::admit(&app, &caller, &org, Verb::Delete, Resource::Customers).await?;
    who.check()?;
    let mut write = app.db().write_standing().await?;
    let customer = who.find(&mut write, &org).await?;
    let erased = erasure::erase(&mut write, &org, &customer.id, who.handle.as_deref(), caller.id()).await?;
    write.commit().await?;
    Ok(Json(json!(erased)))
}

/// `POST …/customers/found`: how many phones, suspended as lost, are active again: a supervisor's decision, or
/// security's.
async fn found(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(who): Body<Who>,
) -> Result<Json<Value>, Problem> {
    match &caller {
        Caller::Person(session) if session.organisation == org && session.roles.contains(&Role::Supervisor) => {
            caller::used(&app, &unfrozen(session.clone())?, Role::Supervisor).await?;
        }
        _ => caller::admit(&app, &caller, &org, Verb::Change, Resource::Customers).await?,
    }
    who.check()?;
    let mut write = app.db().write_standing().await?;
    // A partner has no customers: nothing is found under its name.
    let customer = who.find(&mut write, &org).await?;
    let phones = phones::restore(&mut write, &org, &customer.id, caller.id()).await?;
    let data = json!({"customer": customer.id, "phones": phones});
    write.record(Event::new(&org, "customer.found").by(caller.id()).with(data));
    write.commit().await?;
    Ok(Json(json!({"phones": phones})))
}

/// `GET …/customers/frozen`: whom nobody may ask now.
async fn frozen(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    caller::admit(&app, &caller, &org, Verb::View, Resource::Customers).await?;
    let frozen: Vec<Value> = customers::frozen(&mut app.db().read().await?, &org)
        .await?
        .iter()
        .map(|c| json!({"id": c.id, "since": c.refused_at, "until": c.frozen_until, "refusals": c.refusals}))
        .collect();
    Ok(Json(json!({"frozen": frozen})))
}

/// `POST …/customers/frozen/{id}/release`: 204.
async fn release(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    caller::admit(&app, &caller, &org, Verb::Change, Resource::Customers).await?;
    let mut write = app.db().write().await?;
    if !customers::release(&mut write, &org, &id, caller.id()).await? {
        return Err(Problem::NotFound);
    }
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
