//! 256 secret bits, in one place of the heap, wiped when dropped.

use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

/// A key. No `Debug`, no `Clone`: one copy, boxed so that moving it leaves none behind.
#[derive(ZeroizeOnDrop)]
pub(crate) struct Secret(Box<[u8; 32]>);

impl Secret {
    /// Takes the bytes over and wipes where they came from.
    pub(crate) fn take(from: &mut [u8; 32]) -> Self {
        let mut boxed = Box::new([0; 32]);
        boxed.copy_from_slice(from);
        from.zeroize();
        Self(boxed)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-Expand (RFC 5869, section 3.3: the key is uniform already, so there is nothing to extract).
    ///
    /// `info` is joined as it stands: all parts but the last must have a fixed length or carry it.
    pub(crate) fn expand<const N: usize>(&self, info: &[&[u8]], out: &mut [u8; N]) {
        const { assert!(N <= 255 * 32) };
        let hkdf = Hkdf::<Sha256>::from_prk(self.bytes()).expect("the key is as long as the hash");
        hkdf.expand_multi_info(info, out).expect("the length was checked when this was compiled");
    }

    /// Equality that takes the same time wherever the keys differ.
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.bytes().ct_eq(other.bytes()).into()
    }
}
