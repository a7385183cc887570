//! Strict base64url and field elements as JSON strings.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use honnin_circuits::Fr;
use honnin_circuits::encoding::{fr_from_hex, fr_to_hex};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a string is not canonical b64u of the wanted length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum B64uError {
    /// A character outside the alphabet, padding, or stray bits in the last character.
    #[error("not canonical base64url without padding")]
    Alphabet,
    /// Another number of bytes.
    #[error("wrong number of bytes")]
    Length,
}

/// base64url without padding.
pub fn b64u(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes canonical base64url without padding, any length.
///
/// # Errors
/// [`B64uError::Alphabet`].
pub fn b64u_decode(text: &str) -> Result<Vec<u8>, B64uError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| B64uError::Alphabet)
}

/// Decodes exactly `N` bytes.
///
/// # Errors
/// [`B64uError`].
pub fn b64u_array<const N: usize>(text: &str) -> Result<[u8; N], B64uError> {
    b64u_decode(text)?.try_into().map_err(|_| B64uError::Length)
}

/// `N` bytes that are b64u in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct B64u<const N: usize>(pub [u8; N]);

impl<const N: usize> fmt::Display for B64u<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64u(self.0))
    }
}

impl<const N: usize> fmt::Debug for B64u<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> Serialize for B64u<N> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for B64u<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        b64u_array(&text).map(Self).map_err(de::Error::custom)
    }
}

/// A field element that is 64 hex digits in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HexField(pub Fr);

impl Serialize for HexField {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&fr_to_hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexField {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        fr_from_hex(&text).map(Self).map_err(de::Error::custom)
    }
}

/// Largest integer that every JSON implementation, and RFC 8785, holds exactly.
pub const MAX_SAFE: u64 = (1 << 53) - 1;

/// For `#[serde(deserialize_with)]`: an integer from 0 to [`MAX_SAFE`].
pub(crate) fn safe_integer<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
    let n = u64::deserialize(d)?;
    if n > MAX_SAFE { Err(de::Error::custom("an integer beyond 2^53 - 1")) } else { Ok(n) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn loose_forms_are_refused() {
        assert_eq!(b64u_decode("AA=="), Err(B64uError::Alphabet), "padding");
        assert_eq!(b64u_decode("AB"), Err(B64uError::Alphabet), "stray bits");
        assert_eq!(b64u_decode("A+AA"), Err(B64uError::Alphabet), "the other alphabet");
        assert_eq!(b64u_array::<2>("AAAA"), Err(B64uError::Length));
        assert!(serde_json::from_str::<HexField>("\"00\"").is_err());
        let modulus = "\"30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001\"";
        assert!(serde_json::from_str::<HexField>(modulus).is_err());
    }

    proptest! {
        #[test]
        fn round_trip(bytes in any::<[u8; 16]>()) {
            let json = serde_json::to_string(&B64u(bytes)).unwrap();
            prop_assert_eq!(serde_json::from_str::<B64u<16>>(&json).unwrap(), B64u(bytes));
        }

        #[test]
        fn decoding_never_panics_and_is_canonical(text in "\\PC{0,40}") {
            if let Ok(bytes) = b64u_decode(&text) {
                prop_assert_eq!(b64u(bytes), text);
            }
        }
    }
}
