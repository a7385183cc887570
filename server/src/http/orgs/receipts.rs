//! Receipts for who asked, and for who may look at the tenant's calls.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::app::App;
use crate::caller::Caller;
use crate::db::verifications::Record;
use crate::db::{Event, delegations};
use crate::domain::rights::{Resource, Scope, Verb};
use crate::http::extract::{AuthCaller, Path};
use crate::http::problem::Problem;
use crate::{receipts, requests};

/// The route of receipts.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/verifications/{id}/receipt", get(receipt))
}

/// `GET /v1/verifications/{id}/receipt`: who fetched it stands in the tenant's log.
async fn receipt(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let record = requests::current(&app, &id).await?.ok_or(Problem::NotFound)?;
    if !may_fetch(&app, &caller, &record).await? {
        return Err(Problem::NotFound);
    }
    let bytes = receipts::receipt(&app, &record).await?;
    let mut write = app.db().write().await?;
    let by = json!({"organisation": caller.organisation()});
    write.record(Event::new(&record.tenant, "receipt.viewed").by(caller.id()).about(&record.id).with(by));
    write.commit().await?;
    Ok(document(bytes))
}

/// A receipt as a download: its bytes as they are, for `honnin receipt verify`.
pub(in crate::http) fn document(bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"receipt.json\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, bytes).into_response()
}

/// One's own calls; all calls of one's organisation for who looks at calls or the log. A partner's are those that were
/// asked under its delegations.
async fn may_fetch(app: &App, caller: &Caller, record: &Record) -> Result<bool, Problem> {
    if record.asker.id() == caller.id() {
        return Ok(true);
    }
    if !looks(caller) {
        return Ok(false);
    }
    if record.tenant == caller.organisation() {
        return Ok(true);
    }
    let Some(delegation) = &record.delegation else { return Ok(false) };
    let delegation = delegations::find(&mut app.db().read().await?, delegation).await?;
    Ok(delegation.is_some_and(|d| d.partner == caller.organisation()))
}

/// Whoever asks sees their own calls; these see others'.
fn looks(caller: &Caller) -> bool {
    match caller {
        Caller::Person(session) => session.roles.iter().any(|role| {
            let calls =
                role.may(Verb::View, Resource::Verifications) && !role.may(Verb::Change, Resource::Verifications);
            calls || role.may(Verb::View, Resource::Audit)
        }),
        Caller::Machine(machine) => machine.scopes.iter().any(|s| matches!(s, Scope::Read | Scope::Audit)),
    }
}
