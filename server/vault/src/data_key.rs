//! A data key: seals fields of one organisation, under one version.
//!
//! A sealed field is text: `hv1:<version>:<b64u(salt ‖ ciphertext ‖ tag)>`. The version stands in the open, so that
//! SQL can find what an older key sealed (`NOT LIKE 'hv1:3:%'`). Key and nonce come from the salt (`aead.rs`);
//! authenticated with it are format, version and [`Place`].

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::aead::{self, SALT, TAG};
use crate::place::Place;
use crate::secret::Secret;

/// Begins every sealed field.
const FORMAT: &str = "hv1:";
/// Domain tag.
const LABEL: &[u8] = b"honnin/vault/field/v1";

/// Longest plaintext, in bytes.
pub const MAX_PLAINTEXT: usize = 1 << 20;
/// Longest sealed text: format, ten digits, colon, and base64url of the longest body.
const MAX_SEALED: usize = FORMAT.len() + 11 + (SALT + MAX_PLAINTEXT + TAG).div_ceil(3) * 4;

/// Why nothing was sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// More than [`MAX_PLAINTEXT`] bytes.
    #[error("the value is longer than {MAX_PLAINTEXT} bytes")]
    TooLong,
    /// The organisation has no such key yet.
    #[error("no key is held for organisation {organisation}")]
    NoKey {
        /// Whose key is missing.
        organisation: String,
    },
}

/// Why a sealed field does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Malformed, altered, cut, from another place or under another key: which of them is not said.
    #[error("the sealed value does not open here")]
    Refused,
    /// Names a key version that this process does not hold: another node may have rotated, so load the keys again.
    #[error("no data key {version} is held for organisation {organisation}")]
    UnknownKey {
        /// Whose key is missing.
        organisation: String,
        /// The version that the field names.
        version: u32,
    },
}

/// 256 bits that seal the fields of one organisation.
pub struct DataKey {
    secret: Secret,
    version: u32,
}

impl DataKey {
    pub(crate) fn new(secret: Secret, version: u32) -> Self {
        Self { secret, version }
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Which of the organisation's data keys this is, from 1.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Seals `plaintext` for `place`; `salt` is fresh randomness.
    ///
    /// # Errors
    /// [`SealError::TooLong`].
    pub fn seal(&self, place: &Place<'_>, plaintext: &[u8], salt: &[u8; SALT]) -> Result<String, SealError> {
        if plaintext.len() > MAX_PLAINTEXT {
            return Err(SealError::TooLong);
        }
        let mut body = Vec::new();
        aead::seal(&self.secret, LABEL, salt, &self.associated(place), plaintext, &mut body)
            .map_err(|_| SealError::TooLong)?;
        let mut text = prefix(self.version);
        URL_SAFE_NO_PAD.encode_string(&body, &mut text);
        Ok(text)
    }

    /// Opens what [`seal`](Self::seal) made for the same place under this key.
    ///
    /// # Errors
    /// [`OpenError::Refused`].
    pub fn open(&self, place: &Place<'_>, sealed: &str) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (version, body) = split(sealed)?;
        if version != self.version {
            return Err(OpenError::Refused);
        }
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| OpenError::Refused)?;
        aead::open(&self.secret, LABEL, &self.associated(place), &body).map_err(|_| OpenError::Refused)
    }

    fn associated(&self, place: &Place<'_>) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(FORMAT.as_bytes());
        out.extend_from_slice(&self.version.to_be_bytes());
        place.append_to(&mut out);
        out
    }
}

/// What every field sealed under this version begins with.
pub fn prefix(version: u32) -> String {
    format!("{FORMAT}{version}:")
}

/// The version of the data key that sealed this.
///
/// # Errors
/// [`OpenError::Refused`] if it is no sealed field.
pub fn version_of(sealed: &str) -> Result<u32, OpenError> {
    split(sealed).map(|(version, _)| version)
}

/// Version and encoded body; one spelling of each version.
fn split(sealed: &str) -> Result<(u32, &str), OpenError> {
    if sealed.len() > MAX_SEALED {
        return Err(OpenError::Refused);
    }
    let (digits, body) = sealed.strip_prefix(FORMAT).and_then(|rest| rest.split_once(':')).ok_or(OpenError::Refused)?;
    let version: u32 = digits.parse().map_err(|_| OpenError::Refused)?;
    if version == 0 || digits != version.to_string() {
        return Err(OpenError::Refused);
    }
    Ok((version, body))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLACE: Place<'_> = Place { organisation: "midori", table: "devices", row: "d_1", column: "label" };

    fn key(byte: u8, version: u32) -> DataKey {
        DataKey::new(Secret::take(&mut [byte; 32]), version)
    }

    /// Made by `tests/vector.mjs` with Node's HMAC and AES, so that the format cannot drift unseen.
    #[test]
    fn the_format_stays() {
        let sealed = key(0x42, 3).seal(&PLACE, "携帯".as_bytes(), &[0x17; 32]).unwrap();
        assert_eq!(sealed, include_str!("../tests/vector.txt").trim_end());
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let key = key(1, 1);
        let sealed = key.seal(&PLACE, b"secret", &[9; 32]).unwrap();
        let body = URL_SAFE_NO_PAD.decode(&sealed[prefix(1).len()..]).unwrap();
        for bit in 0..body.len() * 8 {
            let mut altered = body.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let text = prefix(1) + &URL_SAFE_NO_PAD.encode(altered);
            assert_eq!(key.open(&PLACE, &text), Err(OpenError::Refused), "bit {bit}");
        }
        // The text too: no character may be written in another way.
        for at in 0..sealed.len() {
            for bit in 0..7 {
                let mut altered = sealed.clone().into_bytes();
                altered[at] ^= 1 << bit;
                let text = String::from_utf8(altered).unwrap();
                assert_eq!(key.open(&PLACE, &text), Err(OpenError::Refused), "{text}");
            }
            assert_eq!(key.open(&PLACE, &sealed[..at]), Err(OpenError::Refused), "cut at {at}");
        }
        for longer in [format!("{sealed}A"), format!("{sealed}="), format!(" {sealed}"), format!("{sealed}\n")] {
            assert_eq!(key.open(&PLACE, &longer), Err(OpenError::Refused), "{longer}");
        }
        assert_eq!(key.open(&PLACE, &sealed).unwrap().as_slice(), b"secret");
    }

    #[test]
    fn another_place_key_or_version_is_refused() {
        let sealed = key(1, 1).seal(&PLACE, b"secret", &[9; 32]).unwrap();
        for place in [
            Place { organisation: "aoi", ..PLACE },
            Place { table: "enrolments", ..PLACE },
            Place { row: "d_2", ..PLACE },
            Place { column: "token", ..PLACE },
        ] {
            assert_eq!(key(1, 1).open(&place, &sealed), Err(OpenError::Refused), "{place:?}");
        }
        assert_eq!(key(2, 1).open(&PLACE, &sealed), Err(OpenError::Refused));
        // The same bits under another version number, with the text made to fit.
        let renamed = sealed.replacen("hv1:1:", "hv1:2:", 1);
        assert_eq!(key(1, 2).open(&PLACE, &renamed), Err(OpenError::Refused));
    }

    #[test]
    fn versions_have_one_spelling() {
        assert_eq!(version_of("hv1:4294967295:AAAA"), Ok(u32::MAX));
        for bad in ["", "hv1:", "hv1:1", "hv1:0:AA", "hv1:01:AA", "hv1:+1:AA", "hv1:4294967296:AA", "hv2:1:AA"] {
            assert_eq!(version_of(bad), Err(OpenError::Refused), "{bad}");
        }
    }

    #[test]
    fn lengths_are_bounded() {
        let (key, longest) = (key(1, u32::MAX), vec![0; MAX_PLAINTEXT]);
        let sealed = key.seal(&PLACE, &longest, &[9; 32]).unwrap();
        assert_eq!(*key.open(&PLACE, &sealed).unwrap(), longest);
        assert_eq!(key.seal(&PLACE, &vec![0; MAX_PLAINTEXT + 1], &[9; 32]), Err(SealError::TooLong));
        assert_eq!(version_of(&("hv1:1:".to_owned() + &"A".repeat(MAX_SEALED))), Err(OpenError::Refused));
    }

    proptest! {
        #[test]
        fn round_trip(bytes: [u8; 32], version in 1..=u32::MAX, salt: [u8; 32], plaintext: Vec<u8>, place: [String; 4]) {
            let [organisation, table, row, column] = &place;
            let place = Place { organisation, table, row, column };
            let mut bytes = bytes;
            let key = DataKey::new(Secret::take(&mut bytes), version);
            let sealed = key.seal(&place, &plaintext, &salt).unwrap();
            prop_assert_eq!(version_of(&sealed), Ok(version));
            let opened = key.open(&place, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plaintext.as_slice());
        }

        #[test]
        fn any_text_is_refused_quietly(text in "(hv1:[0-9]{0,3}:)?[A-Za-z0-9_-]{0,120}") {
            prop_assert_eq!(key(1, 1).open(&PLACE, &text), Err(OpenError::Refused));
        }
    }
}
