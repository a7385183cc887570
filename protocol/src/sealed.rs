//! A sealed box on the wire: attributes for one recipient, in one session. Opening it is `honnin-recipient`'s.

use serde::{Deserialize, Serialize};

use crate::disclosure::{Disclosed, Slots};
use crate::encoding::{B64u, B64uError, HexField, b64u, b64u_decode};
use crate::statement::{SessionStatement, V1};

/// Longest plaintext, bytes.
pub const MAX_PLAINTEXT: usize = 8 * 1024;

/// The AEAD's tag, bytes.
pub const TAG: usize = 16;

/// Encrypted bytes, b64u in JSON: a tag at least, a tag and [`MAX_PLAINTEXT`] at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ciphertext(Vec<u8>);

impl Ciphertext {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<Vec<u8>> for Ciphertext {
    type Error = B64uError;
    fn try_from(bytes: Vec<u8>) -> Result<Self, B64uError> {
        if (TAG..=MAX_PLAINTEXT + TAG).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(B64uError::Length) }
    }
}

impl TryFrom<String> for Ciphertext {
    type Error = B64uError;
    fn try_from(text: String) -> Result<Self, B64uError> {
        // Four characters hold three bytes: refused by length before anything is decoded.
        if text.len() > (MAX_PLAINTEXT + TAG).div_ceil(3) * 4 {
            return Err(B64uError::Length);
        }
        b64u_decode(&text)?.try_into()
    }
}

impl From<Ciphertext> for String {
    fn from(ciphertext: Ciphertext) -> String {
        b64u(ciphertext.0)
    }
}

/// HPKE base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, one message (RFC 9180).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedBox {
    /// 1.
    pub v: V1,
    /// RFC 7638 thumbprint of the recipient's key.
    pub key: B64u<32>,
    /// The session that it was sealed for; the key schedule binds it, this copy names it.
    pub ctx: HexField,
    /// The encapsulated key, an uncompressed point.
    pub enc: B64u<65>,
    /// The encrypted document.
    pub ct: Ciphertext,
}

/// What a phone hands in of its disclosure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// Which attributes.
    pub slots: Slots,
    /// What the proof committed to.
    pub commitment: HexField,
    /// The attributes and the opening, for the recipient alone.
    pub r#box: SealedBox,
}

/// Why a box cannot be this session's, as far as anybody can tell who cannot open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The session has no recipient.
    #[error("the session has no recipient")]
    NoRecipient,
    /// Sealed to another key than the recipient's.
    #[error("the box is sealed to another key")]
    OtherKey,
    /// Sealed for another session.
    #[error("the box is sealed for another session")]
    OtherSession,
}

impl Sent {
    /// The public half.
    pub fn disclosed(&self) -> Disclosed {
        Disclosed { slots: self.slots.clone(), commitment: self.commitment }
    }
}

impl SealedBox {
    /// Whether it is addressed to the statement's recipient and session; the statement holds its number.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn is_addressed_to(&self, statement: &SessionStatement) -> Result<(), AddressError> {
        let recipient = statement.recipient.as_ref().ok_or(AddressError::NoRecipient)?;
        if self.key != recipient.key() {
            return Err(AddressError::OtherKey);
        }
        if self.ctx.0 != statement.ctx() {
            return Err(AddressError::OtherSession);
        }
        Ok(())
    }
}
