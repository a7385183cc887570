//! The answers that need no proof: no, and cannot.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::db::verifications::{self, Record};
use crate::db::{Write, devices, steps};
use crate::domain::state::Failure;
use crate::gate::walk_to_opened;
use crate::http::extract::{AuthDevice, Body, Verification};
use crate::http::problem::Problem;
use crate::requests;

/// Whether the customer also reports the request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refuse {
    report: bool,
}

/// `POST /v1/device/requests/{id}/refuse`.
pub async fn refuse(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    Verification(id): Verification,
    Body(body): Body<Refuse>,
) -> Result<Json<Value>, Problem> {
    requests::must_be_open(&requests::for_device(&app, &id, &device).await?)?;
    let (mut write, mut record) = reopen(&app, &id, &device).await?;
    walk_to_opened(&mut write, &mut record).await?;
    let step = record.state.deny(body.report, write.now).map_err(|_| Problem::AlreadyDecided)?;
    steps::take(&mut write, &mut record, step).await?;
    requests::refused_by_customer(&app, &mut write, &record, body.report).await?;
    finish(&app, write, &record).await
}

/// `POST /v1/device/requests/{id}/unprovable`: the phone says that its credential does not meet the policy.
pub async fn unprovable(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    Verification(id): Verification,
) -> Result<Json<Value>, Problem> {
    requests::must_be_open(&requests::for_device(&app, &id, &device).await?)?;
    let (mut write, mut record) = reopen(&app, &id, &device).await?;
    requests::fail(&mut write, &mut record, Failure::Unprovable).await?;
    finish(&app, write, &record).await
}

/// The request inside a transaction, its device still in good standing.
async fn reopen(app: &App, id: &str, device: &devices::Device) -> Result<(Write, Record), Problem> {
    let mut write = app.db().write().await?;
    if devices::active(&mut write, &device.id).await?.is_none() {
        return Err(Problem::NotInGoodStanding);
    }
    let mut record = verifications::find(&mut write, id).await?.ok_or(Problem::NotFound)?;
    requests::must_be_open(&record)?;
    // Its answer, whichever of the customer's phones was addressed first.
    record.device = Some(device.id.clone());
    Ok((write, record))
}

async fn finish(app: &App, write: Write, record: &Record) -> Result<Json<Value>, Problem> {
    let decided_at = write.now;
    write.commit().await?;
    app.metrics().ended(record.state.name());
    Ok(Json(json!({"state": record.state.name(), "decided_at": decided_at})))
}
