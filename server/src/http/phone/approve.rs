//! The approval: number, day, proof, then the gate.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use honnin_protocol::statement::SessionStatement;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::Instrument as _;

use crate::app::App;
use crate::assertion::Assertion;
use crate::db::devices::Device;
use crate::db::verifications::{self, Counted, Record};
use crate::db::{issuers, organisations};
use crate::domain::as_of;
use crate::gate::{self, Attempt, Place};
use crate::http::extract::{AuthDevice, Body, Path};
use crate::http::problem::Problem;
use crate::proofs::Subject;
use crate::{requests, telemetry};

/// What the phone hands in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    proof: String,
    as_of: u32,
    match_code: Option<String>,
    assertion: Assertion,
}

/// `POST /v1/device/requests/{id}/approve`.
pub async fn approve(
    State(app): State<App>,
    AuthDevice(device): AuthDevice,
    Path(id): Path<String>,
    Body(body): Body<Approve>,
) -> Result<Json<Value>, Problem> {
    let received = Instant::now();
    let record = requests::for_device(&app, &id, &device.id).await?;
    requests::must_be_open(&record)?;
    if let Some(code) = requests::match_code(&record)? {
        requests::check_number(&app, &id, &code, body.match_code.as_deref()).await?;
    } else if body.match_code.is_some() {
        return Err(Problem::Malformed("this request asks for no number"));
    }
    match through_the_gate(&app, &device, &record, &body, received).await {
        Ok(passed) => {
            app.metrics().ended("passed");
            let (_, _, decided_at) = requests::times(passed.state);
            Ok(Json(json!({"state": passed.state.name(), "reference": passed.reference, "decided_at": decided_at})))
        }
        Err(problem) => Err(turned_down(&app, &id, problem).await),
    }
}

async fn through_the_gate(
    app: &App,
    device: &Device,
    record: &Record,
    body: &Approve,
    received: Instant,
) -> Result<Record, Problem> {
    // Cheap to ask before the pairing; the gate asks again.
    let (tenant, certificate, now) = {
        let mut query = app.db().read().await?;
        let tenant = organisations::active_tenant(&mut query, &record.tenant).await?;
        let certificate = issuers::certificate(&mut query, &device.certificate).await?;
        (tenant, certificate, crate::db::now(&mut query).await?)
    };
    let zone = tenant.ok_or(Problem::NotInGoodStanding)?.settings.time_zone();
    if !as_of::allowed(now, &zone).is_some_and(|days| days.contains(&body.as_of)) {
        return Err(Problem::AsOfOutOfRange);
    }
    let session: SessionStatement = requests::stored(&record.statement)?;
    let certificate = certificate.ok_or(Problem::NotInGoodStanding)?;
    let handle = record.handle.as_deref().ok_or(Problem::NotInGoodStanding)?;
    let subject = Subject {
        tenant: &record.tenant,
        handle,
        pseudonym: &device.identity.pseudonym,
        certificate: &certificate,
        policy: &record.policy,
        as_of: body.as_of,
        ctx: session.ctx(),
    };
    let statement = subject.statement(app.verifier().issuers()).map_err(|e| Problem::Internal(e.to_string()))?;
    let checking = app.verifier().verify(&record.tenant, statement, &body.proof);
    let proof = checking.instrument(telemetry::step("proof check")).await?;
    let place = Place {
        origin: app.origin(),
        rp_id: app.config().rp_id(),
        verifying_key: app.verifying_key(),
        issuers: app.verifier().issuers(),
    };
    let attempt = Attempt { device: &device.id, proof: &proof, assertion: &body.assertion, received };
    let mut write = app.db().write().await?;
    let deciding = async {
        let passed = gate::pass(&mut write, &record.id, place, attempt).await?;
        write.commit().await?;
        Ok(passed)
    };
    deciding.instrument(telemetry::step("verdict")).await
}

/// Records the refusal in a transaction of its own: the one that was refused is gone.
async fn turned_down(app: &App, id: &str, problem: Problem) -> Problem {
    let counted = match &problem {
        Problem::ProofInvalid => Counted::Proof,
        Problem::AsOfOutOfRange
        | Problem::UserVerificationRequired
        | Problem::AssertionInvalid
        | Problem::IssuerCertificateExpired
        | Problem::NotInGoodStanding => Counted::Other,
        // Over already, or ours: nothing to hold against the phone.
        _ => return problem,
    };
    let recorded = async {
        let mut write = app.db().write().await?;
        let record = verifications::find(&mut write, id).await?.ok_or(Problem::NotFound)?;
        requests::must_be_open(&record)?;
        requests::refuse(app, write, record, counted, problem.code()).await
    };
    match recorded.await {
        Ok(_) => problem,
        Err(other) => other,
    }
}
