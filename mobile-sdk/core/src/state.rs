//! Prepared states: everything of a proof but the call, with a header that says what they are good for.
//!
//! Stored form: header length (2 bytes big-endian), header JSON, where the header names a disclosure the contents of
//! its box after their length (2 bytes big-endian), the prover's bytes, SHA-256 over all before it. As secret as the
//! credential. The hash finds damage in storage, it is no defence against its owner.

use std::sync::OnceLock;

use honnin_circuits::{CircuitVersion, encoding::fr_to_hex};
use honnin_protocol::{
    approval,
    currency::Currency,
    disclosure::{Disclosed, Slots, slots_answer},
    encoding::b64u,
    jwk::P256Jwk,
    policy::Policy,
    statement::{Kind, MatchMode, Payment, SessionStatement},
    subject::Party,
};
use honnin_prover::{
    finish::Ready,
    keys::ProvingKey,
    prepared::{Prepared, STORED_BYTES},
};
use honnin_recipient::Contents;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::wallet::Asked;
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
    /// The amount in yen that it proves the limit for, where the policy asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<u64>,
    /// What it commits to, where it is for a session that sends something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed: Option<Disclosed>,
    /// Whether it is for a tenant where the holder has no account: `tenant` is then whoever asks, not the credential's.
    #[serde(default, skip_serializing_if = "is_false")]
    pub eligibility: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(value: &bool) -> bool {
    !*value
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

    /// Prepares a policy for a day: the slow half. Refuses first when the credential does not meet it. A policy that
    /// waits for a payment or a recipient is for [`ProverKey::prepare_for`].
    ///
    /// # Errors
    /// `policy-not-met`, `policy-invalid`, `policy-terms-mismatch`.
    pub fn prepare(&self, wallet: &Wallet, policy: &Policy, handle: &str, as_of: u32) -> Result<State, SdkError> {
        policy.fits(None, None)?;
        self.prepare_with(wallet, wallet.customer(handle), policy, as_of, None, None)
    }

    /// Prepares a policy for a day and a tenant where the holder has no account.
    ///
    /// # Errors
    /// `policy-not-met`, or `policy-invalid` for a policy that asks for an account or sends anything.
    pub fn prepare_eligibility(
        &self,
        wallet: &Wallet,
        policy: &Policy,
        tenant: &str,
        as_of: u32,
    ) -> Result<State, SdkError> {
        self.prepare_with(wallet, Asked::prospect(tenant, policy)?, policy, as_of, None, None)
    }

    /// Prepares a policy for one session's payment and disclosure: the amount that it asks for, and these slots for its
    /// recipient. `entropy`: 32 fresh random bytes, for the commitment's opening.
    ///
    /// # Errors
    /// `policy-not-met`, `policy-invalid`, `policy-terms-mismatch`, `disclosure-mismatch`, `policy-digest-mismatch`,
    /// `tenant-mismatch`, `box-too-long`.
    pub fn prepare_for(
        &self,
        wallet: &Wallet,
        policy: &Policy,
        handle: &str,
        as_of: u32,
        session: Session<'_>,
        entropy: &[u8; 32],
    ) -> Result<State, SdkError> {
        let Session { statement, slots } = session;
        if statement.tenant != wallet.document.tenant {
            return Err(SdkError::TenantMismatch);
        }
        if statement.policy.digest != policy.digest() {
            return Err(SdkError::PolicyDigest);
        }
        policy.fits(statement.payment.as_ref(), statement.recipient.as_ref())?;
        slots_answer(slots, statement)?;
        let contents = slots.map(|slots| wallet.contents(slots, &statement.nonce.0, entropy)).transpose()?;
        // Known to fit its box before anything slow is done.
        contents.as_ref().map(Contents::to_bytes).transpose().map_err(|_| SdkError::BoxTooLong)?;
        self.prepare_with(wallet, wallet.customer(handle), policy, as_of, statement.payment.as_ref(), contents)
    }

    fn prepare_with(
        &self,
        wallet: &Wallet,
        asked: Asked<'_>,
        policy: &Policy,
        as_of: u32,
        payment: Option<&Payment>,
        contents: Option<Contents>,
    ) -> Result<State, SdkError> {
        let disclosed = contents.as_ref().map(Contents::disclosed);
        let statement = wallet.statement(asked, policy, as_of, payment, disclosed.as_ref())?;
        let witness = wallet.witness(contents.as_ref());
        let prepared = Prepared::new(&self.key, &statement, &witness).map_err(SdkError::PolicyNotMet)?;
        let info = Info {
            tenant: asked.tenant.to_owned(),
            policy_digest: policy.digest().to_string(),
            as_of,
            pseudonym: fr_to_hex(&statement.pseudonym),
            circuit_version: CircuitVersion::V1,
            key: self.sha256.clone(),
            amount: payment.filter(|_| policy.asks_for_amount()).map(Payment::amount),
            disclosed,
            eligibility: asked.party == Party::Prospect,
        };
        Ok(State { info, contents, prepared, ready: OnceLock::new() })
    }
}

/// The session that a state is prepared for, and what its customer chose to send.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// The statement; whether it holds its number does not matter yet.
    pub statement: &'a SessionStatement,
    /// What goes to its recipient; none without one.
    pub slots: Option<&'a Slots>,
}

/// A prepared state.
pub struct State {
    info: Info,
    contents: Option<Contents>,
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
        let Info { tenant, eligibility, pseudonym, .. } = &self.info;
        let own = if *eligibility {
            wallet.holder.prospect_pseudonym(tenant) == *pseudonym
        } else {
            wallet.document.tenant == *tenant && wallet.holder.pseudonym(tenant) == *pseudonym
        };
        if !own {
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
    /// Never: the header is some hundred bytes, and contents were found to fit their box when they were prepared.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let header = serde_json::to_vec(&self.info).expect("strings and numbers become JSON");
        let length = u16::try_from(header.len()).expect("some hundred bytes");
        let contents = self.contents.as_ref().map(|contents| contents.to_bytes().expect("they fit their box"));
        // Room for all at once: growing would leave copies of secrets behind.
        let room = 2 + header.len() + 2 + contents.as_ref().map_or(0, |c| c.len()) + STORED_BYTES + 32;
        let mut out = Zeroizing::new(Vec::with_capacity(room));
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&header);
        if let Some(contents) = &contents {
            out.extend_from_slice(&u16::try_from(contents.len()).expect("at most 8 KiB").to_be_bytes());
            out.extend_from_slice(contents);
        }
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
        let (header, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(wrong)?;
        let info: Info = serde_json::from_slice(header).map_err(|_| wrong())?;
        let (contents, rest) = match &info.disclosed {
            None => (None, rest),
            Some(disclosed) => {
                let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(wrong)?;
                let (contents, rest) =
                    rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(wrong)?;
                let contents = Contents::from_bytes(contents).filter(|c| c.disclosed() == *disclosed);
                (Some(contents.ok_or_else(wrong)?), rest)
            }
        };
        let prepared = Prepared::from_bytes(rest).map_err(|_| wrong())?;
        Ok(Self { info, contents, prepared, ready: OnceLock::new() })
    }

    /// Lays down the tables that [`State::finish`] adds up from, so that the tap does not wait for them.
    pub fn make_ready(&self) {
        self.ready.get_or_init(|| self.prepared.ready());
    }

    /// Finishes a proof for a session, and seals what goes to its recipient: the fast half. `entropy`: 32 fresh random
    /// bytes; `recipient`: the recipient's key, where the statement names one.
    ///
    /// # Errors
    /// `tenant-mismatch`, `kind-mismatch`, `policy-digest-mismatch`, `number-missing`, `prepared-other-terms`, `disclosure-mismatch`:
    /// the statement is not one this state may answer; `recipient-key-mismatch`.
    pub fn finish(
        &self,
        statement: &SessionStatement,
        entropy: &[u8; 32],
        recipient: Option<&P256Jwk>,
    ) -> Result<Finished, SdkError> {
        if statement.tenant != self.info.tenant {
            return Err(SdkError::TenantMismatch);
        }
        if (statement.kind == Kind::Eligibility) != self.info.eligibility {
            return Err(SdkError::KindMismatch);
        }
        if statement.policy.digest.to_string() != self.info.policy_digest {
            return Err(SdkError::PolicyDigest);
        }
        if statement.r#match.mode() == MatchMode::Enter && statement.r#match.code().is_none() {
            return Err(SdkError::NumberMissing);
        }
        let asked = self.info.amount.and(statement.payment.as_ref());
        if asked.map(|p| (p.amount(), p.currency())) != self.info.amount.map(|amount| (amount, Currency::JPY)) {
            return Err(SdkError::PreparedTerms);
        }
        Disclosed::answers(self.info.disclosed.as_ref(), statement)?;
        let ctx = statement.ctx();
        let disclosure = match (&self.contents, &statement.recipient) {
            (Some(contents), Some(named)) => {
                let key = recipient.filter(|key| key.thumbprint() == named.key().to_string());
                Some(honnin_recipient::seal(key.ok_or(SdkError::RecipientKey)?, &ctx, contents, entropy)?)
            }
            _ => None,
        };
        let proof = self.ready.get_or_init(|| self.prepared.ready()).finish(ctx, entropy).to_bytes();
        Ok(Finished {
            proof: b64u(proof),
            ctx: fr_to_hex(&ctx),
            approval: b64u(approval::of_proof(&ctx, &proof)),
            as_of: self.info.as_of,
            pseudonym: self.info.pseudonym.clone(),
            disclosure,
        })
    }
}
