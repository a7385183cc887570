//! The approval: number, day, proof, then the gate.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::sealed::Sent;
use honnin_protocol::statement::SessionStatement;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::Instrument as _;

use crate::app::App;
use crate::assertion::{Assertion, Checked, Expected};
use crate::db::steps::Counted;
use crate::db::verifications::{self, Record};
use crate::domain::as_of;
use crate::gate::{Attempt, Refusal};
use crate::http::extract::{Body, DeviceToken, Verification};
use crate::http::problem::Problem;
use crate::proofs::Subject;
use crate::rounds::{Examine, Examined};
use crate::terms::Terms;
use crate::{requests, telemetry};

/// What the phone hands in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    proof: String,
    as_of: u32,
    match_code: Option<String>,
    assertion: Assertion,
    disclosure: Option<Sent>,
}

/// `POST /v1/device/requests/{id}/approve`.
pub async fn approve(
    State(app): State<App>,
    DeviceToken(token_hash): DeviceToken,
    Verification(id): Verification,
    Body(body): Body<Approve>,
) -> Result<Json<Value>, Problem> {
    let received = Instant::now();
    let Approve { proof, as_of, match_code, assertion, disclosure } = body;
    let fetched = match app.fetched().take(&id, &token_hash) {
        // A number that does not match is counted, one after the other, by the round that examines it.
        Some(fetched) if requests::is_number(&fetched.record, match_code.as_deref())? => Some(fetched),
        _ => None,
    };
    let examined = match fetched {
        Some(fetched) => fetched,
        None => {
            let verification = id.clone();
            app.examine(Examine { token_hash: token_hash.clone(), verification, match_code }).await?
        }
    };
    let phone = examined.device.id.clone();
    let answer = Answer { proof, as_of, assertion, sent: disclosure, token_hash, received };
    match through_the_gate(&app, examined, answer).await {
        Ok(passed) => {
            let (_, _, decided_at) = requests::times(passed.state);
            Ok(Json(json!({"state": passed.state.name(), "reference": passed.reference, "decided_at": decided_at})))
        }
        Err(problem) => Err(turned_down(&app, &id, phone, problem).await),
    }
}

/// What is to be checked of an answer.
struct Answer {
    proof: String,
    as_of: u32,
    assertion: Assertion,
    sent: Option<Sent>,
    token_hash: String,
    received: Instant,
}

async fn through_the_gate(app: &App, examined: Examined, answer: Answer) -> Result<Record, Problem> {
    // Checked here, where it holds up nobody else; the gate asks again what the database knows.
    let Examined { device, record, standing, now } = examined;
    let standing = standing.ok_or(Problem::NotInGoodStanding)?;
    let zone = standing.settings.time_zone();
    if !as_of::allowed(now, &zone).is_some_and(|days| days.contains(&answer.as_of)) {
        return Err(Problem::AsOfOutOfRange);
    }
    let ctx = SessionStatement::ctx_of(&record.statement);
    let terms = Terms::of(&record.policy, &record.statement).map_err(Refusal::Terms)?;
    let disclosed = terms.disclosed(answer.sent.as_ref()).map_err(Refusal::Terms)?;
    let subject = Subject {
        tenant: &record.tenant,
        party: record.party().ok_or(Problem::NotInGoodStanding)?,
        pseudonym: &device.identity.pseudonym,
        certificate: &standing.certificate,
        policy: &record.policy,
        as_of: answer.as_of,
        ctx,
        payment: terms.payment(),
        disclosed: disclosed.as_ref(),
    };
    let statement = subject.statement(app.verifier().issuers()).map_err(|e| Problem::Internal(e.to_string()))?;
    let checking = app.verifier().verify(&record.tenant, statement, &answer.proof);
    let proof = checking.instrument(telemetry::step("proof check")).await?;
    let key: P256Jwk = requests::stored(&device.identity.passkey_key)?;
    let expected = Expected {
        challenge: &honnin_protocol::approval::digest(&ctx, proof.sha256()),
        origin: app.origin(),
        rp_id: app.config().rp_id(),
        credential_id: &device.identity.passkey_id,
        key: key.verifying_key(),
        counter: device.passkey_counter,
        user_verification: record.policy.user_verification,
    };
    let assertion = Checked::new(answer.assertion.clone(), expected).map_err(Refusal::Assertion)?;
    let Answer { token_hash, received, sent, .. } = answer;
    let attempt = Attempt { verification: record.id, device: device.id, token_hash, proof, assertion, sent, received };
    app.pass(attempt).instrument(telemetry::step("verdict")).await
}

/// Records the refusal in a transaction of its own: the one that was refused is gone.
async fn turned_down(app: &App, id: &str, phone: String, problem: Problem) -> Problem {
    let counted = match &problem {
        Problem::ProofInvalid => Counted::Proof,
        Problem::AsOfOutOfRange
        | Problem::DisclosureMismatch
        | Problem::UserVerificationRequired
        | Problem::AssertionInvalid
        | Problem::IssuerCertificateExpired
        | Problem::NotInGoodStanding => Counted::Other,
        // Over already, or ours: nothing to hold against the phone.
        _ => return problem,
    };
    let recorded = async {
        let mut write = app.db().write().await?;
        let mut record = verifications::find(&mut write, id).await?.ok_or(Problem::NotFound)?;
        requests::must_be_open(&record)?;
        record.device = Some(phone);
        requests::refuse(app, write, record, counted, problem.code()).await
    };
    match recorded.await {
        Ok(_) => problem,
        Err(other) => other,
    }
}
