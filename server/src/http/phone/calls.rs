//! Which calls a phone may expect.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::db::verifications::{self, Record};
use crate::db::{calls, customers, devices, organisations, standing, steps};
use crate::domain::calls::{Stage, is_live};
use crate::http::extract::{AuthDevice, Body, Verification};
use crate::http::problem::Problem;
use crate::{notices, requests, statements};

/// `GET /v1/device/calls`: those that are announced, confirmed, ringing or talking.
pub async fn expected(State(app): State<App>, AuthDevice(device): AuthDevice) -> Result<Json<Value>, Problem> {
    let mut query = app.db().read().await?;
    let now = crate::db::now(&mut query).await?;
    let found = verifications::calls_of_customer(&mut query, &device.customer).await?;
    let live = found.iter().filter(|r| {
        // Whether or not the sweeper came by: nobody expects a call whose window is over.
        r.call.as_ref().is_some_and(|c| is_live(c.stage, r.state) && (c.stage != Stage::Announced || c.until > now))
    });
    let calls = live.map(notices::for_phone).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(json!({"calls": calls, "now": now})))
}

/// Which of the windows on offer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reschedule {
    window: usize,
}

/// `POST /v1/device/calls/{id}/reschedule`: a notice of another window takes this one's place, from the same desk.
pub async fn reschedule(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    Verification(id): Verification,
    Body(body): Body<Reschedule>,
) -> Result<Json<Value>, Problem> {
    let mut write = app.db().write().await?;
    if devices::active(&mut write, &device.id).await?.is_none() {
        return Err(Problem::NotInGoodStanding);
    }
    let verification = calls::verification(&mut write, &id).await?.ok_or(Problem::NotFound)?;
    let mut record = verifications::find(&mut write, &verification)
        .await?
        .filter(|r| r.customer == device.customer)
        .ok_or(Problem::NotFound)?;
    let stage = record.call.as_ref().map(|call| call.stage);
    requests::must_be_open(&record)?;
    if stage != Some(Stage::Announced) || record.expires_at <= write.now {
        return Err(Problem::AlreadyDecided);
    }
    let standing = standing::of_verifications(&mut write, &[(&record.id, &device.id)]).await?;
    if !standing.get(&record.id).is_some_and(|s| s.parties) {
        return Err(Problem::NotInGoodStanding);
    }
    record.device = Some(device.id.clone());
    let fresh = moved(&app, &mut write, &record, body.window).await?;
    let instead = fresh.call.as_ref().map(|call| call.id.clone());
    let step = record.state.cancel(write.now).map_err(|_| Problem::AlreadyDecided)?;
    steps::take(&mut write, &mut record, step).await?;
    if !calls::advance(&mut write, &mut record, Stage::Cancelled, instead.as_deref(), &device.id).await? {
        return Err(Problem::AlreadyDecided);
    }
    steps::insert_all(&mut write, &[&fresh]).await?;
    write.commit().await?;
    app.metrics().ended("cancelled");
    Ok(Json(json!({"verification": fresh.id})))
}

/// The same call in another window; the others stay on offer, the one that is left too.
async fn moved(app: &App, write: &mut crate::db::Write, record: &Record, window: usize) -> Result<Record, Problem> {
    let now = write.now;
    let session = requests::statement(record)?;
    let call = session.call.as_ref().ok_or(Problem::NotFound)?;
    let chosen = *call.offered().get(window).ok_or(Problem::Malformed("there is no such window"))?;
    let ahead = |until: u64| i64::try_from(until).is_ok_and(|until| until > now);
    if !ahead(chosen.until()) {
        return Err(Problem::Expired);
    }
    let others = call.offered().iter().enumerate().filter(|(i, w)| *i != window && ahead(w.until())).map(|(_, w)| *w);
    let mut windows = vec![chosen];
    windows.extend(others.chain(std::iter::once(call.window()).filter(|w| ahead(w.until()))));

    let tenant = organisations::active_tenant(write, &record.tenant).await?.ok_or(Problem::NotInGoodStanding)?;
    let display = tenant.settings.display.as_ref().ok_or_else(|| Problem::Internal("no display".into()))?;
    // A phone that moves a call to and fro counts as one that is asked again and again.
    let asked = customers::pressure(write, &record.customer).await?;
    if asked >= app.config().limits.verifications_per_handle_per_minute {
        return Err(Problem::TooManyRequests);
    }
    let label = session.operator.as_ref().ok_or_else(|| Problem::Internal("a call by nobody".into()))?;
    let purpose = crate::db::policies::Purpose {
        code: session.purpose.code.clone(),
        ja: session.purpose.ja.clone(),
        en: session.purpose.en.clone(),
        policy: record.policy.id.clone(),
        kind: None,
    };
    let asked = statements::Asked {
        tenant: &record.tenant,
        display,
        operator: label,
        purpose: &purpose,
        policy: &record.policy,
        direction: "outbound",
        call: Some((call.number(), &windows)),
        payment: None,
        recipient: None,
        invited_until: None,
        now,
    };
    let fresh = asked.make(app.entropy())?;
    Ok(Record {
        id: fresh.id,
        reference: fresh.reference,
        statement: fresh.statement,
        state: crate::domain::state::State::Created,
        wrong_numbers: 0,
        refused_proofs: 0,
        noted: 0,
        created_at: now,
        expires_at: fresh.expires_at,
        changed_at: now,
        call: fresh.call,
        fallback: None,
        ..record.clone()
    })
}
