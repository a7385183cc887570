//! Compact JWS with ES256 and nothing else: the algorithm is never chosen by the sender.

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::encoding::{b64u, b64u_array, b64u_decode};

/// Longest token read.
pub const MAX_BYTES: usize = 8192;

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Not three canonical b64u parts of strict JSON, or too long.
    #[error("not a compact JWS of the expected shape")]
    Malformed,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Signature,
}

/// Signs a header and a payload (RFC 6979 nonces).
///
/// # Panics
/// Never for the plain structs that this crate signs.
pub fn sign(key: &SigningKey, header: &impl Serialize, payload: &impl Serialize) -> String {
    let part = |json: serde_json::Result<Vec<u8>>| b64u(json.expect("plain structs become JSON"));
    let input = format!("{}.{}", part(serde_json::to_vec(header)), part(serde_json::to_vec(payload)));
    let signature: Signature = key.sign(input.as_bytes());
    format!("{input}.{}", b64u(signature.to_bytes()))
}

/// A token taken apart; nothing in it may be believed before [`Parsed::verify`].
pub struct Parsed<'a, H, P> {
    /// Protected header.
    pub header: H,
    pub(crate) payload: P,
    input: &'a str,
    signature: Signature,
}

/// Takes a token apart.
///
/// # Errors
/// [`JwsError::Malformed`].
pub fn parse<H: DeserializeOwned, P: DeserializeOwned>(token: &str) -> Result<Parsed<'_, H, P>, JwsError> {
    if token.len() > MAX_BYTES {
        return Err(JwsError::Malformed);
    }
    let (input, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
    let (header, payload) = input.split_once('.').ok_or(JwsError::Malformed)?;
    let signature: [u8; 64] = b64u_array(signature).map_err(|_| JwsError::Malformed)?;
    Ok(Parsed {
        header: json(header)?,
        payload: json(payload)?,
        input,
        signature: Signature::from_slice(&signature).map_err(|_| JwsError::Malformed)?,
    })
}

impl<H, P> Parsed<'_, H, P> {
    /// What the token says without proof: good for finding the key that then decides, and for nothing else.
    pub fn claimed(&self) -> &P {
        &self.payload
    }

    /// The payload, once the signature holds.
    ///
    /// # Errors
    /// [`JwsError::Signature`].
    pub fn verify(self, key: &VerifyingKey) -> Result<(H, P), JwsError> {
        key.verify(self.input.as_bytes(), &self.signature).map_err(|_| JwsError::Signature)?;
        Ok((self.header, self.payload))
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, JwsError> {
    let bytes = b64u_decode(part).map_err(|_| JwsError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| JwsError::Malformed)
}
