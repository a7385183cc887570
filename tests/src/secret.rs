//! What only the phone holds, by `honnin-sdk`; and a hostile phone's liberties beside it.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64U};
use honnin_circuits::{
    Fr,
    encoding::{fr_from_hex, fr_to_hex},
    verify::VerifyingKey,
};
use honnin_protocol::{
    approval, date::Date as Day, disclosure::Slots, jwk::P256Jwk, policy::Policy, statement::SessionStatement,
};
use honnin_prover::prepared;
use honnin_sdk::{ProverKey, Session, State};
use serde_json::{Value, json};

use crate::{entropy::bytes, issuance::now_s, keys::Keys, measure};

/// Japan's offset from UTC in seconds: the demo tenant's time zone.
const JAPAN: u64 = 9 * 3600;

/// A holder secret before it has a credential.
pub struct Holder(honnin_sdk::Holder);

impl Holder {
    /// A fresh one.
    #[expect(clippy::new_without_default, reason = "a default would hide that it draws randomness")]
    pub fn new() -> Self {
        Self(honnin_sdk::Holder::new(&bytes()))
    }

    /// What the issuer sees of it, hex.
    pub fn commitment(&self) -> String {
        self.0.commitment()
    }
}

/// A checked credential with its holder secret.
pub struct Wallet(honnin_sdk::Wallet);

impl Wallet {
    /// Checks certificate, signature and holder binding.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn check(holder: Holder, document: &Value, root: &Value, now_s: u64) -> Result<Self> {
        let root: P256Jwk = serde_json::from_value(root.clone())?;
        let (wallet, _) = honnin_sdk::Wallet::accept(&document.to_string(), holder.0, &root, now_s)?;
        Ok(Self(wallet))
    }

    /// The certificate that goes to the server at enrolment.
    pub fn certificate(&self) -> &str {
        self.0.certificate()
    }

    /// The holder's name at a tenant where they have no account, hex.
    pub fn prospect_pseudonym(&self, tenant: &str) -> String {
        self.0.prospect_pseudonym(tenant)
    }

    /// The credential document; for the canary.
    ///
    /// # Panics
    /// Never: it came from JSON.
    pub fn document(&self) -> Value {
        serde_json::to_value(self.0.document()).expect("it came from JSON")
    }
}

/// Makes prepared states with the proving key.
pub struct Prover {
    key: ProverKey,
    /// Verifies as the server does.
    pub verifying: VerifyingKey,
}

impl Prover {
    /// Loads both keys by their hashes.
    ///
    /// # Errors
    /// When a key is not the pinned one.
    pub fn load(keys: &Keys) -> Result<Self> {
        let key = ProverKey::load(&std::fs::read(keys.dir.join("circuit.pk"))?, &keys.pk_sha256)?;
        Ok(Self { key, verifying: measure::load(keys)?.1 })
    }

    /// Prepares a policy for today.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn prepare(&self, wallet: &Wallet, policy: &Value, handle: &str) -> Result<Prepared> {
        let policy = honnin_sdk::policy::parse(&policy.to_string())?;
        let today = Day::from_unix(now_s(), JAPAN)?;
        let state = self.key.prepare(&wallet.0, &policy, handle, today.get())?;
        Ok(Prepared { state })
    }

    /// Prepares a policy for today and a tenant where the holder has no account.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn prepare_eligibility(&self, wallet: &Wallet, policy: &Value, tenant: &str) -> Result<Prepared> {
        let policy = honnin_sdk::policy::parse(&policy.to_string())?;
        let today = Day::from_unix(now_s(), JAPAN)?;
        let state = self.key.prepare_eligibility(&wallet.0, &policy, tenant, today.get())?;
        Ok(Prepared { state })
    }

    /// Prepares a payment or an order that sends these attributes.
    ///
    /// # Errors
    /// When the credential does not meet the policy, or the statement asks for something else.
    pub fn prepare_session(
        &self,
        wallet: &Wallet,
        policy: &Value,
        handle: &str,
        statement: &Value,
        slots: &[&str],
    ) -> Result<Prepared> {
        let policy = honnin_sdk::policy::parse(&policy.to_string())?;
        let statement: SessionStatement = serde_json::from_value(statement.clone()).context("no statement")?;
        let slots: Slots = serde_json::from_value(json!(slots))?;
        let today = Day::from_unix(now_s(), JAPAN)?.get();
        let session = Session { statement: &statement, slots: Some(&slots) };
        let state = self.key.prepare_for(&wallet.0, &policy, handle, today, session, &bytes())?;
        state.make_ready();
        Ok(Prepared { state })
    }

    /// A policy's digest as it stands in statements.
    ///
    /// # Errors
    /// When the document is no policy.
    pub fn digest(&self, policy: &Value) -> Result<String> {
        Ok(serde_json::from_value::<Policy>(policy.clone())?.digest().to_string())
    }
}

/// Yesterday in the tenant's zone, YYYYMMDD.
///
/// # Errors
/// Never before the year 9999.
pub fn yesterday() -> Result<u32> {
    Ok(Day::from_unix(now_s() - 86_400, JAPAN)?.get())
}

/// A prepared state.
pub struct Prepared {
    state: State,
}

/// A finished proof and what goes with it.
pub struct Finished {
    /// The proof, b64u.
    pub proof: String,
    /// The day it was prepared for.
    pub as_of: u32,
    /// Pairwise pseudonym, hex.
    pub pseudonym: String,
    /// The approval digest, b64u: the assertion's challenge.
    pub approval: String,
    ctx: String,
}

impl From<honnin_sdk::Finished> for Finished {
    fn from(sdk: honnin_sdk::Finished) -> Self {
        Self { proof: sdk.proof, as_of: sdk.as_of, pseudonym: sdk.pseudonym, approval: sdk.approval, ctx: sdk.ctx }
    }
}

impl Prepared {
    /// The proof for a statement, its match code included.
    ///
    /// # Errors
    /// When the statement is none that this state may answer.
    pub fn finish(&self, statement: &Value) -> Result<Finished> {
        self.finish_read(&serde_json::from_value(statement.clone()).context("no statement")?)
    }

    /// As [`Prepared::finish`], of a statement that was read already.
    ///
    /// # Errors
    /// As there.
    pub fn finish_read(&self, statement: &SessionStatement) -> Result<Finished> {
        Ok(self.state.finish(statement, &bytes(), None)?.into())
    }

    /// Proof and sealed box for the recipient of this key.
    ///
    /// # Errors
    /// As [`Prepared::finish`].
    pub fn finish_sealed(&self, statement: &Value, recipient: &Value) -> Result<(Finished, Value)> {
        let statement: SessionStatement = serde_json::from_value(statement.clone()).context("no statement")?;
        let recipient: P256Jwk = serde_json::from_value(recipient.clone())?;
        let finished = self.state.finish(&statement, &bytes(), Some(&recipient))?;
        let sent = serde_json::to_value(&finished.disclosure)?;
        Ok((finished.into(), sent))
    }

    /// As a hostile phone would: any statement, whatever the state was prepared for.
    ///
    /// # Errors
    /// When the document is no statement.
    pub fn force(&self, statement: &Value) -> Result<Finished> {
        let statement: SessionStatement = serde_json::from_value(statement.clone()).context("no statement")?;
        let stored = self.state.to_bytes();
        // The prover's own bytes stand between the header and the closing hash.
        let body = stored.get(stored.len() - 32 - prepared::STORED_BYTES..stored.len() - 32).context("stored form")?;
        let ctx = statement.ctx();
        let proof = B64U.encode(prepared::Prepared::from_bytes(body)?.ready().finish(ctx, &bytes()).to_bytes());
        let info = self.state.info();
        let mut finished = Finished {
            approval: String::new(),
            as_of: info.as_of,
            pseudonym: info.pseudonym.clone(),
            ctx: fr_to_hex(&ctx),
            proof,
        };
        finished.approval = finished.approval_of(&finished.proof);
        Ok(finished)
    }
}

impl Finished {
    /// The approval digest that goes with these proof bytes (b64u) under the same statement.
    ///
    /// # Panics
    /// When the text is not b64u.
    pub fn approval_of(&self, proof: &str) -> String {
        let ctx: Fr = fr_from_hex(&self.ctx).expect("a ctx is a field element");
        B64U.encode(approval::of_proof(&ctx, &B64U.decode(proof).expect("b64u")))
    }
}
