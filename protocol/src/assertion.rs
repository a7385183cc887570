//! The approval's passkey assertion, checked by hand: its challenge is the approval digest, which no ceremony of ours
//! issued. Strict on purpose: one algorithm, one origin, no leniency.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// `AuthenticationResponseJSON` as browsers make it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Assertion {
    /// Credential identifier, b64u.
    pub id: String,
    /// The same.
    pub raw_id: String,
    /// `public-key`.
    pub r#type: String,
    /// What the authenticator said.
    pub response: Response,
    /// Unused.
    #[serde(default, skip_serializing)]
    pub client_extension_results: Option<serde_json::Value>,
    /// Unused.
    #[serde(default, skip_serializing)]
    pub authenticator_attachment: Option<String>,
}

/// The authenticator's part, each b64u.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Response {
    /// What the browser saw.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: String,
    /// Relying party hash, flags, counter.
    pub authenticator_data: String,
    /// ES256, DER.
    pub signature: String,
    /// Unused.
    #[serde(default, skip_serializing)]
    pub user_handle: Option<String>,
}

/// What the assertion must be for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The approval digest.
    pub challenge: &'a [u8; 32],
    /// The server's origin.
    pub origin: &'a str,
    /// Its host.
    pub rp_id: &'a str,
    /// The enrolled credential, b64u.
    pub credential_id: &'a str,
    /// Its public key.
    pub key: &'a VerifyingKey,
    /// The last counter seen.
    pub counter: i64,
    /// Whether the policy asks for two factors.
    pub user_verification: bool,
}

/// Why an assertion is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// Something is not base64url, not JSON or not the right length.
    #[error("malformed")]
    Malformed,
    /// Another credential.
    #[error("another credential")]
    Credential,
    /// Not `webauthn.get`.
    #[error("wrong type")]
    Type,
    /// For something else.
    #[error("wrong challenge")]
    Challenge,
    /// Made on another page.
    #[error("wrong origin")]
    Origin,
    /// Made for another relying party.
    #[error("wrong relying party")]
    RelyingParty,
    /// Nobody was there.
    #[error("no user presence")]
    UserPresence,
    /// The user was not verified.
    #[error("no user verification")]
    UserVerification,
    /// The counter stands still or went back: a copied credential.
    #[error("counter regress")]
    Counter,
    /// The signature does not hold.
    #[error("bad signature")]
    Signature,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

const UP: u8 = 0x01;
const UV: u8 = 0x04;
const BE: u8 = 0x08;
const BS: u8 = 0x10;
const AT: u8 = 0x40;
const ED: u8 = 0x80;

/// Checks an assertion and returns the authenticator's counter.
///
/// # Errors
/// The first check that fails.
pub fn check(assertion: &Assertion, expected: Expected<'_>) -> Result<i64, AssertionError> {
    let checked = Checked::new(assertion.clone(), expected)?;
    checked.stands(expected)
}

/// An assertion whose signature held for one challenge, key and page. Only [`Checked::new`] makes one.
#[derive(Clone, Debug)]
pub struct Checked {
    assertion: Assertion,
    challenge: [u8; 32],
    key: VerifyingKey,
    origin: String,
    rp_id: String,
    user_verified: bool,
    counter: i64,
}

impl Checked {
    /// Checks everything but the counter, which only counts where it is moved on.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn new(assertion: Assertion, expected: Expected<'_>) -> Result<Self, AssertionError> {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| AssertionError::Malformed);
        if assertion.r#type != "public-key" || assertion.id != assertion.raw_id {
            return Err(AssertionError::Malformed);
        }
        if assertion.raw_id != expected.credential_id {
            return Err(AssertionError::Credential);
        }
        let client_bytes = decode(&assertion.response.client_data_json)?;
        let client: ClientData = serde_json::from_slice(&client_bytes).map_err(|_| AssertionError::Malformed)?;
        if client.r#type != "webauthn.get" {
            return Err(AssertionError::Type);
        }
        let challenge = decode(&client.challenge)?;
        if !bool::from(challenge.as_slice().ct_eq(expected.challenge)) {
            return Err(AssertionError::Challenge);
        }
        if client.origin != expected.origin || client.cross_origin || client.top_origin.is_some() {
            return Err(AssertionError::Origin);
        }
        let data = decode(&assertion.response.authenticator_data)?;
        let (user_verified, counter) = authenticator_data(&data, &expected)?;
        let signature =
            Signature::from_der(&decode(&assertion.response.signature)?).map_err(|_| AssertionError::Malformed)?;
        let mut signed = data;
        signed.extend_from_slice(&Sha256::digest(&client_bytes));
        if !holds(expected.key, &signed, &signature) {
            return Err(AssertionError::Signature);
        }
        Ok(Self {
            assertion,
            challenge: *expected.challenge,
            key: *expected.key,
            origin: expected.origin.to_owned(),
            rp_id: expected.rp_id.to_owned(),
            user_verified,
            counter,
        })
    }

    /// Whether it is what is expected here and now; the authenticator's counter.
    ///
    /// # Errors
    /// The first check that fails; after them the counter's.
    pub fn stands(&self, expected: Expected<'_>) -> Result<i64, AssertionError> {
        if self.assertion.raw_id != expected.credential_id || self.key != *expected.key {
            return Err(AssertionError::Credential);
        }
        if self.challenge != *expected.challenge {
            return Err(AssertionError::Challenge);
        }
        if self.origin != expected.origin {
            return Err(AssertionError::Origin);
        }
        if self.rp_id != expected.rp_id {
            return Err(AssertionError::RelyingParty);
        }
        if expected.user_verification && !self.user_verified {
            return Err(AssertionError::UserVerification);
        }
        let counted = self.counter != 0 || expected.counter != 0;
        if counted && self.counter <= expected.counter {
            return Err(AssertionError::Counter);
        }
        Ok(self.counter)
    }

    /// The assertion itself.
    pub fn assertion(&self) -> &Assertion {
        &self.assertion
    }
}

/// Whether an ES256 signature holds.
#[cfg(not(feature = "ring"))]
fn holds(key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
    use p256::ecdsa::signature::Verifier as _;
    key.verify(message, signature).is_ok()
}

/// Whether an ES256 signature holds, by ring: a fourth of the time, on the server's hot path.
#[cfg(feature = "ring")]
fn holds(key: &VerifyingKey, message: &[u8], signature: &Signature) -> bool {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    let point = key.to_sec1_point(false);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point.as_bytes()).verify(message, &signature.to_bytes()).is_ok()
}

/// Whether the user was verified, and the counter.
fn authenticator_data(data: &[u8], expected: &Expected<'_>) -> Result<(bool, i64), AssertionError> {
    let (fixed, rest) = data.split_first_chunk::<37>().ok_or(AssertionError::Malformed)?;
    if fixed[..32] != Sha256::digest(expected.rp_id.as_bytes())[..] {
        return Err(AssertionError::RelyingParty);
    }
    let flags = fixed[32];
    // Extensions follow exactly when ED says so; attested data has no place here; backed up needs eligible.
    if flags & AT != 0 || (flags & ED != 0) == rest.is_empty() || (flags & BS != 0 && flags & BE == 0) {
        return Err(AssertionError::Malformed);
    }
    if flags & UP == 0 {
        return Err(AssertionError::UserPresence);
    }
    if expected.user_verification && flags & UV == 0 {
        return Err(AssertionError::UserVerification);
    }
    let counter = u32::from_be_bytes([fixed[33], fixed[34], fixed[35], fixed[36]]);
    Ok((flags & UV != 0, i64::from(counter)))
}

#[cfg(test)]
#[path = "assertion_tests.rs"]
mod tests;
