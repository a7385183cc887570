//! Prepared states: everything of a proof but the call, with a header that says what they are good for.
//!
//! Stored form: header length (2 bytes big-endian), header JSON, the prover's bytes, SHA-256 over all before it. As
//! secret as the credential. The hash finds damage in storage, it is no defence against its owner.

use std::sync::OnceLock;

use honnin_circuits::{CircuitVersion, encoding::fr_to_hex};
use honnin_protocol::{
    approval,
    encoding::b64u,
    policy::Policy,
    statement::{MatchMode, SessionStatement},
};
use honnin_prover::{
    finish::Ready,
    keys::ProvingKey,
    prepared::{Prepared, STORED_BYTES},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Finished, SdkError, Wallet};

/// What a prepared state is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Info {
    /// Tenant.
    pub tenant: String,
    /// Digest of the policy, b64u.
    pub policy_digest: String,
    /// Day, YYYYMMDD.
    pub as_of: u32,
    /// The holder's name at the tenant, hex.
    pub pseudonym: String,
    /// Circuit.
    pub circuit_version: CircuitVersion,
    /// SHA-256 of the proving key, hex.
    pub key: String,
}

/// A proving key, checked by hash.
pub struct ProverKey {
    key: ProvingKey,
    sha256: String,
}

impl ProverKey {
    /// Checks the hash (64 hex digits), then decodes.
    ///
    /// # Errors
    /// `key-hash-mismatch`, `malformed-key`, `key-unusable`.
    pub fn load(bytes: &[u8], sha256_hex: &str) -> Result<Self, SdkError> {
        let mut pinned = [0u8; 32];
        hex::decode_to_slice(sha256_hex, &mut pinned).map_err(|_| SdkError::Malformed("key-hash"))?;
        Ok(Self { key: ProvingKey::load(bytes, &pinned)?, sha256: hex::encode(pinned) })
    }

    /// Prepares a policy for a day: the slow half. Refuses first when the credential does not meet it.
    ///
    /// # Errors
    /// `policy-not-met`, `policy-invalid`.
    pub fn prepare(&self, wallet: &Wallet, policy: &Policy, handle: &str, as_of: u32) -> Result<State, SdkError> {
        let statement = wallet.statement(policy, handle, as_of)?;
        let prepared = Prepared::new(&self.key, &statement, &wallet.witness()).map_err(SdkError::PolicyNotMet)?;
        let info = Info {
            tenant: wallet.document.tenant.clone(),
            policy_digest: policy.digest().to_string(),
            as_of,
            pseudonym: fr_to_hex(&statement.pseudonym),
            circuit_version: CircuitVersion::V1,
            key: self.sha256.clone(),
        };
        Ok(State { info, prepared, ready: OnceLock::new() })
    }
}

/// A prepared state.
pub struct State {
    info: Info,
    prepared: Prepared,
    ready: OnceLock<Ready>,
}

impl State {
    /// What it is good for.
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Whether it is this holder's, made under this key (64 hex digits) and for one of these days (YYYYMMDD): what a
    /// statement cannot tell. Ask before a stored state is held for a session.
    ///
    /// # Errors
    /// `prepared-other-credential`, `prepared-other-key`, `prepared-other-day`.
    pub fn require(&self, wallet: &Wallet, key_sha256: &str, days: &[u32]) -> Result<(), SdkError> {
        let pseudonym = wallet.holder.pseudonym(&wallet.document.tenant);
        if wallet.document.tenant != self.info.tenant || pseudonym != self.info.pseudonym {
            return Err(SdkError::PreparedCredential);
        }
        if !key_sha256.eq_ignore_ascii_case(&self.info.key) {
            return Err(SdkError::PreparedKey);
        }
        if days.contains(&self.info.as_of) { Ok(()) } else { Err(SdkError::PreparedDay) }
    }

    /// Stored form; keep it encrypted.
    ///
    /// # Panics
    /// Never: the header is some hundred bytes.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let header = serde_json::to_vec(&self.info).expect("strings and numbers become JSON");
        let length = u16::try_from(header.len()).expect("some hundred bytes");
        let mut out = Zeroizing::new(Vec::with_capacity(2 + header.len() + STORED_BYTES + 32));
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(&Zeroizing::new(self.prepared.to_bytes()));
        let hash = Sha256::digest(&*out);
        out.extend_from_slice(&hash);
        out
    }

    /// Checked decoding.
    ///
    /// # Errors
    /// `malformed-prepared`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SdkError> {
        let wrong = || SdkError::Malformed("prepared");
        let (body, hash) = bytes.split_last_chunk::<32>().ok_or_else(wrong)?;
        if Sha256::digest(body).as_slice() != hash {
            return Err(wrong());
        }
        let (length, rest) = body.split_first_chunk::<2>().ok_or_else(wrong)?;
        let (header, prepared) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(wrong)?;
        let info: Info = serde_json::from_slice(header).map_err(|_| wrong())?;
        let prepared = Prepared::from_bytes(prepared).map_err(|_| wrong())?;
        Ok(Self { info, prepared, ready: OnceLock::new() })
    }

    /// Lays down the tables that [`State::finish`] adds up from, so that the tap does not wait for them.
    pub fn make_ready(&self) {
        self.ready.get_or_init(|| self.prepared.ready());
    }

    /// Finishes a proof for a session: the fast half. `entropy`: 32 fresh random bytes.
    ///
    /// # Errors
    /// `tenant-mismatch`, `policy-digest-mismatch`, `number-missing`: the statement is not one this state may answer.
    pub fn finish(&self, statement: &SessionStatement, entropy: &[u8; 32]) -> Result<Finished, SdkError> {
        if statement.tenant != self.info.tenant {
            return Err(SdkError::TenantMismatch);
        }
        if statement.policy.digest.to_string() != self.info.policy_digest {
            return Err(SdkError::PolicyDigest);
        }
        if statement.r#match.mode() == MatchMode::Enter && statement.r#match.code().is_none() {
            return Err(SdkError::NumberMissing);
        }
        let ctx = statement.ctx();
        let proof = self.ready.get_or_init(|| self.prepared.ready()).finish(ctx, entropy).to_bytes();
        Ok(Finished {
            proof: b64u(proof),
            ctx: fr_to_hex(&ctx),
            approval: b64u(approval::of_proof(&ctx, &proof)),
            as_of: self.info.as_of,
            pseudonym: self.info.pseudonym.clone(),
        })
    }
}
