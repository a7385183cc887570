//! Keys of signed notes: a signing key from a seed, and the text form `name+hash+keydata` that verifiers pin.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// Longest key name, bytes.
const MAX_NAME: usize = 256;

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `name+hash+keydata`.
    #[error("a verifier key reads name+hash+keydata")]
    Malformed,
    /// Empty, too long, or with a space, a control character or a plus sign.
    #[error("a key's name is 1 to 256 bytes without spaces and plus signs")]
    Name,
    /// The hash is not this name's and key's.
    #[error("the key's hash does not match it")]
    Hash,
    /// Neither Ed25519 nor cosignature/v1.
    #[error("the key is of an unknown kind")]
    Kind,
    /// The bytes are no point, or one that verifies forgeries.
    #[error("the key is not a valid Ed25519 key")]
    Point,
}

/// What a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// The note's text.
    Ed25519,
    /// The note's text and the time at which a witness saw it.
    Cosignature,
}

impl Algorithm {
    fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Cosignature => 4,
        }
    }
}

/// A public key with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, algorithm: Algorithm, key: VerifyingKey) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        if key.is_weak() {
            return Err(KeyError::Point);
        }
        Ok(Self { name: name.into(), algorithm, key })
    }

    /// Whose key it is; of a log its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The first 4 bytes of `SHA-256(name ‖ "\n" ‖ algorithm ‖ key)`.
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new().chain_update(&self.name).chain_update("\n").chain_update(self.data()).finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Checked strictly: one encoding of a signature, no key of small order.
    pub(super) fn holds(&self, message: &str, signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|s| self.key.verify_strict(message.as_bytes(), &s).is_ok())
    }

    fn data(&self) -> Vec<u8> {
        [&[self.algorithm.byte()], &self.key.as_bytes()[..]].concat()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(self.data()))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        // Base64 may hold a plus sign, a name and a hash may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(data)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Malformed);
        };
        let data = STANDARD.decode(data).map_err(|_| KeyError::Malformed)?;
        let (kind, bytes) = data.split_first().ok_or(KeyError::Malformed)?;
        let algorithm = match kind {
            1 => Algorithm::Ed25519,
            4 => Algorithm::Cosignature,
            _ => return Err(KeyError::Kind),
        };
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Malformed)?;
        let key = Self::new(name, algorithm, VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Point)?)?;
        if key.to_string() == text { Ok(key) } else { Err(KeyError::Hash) }
    }
}

/// A signing key with its name. Wiped when dropped; it is never printed.
pub struct NoteKey {
    key: SigningKey,
    verifier: VerifierKey,
}

impl NoteKey {
    /// A log's key from its 32-byte seed. The name is the log's origin.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(name, Algorithm::Ed25519, seed)
    }

    /// A witness's key from its 32-byte seed.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn witness(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(name, Algorithm::Cosignature, seed)
    }

    fn new(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, algorithm, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub(super) fn sign(&self, message: &str) -> [u8; 64] {
        self.key.sign(message.as_bytes()).to_bytes()
    }
}

pub(super) fn is_name(name: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && name.len() <= MAX_NAME && !name.contains(bad)
}
