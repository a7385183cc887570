//! The one gate: nothing else in the service can make a verification pass, because only this module can make the
//! [`Approved`] that the state machine asks for. It runs inside the transaction that commits the verdict and checks
//! everything anew there; whoever calls it may have checked before, that counts for nothing here. What needs no
//! database, the proof and the passkey's signature, comes as a value that only its check can make; the gate asks
//! whether it is about what stands in the database now.
//!
//! Several attempts may come in one transaction: each is judged by itself, and one that is refused leaves no trace.

use std::time::Instant;

use honnin_circuits::CircuitVersion;
use honnin_evidence::receipt::{Approval, Passkey};
use honnin_protocol::encoding::B64u;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::sealed::Sent;
use honnin_protocol::statement::SessionStatement;

use crate::assertion::{AssertionError, Checked, Expected};
use crate::db::standing::{Kept, Standing};
use crate::db::steps::{self, Move, StepError};
use crate::db::verifications::{self, Record};
use crate::db::{Millis, Write, customers, devices, standing};
use crate::domain::as_of;
use crate::domain::state::{End, State, Step};
use crate::issuer_keys::IssuerKeys;
use crate::proofs::{Subject, VerifiedProof};
use crate::terms::{Terms, TermsError};

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
pub struct Attempt {
    /// The verification that it answers.
    pub verification: String,
    /// The device whose token came along.
    pub device: String,
    /// SHA-256 of that token, hex.
    pub token_hash: String,
    /// The proof, checked against the statement that it names.
    pub proof: VerifiedProof,
    /// The passkey's answer, its signature checked.
    pub assertion: Checked,
    /// What the phone sent sealed.
    pub sent: Option<Sent>,
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
    /// Another customer's request.
    #[error("another device")]
    OtherDevice,
    /// The phone's session is over.
    #[error("no session")]
    Session,
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
    /// Another disclosure than the session asks for.
    #[error(transparent)]
    Terms(#[from] TermsError),
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

/// Checks everything about each attempt and moves the verifications that may to `passed`, in the caller's transaction:
/// the answers in the attempts' order. No two attempts may be of one verification or one device.
///
/// # Errors
/// The database's; the caller must drop the transaction then.
pub async fn pass(
    write: &mut Write,
    place: Place<'_>,
    attempts: &[&Attempt],
) -> Result<Vec<Result<Record, Refusal>>, sqlx::Error> {
    let ids: Vec<&str> = attempts.iter().map(|a| a.verification.as_str()).collect();
    // From here to the commit nothing that they rest on changes, and nothing else moves them.
    standing::hold(write).await?;
    let tokens: Vec<&str> = attempts.iter().map(|a| a.token_hash.as_str()).collect();
    let holders = devices::holders(write, &tokens).await?;
    let mut records = verifications::find_all(write, &ids).await?;
    let answers: Vec<(&str, &str)> = attempts.iter().map(|a| (a.verification.as_str(), a.device.as_str())).collect();
    let mut standings = standing::of_verifications(write, &answers).await?;
    let now = write.now;
    let judged: Vec<Result<Judged, Refusal>> = attempts
        .iter()
        .map(|attempt| {
            let record = records.remove(&attempt.verification).ok_or(Refusal::OtherDevice)?;
            let standing = standings.remove(&attempt.verification);
            let holder = holders.get(&attempt.token_hash).filter(|h| h.device == attempt.device);
            let holder = holder.ok_or(Refusal::Session)?;
            // Any phone of the customer may answer; the first that does decides.
            if holder.customer != record.customer {
                return Err(Refusal::OtherDevice);
            }
            judge(now, place, attempt, record, standing)
        })
        .collect();
    let counters: Vec<(&str, i64)> = attempts
        .iter()
        .zip(&judged)
        .filter_map(|(attempt, judged)| Some((attempt.device.as_str(), judged.as_ref().ok()?.counter)))
        .collect();
    let advanced = devices::advance_counters(write, &counters).await?;
    let mut judged: Vec<Result<Judged, Refusal>> = attempts
        .iter()
        .zip(judged)
        .map(|(attempt, judged)| match judged {
            Ok(_) if !advanced.contains(&attempt.device) => Err(Refusal::Assertion(AssertionError::Counter)),
            other => other,
        })
        .collect();
    commit_to(write, &mut judged).await?;
    Ok(judged.into_iter().map(|judged| judged.map(|j| j.record)).collect())
}

/// An attempt that may pass, with the steps that lead there.
struct Judged {
    record: Record,
    steps: Vec<Step>,
    counter: i64,
    certificate: String,
    approval: Approval,
    sent: Option<Sent>,
}

/// The whole decision, from what stands in the database now.
fn judge(
    now: Millis,
    place: Place<'_>,
    attempt: &Attempt,
    mut record: Record,
    standing: Option<Standing>,
) -> Result<Judged, Refusal> {
    if let State::Ended { end, .. } = record.state {
        let by_time = matches!(end, End::Expired | End::Unreachable { .. });
        return Err(if by_time { Refusal::Expired } else { Refusal::AlreadyDecided });
    }
    if record.expires_at <= now {
        return Err(Refusal::Expired);
    }
    let standing = standing.ok_or(Refusal::Standing)?;
    if !standing.parties || !standing.certificate_stands {
        return Err(Refusal::Standing);
    }
    if !standing.in_window {
        return Err(Refusal::Certificate);
    }
    let party = record.party().ok_or(Refusal::Standing)?;

    let proven = attempt.proof.statement();
    let zone = standing.settings.time_zone();
    if !as_of::allowed(now, &zone).is_some_and(|days| days.contains(&proven.as_of)) {
        return Err(Refusal::AsOf);
    }
    // Stored canonical, with the number that the customer must have heard.
    let ctx = SessionStatement::ctx_of(&record.statement);
    let terms = Terms::of(&standing.policy, &record.statement)?;
    let disclosed = terms.disclosed(attempt.sent.as_ref())?;
    let subject = Subject {
        tenant: &record.tenant,
        party,
        pseudonym: &standing.identity.pseudonym,
        certificate: &standing.certificate,
        policy: &standing.policy,
        as_of: proven.as_of,
        ctx,
        payment: terms.payment(),
        disclosed: disclosed.as_ref(),
    };
    if subject.statement(place.issuers).map_err(|_| Refusal::Inconsistent("subject"))? != *proven {
        return Err(Refusal::Proof);
    }

    let key: P256Jwk =
        serde_json::from_str(&standing.identity.passkey_key).map_err(|_| Refusal::Inconsistent("passkey"))?;
    let challenge = honnin_protocol::approval::digest(&ctx, attempt.proof.sha256());
    let counter = attempt.assertion.stands(Expected {
        challenge: &challenge,
        origin: place.origin,
        rp_id: place.rp_id,
        credential_id: &standing.identity.passkey_id,
        key: key.verifying_key(),
        counter: standing.passkey_counter,
        user_verification: standing.policy.user_verification,
    })?;

    // With the verdict the verification is the answering phone's.
    record.device = Some(attempt.device.clone());
    let inconsistent = Refusal::Inconsistent;
    let approval = Approval {
        circuit: CircuitVersion::V1,
        verifying_key: place.verifying_key.to_owned(),
        pseudonym: standing.identity.pseudonym,
        as_of: proven.as_of,
        disclosure: disclosed,
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
        assertion: attempt.assertion.assertion().clone(),
    };
    let approve_ms = i64::try_from(attempt.received.elapsed().as_millis()).unwrap_or(i64::MAX);
    // Of an announced call the verdict counts until its window ends, however early the customer confirmed.
    let window = record.call.as_ref().map_or(0, |call| call.until - now);
    let approved = Approved { valid_ms: window.max(i64::from(standing.policy.valid_s) * 1000), approve_ms };
    let mut steps = Vec::with_capacity(3);
    let mut state = record.state;
    for step in steps_to_opened(state, now) {
        state = step.to();
        steps.push(step);
    }
    steps.push(state.pass(&approved, now).map_err(|_| Refusal::AlreadyDecided)?);
    Ok(Judged { record, steps, counter, certificate: standing.certificate.id, approval, sent: attempt.sent.clone() })
}

/// Writes what may pass; what the database does not take any more was decided or timed out meanwhile.
async fn commit_to(write: &mut Write, judged: &mut [Result<Judged, Refusal>]) -> Result<(), sqlx::Error> {
    let mut moves: Vec<Move<'_>> = judged
        .iter_mut()
        .filter_map(|j| j.as_mut().ok())
        .map(|j| Move {
            record: &mut j.record,
            steps: std::mem::take(&mut j.steps),
            approval: Some(j.approval.clone()),
        })
        .collect();
    let taken = steps::take_all(write, &mut moves).await?;
    let mut taken = taken.into_iter();
    for one in judged.iter_mut() {
        if one.is_ok() && taken.next() != Some(true) {
            *one = Err(Refusal::AlreadyDecided);
        }
    }
    let passed = || judged.iter().filter_map(|j| j.as_ref().ok());
    let kept: Vec<Kept<'_>> = passed()
        .map(|j| Kept {
            tenant: &j.record.tenant,
            verification: &j.record.id,
            certificate: &j.certificate,
            approval: &j.approval,
            sent: j.sent.as_ref(),
        })
        .collect();
    standing::keep_approvals(write, &kept).await?;
    let customers: Vec<&str> = passed().map(|j| j.record.customer.as_str()).collect();
    customers::reached(write, &customers).await
}

/// An answer shows that the phone has the request open, whatever its acknowledgements did on the way.
pub fn steps_to_opened(mut state: State, now: Millis) -> Vec<Step> {
    let mut steps = Vec::with_capacity(2);
    for next in [State::deliver, State::open] {
        if let Ok(step) = next(state, now) {
            state = step.to();
            steps.push(step);
        }
    }
    steps
}

/// Takes the steps that an answer shows: the phone has the request open.
///
/// # Errors
/// [`Refusal::AlreadyDecided`] when another step came first.
pub async fn walk_to_opened(write: &mut Write, record: &mut Record) -> Result<(), Refusal> {
    for step in steps_to_opened(record.state, write.now) {
        steps::take(write, record, step).await.map_err(lost)?;
    }
    Ok(())
}

fn lost(e: StepError) -> Refusal {
    match e {
        StepError::Lost | StepError::Refused(_) => Refusal::AlreadyDecided,
        StepError::Db(e) => Refusal::Db(e),
    }
}
