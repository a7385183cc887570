//! The issuer's signature: Schnorr over Baby Jubjub with a 128-bit challenge.
//!
//! `h = Poseidon(u(R), u(A), m)` over Montgomery u coordinates, width 4 (no other use of that width);
//! `e` = the low 128 bits of `h`; the scalar is `c(e) = 2^65 (1 + 2^64) + sum_i 2^i σ_i (1 ± 2^64)`, where bit `i` of
//! the low half gives the sign `σ_i` and bit `i` of the high half chooses `+` (1) or `-` (0).
//! `c` is injective: it is a constant plus `S1 + 2^64 S2` with `S1`, `S2` odd and below 2^64 in size, each given by
//! one digit string. Were two pairs to agree, `S1 - S1' = 2^64 (S2' - S2)` with both differences even and the left one
//! at most `2^65 - 2` in size: both are zero. A valid signature has `s G = R + c A`.
//!
//! The constraints see `R` only through `u(R)`, that is up to sign. Forking still extracts: two answers to challenges
//! `c ≠ ±c'` over ±R (both lie between 0 and 2^130) give `(s ∓ s') G = (c ∓ c') A`.

use ark_ec::CurveGroup;
use ark_ed_on_bn254::EdwardsAffine;
use ark_ff::{BigInteger, PrimeField, Zero};
use rand::RngCore;
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    Fr, encoding,
    jubjub::{self, PointError, Scalar, generator, to_montgomery},
    poseidon,
};

/// Bits of the challenge.
pub const CHALLENGE_BITS: usize = 128;

/// Why key or signature material is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SchnorrError {
    /// A public point does not pass its checks.
    #[error(transparent)]
    Point(#[from] PointError),
    /// A scalar is zero or not canonical.
    #[error("the scalar is zero or not canonical")]
    Scalar,
    /// The signature does not verify.
    #[error("the signature does not verify")]
    Invalid,
}

/// An issuer's public key, checked: on the curve, of prime order, not the identity. Holds what the constraints read of
/// it, so that whoever keeps a key computes that once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey {
    point: EdwardsAffine,
    points: IssuerPoints,
}

/// The issuer key as the constraints read it, in Montgomery coordinates.
///
/// Always derived here from a validated key, never taken from a prover: the soundness of the in-circuit
/// scalar multiplication rests on these being `A`, `A + 2^64 A` and `A - 2^64 A`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IssuerPoints {
    /// `A + 2^64 A`.
    pub plus: (Fr, Fr),
    /// `A - 2^64 A`.
    pub minus: (Fr, Fr),
    /// u coordinate of `A`.
    pub u: Fr,
}

impl IssuerPoints {
    fn of(point: EdwardsAffine) -> Self {
        let shifted = point * two_pow(64);
        let coordinates = |p: ark_ed_on_bn254::EdwardsProjective| {
            to_montgomery(&p.into_affine()).expect("1 ± 2^64 is not zero modulo the prime order")
        };
        Self {
            plus: coordinates(shifted + point),
            minus: coordinates(-shifted + point),
            u: to_montgomery(&point).expect("a public key is not the identity").0,
        }
    }
}

impl PublicKey {
    /// Checks affine coordinates.
    pub fn from_xy(x: Fr, y: Fr) -> Result<Self, PointError> {
        jubjub::point_from_xy(x, y).map(Self::of_checked)
    }

    /// Decodes two 64-digit hex coordinates.
    pub fn from_xy_hex(x: &str, y: &str) -> Result<Self, PointError> {
        jubjub::point_from_hex(x, y).map(Self::of_checked)
    }

    /// The caller vouches for prime order.
    fn of_checked(point: EdwardsAffine) -> Self {
        Self { point, points: IssuerPoints::of(point) }
    }

    /// The point.
    pub fn point(&self) -> EdwardsAffine {
        self.point
    }

    /// The coordinates as hex.
    pub fn to_xy_hex(&self) -> (String, String) {
        (encoding::fr_to_hex(&self.point.x), encoding::fr_to_hex(&self.point.y))
    }

    /// The points the constraints need.
    pub fn points(&self) -> &IssuerPoints {
        &self.points
    }

    /// Verifies a signature over a message.
    pub fn verify(&self, message: Fr, signature: &Signature) -> Result<(), SchnorrError> {
        let e = challenge(&signature.r, self, message).ok_or(SchnorrError::Invalid)?;
        let left = generator() * signature.s;
        let right = self.point * challenge_scalar(e) + signature.r;
        if left == right { Ok(()) } else { Err(SchnorrError::Invalid) }
    }
}

/// A signature: commitment point and response. Cannot hold an unchecked point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    r: EdwardsAffine,
    s: Scalar,
}

impl Signature {
    /// Decodes hex coordinates of R and the response; refuses points outside the subgroup and a zero response.
    pub fn from_hex(rx: &str, ry: &str, s: &str) -> Result<Self, SchnorrError> {
        let r = jubjub::point_from_hex(rx, ry)?;
        let s: Scalar = encoding::fr_from_hex(s).map_err(|_| SchnorrError::Scalar)?;
        if s.is_zero() {
            return Err(SchnorrError::Scalar);
        }
        Ok(Self { r, s })
    }

    /// Hex of `(R.x, R.y, s)`.
    pub fn to_hex(&self) -> (String, String, String) {
        (encoding::fr_to_hex(&self.r.x), encoding::fr_to_hex(&self.r.y), encoding::fr_to_hex(&self.s))
    }

    /// The commitment point R.
    pub fn r(&self) -> EdwardsAffine {
        self.r
    }

    /// The response s.
    pub fn s(&self) -> Scalar {
        self.s
    }

    /// Parts made by hand, for tests of wrong witnesses.
    pub fn from_parts(r: EdwardsAffine, s: Scalar) -> Self {
        Self { r, s }
    }
}

/// An issuer's secret scalar; wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SigningKey(Scalar);

impl SigningKey {
    /// A fresh key.
    pub fn generate(rng: &mut impl RngCore) -> Self {
        let mut seed = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(&mut *seed);
        Self(scalar_from_hash("honnin/schnorr-key/v1", &[&*seed]))
    }

    /// Decodes 32 bytes big-endian; refuses zero and non-canonical values.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SchnorrError> {
        let s: Scalar = encoding::fr_from_bytes(bytes).map_err(|_| SchnorrError::Scalar)?;
        if s.is_zero() { Err(SchnorrError::Scalar) } else { Ok(Self(s)) }
    }

    /// 32 bytes big-endian, wiped when dropped.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(encoding::fr_to_bytes(&self.0))
    }

    /// The public key.
    pub fn public(&self) -> PublicKey {
        PublicKey::of_checked((generator() * self.0).into_affine())
    }

    /// Signs. The nonce comes from key, message and fresh randomness together: a broken generator alone, or a
    /// repeated message alone, does not repeat a nonce.
    pub fn sign(&self, message: Fr, rng: &mut impl RngCore) -> Signature {
        let public = self.public();
        loop {
            let mut fresh = Zeroizing::new([0u8; 32]);
            rng.fill_bytes(&mut *fresh);
            let key = self.to_bytes();
            let mut k =
                scalar_from_hash("honnin/schnorr-nonce/v1", &[&*key, &encoding::fr_to_bytes(&message), &*fresh]);
            let r = (generator() * k).into_affine();
            // `None` has probability 2^-126: the challenge hash fell in the strip that the circuit leaves out.
            if let Some(e) = challenge(&r, &public, message) {
                let s = k + challenge_scalar(e) * self.0;
                k.zeroize();
                if !s.is_zero() {
                    return Signature { r, s };
                }
            }
        }
    }
}

/// The 128-bit challenge, or `None` in the strip of `h` at and above `floor(p / 2^128) 2^128`, which the
/// circuit's range does not reach (so that no second decomposition of `h` exists there).
pub fn challenge(r: &EdwardsAffine, key: &PublicKey, message: Fr) -> Option<u128> {
    let h = poseidon::hash3(to_montgomery(r)?.0, key.points.u, message);
    let limbs = h.into_bigint().0;
    let top = Fr::MODULUS.0;
    let high = u128::from(limbs[3]) << 64 | u128::from(limbs[2]);
    let high_of_modulus = u128::from(top[3]) << 64 | u128::from(top[2]);
    (high < high_of_modulus).then(|| u128::from(limbs[1]) << 64 | u128::from(limbs[0]))
}

/// `c(e)`, see the module.
pub fn challenge_scalar(e: u128) -> Scalar {
    let shift = two_pow(64);
    let mut acc = (shift + Scalar::from(1u64)) * Scalar::from(2u64);
    for i in (0..64).rev() {
        let sigma = if e >> i & 1 == 1 { Scalar::from(1u64) } else { -Scalar::from(1u64) };
        let second = if e >> (64 + i) & 1 == 1 { shift } else { -shift };
        acc = acc + acc + sigma * (second + Scalar::from(1u64));
    }
    acc
}

fn two_pow(n: u32) -> Scalar {
    let mut v = <Scalar as PrimeField>::BigInt::from(1u64);
    v <<= n;
    Scalar::from_bigint(v).expect("below the order")
}

/// Uniform non-zero scalar by rejection from SHA-512 with a counter.
fn scalar_from_hash(tag: &str, parts: &[&[u8]]) -> Scalar {
    for counter in 0u32.. {
        let mut hash = Sha512::new().chain_update(tag.as_bytes()).chain_update(counter.to_be_bytes());
        for part in parts {
            hash.update(part);
        }
        let mut digest = Zeroizing::new([0u8; 64]);
        digest.copy_from_slice(&hash.finalize());
        // 251 bits: the order is a little below 2^251.
        let mut bits: Vec<bool> = digest[..32].iter().flat_map(|b| (0..8).map(move |i| b >> i & 1 == 1)).collect();
        bits.truncate(251);
        let candidate = Scalar::from_bigint(BigInteger::from_bits_le(&bits)).filter(|s| !s.is_zero());
        bits.zeroize();
        if let Some(s) = candidate {
            return s;
        }
    }
    unreachable!("four billion rejections in a row")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn signs_and_verifies_and_refuses_the_rest() {
        let mut rng = StdRng::seed_from_u64(1);
        let key = SigningKey::generate(&mut rng);
        let (m, other) = (Fr::from(7u64), Fr::from(8u64));
        let sig = key.sign(m, &mut rng);
        assert_eq!(key.public().verify(m, &sig), Ok(()));
        assert_eq!(key.public().verify(other, &sig), Err(SchnorrError::Invalid));
        let foreign = SigningKey::generate(&mut rng).public();
        assert_eq!(foreign.verify(m, &sig), Err(SchnorrError::Invalid));
        let (x, y, s) = sig.to_hex();
        assert_eq!(Signature::from_hex(&x, &y, &s), Ok(sig));
        assert_eq!(Signature::from_hex(&x, &y, &"0".repeat(64)), Err(SchnorrError::Scalar));
        let bumped = Signature::from_parts(sig.r, sig.s + Scalar::from(1u64));
        assert_eq!(key.public().verify(m, &bumped), Err(SchnorrError::Invalid));
    }

    /// A generator that repeats itself must not repeat a nonce over two messages.
    #[test]
    fn a_repeating_rng_does_not_repeat_a_nonce() {
        let key = SigningKey::generate(&mut StdRng::seed_from_u64(1));
        let a = key.sign(Fr::from(1u64), &mut StdRng::seed_from_u64(9));
        let b = key.sign(Fr::from(2u64), &mut StdRng::seed_from_u64(9));
        assert_ne!(a.r, b.r);
    }

    #[test]
    fn challenge_scalar_is_injective_at_small_width() {
        // Same construction with 4-bit halves over the integers: every pair of digit strings gives its own number.
        let mut seen = std::collections::BTreeSet::new();
        for e in 0u32..256 {
            let c: i64 = (0..4)
                .map(|i| {
                    let sigma = if e >> i & 1 == 1 { 1 } else { -1 };
                    let second = if e >> (4 + i) & 1 == 1 { 16 } else { -16 };
                    (1i64 << i) * sigma * (1 + second)
                })
                .sum();
            assert!(seen.insert(c));
        }
    }

    #[test]
    fn challenge_scalar_matches_its_formula() {
        let e = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210u128;
        let mut sum = two_pow(65) * (two_pow(64) + Scalar::from(1u64));
        for i in 0..64u32 {
            let sigma = if e >> i & 1 == 1 { Scalar::from(1u64) } else { -Scalar::from(1u64) };
            let second = if e >> (64 + i) & 1 == 1 { two_pow(64) } else { -two_pow(64) };
            sum += two_pow(i) * sigma * (Scalar::from(1u64) + second);
        }
        assert_eq!(challenge_scalar(e), sum);
    }
}
