//! A key-encryption key in memory.

use super::{KekError, KekId};
use crate::aead;
use crate::secret::Secret;

/// Domain tags.
const WRAP: &[u8] = b"honnin/vault/wrap/v1";
const NAME: &[u8] = b"honnin/vault/kek-id/v1";

/// 256 bits from a file or the environment.
pub struct LocalKey {
    secret: Secret,
    id: KekId,
}

impl LocalKey {
    pub(super) fn new(secret: Secret) -> Self {
        let mut fingerprint = [0; 16];
        // One-way, and apart from every wrapping key by its tag.
        secret.expand(&[NAME], &mut fingerprint);
        Self { secret, id: KekId::new("aes", &fingerprint) }
    }

    pub(super) fn id(&self) -> &KekId {
        &self.id
    }

    pub(super) fn wrap_key(&self, key: &Secret, associated: &[u8], salt: &[u8; 32]) -> Result<Vec<u8>, KekError> {
        let mut out = Vec::new();
        aead::seal(&self.secret, WRAP, salt, associated, key.bytes(), &mut out).map_err(|_| KekError::Refused)?;
        Ok(out)
    }

    pub(super) fn unwrap_key(&self, wrapping: &[u8], associated: &[u8]) -> Result<Secret, KekError> {
        let mut plain = aead::open(&self.secret, WRAP, associated, wrapping).map_err(|_| KekError::Refused)?;
        let key: &mut [u8; 32] = plain.as_mut_slice().try_into().map_err(|_| KekError::Refused)?;
        Ok(Secret::take(key))
    }
}
