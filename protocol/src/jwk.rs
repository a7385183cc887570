//! P-256 public keys as JWK.

use p256::ecdsa::VerifyingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::encoding::{B64u, b64u};

/// Coordinates that are no point of P-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a P-256 public key")]
pub struct JwkError;

/// A P-256 public key, checked to lie on the curve. In JSON exactly `kty`, `crv`, `x`, `y`: a private part is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct P256Jwk(VerifyingKey);

#[derive(Serialize, Deserialize)]
enum Kty {
    EC,
}

#[derive(Serialize, Deserialize)]
enum Crv {
    #[serde(rename = "P-256")]
    P256,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kty: Kty,
    crv: Crv,
    x: B64u<32>,
    y: B64u<32>,
}

impl P256Jwk {
    /// Checks affine coordinates, 32 bytes each.
    ///
    /// # Errors
    /// [`JwkError`].
    pub fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, JwkError> {
        if x.len() != 32 || y.len() != 32 {
            return Err(JwkError);
        }
        VerifyingKey::from_sec1_bytes(&[&[4], x, y].concat()).map(Self).map_err(|_| JwkError)
    }

    /// The key.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.0
    }

    /// Affine coordinates.
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let point = self.0.to_sec1_point(false);
        let bytes = point.as_bytes();
        let (mut x, mut y) = ([0; 32], [0; 32]);
        x.copy_from_slice(&bytes[1..33]);
        y.copy_from_slice(&bytes[33..]);
        (x, y)
    }

    /// RFC 7638 thumbprint, SHA-256, b64u.
    pub fn thumbprint(&self) -> String {
        let (x, y) = self.coordinates();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, b64u(x), b64u(y));
        b64u(Sha256::digest(canonical))
    }
}

impl From<VerifyingKey> for P256Jwk {
    fn from(key: VerifyingKey) -> Self {
        Self(key)
    }
}

impl From<P256Jwk> for Raw {
    fn from(key: P256Jwk) -> Raw {
        let (x, y) = key.coordinates();
        Raw { kty: Kty::EC, crv: Crv::P256, x: B64u(x), y: B64u(y) }
    }
}

impl TryFrom<Raw> for P256Jwk {
    type Error = JwkError;
    fn try_from(raw: Raw) -> Result<Self, JwkError> {
        Self::from_coordinates(&raw.x.0, &raw.y.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// RFC 7515 A.3's key; its thumbprint computed apart with Python's hashlib.
    #[test]
    fn reads_writes_and_refuses() {
        let good = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        let key: P256Jwk = serde_json::from_value(good.clone()).unwrap();
        assert_eq!(serde_json::to_value(&key).unwrap(), good);
        assert_eq!(key.thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
        let change = |name: &str, value: serde_json::Value| {
            let mut bad = good.clone();
            bad[name] = value;
            assert!(serde_json::from_value::<P256Jwk>(bad).is_err(), "{name}");
        };
        change("kty", json!("OKP"));
        change("crv", json!("P-384"));
        change("d", json!("AA"));
        change("y", good["x"].clone());
        change("x", json!("AAAA"));
    }
}
