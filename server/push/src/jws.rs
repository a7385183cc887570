//! Compact JWS over small JSON documents.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::Value;

/// `header.payload`, what is signed.
pub(crate) fn input(header: &Value, payload: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload.to_string()))
}

pub(crate) fn sealed(input: String, signature: impl AsRef<[u8]>) -> String {
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// ES256; the nonce is RFC 6979's.
pub(crate) fn es256(key: &SigningKey, header: &Value, payload: &Value) -> String {
    let input = input(header, payload);
    let signature: Signature = key.sign(input.as_bytes());
    sealed(input, signature.to_bytes())
}
