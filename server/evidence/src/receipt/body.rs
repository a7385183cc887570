//! What a receipt says happened. The log's entry holds [`Body::digest`].

use honnin_circuits::CircuitVersion;
use honnin_protocol::assertion::Assertion;
use honnin_protocol::disclosure::Disclosed;
use honnin_protocol::encoding::B64u;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::policy::Policy;
use honnin_protocol::reference::Reference;
use honnin_protocol::statement::SessionStatement;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Domain tag of the digest.
pub const DIGEST_TAG: &str = "honnin/receipt/v1";

/// A call and its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The session, with the match code.
    pub statement: SessionStatement,
    /// The policy's whole document, as it was when asked.
    pub policy: Policy,
    /// Read aloud over the phone.
    pub reference: Reference,
    /// The tenant's opaque handle for the customer; null of an eligibility, whose prospect has none.
    #[serde(deserialize_with = "present")]
    pub handle: Option<String>,
    /// How it ended.
    pub verdict: Verdict,
    /// What a pass rests on; null for every other end.
    pub approval: Option<Approval>,
}

/// `null` must be written out.
fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(d)
}

/// The end of a call. Times are milliseconds since the epoch by the service's database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// How it ended.
    pub state: State,
    /// Why, where there is something to say.
    pub detail: Option<Detail>,
    /// When the phone fetched the request.
    pub delivered_at: Option<u64>,
    /// When the phone showed it.
    pub opened_at: Option<u64>,
    /// When it ended.
    pub decided_at: u64,
    /// Until when a pass counts.
    pub valid_until: Option<u64>,
}

/// An end's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Proven and approved.
    Passed,
    /// Not proven.
    Failed,
    /// The customer refused.
    Denied,
    /// Not answered in time.
    Expired,
    /// Called off by the operator.
    Cancelled,
    /// No phone acknowledged it.
    Unreachable,
}

/// Why it ended so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// No phone is enrolled.
    NotEnrolled,
    /// The credential does not meet the policy.
    Unprovable,
    /// Wrong numbers.
    Number,
    /// Refused proofs.
    ProofInvalid,
    /// The customer reported the request.
    Reported,
}

/// What a pass rests on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Version of the statement.
    pub circuit: CircuitVersion,
    /// SHA-256 of the verifying key's bytes, 64 hex digits.
    pub verifying_key: String,
    /// The customer's pseudonym at this tenant, 64 hex digits.
    pub pseudonym: String,
    /// The day that the proof speaks of, YYYYMMDD.
    pub as_of: u32,
    /// What the proof committed to, where the customer sent something sealed.
    pub disclosure: Option<Disclosed>,
    /// Groth16 proof.
    pub proof: B64u<128>,
    /// The issuer certificate, compact JWS.
    pub certificate: String,
    /// The pinned root that signed it. Whoever verifies trusts its thumbprint, not this copy.
    pub root: P256Jwk,
    /// The passkey as enrolled.
    pub passkey: Passkey,
    /// The passkey's signature over the approval digest.
    pub assertion: Assertion,
}

/// A passkey as the service knew it before the approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// Credential identifier, b64u.
    pub id: String,
    /// Public key.
    pub key: P256Jwk,
    /// The last counter seen before.
    pub counter: u32,
    /// WebAuthn rp id.
    pub rp_id: String,
    /// WebAuthn origin.
    pub origin: String,
}

impl Body {
    /// `SHA-256("honnin/receipt/v1" ‖ 0 ‖ canonical JSON)`: what the entry's `data.receipt` holds. The statement's nonce
    /// keeps it from being guessed.
    ///
    /// # Panics
    /// Never: the types hold strings and integers only.
    pub fn digest(&self) -> B64u<32> {
        let canonical = serde_jcs::to_vec(self).expect("strings and integers become JSON");
        B64u(Sha256::new().chain_update(DIGEST_TAG).chain_update([0]).chain_update(canonical).finalize().into())
    }
}

impl State {
    /// Name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Unreachable => "unreachable",
        }
    }

    /// Kind of the entry that records it.
    pub fn event(self) -> &'static str {
        match self {
            Self::Passed => "verification.passed",
            Self::Failed => "verification.failed",
            Self::Denied => "verification.denied",
            Self::Expired => "verification.expired",
            Self::Cancelled => "verification.cancelled",
            Self::Unreachable => "verification.unreachable",
        }
    }

    /// Whether a detail can stand with it.
    pub(super) fn admits(self, detail: Option<Detail>) -> bool {
        match (self, detail) {
            (Self::Failed, Some(Detail::Unprovable | Detail::Number | Detail::ProofInvalid))
            | (Self::Denied, Some(Detail::Reported) | None)
            | (Self::Unreachable, Some(Detail::NotEnrolled) | None)
            | (Self::Passed | Self::Expired | Self::Cancelled, None) => true,
            (_, Some(_)) | (Self::Failed, None) => false,
        }
    }
}

impl Detail {
    /// Name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotEnrolled => "not_enrolled",
            Self::Unprovable => "unprovable",
            Self::Number => "number",
            Self::ProofInvalid => "proof_invalid",
            Self::Reported => "reported",
        }
    }
}
