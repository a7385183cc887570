//! Blind indexes: equal values are found as equal, and nobody without the key can try values.
//!
//! HMAC-SHA256 under a key per column, so that the same value in two columns is not seen to be the same. The index key
//! does not rotate with the data keys: an index written years ago still finds its row.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// Domain tag.
const LABEL: &[u8] = b"honnin/vault/index/v1";

/// 256 bits that index the values of one organisation.
pub struct IndexKey {
    secret: Secret,
}

impl IndexKey {
    pub(crate) fn new(secret: Secret) -> Self {
        Self { secret }
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// 64 hex digits that depend on key, column and value. Columns that are joined over must give the same `column`.
    ///
    /// Normalise the value before: what differs in one byte differs here.
    pub fn index(&self, column: &str, value: &[u8]) -> String {
        let mut key = Zeroizing::new([0; 32]);
        self.secret.expand(&[&(LABEL.len() as u64).to_be_bytes(), LABEL, column.as_bytes()], &mut key);
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes keys of any length");
        mac.update(value);
        hex::encode(mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_equal_and_nothing_else_is() {
        let key = |byte| IndexKey::new(Secret::take(&mut [byte; 32]));
        let index = key(1).index("handle", b"cust-1");
        assert_eq!(index.len(), 64);
        assert_eq!(index, key(1).index("handle", b"cust-1"));
        let others = [
            key(1).index("handle", b"cust-2"),
            key(1).index("handl", b"ecust-1"),
            key(1).index("phone", b"cust-1"),
            key(2).index("handle", b"cust-1"),
        ];
        for (at, other) in others.iter().enumerate() {
            assert_ne!(*other, index, "{at}");
        }
    }
}
