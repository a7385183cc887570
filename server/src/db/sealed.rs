//! Sealed columns: JSON in, text out, bound to organisation, table, column and row.

use honnin_vault::{Keyring, OpenError, Place, SealError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// Seals and opens columns with the keys of every organisation.
#[derive(Clone)]
pub struct Seals {
    keyring: Keyring,
    entropy: Entropy,
}

impl Seals {
    /// Around a keyring; the salt of each sealing comes from `entropy`.
    pub fn new(keyring: Keyring, entropy: Entropy) -> Self {
        Self { keyring, entropy }
    }

    /// The same, with a keyring of its own that starts with the same keys.
    pub(super) fn fork(&self) -> Self {
        Self { keyring: self.keyring.fork(), entropy: self.entropy.clone() }
    }

    /// The keys.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Chance.
    pub(super) fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    /// Seals a value for one place.
    ///
    /// # Errors
    /// `Encode`, when the organisation has no key or the value is too long.
    pub fn seal<T: Serialize + ?Sized>(
        &self,
        organisation: &str,
        table: &str,
        column: &str,
        row: &str,
        value: &T,
    ) -> Result<String, sqlx::Error> {
        let plain = Zeroizing::new(serde_json::to_vec(value).map_err(|e| sqlx::Error::Encode(e.into()))?);
        let place = Place { organisation, table, row, column };
        self.keyring.seal(&place, &plain, self.entropy.bytes()).map_err(|e: SealError| sqlx::Error::Encode(e.into()))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// `Decode`: with [`OpenError::UnknownKey`] inside when another node has made a key that this one has not read yet.
    pub fn open<T: DeserializeOwned>(
        &self,
        organisation: &str,
        table: &str,
        column: &str,
        row: &str,
        sealed: &str,
    ) -> Result<T, sqlx::Error> {
        let place = Place { organisation, table, row, column };
        let plain = self.keyring.open(&place, sealed).map_err(|e: OpenError| sqlx::Error::Decode(e.into()))?;
        serde_json::from_slice(&plain).map_err(|e| sqlx::Error::Decode(e.into()))
    }

    /// The same value under the organisation's current key; nothing if it is already.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn reseal(
        &self,
        organisation: &str,
        table: &str,
        column: &str,
        row: &str,
        sealed: &str,
    ) -> Result<Option<String>, OpenError> {
        self.keyring.reseal(&Place { organisation, table, row, column }, sealed, self.entropy.bytes())
    }

    /// The blind index of a value: equal for equal values of one organisation and column, and of no use without its key.
    ///
    /// # Errors
    /// `Encode`, when the organisation has no key.
    pub fn index(&self, organisation: &str, column: &str, value: &str) -> Result<String, sqlx::Error> {
        self.keyring.index(organisation, column, value.as_bytes()).map_err(|e: SealError| sqlx::Error::Encode(e.into()))
    }
}

/// Whether an error says that a key of another node was not read yet.
pub fn is_unknown_key(error: &sqlx::Error) -> bool {
    let (sqlx::Error::Decode(inner) | sqlx::Error::Encode(inner)) = error else { return false };
    matches!(inner.downcast_ref::<OpenError>(), Some(OpenError::UnknownKey { .. }))
        || matches!(inner.downcast_ref::<SealError>(), Some(SealError::NoKey { .. }))
}
