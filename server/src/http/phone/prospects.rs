//! An invitation, on the phone of somebody without an account. What follows is the ordinary way of a request.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use honnin_protocol::jwk::P256Jwk;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Verifier as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::enrol_complete::{Acceptance, canonical_pseudonym, check_certificate, to_json};
use super::tenant;
use crate::app::App;
use crate::db::consents::{self, Agreed, Asked, Consent};
use crate::db::devices::{Device, Identity};
use crate::db::issuers::{self, Issuer, Serves};
use crate::db::phones::{self, Others};
use crate::db::prospects::{self, Ceremony};
use crate::db::verifications::{self, Record};
use crate::db::{organisations, standing};
use crate::domain::settings::Kind;
use crate::entropy::token_hash;
use crate::http::extract::Body;
use crate::http::problem::Problem;
use crate::{requests, statements};

/// A link's token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    token: String,
}

/// `POST /v1/prospects/read`: who asks, why, and what for. Reading uses nothing up.
pub async fn read(State(app): State<App>, Body(body): Body<Read>) -> Result<Json<Value>, Problem> {
    let (record, ceremony) = open(&app, &body.token).await?;
    let mut query = app.db().read().await?;
    let tenant = organisations::find(&mut query, &record.tenant).await?.filter(|o| o.kind == Kind::Tenant);
    let tenant = tenant.ok_or(Problem::NotFound)?;
    if !tenant.active {
        return Err(Problem::NotInGoodStanding);
    }
    let issuers: Vec<Value> = trusted(issuers::of(&mut query, &record.tenant).await?)
        .iter()
        .filter(|issuer| issuer.active)
        .map(|issuer| json!({"thumbprint": issuer.thumbprint, "certifies": issuer.certifies}))
        .collect();
    let described = tenant::described(&mut query, &app, &tenant).await?;
    let now = crate::db::now(&mut query).await?;
    let (purpose, consent) = asked(&record)?;
    Ok(Json(json!({
        "tenant": described, "policy": record.policy, "purpose": purpose, "issuers": issuers,
        "passkey": ceremony.options, "consent": consent, "challenge": ceremony.challenge,
        "expires_at": record.expires_at, "now": now,
    })))
}

/// What the phone hands in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    token: String,
    challenge: String,
    pseudonym: String,
    issuer_certificate: String,
    device_key: P256Jwk,
    device_signature: String,
    passkey: Value,
    label: String,
    consent: Acceptance,
}

/// `POST /v1/prospects/accept`: 201; from here on the request is this phone's.
pub async fn accept(State(app): State<App>, Body(body): Body<Accept>) -> Result<(StatusCode, Json<Value>), Problem> {
    requests::check_label(&body.label)?;
    let (record, ceremony) = open(&app, &body.token).await?;
    let (known, now) = {
        let mut query = app.db().read().await?;
        organisations::active_tenant(&mut query, &record.tenant).await?.ok_or(Problem::NotInGoodStanding)?;
        (trusted(issuers::of(&mut query, &record.tenant).await?), crate::db::now(&mut query).await?)
    };
    let certificate = check_certificate(&record.tenant, &known, &body.issuer_certificate, now)?;
    let pseudonym = canonical_pseudonym(&body.pseudonym)?;
    let (_, agreed) = asked(&record)?;
    if body.consent.wording != agreed.wording {
        return Err(Problem::ChangedMeanwhile);
    }
    // Another invitation's challenge is none of this one's.
    let challenge: [u8; 32] = requests::b64u(&body.challenge)?;
    if body.challenge != ceremony.challenge {
        return Err(Problem::AssertionInvalid);
    }
    let message = honnin_protocol::device::prospect_message(&challenge, &pseudonym);
    let signature: [u8; 64] = requests::b64u(&body.device_signature)?;
    let key = body.device_key.verifying_key();
    if !Signature::from_slice(&signature).is_ok_and(|s| key.verify(&message, &s).is_ok()) {
        return Err(Problem::AssertionInvalid);
    }
    let passkey = app.relying_party().finish_phone(body.passkey, &ceremony.registration)?;

    let mut write = app.db().write().await?;
    // First of all locks: whatever ends phones takes them in this order too.
    standing::hold(&mut write).await?;
    if !prospects::take(&mut write, &record.id).await? {
        return Err(Problem::AlreadyDecided);
    }
    if !standing::of_issuer(&mut write, &certificate.issuer).await? {
        return Err(Problem::NotInGoodStanding);
    }
    issuers::keep_certificate(&mut write, &certificate).await?;
    if !standing::of_certificate(&mut write, &certificate.id).await? {
        return Err(Problem::NotInGoodStanding);
    }
    let mut record = verifications::find(&mut write, &record.id).await?.ok_or(Problem::NotFound)?;
    // Whoever proved something here before may do so again: their phone's earlier record is over and stands for nobody.
    let device = Device {
        id: statements::identifier("d_", app.entropy()),
        tenant: record.tenant.clone(),
        customer: record.customer.clone(),
        certificate: certificate.id,
        identity: Identity {
            pseudonym: body.pseudonym,
            device_key: to_json(&body.device_key)?,
            passkey_id: passkey.credential_id,
            passkey_key: to_json(&passkey.key)?,
            label: body.label,
        },
        passkey_counter: passkey.counter,
    };
    // Of a prospect there is this one phone.
    phones::enrol(&mut write, &device, Others::Replace, None).await?;
    if !prospects::address(&mut write, &mut record, &device.id).await? {
        requests::must_be_open(&record)?;
        return Err(Problem::Expired);
    }
    let consent = Consent {
        id: statements::identifier("k_", app.entropy()),
        device: device.id.clone(),
        purpose: consents::ELIGIBILITY.into(),
        agreed: Agreed { asked: agreed, language: body.consent.language },
        given_at: write.now,
        withdrawn_at: None,
    };
    consents::give(&mut write, &device.tenant, &device.customer, &consent).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"device": device.id, "verification": record.id}))))
}

/// What a token invites to, while it does.
async fn open(app: &App, token: &str) -> Result<(Record, Ceremony), Problem> {
    let found = prospects::find(&mut app.db().read().await?, &token_hash(token)).await?.ok_or(Problem::NotFound)?;
    let record = requests::current(app, &found.verification).await?.ok_or(Problem::NotFound)?;
    // Used is used, also when its time is up since.
    let ceremony = found.ceremony.ok_or(Problem::AlreadyDecided)?;
    requests::must_be_open(&record)?;
    Ok((record, ceremony))
}

/// The issuers whose credentials prove an eligibility here.
fn trusted(issuers: Vec<Issuer>) -> Vec<Issuer> {
    issuers.into_iter().filter(|i| i.serves() == Serves::Eligibility).collect()
}

/// Why a prospect is asked, and what they agree to.
fn asked(record: &Record) -> Result<(honnin_protocol::statement::Purpose, Asked), Problem> {
    let session = requests::statement(record)?;
    let consent = consents::eligibility_words(&session.display, &session.purpose, &record.policy);
    Ok((session.purpose, consent))
}
