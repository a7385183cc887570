//! A recipient's private key, as a JWK file holds it.

use honnin_protocol::encoding::{b64u, b64u_array};
use honnin_protocol::jwk::P256Jwk;
use p256::ecdsa::SigningKey;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

/// Why a document is no recipient's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a JWK with a private part.
    #[error("not a private JWK")]
    Malformed,
    /// Another kind of key or another curve.
    #[error("the key is not of the curve P-256")]
    Curve,
    /// A private part that does not belong to the public one.
    #[error("the private key does not belong to the public key beside it")]
    Mismatch,
}

impl KeyError {
    /// The stable code, for bindings.
    pub fn code(self) -> &'static str {
        match self {
            KeyError::Malformed => "key-malformed",
            KeyError::Curve => "key-curve",
            KeyError::Mismatch => "key-mismatch",
        }
    }
}

/// A private key for opening boxes; wiped when dropped, never printed.
#[derive(ZeroizeOnDrop)]
pub struct RecipientKey {
    private: [u8; 32],
    #[zeroize(skip)]
    public: P256Jwk,
}

/// The members that matter; a JWK may have others, which are not looked at.
#[derive(Deserialize)]
struct Raw {
    kty: String,
    crv: String,
    x: Option<String>,
    y: Option<String>,
    d: Option<String>,
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.d.zeroize();
    }
}

impl RecipientKey {
    /// Reads a private JWK (RFC 7518, 6.2.2).
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        let raw: Raw = serde_json::from_str(json).map_err(|_| KeyError::Malformed)?;
        if raw.kty != "EC" || raw.crv != "P-256" {
            return Err(KeyError::Curve);
        }
        let part = |text: &Option<String>| {
            text.as_deref().and_then(|t| b64u_array::<32>(t).ok()).map(Zeroizing::new).ok_or(KeyError::Malformed)
        };
        let (x, y, d) = (part(&raw.x)?, part(&raw.y)?, part(&raw.d)?);
        let claimed = P256Jwk::from_coordinates(&*x, &*y).map_err(|_| KeyError::Curve)?;
        let key = Self::from_private(&d)?;
        if key.public == claimed { Ok(key) } else { Err(KeyError::Mismatch) }
    }

    /// A fresh key from 32 random bytes.
    ///
    /// # Panics
    /// Never but by chance: one hash in 2^32 is beyond the curve's order, and a hundred are tried.
    pub fn generate(entropy: &[u8; 32]) -> Self {
        let candidate = |n: u8| {
            let scalar: [u8; 32] = Sha256::new()
                .chain_update("honnin/recipient-key/v1")
                .chain_update([n])
                .chain_update(entropy)
                .finalize()
                .into();
            Self::from_private(&Zeroizing::new(scalar)).ok()
        };
        (0..100).find_map(candidate).expect("a hash below the curve's order")
    }

    fn from_private(scalar: &[u8; 32]) -> Result<Self, KeyError> {
        let signing = SigningKey::from_slice(scalar).map_err(|_| KeyError::Malformed)?;
        Ok(Self { private: *scalar, public: (*signing.verifying_key()).into() })
    }

    /// What senders seal to.
    pub fn public(&self) -> &P256Jwk {
        &self.public
    }

    /// The private JWK; keep it where nobody else reads.
    pub fn to_jwk(&self) -> Zeroizing<String> {
        let (x, y) = self.public.coordinates();
        let d = Zeroizing::new(b64u(self.private));
        Zeroizing::new(format!(
            r#"{{"crv":"P-256","d":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
            d.as_str(),
            b64u(x),
            b64u(y)
        ))
    }

    pub(crate) fn private(&self) -> &[u8; 32] {
        &self.private
    }
}
