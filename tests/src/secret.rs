//! What only the phone holds: holder secret, credential, prepared states.

use anyhow::{Context, Result, ensure};
use honnin_circuits::{
    Fr,
    encoding::{fr_from_hex, fr_to_hex},
    holder::{HolderSecret, scope},
    schnorr::PublicKey,
    statement::{Disclosure, Opening, Statement, Witness},
    verify::{Proof, VerifyingKey},
};
use honnin_protocol::{
    approval,
    bytes::b64u,
    certificate,
    credential::CredentialDocument,
    jwk::P256Jwk,
    policy::Policy,
    statement::SessionStatement,
};
use honnin_prover::{keys::ProvingKey, prepared};
use jiff::{Zoned, civil::Date, tz::TimeZone};
use rand::rngs::OsRng;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{entropy::bytes, keys::Keys, measure, tenant::TENANT};

/// A holder secret before it has a credential.
pub struct Holder(HolderSecret);

impl Holder {
    /// A fresh one.
    #[expect(clippy::new_without_default, reason = "a default would hide that it draws randomness")]
    pub fn new() -> Self {
        Self(HolderSecret::generate(&mut OsRng))
    }

    /// What the issuer sees of it, hex.
    pub fn commitment(&self) -> String {
        fr_to_hex(&self.0.commitment())
    }
}

/// A checked credential with its holder secret.
pub struct Wallet {
    holder: HolderSecret,
    document: CredentialDocument,
    issuer: PublicKey,
}

impl Wallet {
    /// Checks certificate, signature and holder binding.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn check(holder: Holder, document: Value, root: &Value, now_s: u64) -> Result<Self> {
        let document: CredentialDocument = serde_json::from_value(document)?;
        let root: P256Jwk = serde_json::from_value(root.clone())?;
        let certificate = certificate::verify(&document.issuer_certificate, &root, now_s)?;
        let issuer = certificate.public_key()?;
        document.verify(issuer)?;
        ensure!(fr_from_hex::<Fr>(&document.values.holder)? == holder.0.commitment(), "bound to another holder");
        Ok(Self { holder: holder.0, document, issuer })
    }

    /// The certificate that goes to the server at enrolment.
    pub fn certificate(&self) -> &str {
        &self.document.issuer_certificate
    }

    /// The credential document; for the canary.
    ///
    /// # Panics
    /// Never: it came from JSON.
    pub fn document(&self) -> Value {
        serde_json::to_value(&self.document).expect("it came from JSON")
    }
}

/// Today in the tenant's time zone, YYYYMMDD.
fn today() -> Result<u32> {
    Ok(number(Zoned::now().with_time_zone(TimeZone::get("Asia/Tokyo")?).date()))
}

fn number(date: Date) -> u32 {
    let part = |value: i64| u32::try_from(value).expect("a date of our era");
    part(i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day()))
}

/// Makes prepared states with the proving key.
pub struct Prover {
    key: ProvingKey,
    /// Verifies as the server does.
    pub verifying: VerifyingKey,
}

impl Prover {
    /// Loads both keys by their hashes.
    ///
    /// # Errors
    /// When a key is not the pinned one.
    pub fn load(keys: &Keys) -> Result<Self> {
        let (key, verifying) = measure::load(keys)?;
        Ok(Self { key, verifying })
    }

    /// Prepares a policy for today.
    ///
    /// # Errors
    /// When the credential does not meet the policy.
    pub fn prepare(&self, wallet: &Wallet, policy: &Value, handle: &str) -> Result<Prepared> {
        let policy: Policy = serde_json::from_value(policy.clone())?;
        let as_of = today()?;
        let pseudonym = wallet.holder.pseudonym(scope(TENANT));
        let statement = Statement {
            issuer: wallet.issuer,
            scope: scope(TENANT),
            pseudonym,
            as_of,
            predicates: policy.compile(handle, as_of)?,
            disclosure: Disclosure::Nothing,
            ctx: Fr::from(0u64),
        };
        let witness = Witness {
            holder: wallet.holder.clone(),
            credential: wallet.document.verify(wallet.issuer)?,
            opening: Opening(Fr::from(0u64)),
        };
        let state = prepared::Prepared::new(&self.key, &statement, &witness)?;
        Ok(Prepared { state, as_of, pseudonym: fr_to_hex(&pseudonym) })
    }

    /// A policy's digest as it stands in statements.
    ///
    /// # Errors
    /// When the document is no policy.
    pub fn digest(&self, policy: &Value) -> Result<String> {
        Ok(serde_json::from_value::<Policy>(policy.clone())?.digest())
    }

    /// The day before, YYYYMMDD.
    ///
    /// # Panics
    /// When `day` is no date.
    pub fn day_before(&self, day: u32) -> u32 {
        let part = |value: u32| i8::try_from(value % 100).expect("two digits");
        let year = i16::try_from(day / 10_000).expect("four digits");
        number(Date::new(year, part(day / 100), part(day)).and_then(Date::yesterday).expect("a date"))
    }
}

/// A prepared state. Finishes any statement, also one that an honest phone would refuse: tests play hostile phones too.
pub struct Prepared {
    state: prepared::Prepared,
    as_of: u32,
    pseudonym: String,
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
    ctx: Fr,
}

impl Prepared {
    /// The proof for a statement, its match code included.
    ///
    /// # Errors
    /// When the document is no statement.
    pub fn finish(&self, statement: &Value) -> Result<Finished> {
        let statement: SessionStatement = serde_json::from_value(statement.clone()).context("no statement")?;
        let ctx = statement.ctx();
        let proof: Proof = self.state.finish(ctx, &bytes());
        let proof = b64u(&proof.to_bytes());
        let mut finished =
            Finished { proof, as_of: self.as_of, pseudonym: self.pseudonym.clone(), approval: String::new(), ctx };
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
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let proof = URL_SAFE_NO_PAD.decode(proof).expect("b64u");
        b64u(&approval::digest(&self.ctx, &Sha256::digest(&proof).into()))
    }
}
