//! Incidents: what they would stop, stopping it, the facts that have to be reported, and the end.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use honnin_protocol::guard::TextError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::{self, Caller};
use crate::db::incidents::{self, Incident, Reason, Target};
use crate::db::steps::{self, StepError};
use crate::db::verifications;
use crate::db::{Event, Millis, Write, alerts};
use crate::domain::rights::{Resource, Verb};
use crate::http::extract::{AuthCaller, Body, Path};
use crate::http::problem::Problem;
use crate::statements::identifier;

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// Longest note, in characters.
const NOTE: usize = 2000;
/// Most customers that a report lists; it says how many there are.
const LISTED: i64 = 50_000;

/// The routes.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/orgs/{org}/incidents", get(list).post(begin))
        .route("/v1/orgs/{org}/incidents/preview", post(preview))
        .route("/v1/orgs/{org}/incidents/{id}/report", get(report))
        .route("/v1/orgs/{org}/incidents/{id}/end", post(end))
}

/// What would be frozen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Preview {
    target: Target,
}

/// `POST …/incidents/preview`: what a freeze would meet. Nothing changes.
async fn preview(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Preview>,
) -> Result<Json<Value>, Problem> {
    caller::admit(&app, &caller, &org, Verb::Change, Resource::Incidents).await?;
    let mut query = app.db().read().await?;
    if !incidents::is_frozen_by(&mut query, &org, &body.target).await? {
        return Err(Problem::NotFound);
    }
    Ok(Json(json!(incidents::scale(&mut query, &org, &body.target).await?)))
}

/// What is frozen, why, and that it is meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    target: Target,
    reason: Reason,
    note: String,
    confirm: String,
}

/// `POST …/incidents`: 201, frozen.
async fn begin(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
    Body(body): Body<Begin>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    caller::admit(&app, &caller, &org, Verb::Change, Resource::Incidents).await?;
    if body.confirm != body.target.id {
        return Err(Problem::Malformed("confirm is not the target's id"));
    }
    honnin_protocol::guard::prose(&body.note, NOTE).map_err(|e| match e {
        TextError::TooLong | TextError::Control => Problem::Malformed("the note is at most 2000 characters of text"),
        _ => Problem::UnsafeText,
    })?;
    // Who freezes themself could not end it.
    if body.target.id == caller.id() {
        return Err(Problem::SecondPerson);
    }
    let mut write = app.db().write_standing().await?;
    if !incidents::is_frozen_by(&mut write, &org, &body.target).await? {
        return Err(Problem::NotFound);
    }
    let scale = incidents::scale(&mut write, &org, &body.target).await?;
    let mut incident = Incident {
        id: identifier("in_", app.entropy()),
        organisation: org.clone(),
        target: body.target,
        reason: body.reason.name().to_owned(),
        note: body.note,
        scale,
        froze: false,
        began_at: write.now,
        began_by: caller.id().to_owned(),
        ended_at: None,
        ended_by: None,
    };
    if !incidents::begin(&mut write, &mut incident).await? {
        return Err(Problem::InUse("an incident about it is open"));
    }
    raise(&app, &mut write, &incident, "began").await?;
    write.commit().await?;
    // Nothing of it can pass any more; consoles and phones need not wait for its time to run out.
    call_off(&app, &org, &incident.target).await;
    Ok((StatusCode::CREATED, Json(json!({"id": incident.id}))))
}

async fn raise(app: &App, write: &mut Write, incident: &Incident, step: &str) -> Result<(), sqlx::Error> {
    let data = json!({"incident": incident.id, "step": step, "by_organisation": incident.organisation,
                      "target_kind": incident.target.kind, "target": incident.target.id});
    for organisation in incidents::concerned(write, incident).await? {
        let id = identifier("a_", app.entropy());
        alerts::raise(write, &organisation, &id, "incident", None, &data).await?;
    }
    Ok(())
}

/// Calls off what is open, each in a transaction of its own. What fails here times out: it cannot pass.
async fn call_off(app: &App, org: &str, target: &Target) {
    let run = async {
        let open = incidents::open_requests(&mut app.db().read().await?, org, target).await?;
        for id in open {
            let mut write = app.db().write().await?;
            let Some(mut record) = verifications::find(&mut write, &id).await? else { continue };
            let Ok(step) = record.state.cancel(write.now) else { continue };
            match steps::take(&mut write, &mut record, step).await {
                Ok(()) => write.commit().await?,
                Err(StepError::Lost | StepError::Refused(_)) => continue,
                Err(StepError::Db(e)) => return Err(e),
            }
            app.metrics().ended("cancelled");
        }
        Ok::<_, sqlx::Error>(())
    };
    if let Err(e) = run.await {
        tracing::error!(cause = %e, "open requests of a frozen party were not called off");
    }
}

/// `GET …/incidents`: newest first.
async fn list(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path(org): Path<String>,
) -> Result<Json<Value>, Problem> {
    caller::admit(&app, &caller, &org, Verb::View, Resource::Incidents).await?;
    let listed = incidents::of(&mut app.db().read().await?, &org).await?;
    Ok(Json(json!({"incidents": listed.iter().map(facts).collect::<Vec<_>>()})))
}

/// What stands in the list and heads the report. The clocks are those of APPI, article 26, and its rules.
fn facts(incident: &Incident) -> Value {
    let after = |days: Millis| incident.began_at + days * DAY_MS;
    json!({
        "id": incident.id, "target": incident.target, "reason": incident.reason, "note": incident.note,
        "began_at": incident.began_at, "began_by": incident.began_by, "ended_at": incident.ended_at,
        "preliminary_from": after(3), "preliminary_by": after(5), "final_by": after(30),
        "final_by_if_improper": after(60),
        "affected_customers": incident.scale.affected_customers, "live_calls": incident.scale.live_calls,
    })
}

/// `GET …/incidents/{id}/report`: what an authority asks for, as far as this service knows it.
async fn report(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    caller::admit(&app, &caller, &org, Verb::View, Resource::Incidents).await?;
    let (incident, affected, now) = {
        let mut query = app.db().snapshot().await?;
        let incident = incidents::find(&mut query, &org, &id).await?.ok_or(Problem::NotFound)?;
        let affected = incidents::affected(&mut query, &incident, LISTED).await?;
        (incident, affected, crate::db::now(&mut query).await?)
    };
    let mut write = app.db().write().await?;
    write.record(
        Event::new(&org, "incident.reported").by(caller.id()).with(json!({"incident": id, "affected": affected.len()})),
    );
    write.commit().await?;
    let mut document = facts(&incident);
    document["v"] = json!(1);
    document["organisation"] = json!(org);
    document["made_at"] = json!(now);
    document["people_online"] = json!(incident.scale.people_online);
    document["ended_by"] = json!(incident.ended_by);
    document["frozen"] = json!(incident.ended_at.is_none());
    document["affected"] = json!(affected);
    document["affected_is_complete"] = json!((affected.len() as i64) < LISTED);
    let headers =
        [(header::CONTENT_DISPOSITION, "attachment; filename=\"incident.json\""), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Json(document)).into_response())
}

/// `POST …/incidents/{id}/end`: 204, thawed.
async fn end(
    State(app): State<App>,
    AuthCaller(caller): AuthCaller,
    Path((org, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    caller::admit(&app, &caller, &org, Verb::Change, Resource::Incidents).await?;
    let mut write = app.db().write_standing().await?;
    let incident = incidents::find(&mut write, &org, &id).await?.ok_or(Problem::NotFound)?;
    must_not_be_about(&incident, &caller)?;
    if !incidents::end(&mut write, &incident, caller.id()).await? {
        return Err(Problem::AlreadyDecided);
    }
    raise(&app, &mut write, &incident, "ended").await?;
    write.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Nobody ends what is about themself.
fn must_not_be_about(incident: &Incident, caller: &Caller) -> Result<(), Problem> {
    if incident.target.id == caller.id() { Err(Problem::SecondPerson) } else { Ok(()) }
}
