//! A key as the database holds it: wrapped, and one text column long.
//!
//! `hk1:<kind>:<organisation>:<version>:<made at>:<wrapped at>:<key-encryption key>:<b64u>`. All of it but the last is
//! authenticated by the wrapping, so a row moved to another organisation or made younger is refused.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::kek::{KekError, KekId, KeyEncryptionKey};
use crate::place::append_part;
use crate::secret::Secret;

const FORMAT: &str = "hk1";
/// Domain tag.
const LABEL: &[u8] = b"honnin/vault/key/v1";
/// Longest text, in bytes: far above any real one.
const MAX_TEXT: usize = 512;
/// Longest wrapping: salt, key and tag.
const MAX_WRAPPING: usize = 32 + 32 + 16;

/// What a wrapped key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// Seals fields; rotates.
    Data,
    /// Makes blind indexes; one for an organisation's whole life.
    Index,
}

impl KeyKind {
    /// `data` or `index`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Index => "index",
        }
    }
}

/// A text that is no wrapped key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrappedKeyError {
    /// Not the format, or not its one spelling.
    #[error("not a wrapped key")]
    Malformed,
    /// Organisations are 1 to 64 characters of `A-Z a-z 0-9 - _ .`.
    #[error("not an organisation's name")]
    Organisation,
}

/// A data or index key, wrapped by a key-encryption key.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    kind: KeyKind,
    organisation: String,
    version: u32,
    made_at: i64,
    wrapped_at: i64,
    kek: KekId,
    wrapping: Vec<u8>,
}

/// What is known of a key before it is wrapped.
pub(crate) struct Label<'a> {
    pub kind: KeyKind,
    pub organisation: &'a str,
    pub version: u32,
    pub made_at: i64,
}

impl WrappedKey {
    /// Wraps `key`; `salt` is fresh randomness, `now` in Unix milliseconds.
    pub(crate) fn wrap(
        label: &Label<'_>,
        key: &Secret,
        kek: &KeyEncryptionKey,
        now: i64,
        salt: &[u8; 32],
    ) -> Result<Self, KekError> {
        let mut row = Self {
            kind: label.kind,
            organisation: label.organisation.to_owned(),
            version: label.version,
            made_at: label.made_at,
            wrapped_at: now,
            kek: kek.id().clone(),
            wrapping: Vec::new(),
        };
        row.wrapping = kek.wrap_key(key, &row.associated(), salt)?;
        Ok(row)
    }

    /// The key inside.
    pub(crate) fn unwrap_key(&self, kek: &KeyEncryptionKey) -> Result<Secret, KekError> {
        if *kek.id() != self.kek {
            return Err(KekError::Refused);
        }
        kek.unwrap_key(&self.wrapping, &self.associated())
    }

    pub(crate) fn label(&self) -> Label<'_> {
        Label { kind: self.kind, organisation: &self.organisation, version: self.version, made_at: self.made_at }
    }

    /// What it is for.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whose it is.
    pub fn organisation(&self) -> &str {
        &self.organisation
    }

    /// Counts from 1 within kind and organisation.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// When the key was drawn, Unix milliseconds.
    pub fn made_at(&self) -> i64 {
        self.made_at
    }

    /// When it was wrapped as it is now, Unix milliseconds.
    pub fn wrapped_at(&self) -> i64 {
        self.wrapped_at
    }

    /// Which key-encryption key opens it.
    pub fn kek(&self) -> &KekId {
        &self.kek
    }

    fn associated(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(192);
        for part in [LABEL, self.kind.as_str().as_bytes(), self.organisation.as_bytes(), self.kek.as_str().as_bytes()] {
            append_part(&mut out, part);
        }
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(&self.made_at.to_be_bytes());
        out.extend_from_slice(&self.wrapped_at.to_be_bytes());
        out
    }
}

/// Whether `name` can stand in a wrapped key: the server's rule for the names of tenants and partners.
pub(crate) fn is_organisation(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The text for the database.
impl fmt::Display for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, organisation, version, made_at, wrapped_at, kek, wrapping } = self;
        let (kind, wrapping) = (kind.as_str(), URL_SAFE_NO_PAD.encode(wrapping));
        write!(f, "{FORMAT}:{kind}:{organisation}:{version}:{made_at}:{wrapped_at}:{kek}:{wrapping}")
    }
}

/// Without the wrapped bytes: they are no secret, and no help either.
impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrappedKey({} {} {} under {})", self.kind.as_str(), self.organisation, self.version, self.kek)
    }
}

impl FromStr for WrappedKey {
    type Err = WrappedKeyError;

    fn from_str(text: &str) -> Result<Self, WrappedKeyError> {
        use WrappedKeyError::Malformed;
        if text.len() > MAX_TEXT {
            return Err(Malformed);
        }
        let mut parts = text.split(':');
        let mut next = || parts.next().ok_or(Malformed);
        if next()? != FORMAT {
            return Err(Malformed);
        }
        let kind = match next()? {
            "data" => KeyKind::Data,
            "index" => KeyKind::Index,
            _ => return Err(Malformed),
        };
        let organisation = next()?.to_owned();
        let version = next()?.parse().map_err(|_| Malformed)?;
        let made_at = next()?.parse().map_err(|_| Malformed)?;
        let wrapped_at = next()?.parse().map_err(|_| Malformed)?;
        let kek = next()?.parse().map_err(|_| Malformed)?;
        let wrapping = URL_SAFE_NO_PAD.decode(next()?).map_err(|_| Malformed)?;
        if !is_organisation(&organisation) {
            return Err(WrappedKeyError::Organisation);
        }
        let row = Self { kind, organisation, version, made_at, wrapped_at, kek, wrapping };
        // Writing it again is the cheapest proof that this was the one spelling.
        if version == 0 || row.wrapping.len() > MAX_WRAPPING || row.to_string() != text {
            return Err(Malformed);
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kek(byte: u8) -> KeyEncryptionKey {
        KeyEncryptionKey::from_bytes(&mut std::array::from_fn(|i| byte.wrapping_add(i as u8)))
    }

    fn row() -> WrappedKey {
        let label = Label { kind: KeyKind::Data, organisation: "midori", version: 3, made_at: 1_000 };
        WrappedKey::wrap(&label, &Secret::take(&mut [5; 32]), &kek(1), 2_000, &[6; 32]).unwrap()
    }

    #[test]
    fn text_and_back() {
        let text = row().to_string();
        let back: WrappedKey = text.parse().unwrap();
        assert!(back == row());
        assert_eq!(back.unwrap_key(&kek(1)).unwrap().bytes(), &[5; 32]);
        assert_eq!(
            (back.organisation(), back.version(), back.made_at(), back.wrapped_at()),
            ("midori", 3, 1_000, 2_000)
        );
        assert!(!format!("{back:?}").contains(&text[text.len() - 20..]));
    }

    #[test]
    fn another_key_is_refused() {
        assert!(matches!(row().unwrap_key(&kek(2)), Err(KekError::Refused)));
    }

    #[test]
    fn everything_beside_the_wrapping_is_authenticated() {
        let text = row().to_string();
        for (from, to) in
            [(":data:", ":index:"), (":midori:", ":aoi:"), (":3:", ":4:"), (":1000:", ":1001:"), (":2000:", ":2001:")]
        {
            let altered: WrappedKey = text.replacen(from, to, 1).parse().unwrap();
            assert!(matches!(altered.unwrap_key(&kek(1)), Err(KekError::Refused)), "{to}");
        }
        // Renamed to another key-encryption key that has the same bits is impossible; under another name it is refused.
        let renamed: WrappedKey = text.replace(row().kek().as_str(), kek(2).id().as_str()).parse().unwrap();
        assert!(renamed.unwrap_key(&kek(1)).is_err() && renamed.unwrap_key(&kek(2)).is_err());
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let text = row().to_string();
        for at in 0..text.len() {
            for bit in 0..7 {
                let mut altered = text.clone().into_bytes();
                altered[at] ^= 1 << bit;
                let altered = String::from_utf8(altered).unwrap();
                let opened = altered.parse::<WrappedKey>().ok().and_then(|row| row.unwrap_key(&kek(1)).ok());
                assert!(opened.is_none(), "{altered}");
            }
            assert!(text[..at].parse::<WrappedKey>().ok().and_then(|row| row.unwrap_key(&kek(1)).ok()).is_none());
        }
    }

    #[test]
    fn spellings() {
        let text = row().to_string();
        for (from, to) in
            [(":3:", ":03:"), (":3:", ":0:"), (":1000:", ":+1000:"), ("hk1:", "hk2:"), (":data:", ":Data:")]
        {
            assert_eq!(
                text.replacen(from, to, 1).parse::<WrappedKey>().unwrap_err(),
                WrappedKeyError::Malformed,
                "{to}"
            );
        }
        for bad in [text.clone() + ":", text.clone() + "=", text.clone() + &"A".repeat(600), String::new()] {
            assert_eq!(bad.parse::<WrappedKey>().unwrap_err(), WrappedKeyError::Malformed);
        }
        for bad in [":mid ori:", "::", ":みどり:"] {
            let bad = text.replacen(":midori:", bad, 1);
            assert_eq!(bad.parse::<WrappedKey>().unwrap_err(), WrappedKeyError::Organisation);
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "(hk1:(data|index):[a-z.]{0,4}:[0-9]{0,3}:[0-9-]{0,3}:[0-9]{0,3}:(aes-[0-9a-f]{32})?:)?[A-Za-z0-9:_-]{0,40}") {
            if let Ok(row) = text.parse::<WrappedKey>() {
                prop_assert_eq!(row.to_string(), text);
            }
        }
    }
}
