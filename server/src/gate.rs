//! The one gate: nothing else in the service can make a verification pass, because only this module can make the
//! [`Approved`] that the state machine asks for. It runs inside the transaction that commits the verdict and checks
//! everything anew there; whoever calls it may have checked before, that counts for nothing here.

use std::time::Instant;

use honnin_circuits::CircuitVersion;
use honnin_evidence::receipt::{Approval, Passkey};
use honnin_protocol::encoding::B64u;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::statement::SessionStatement;

use crate::assertion::{self, Assertion, AssertionError, Expected};
use crate::db::verifications::{self, Record, StepError};
use crate::db::{Write, customers, devices, standing};
use crate::domain::as_of;
use crate::issuer_keys::IssuerKeys;
use crate::proofs::{Subject, VerifiedProof};

/// The gate's word that a verification may pass. Its fields are private on purpose.
#[derive(Debug)]
pub struct Approved {
    valid_ms: i64,
    approve_ms: i64,
}

impl Approved {
    /// How long the verdict counts.
    pub fn valid_ms(&self) -> i64 {
        self.valid_ms
    }

    /// From receipt of the approval to here.
    pub fn approve_ms(&self) -> i64 {
        self.approve_ms
    }

    /// For the state machine's own tests.
    #[cfg(test)]
    pub(crate) fn for_tests(valid_ms: i64, approve_ms: i64) -> Self {
        Self { valid_ms, approve_ms }
    }
}

/// Where the service is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// WebAuthn origin.
    pub origin: &'a str,
    /// WebAuthn rp id.
    pub rp_id: &'a str,
    /// SHA-256 of the verifying key, hex.
    pub verifying_key: &'a str,
    /// Issuer keys that were checked before.
    pub issuers: &'a IssuerKeys,
}

/// What the phone handed in, and when.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The device whose token came along.
    pub device: &'a str,
    /// The proof, checked against the statement that it names.
    pub proof: &'a VerifiedProof,
    /// The passkey's answer.
    pub assertion: &'a Assertion,
    /// When the request arrived.
    pub received: Instant,
}

/// Why the gate stays shut.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Decided already, or another answer was faster.
    #[error("already decided")]
    AlreadyDecided,
    /// Its time is up.
    #[error("expired")]
    Expired,
    /// Another device's request.
    #[error("another device")]
    OtherDevice,
    /// A party was suspended, replaced or revoked.
    #[error("not in good standing")]
    Standing,
    /// The issuer certificate is outside its validity.
    #[error("issuer certificate expired")]
    Certificate,
    /// Neither today nor yesterday.
    #[error("as_of out of range")]
    AsOf,
    /// A proof of something else.
    #[error("the proof is of another statement")]
    Proof,
    /// The passkey's answer does not hold.
    #[error("assertion: {0}")]
    Assertion(#[from] AssertionError),
    /// Stored data that contradicts itself.
    #[error("inconsistent: {0}")]
    Inconsistent(&'static str),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}

/// Checks everything and moves the verification to `passed` in the caller's transaction. On a refusal the caller
/// must drop the transaction.
///
/// # Errors
/// [`Refusal`], the first that applies.
pub async fn pass(write: &mut Write, id: &str, place: Place<'_>, attempt: Attempt<'_>) -> Result<Record, Refusal> {
    let now = write.now;
    // From here to the commit nothing else moves this verification.
    let open = verifications::lock(write, id).await?;
    let mut record = verifications::find(write, id).await?.ok_or(Refusal::OtherDevice)?;
    if record.device.as_deref() != Some(attempt.device) {
        return Err(Refusal::OtherDevice);
    }
    if !open || record.state.is_ended() {
        return Err(Refusal::AlreadyDecided);
    }
    if record.expires_at <= now {
        return Err(Refusal::Expired);
    }
    let standing = standing::of_verification(write, id).await?.ok_or(Refusal::Standing)?;
    if !standing.parties || !standing.certificate_stands {
        return Err(Refusal::Standing);
    }
    if !standing.in_window {
        return Err(Refusal::Certificate);
    }
    let handle = record.handle.clone().ok_or(Refusal::Standing)?;
    let session: SessionStatement =
        serde_json::from_str(&record.statement).map_err(|_| Refusal::Inconsistent("statement"))?;

    let proven = attempt.proof.statement();
    let zone = standing.settings.time_zone();
    if !as_of::allowed(now, &zone).is_some_and(|days| days.contains(&proven.as_of)) {
        return Err(Refusal::AsOf);
    }
    let ctx = session.ctx();
    let subject = Subject {
        tenant: &record.tenant,
        handle: &handle,
        pseudonym: &standing.identity.pseudonym,
        certificate: &standing.certificate,
        policy: &standing.policy,
        as_of: proven.as_of,
        ctx,
    };
    if subject.statement(place.issuers).map_err(|_| Refusal::Inconsistent("subject"))? != *proven {
        return Err(Refusal::Proof);
    }

    let key: P256Jwk =
        serde_json::from_str(&standing.identity.passkey_key).map_err(|_| Refusal::Inconsistent("passkey"))?;
    let challenge = honnin_protocol::approval::digest(&ctx, attempt.proof.sha256());
    let expected = Expected {
        challenge: &challenge,
        origin: place.origin,
        rp_id: place.rp_id,
        credential_id: &standing.identity.passkey_id,
        key: key.verifying_key(),
        counter: standing.passkey_counter,
        user_verification: standing.policy.user_verification,
    };
    let counter = assertion::check(attempt.assertion, expected)?;
    if !devices::advance_counter(write, attempt.device, counter).await? {
        return Err(Refusal::Assertion(AssertionError::Counter));
    }

    let inconsistent = Refusal::Inconsistent;
    let approval = Approval {
        circuit: CircuitVersion::V1,
        verifying_key: place.verifying_key.to_owned(),
        pseudonym: standing.identity.pseudonym,
        as_of: proven.as_of,
        proof: B64u(*attempt.proof.bytes()),
        certificate: standing.certificate.jws,
        root: standing.root,
        passkey: Passkey {
            id: standing.identity.passkey_id,
            key,
            counter: u32::try_from(standing.passkey_counter).map_err(|_| inconsistent("counter"))?,
            rp_id: place.rp_id.to_owned(),
            origin: place.origin.to_owned(),
        },
        assertion: attempt.assertion.clone(),
    };
    standing::keep_approval(write, &record.tenant, &record.id, &standing.certificate.id, &approval).await?;
    customers::reached(write, &record.customer).await?;
    walk_to_opened(write, &mut record).await?;
    let approve_ms = i64::try_from(attempt.received.elapsed().as_millis()).unwrap_or(i64::MAX);
    let approved = Approved { valid_ms: i64::from(standing.policy.valid_s) * 1000, approve_ms };
    let step = record.state.pass(&approved, now).map_err(|_| Refusal::AlreadyDecided)?;
    verifications::pass(write, &mut record, step, approval).await.map_err(lost)?;
    Ok(record)
}

/// An answer shows that the phone has the request open, whatever its acknowledgements did on the way.
///
/// # Errors
/// [`Refusal::AlreadyDecided`] when another step came first.
pub async fn walk_to_opened(write: &mut Write, record: &mut Record) -> Result<(), Refusal> {
    let now = write.now;
    if let Ok(step) = record.state.deliver(now) {
        verifications::take(write, record, step).await.map_err(lost)?;
    }
    if let Ok(step) = record.state.open(now) {
        verifications::take(write, record, step).await.map_err(lost)?;
    }
    Ok(())
}

fn lost(e: StepError) -> Refusal {
    match e {
        StepError::Lost | StepError::Refused(_) => Refusal::AlreadyDecided,
        StepError::Db(e) => Refusal::Db(e),
    }
}
