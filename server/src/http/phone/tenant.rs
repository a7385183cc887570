//! What a phone must know about a tenant before it enrols and each day after.

use axum::Json;
use axum::extract::State;
use honnin_protocol::policy::Policy;
use serde_json::{Value, json};

use crate::app::App;
use crate::db::organisations::{self, Organisation};
use crate::db::{Query, announcers, policies};
use crate::domain::settings::Kind;
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// `GET /v1/tenants/{tenant}`.
pub async fn tenant(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let mut query = app.db().read().await?;
    let tenant =
        organisations::find(&mut query, &id).await?.filter(|o| o.kind == Kind::Tenant).ok_or(Problem::NotFound)?;
    if !tenant.active {
        return Err(Problem::NotInGoodStanding);
    }
    Ok(Json(described(&mut query, &app, &tenant).await?))
}

/// What anybody may know of a tenant.
///
/// # Errors
/// Whatever the database answers.
pub(super) async fn described(query: &mut Query, app: &App, tenant: &Organisation) -> Result<Value, Problem> {
    let (id, settings) = (&tenant.id, &tenant.settings);
    let mut published = policies::published(query, id).await?;
    // What a customer's phone prepares: nobody is asked as a customer by the others.
    published.retain(Policy::asks_for_holder);
    let enrolment = settings.enrolment_policy.as_deref().unwrap_or_default();
    let (enrolment, policies): (Vec<_>, Vec<_>) = published.into_iter().partition(|p| p.id == enrolment);
    let announcers = announcers::of(query, id).await?;
    let now = crate::db::now(query).await?;
    let sha256 = &app.config().keys.proving_key_sha256;
    Ok(json!({
        "tenant": id, "display": settings.display, "time_zone": settings.zone,
        "policies": policies, "enrolment_policy": enrolment.first(),
        "announcement_key": announcers.first().map(|first| &first.public),
        "announcement_chain": announcers.iter().filter_map(|a| a.signed.as_ref()).collect::<Vec<_>>(),
        "circuit": {
            "version": u32::from(honnin_circuits::CircuitVersion::V1),
            "proving_key": {"url": format!("{}/keys/{sha256}.pk", app.origin()), "sha256": sha256, "bytes": app.proving_key_bytes()},
        },
        "now": now,
    }))
}
