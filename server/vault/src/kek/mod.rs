//! Key-encryption keys: what the database never holds.

mod local;
mod pkcs11;
mod source;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;

pub use pkcs11::{Pkcs11Key, Pkcs11Source};
pub use source::{KekSource, PinSource};

use crate::secret::Secret;
use local::LocalKey;

/// Why a key-encryption key cannot be had or does not serve. Texts are for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum KekError {
    /// The file cannot be read.
    #[error("key file {path}: {source}")]
    Read {
        /// The file asked for.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A directory, a device or a pipe.
    #[error("key file {path} is not a regular file")]
    NotAFile {
        /// The file asked for.
        path: PathBuf,
    },
    /// Others than its owner may read or write it.
    #[error("key file {path} has mode {mode:03o}: others may read or write it; chmod 400 {path}")]
    Exposed {
        /// The file asked for.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The environment variable is not set, or is not text.
    #[error("environment variable {name} is not set")]
    NoVariable {
        /// Its name.
        name: String,
    },
    /// Not 256 bits.
    #[error("{origin} holds no 256-bit key: 64 hex digits or 32 bytes in base64 are wanted")]
    Format {
        /// File or variable.
        origin: String,
    },
    /// One byte, 32 times: a placeholder.
    #[error("{origin} holds a placeholder: every byte is the same")]
    Placeholder {
        /// File or variable.
        origin: String,
    },
    /// The PIN's file or variable is empty or too long.
    #[error("{origin} holds no PIN")]
    Pin {
        /// File or variable.
        origin: String,
    },
    /// The module or the token refused or is not there.
    #[error("PKCS#11: {doing}: {reason}")]
    Pkcs11 {
        /// What was tried.
        doing: &'static str,
        /// The module's answer.
        reason: String,
    },
    /// No token of that label is there.
    #[error("PKCS#11: there is no token with the label {token:?}")]
    NoToken {
        /// The label asked for.
        token: String,
    },
    /// Several tokens have that label.
    #[error("PKCS#11: {count} tokens have the label {token:?}")]
    ManyTokens {
        /// The label asked for.
        token: String,
        /// How many.
        count: usize,
    },
    /// Not exactly one AES key of that label is there.
    #[error("PKCS#11: token {token:?} holds {count} AES keys with the label {key:?}; exactly one is wanted")]
    NotOneKey {
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
        /// How many.
        count: usize,
    },
    /// The key in the token is not what a key-encryption key must be.
    #[error("PKCS#11: key {key:?} {why}")]
    Unfit {
        /// The key's label.
        key: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another key wrapped this, or it was altered.
    #[error("the wrapped key does not open under this key-encryption key")]
    Refused,
}

/// Names a key-encryption key without saying anything about it: `aes-` or `p11-` and 32 hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct KekId(String);

/// A string that names no key-encryption key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a key-encryption key")]
pub struct KekIdError;

impl KekId {
    fn new(prefix: &str, fingerprint: &[u8; 16]) -> Self {
        Self(format!("{prefix}-{}", hex::encode(fingerprint)))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KekId {
    type Err = KekIdError;

    fn from_str(text: &str) -> Result<Self, KekIdError> {
        let digits = text.strip_prefix("aes-").or_else(|| text.strip_prefix("p11-")).ok_or(KekIdError)?;
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if digits.len() != 32 || !digits.bytes().all(hex) {
            return Err(KekIdError);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Wraps data and index keys. Calls may block: a token may be at the other end of a network.
pub enum KeyEncryptionKey {
    /// 256 bits in this process's memory.
    Local(LocalKey),
    /// A key that never leaves its token.
    Pkcs11(Pkcs11Key),
}

impl KeyEncryptionKey {
    /// Takes over 256 bits that the caller read somewhere, and wipes them there.
    pub fn from_bytes(key: &mut [u8; 32]) -> Self {
        Self::Local(LocalKey::new(Secret::take(key)))
    }

    /// Its name: stable, and the same wherever the key is read from.
    pub fn id(&self) -> &KekId {
        match self {
            Self::Local(key) => key.id(),
            Self::Pkcs11(key) => key.id(),
        }
    }

    /// `memory` or `pkcs11`, for status pages.
    pub fn provider(&self) -> &'static str {
        match self {
            Self::Local(_) => "memory",
            Self::Pkcs11(_) => "pkcs11",
        }
    }

    pub(crate) fn wrap_key(&self, key: &Secret, associated: &[u8], salt: &[u8; 32]) -> Result<Vec<u8>, KekError> {
        match self {
            Self::Local(kek) => kek.wrap_key(key, associated, salt),
            Self::Pkcs11(kek) => kek.wrap_key(key, associated, salt),
        }
    }

    pub(crate) fn unwrap_key(&self, wrapping: &[u8], associated: &[u8]) -> Result<Secret, KekError> {
        match self {
            Self::Local(kek) => kek.unwrap_key(wrapping, associated),
            Self::Pkcs11(kek) => kek.unwrap_key(wrapping, associated),
        }
    }
}

/// The name only.
impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyEncryptionKey({})", self.id())
    }
}
