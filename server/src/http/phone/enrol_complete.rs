//! The second half of enrolment: a credential proven for this tenant and handle becomes a device.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_from_hex;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::statement::SessionStatement;
use honnin_protocol::subject::Party;
use p256::ecdsa::Signature;
use p256::ecdsa::signature::Verifier as _;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tracing::Instrument as _;

use crate::app::App;
use crate::db::consents::{self, Agreed, Consent, Language};
use crate::db::devices::{Device, Identity};
use crate::db::enrolments::{self, Content, Enrolment};
use crate::db::issuers::{self, Certificate, Issuer, Serves};
use crate::db::phones::{self, Holder, Others};
use crate::db::{Millis, customers, organisations, standing};
use crate::domain::as_of;
use crate::http::extract::{Body, Path};
use crate::http::problem::Problem;
use crate::proofs::{ProofRefused, Subject};
use crate::{fallbacks, requests, statements, telemetry};

/// What the phone hands in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Complete {
    proof: String,
    as_of: u32,
    pseudonym: String,
    issuer_certificate: String,
    device_key: P256Jwk,
    device_signature: String,
    passkey: Value,
    label: String,
    others: Others,
    consent: Acceptance,
}

/// That the customer read the consent's words, which, and agreed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acceptance {
    pub(super) wording: u32,
    pub(super) language: Language,
}

/// `POST /v1/enrolments/{id}/complete`: 201; the customer's other phones stay or are replaced, as the phone says.
pub async fn complete(
    State(app): State<App>,
    Path(id): Path<String>,
    Body(body): Body<Complete>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    requests::check_label(&body.label)?;
    let (enrolment, tenant, known, now) = {
        let mut query = app.db().read().await?;
        let enrolment = enrolments::find(&mut query, &id).await?.ok_or(Problem::NotFound)?;
        let tenant = organisations::active_tenant(&mut query, &enrolment.tenant).await?;
        let mut known = issuers::of(&mut query, &enrolment.tenant).await?;
        // Whoever is trusted for prospects makes no customers.
        known.retain(|issuer| issuer.serves() == Serves::Customers);
        (enrolment, tenant, known, crate::db::now(&mut query).await?)
    };
    let content = must_be_open(&enrolment, now)?.clone();
    let tenant = tenant.ok_or(Problem::NotInGoodStanding)?;
    if !as_of::allowed(now, &tenant.settings.time_zone()).is_some_and(|days| days.contains(&body.as_of)) {
        return Err(Problem::AsOfOutOfRange);
    }
    let certificate = check_certificate(&enrolment.tenant, &known, &body.issuer_certificate, now)?;
    canonical_pseudonym(&body.pseudonym)?;
    let session: SessionStatement = requests::stored(&content.statement)?;
    // Words that changed since were not agreed to.
    let asked = consents::words(&session.display, &enrolment.policy);
    if body.consent.wording != asked.wording {
        return Err(Problem::ChangedMeanwhile);
    }
    let ctx = session.ctx();
    let subject = Subject {
        tenant: &enrolment.tenant,
        party: Party::Customer(&content.handle),
        pseudonym: &body.pseudonym,
        certificate: &certificate,
        policy: &enrolment.policy,
        as_of: body.as_of,
        ctx,
        payment: None,
        disclosed: None,
    };
    let statement = subject.statement(app.verifier().issuers()).map_err(|e| Problem::Internal(e.to_string()))?;
    let checking = app.verifier().verify(&enrolment.tenant, statement, &body.proof);
    let proof = match checking.instrument(telemetry::step("proof check")).await {
        Ok(proof) => proof,
        Err(ProofRefused::Invalid) => {
            let mut write = app.db().write().await?;
            enrolments::refuse(&mut write, &enrolment).await?;
            write.commit().await?;
            return Err(Problem::ProofInvalid);
        }
        Err(other) => return Err(other.into()),
    };
    let approval = honnin_protocol::approval::digest(&ctx, proof.sha256());
    let signature: [u8; 64] = requests::b64u(&body.device_signature)?;
    let signed =
        Signature::from_slice(&signature).is_ok_and(|s| body.device_key.verifying_key().verify(&approval, &s).is_ok());
    if !signed {
        return Err(Problem::AssertionInvalid);
    }
    let passkey = app.relying_party().finish_phone(body.passkey, &content.ceremony)?;

    // Alone, because it may end phones, and a fallback may rest on it.
    let mut write = app.db().write_standing().await?;
    if !standing::of_issuer(&mut write, &certificate.issuer).await? {
        return Err(Problem::NotInGoodStanding);
    }
    issuers::keep_certificate(&mut write, &certificate).await?;
    if !standing::of_certificate(&mut write, &certificate.id).await? {
        return Err(Problem::NotInGoodStanding);
    }
    if !enrolments::complete(&mut write, &id).await? {
        let now = write.now;
        let found = enrolments::find(&mut write, &id).await?.ok_or(Problem::NotFound)?;
        must_be_open(&found, now)?;
        return Err(Problem::AlreadyDecided);
    }
    let customer = customers::known(&mut write, &enrolment.tenant, &content.handle, app.entropy()).await?;
    // A phone that is over does not come back by itself, nor under its secret: a new phone takes a new offer, and with
    // it a new holder secret. A backup that is restored takes the place of the phone that it was made of.
    let copied = match phones::holder(&mut write, &enrolment.tenant, &customer.id, &body.pseudonym).await? {
        Holder::Nobody => None,
        Holder::Phone(id) => Some(id),
        Holder::Taken => return Err(Problem::NotInGoodStanding),
    };
    let device = Device {
        id: statements::identifier("d_", app.entropy()),
        tenant: enrolment.tenant,
        customer: customer.id,
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
    let enrolled = phones::enrol(&mut write, &device, body.others, copied.as_deref()).await?;
    let others = enrolled.ok_or(Problem::TooManyDevices)?;
    let consent = Consent {
        id: statements::identifier("k_", app.entropy()),
        device: device.id.clone(),
        purpose: consents::ENROLMENT.into(),
        agreed: Agreed { asked, language: body.consent.language },
        given_at: write.now,
        withdrawn_at: None,
    };
    consents::give(&mut write, &device.tenant, &device.customer, &consent).await?;
    fallbacks::re_enrolled(&mut write, &device.customer, &device.id).await?;
    write.commit().await?;
    Ok((StatusCode::CREATED, Json(json!({"device": device.id, "others": others}))))
}

fn must_be_open(enrolment: &Enrolment, now: Millis) -> Result<&Content, Problem> {
    let content = enrolment.content.as_ref().ok_or(Problem::AlreadyDecided)?;
    if enrolment.expires_at <= now { Err(Problem::Expired) } else { Ok(content) }
}

/// Canonical, and not the pseudonym of nobody.
pub(super) fn canonical_pseudonym(hex: &str) -> Result<Fr, Problem> {
    fr_from_hex::<Fr>(hex).ok().filter(|pseudonym| *pseudonym != Fr::from(0_u64)).ok_or(Problem::ProofInvalid)
}

/// The certificate against these of the tenant's pinned roots, for the tenant that each certifies, now.
pub(super) fn check_certificate(
    tenant: &str,
    known: &[Issuer],
    jws: &str,
    now: Millis,
) -> Result<Certificate, Problem> {
    use honnin_protocol::certificate::{self, CertificateError};
    let now_s = u64::try_from(now / 1000).map_err(|e| Problem::Internal(e.to_string()))?;
    for issuer in known {
        let root: P256Jwk = requests::stored(&issuer.root)?;
        let checked = match certificate::verify(jws, &root, now_s) {
            Ok(checked) => checked,
            Err(CertificateError::Expired | CertificateError::NotYetValid) => {
                return Err(Problem::IssuerCertificateExpired);
            }
            Err(_) => continue,
        };
        if checked.iss != issuer.url || checked.tenant != issuer.certifies.as_deref().unwrap_or(tenant) {
            continue;
        }
        // By content, not by the token's bytes: ES256 signatures have a second form. And by issuer: one may certify another
        // one's key, but not take the row that the other one's phones stand on.
        let content =
            format!("{} {} {} {} {} {}", tenant, issuer.id, checked.key.x, checked.key.y, checked.nbf, checked.exp);
        return Ok(Certificate {
            id: hex::encode(Sha256::digest(content)),
            tenant: tenant.to_owned(),
            issuer: issuer.id.clone(),
            jws: jws.to_owned(),
            key_x: checked.key.x.clone(),
            key_y: checked.key.y.clone(),
            not_before: seconds(checked.nbf)?,
            not_after: seconds(checked.exp)?,
        });
    }
    Err(Problem::IssuerUnknown)
}

fn seconds(value: u64) -> Result<Millis, Problem> {
    i64::try_from(value).ok().and_then(|v| v.checked_mul(1000)).ok_or(Problem::IssuerUnknown)
}

pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|e| Problem::Internal(e.to_string()))
}
