//! The organisation itself.

use axum::extract::State;
use axum::routing::{get, put};
use axum::{Json, Router};
use honnin_protocol::text::Localized;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::{Caller, admit};
use crate::db::organisations::{self, Organisation};
use crate::db::policies;
use crate::domain::rights::{Resource, Verb};
use crate::domain::settings::{Kind, Settings, check_texts};
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/v1/orgs/{org}", get(view)).route("/v1/orgs/{org}/settings", put(change))
}

/// `GET /v1/orgs/{org}`.
async fn view(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Settings).await?;
    let own = organisations::find(&mut app.db().read().await?, &org).await?.ok_or(Problem::NotFound)?;
    Ok(Json(json!({
        "id": own.id, "kind": own.kind, "status": if own.active { "active" } else { "frozen" }, "name": own.name,
        "settings": own.settings, "revision": own.revision,
    })))
}

/// The settings as they shall be, with the revision that was read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    revision: i64,
    settings: Settings,
    name: Option<Localized>,
}

/// `PUT /v1/orgs/{org}/settings`.
async fn change(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Change>,
) -> Result<Json<Value>, Problem> {
    admit(&app, &caller, &org, Verb::View, Resource::Settings).await?;
    let mut write = app.db().write().await?;
    let own = organisations::find(&mut write, &org).await?.ok_or(Problem::NotFound)?;
    may_change(&caller, &own, &body)?;
    body.settings.check(own.kind).map_err(|e| Problem::Refused(e.to_string()))?;
    // What people call a tenant is what the phone shows of it.
    let name = match (own.kind, &body.settings.display, body.name) {
        (Kind::Tenant, Some(display), _) => display.name.clone(),
        (_, _, name) => name.unwrap_or(own.name),
    };
    check_texts([&name]).map_err(|e| Problem::Refused(e.to_string()))?;
    if let Some(id) = &body.settings.enrolment_policy {
        let policy = policies::current(&mut write, &org, id).await?.ok_or(Problem::UnknownPolicy)?;
        if !policy.is_plain() {
            return Err(Problem::PolicyNeedsTerms);
        }
        if !policy.asks_for_holder() {
            return Err(Problem::Refused("enrolling asks for the account holder (subject EQ handle)".into()));
        }
    }
    for fallback in body.settings.fallbacks.iter().filter(|f| !own.settings.fallbacks.contains(f)) {
        let (_, policy) =
            policies::for_purpose(&mut write, &org, &fallback.purpose).await?.ok_or(Problem::UnknownPolicy)?;
        // Of a payment or an order nothing stands in for the phone.
        if !policy.is_plain() {
            return Err(Problem::PolicyNeedsTerms);
        }
    }
    if !organisations::change_settings(&mut write, &org, body.revision, &body.settings, &name, caller.id()).await? {
        return Err(Problem::ChangedMeanwhile);
    }
    write.commit().await?;
    Ok(Json(json!({"revision": body.revision + 1})))
}

/// What may stand in for a proof is for whoever decides what is proven; everything else for who runs the organisation.
fn may_change(caller: &Caller, own: &Organisation, body: &Change) -> Result<(), Problem> {
    let weakens = body.settings.fallbacks != own.settings.fallbacks;
    let as_before = Settings { fallbacks: own.settings.fallbacks.clone(), ..body.settings.clone() };
    let other = as_before != own.settings || body.name.as_ref().is_some_and(|name| *name != own.name);
    let may = |resource| caller.may(Verb::Change, resource);
    let decides = !weakens || may(Resource::Policies);
    let runs = !other || may(Resource::Settings);
    // Whoever may do neither may not even say that all is well.
    if decides && runs && (may(Resource::Policies) || may(Resource::Settings)) {
        Ok(())
    } else {
        Err(Problem::NotPermitted)
    }
}
