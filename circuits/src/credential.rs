//! Attribute values as field elements, and the credential that a signature makes of them.

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    Fr, encoding, poseidon,
    schema::{SLOTS, Slot},
    schnorr::{PublicKey, SchnorrError, Signature},
};

/// The 16 attributes in slot order; wiped when dropped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Attributes([Fr; SLOTS]);

impl Attributes {
    /// From field elements in slot order.
    pub fn new(values: [Fr; SLOTS]) -> Self {
        Self(values)
    }

    /// One attribute.
    pub fn get(&self, slot: Slot) -> Fr {
        self.0[slot.index()]
    }

    /// A copy with one attribute replaced.
    pub fn with(&self, slot: Slot, value: Fr) -> Self {
        let mut changed = self.clone();
        changed.0[slot.index()] = value;
        changed
    }

    /// All in slot order.
    pub fn as_array(&self) -> &[Fr; SLOTS] {
        &self.0
    }

    /// `m`, the message the issuer signs.
    pub fn message(&self) -> Fr {
        poseidon::hash16(&self.0)
    }
}

/// Attributes with the issuer's signature over them.
#[derive(Clone)]
pub struct Credential {
    /// The attributes.
    pub attributes: Attributes,
    /// The issuer's key.
    pub issuer: PublicKey,
    /// Over `attributes.message()`.
    pub signature: Signature,
}

impl Credential {
    /// Verifies the signature.
    pub fn verify(&self) -> Result<(), SchnorrError> {
        self.issuer.verify(self.attributes.message(), &self.signature)
    }
}

/// A text slot's value: `F248("honnin/text/v1", len ‖ utf8)` of the NFKC form, length in bytes as 4 bytes big-endian.
pub fn text_to_field(text: &str) -> Fr {
    let normal: String = text.nfkc().collect();
    let mut data = Vec::with_capacity(normal.len() + 4);
    data.extend_from_slice(&(normal.len() as u32).to_be_bytes());
    data.extend_from_slice(normal.as_bytes());
    let f = encoding::f248("honnin/text/v1", &data);
    data.zeroize();
    f
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_normalised() {
        assert_eq!(text_to_field("ガ"), text_to_field("カ\u{3099}"));
        assert_eq!(text_to_field("ABC"), text_to_field("ABC"));
        assert_ne!(text_to_field("山田"), text_to_field("山 田"));
    }
}
