//! `honnin-sdk` for JavaScript. Converts and holds no logic. Every function throws an `Error` whose message is the
//! SDK's stable code.

#[cfg(feature = "bench")]
pub mod bench;

use honnin_protocol::{disclosure::Slots, jwk::P256Jwk, statement::SessionStatement};
use honnin_sdk::{Holder, ProverKey, SdkError, Session, State, Wallet, policy};
use serde::Serialize;
use wasm_bindgen::{JsError, prelude::wasm_bindgen};

fn js(e: SdkError) -> JsError {
    JsError::new(&e.code())
}

fn json<T: Serialize>(value: &T) -> Result<String, JsError> {
    serde_json::to_string(value).map_err(|_| js(SdkError::Malformed("output")))
}

fn entropy(bytes: &[u8]) -> Result<[u8; 32], JsError> {
    bytes.try_into().map_err(|_| js(SdkError::Malformed("entropy")))
}

/// A holder secret from 32 fresh random bytes; keep it encrypted.
#[wasm_bindgen]
pub fn holder_new(entropy32: &[u8]) -> Result<Vec<u8>, JsError> {
    Ok(Holder::new(&entropy(entropy32)?).to_bytes().to_vec())
}

/// What the issuer sees of a holder secret, hex.
#[wasm_bindgen]
pub fn holder_commitment(holder: &[u8]) -> Result<String, JsError> {
    Ok(Holder::from_bytes(holder).map_err(js)?.commitment())
}

/// The holder's name at a tenant, hex.
#[wasm_bindgen]
pub fn pseudonym(holder: &[u8], tenant: &str) -> Result<String, JsError> {
    Ok(Holder::from_bytes(holder).map_err(js)?.pseudonym(tenant))
}

/// The name at a tenant of a holder who has no account there, hex.
#[wasm_bindgen]
pub fn prospect_pseudonym(holder: &[u8], tenant: &str) -> Result<String, JsError> {
    Ok(Holder::from_bytes(holder).map_err(js)?.prospect_pseudonym(tenant))
}

/// Checks a fresh credential; JSON `{tenant, subject, expiry, key_id}`.
#[wasm_bindgen]
pub fn credential_check(credential: &str, holder: &[u8], root_jwk: &str, now_s: f64) -> Result<String, JsError> {
    #[derive(Serialize)]
    struct Checked<'a> {
        tenant: &'a str,
        subject: &'a str,
        expiry: u32,
        key_id: &'a str,
    }
    let holder = Holder::from_bytes(holder).map_err(js)?;
    let root: P256Jwk = serde_json::from_str(root_jwk).map_err(|_| js(SdkError::Malformed("root")))?;
    let (wallet, certificate) = Wallet::accept(credential, holder, &root, now_s as u64).map_err(js)?;
    let document = wallet.document();
    json(&Checked {
        tenant: &document.tenant,
        subject: &document.values.subject,
        expiry: document.values.expiry,
        key_id: &certificate.key_id,
    })
}

/// Digest and words of a policy; JSON `{digest, proves, not_sent}`.
#[wasm_bindgen]
pub fn describe_policy(policy: &str) -> Result<String, JsError> {
    json(&policy::describe(&policy::parse(policy).map_err(js)?))
}

/// Whether a credential meets a policy on a day, for a statement's payment where there is one; JSON `{ok}` or
/// `{ok, clause}`.
#[wasm_bindgen]
pub fn check_policy(
    credential: &str,
    holder: &[u8],
    policy: &str,
    handle: &str,
    as_of: u32,
    statement: Option<String>,
) -> Result<String, JsError> {
    let policy = policy::parse(policy).map_err(js)?;
    let statement = statement.as_deref().map(read_statement).transpose()?;
    let payment = statement.as_ref().and_then(|statement| statement.payment.as_ref());
    checked(restore(credential, holder)?.meets(&policy, handle, as_of, payment))
}

/// Whether a credential meets a policy on a day at a tenant where its holder has no account; JSON `{ok}` or
/// `{ok, clause}`.
#[wasm_bindgen]
pub fn check_eligibility(
    credential: &str,
    holder: &[u8],
    policy: &str,
    tenant: &str,
    as_of: u32,
) -> Result<String, JsError> {
    let policy = policy::parse(policy).map_err(js)?;
    checked(restore(credential, holder)?.eligible(&policy, tenant, as_of))
}

fn checked(met: Result<(), SdkError>) -> Result<String, JsError> {
    #[derive(Serialize)]
    struct Check {
        ok: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        clause: Option<String>,
    }
    match met {
        Ok(()) => json(&Check { ok: true, clause: None }),
        Err(SdkError::PolicyNotMet(clause)) => json(&Check { ok: false, clause: Some(clause.to_string()) }),
        Err(e) => Err(js(e)),
    }
}

/// `ctx` of a statement that holds its number, hex.
#[wasm_bindgen]
pub fn statement_ctx(statement: &str) -> Result<String, JsError> {
    Ok(honnin_sdk::finished::ctx_hex(&read_statement(statement)?))
}

/// The word pair of a statement that holds its number, if it asks for one; JSON `{ja, en}`, two words each.
#[wasm_bindgen]
pub fn statement_words(statement: &str) -> Result<String, JsError> {
    json(&honnin_sdk::finished::words(&read_statement(statement)?))
}

/// A prepared state, decoded and checked once, so that the call-time half does no more than it must. Wiped when freed.
#[wasm_bindgen]
pub struct Prepared(State);

#[wasm_bindgen]
impl Prepared {
    /// Decodes the stored form, curve and subgroup of every point, and lays down the tables for the tap.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> Result<Prepared, JsError> {
        let state = State::from_bytes(bytes).map_err(js)?;
        state.make_ready();
        Ok(Prepared(state))
    }

    /// What the state is good for; JSON.
    pub fn info(&self) -> Result<String, JsError> {
        json(self.0.info())
    }

    /// Finishes a proof; JSON `{proof, ctx, approval, as_of, pseudonym, disclosure?}`. `entropy32`: fresh each time;
    /// `recipient_jwk`: the key of the statement's recipient, where it names one.
    pub fn finish(&self, statement: &str, entropy32: &[u8], recipient_jwk: Option<String>) -> Result<String, JsError> {
        let wrong = |_| js(SdkError::Malformed("recipient-key"));
        let recipient: Option<P256Jwk> =
            recipient_jwk.map(|jwk| serde_json::from_str(&jwk)).transpose().map_err(wrong)?;
        json(&self.0.finish(&read_statement(statement)?, &entropy(entropy32)?, recipient.as_ref()).map_err(js)?)
    }
}

/// A proving key, checked by hash.
#[wasm_bindgen]
pub struct ProvingKey(ProverKey);

#[wasm_bindgen]
impl ProvingKey {
    /// Checks the hash, then decodes; once a worker.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8], sha256_hex: &str) -> Result<ProvingKey, JsError> {
        ProverKey::load(bytes, sha256_hex).map(ProvingKey).map_err(js)
    }

    /// Prepares a policy for a day: the slow half. The result is secret.
    pub fn prepare(
        &self,
        credential: &str,
        holder: &[u8],
        policy: &str,
        handle: &str,
        as_of: u32,
    ) -> Result<Vec<u8>, JsError> {
        let policy = policy::parse(policy).map_err(js)?;
        let state = self.0.prepare(&restore(credential, holder)?, &policy, handle, as_of).map_err(js)?;
        Ok(state.to_bytes().to_vec())
    }

    /// Prepares a policy for a day and a tenant where the holder has no account. The result is secret.
    pub fn prepare_eligibility(
        &self,
        credential: &str,
        holder: &[u8],
        policy: &str,
        tenant: &str,
        as_of: u32,
    ) -> Result<Vec<u8>, JsError> {
        let policy = policy::parse(policy).map_err(js)?;
        let state = self.0.prepare_eligibility(&restore(credential, holder)?, &policy, tenant, as_of).map_err(js)?;
        Ok(state.to_bytes().to_vec())
    }

    /// Prepares a policy for one statement's payment and recipient. `slots`: JSON of the attributes to send, `null`
    /// without a recipient; `entropy32`: fresh each time. The result is secret.
    #[allow(clippy::too_many_arguments, reason = "JavaScript's call has what the session has")]
    pub fn prepare_for(
        &self,
        credential: &str,
        holder: &[u8],
        policy: &str,
        handle: &str,
        as_of: u32,
        statement: &str,
        slots: &str,
        entropy32: &[u8],
    ) -> Result<Vec<u8>, JsError> {
        let (policy, statement) = (policy::parse(policy).map_err(js)?, read_statement(statement)?);
        let slots: Option<Slots> = serde_json::from_str(slots).map_err(|_| js(SdkError::Malformed("slots")))?;
        let session = Session { statement: &statement, slots: slots.as_ref() };
        let wallet = restore(credential, holder)?;
        let state = self.0.prepare_for(&wallet, &policy, handle, as_of, session, &entropy(entropy32)?).map_err(js)?;
        Ok(state.to_bytes().to_vec())
    }
}

fn restore(credential: &str, holder: &[u8]) -> Result<Wallet, JsError> {
    Wallet::restore(credential, Holder::from_bytes(holder).map_err(js)?).map_err(js)
}

fn read_statement(json: &str) -> Result<SessionStatement, JsError> {
    serde_json::from_str(json).map_err(|_| js(SdkError::Malformed("statement")))
}
