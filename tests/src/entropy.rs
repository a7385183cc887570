//! The harness's randomness: the operating system's.

use rand::{RngCore, rngs::OsRng};

/// Fresh random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    OsRng.fill_bytes(&mut out);
    out
}
