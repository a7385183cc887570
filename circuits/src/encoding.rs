//! Bytes of field elements: 32 bytes big-endian, 64 lower-case hex digits on the wire; never reduced on decode.

use ark_ff::{BigInteger, PrimeField};
use sha2::{Digest, Sha256};

use crate::Fr;

/// Why bytes are not a field element.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FieldError {
    /// Not exactly 64 lower-case hex digits.
    #[error("a field element is 64 lower-case hex digits")]
    Hex,
    /// At or above the modulus.
    #[error("not a canonical field element")]
    NotCanonical,
}

/// Canonical 32 bytes, big-endian.
pub fn fr_to_bytes<F: PrimeField>(f: &F) -> [u8; 32] {
    let v = f.into_bigint().to_bytes_be();
    let mut out = [0u8; 32];
    out[32 - v.len()..].copy_from_slice(&v);
    out
}

/// Decodes 32 bytes big-endian; refuses values at or above the modulus.
pub fn fr_from_bytes<F: PrimeField>(bytes: &[u8; 32]) -> Result<F, FieldError> {
    let bits: Vec<bool> = bytes.iter().flat_map(|b| (0..8).rev().map(move |i| b >> i & 1 == 1)).collect();
    F::from_bigint(F::BigInt::from_bits_be(&bits)).ok_or(FieldError::NotCanonical)
}

/// 64 lower-case hex digits.
pub fn fr_to_hex<F: PrimeField>(f: &F) -> String {
    hex::encode(fr_to_bytes(f))
}

/// Decodes exactly 64 lower-case hex digits.
pub fn fr_from_hex<F: PrimeField>(s: &str) -> Result<F, FieldError> {
    if s.len() != 64 || !s.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return Err(FieldError::Hex);
    }
    let mut bytes = [0u8; 32];
    hex::decode_to_slice(s, &mut bytes).map_err(|_| FieldError::Hex)?;
    fr_from_bytes(&bytes)
}

/// `F248`: the first 31 bytes of `SHA-256(tag ‖ 0 ‖ data)` as a field element. 248 bits always fit, so nothing is reduced.
pub fn f248(tag: &str, data: &[u8]) -> Fr {
    let digest = Sha256::new().chain_update(tag.as_bytes()).chain_update([0u8]).chain_update(data).finalize();
    let mut bytes = [0u8; 32];
    bytes[1..].copy_from_slice(&digest[..31]);
    fr_from_bytes(&bytes).expect("31 bytes are below the modulus")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_modulus_is_refused() {
        let p = Fr::MODULUS.to_bytes_be();
        assert_eq!(fr_from_hex::<Fr>(&hex::encode(&p)), Err(FieldError::NotCanonical));
        assert_eq!(fr_from_hex::<Fr>(&"F".repeat(64)), Err(FieldError::Hex));
        assert_eq!(fr_from_hex::<Fr>("00"), Err(FieldError::Hex));
    }

    proptest! {
        #[test]
        fn round_trip(bytes in any::<[u8; 31]>()) {
            let f = f248("t", &bytes);
            prop_assert_eq!(fr_from_hex::<Fr>(&fr_to_hex(&f)), Ok(f));
        }

        #[test]
        fn decoding_never_panics(s in ".{0,80}") {
            let _ = fr_from_hex::<Fr>(&s);
        }
    }
}
