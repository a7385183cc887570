//! `honnin-recipient` for JavaScript. Converts and holds no logic. Every function throws an `Error` whose message is a
//! stable code.

use std::collections::BTreeMap;

use honnin_protocol::disclosure::Disclosed;
use honnin_protocol::sealed::SealedBox;
use honnin_protocol::statement::SessionStatement;
use honnin_recipient::{Expected, KeyError, OpenError, RecipientKey};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsError, prelude::wasm_bindgen};

fn read<T: DeserializeOwned>(json: &str, what: &str) -> Result<T, JsError> {
    serde_json::from_str(json).map_err(|_| JsError::new(&format!("malformed-{what}")))
}

fn key(jwk: &str) -> Result<RecipientKey, JsError> {
    RecipientKey::from_jwk(jwk).map_err(|e: KeyError| JsError::new(e.code()))
}

/// A fresh private JWK from 32 random bytes; keep it where nobody else reads.
#[wasm_bindgen]
pub fn generate_key(entropy32: &[u8]) -> Result<String, JsError> {
    let entropy: [u8; 32] = entropy32.try_into().map_err(|_| JsError::new("malformed-entropy"))?;
    Ok(RecipientKey::generate(&entropy).to_jwk().to_string())
}

/// The public JWK of a private one: what the tenant registers.
#[wasm_bindgen]
pub fn public_key(private_jwk: &str) -> Result<String, JsError> {
    serde_json::to_string(key(private_jwk)?.public()).map_err(|_| JsError::new("malformed-output"))
}

/// Opens a box: JSON of the values by attribute. `statement` holds its number, if it asks for one; `disclosed`: JSON
/// `{slots, commitment}` of the approval in a receipt that was checked.
#[wasm_bindgen]
pub fn open(statement: &str, disclosed: &str, sealed: &str, private_jwk: &str) -> Result<String, JsError> {
    let statement: SessionStatement = read(statement, "statement")?;
    let disclosed: Disclosed = read(disclosed, "disclosure")?;
    let sealed: SealedBox = read(sealed, "box")?;
    let key = key(private_jwk)?;
    let refused = |e: OpenError| JsError::new(e.code());
    let expected = Expected::of(&statement, Some(&disclosed), &key).map_err(refused)?;
    let opened = honnin_recipient::open(&key, &sealed, &expected).map_err(refused)?;
    let values: BTreeMap<&str, &str> = opened.values().map(|(slot, value)| (slot.name(), value)).collect();
    serde_json::to_string(&values).map_err(|_| JsError::new("malformed-output"))
}
