//! Points and scalars out of hashes, by the rules that the ceremony's other programs follow.
//!
//! A seed of eight words, taken big-endian from a hash, keys ChaCha20; field elements are 64-bit words of its stream
//! (high half first), masked to 254 bits, retried until below the prime, and read as Montgomery form.

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::{
    AffineRepr, CurveGroup,
    short_weierstrass::{Affine, SWCurveConfig},
};
use ark_ff::{AdditiveGroup, BigInt, Field, PrimeField};
use blake2::{Blake2b512, Digest};
use honnin_prover::keys::sha256;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};
use zeroize::Zeroizing;

use crate::points::{Coordinate, Point, affine, from_montgomery};

/// A 64-byte hash, as contributions carry them.
pub type Hash = [u8; 64];

/// BLAKE2b over several pieces.
pub fn blake2b(pieces: &[&[u8]]) -> Hash {
    let mut hasher = Blake2b512::new();
    pieces.iter().for_each(|p| hasher.update(p));
    hasher.finalize().into()
}

/// Points one after the other, as hashes take them.
pub(crate) fn hash_forms<P: Point>(points: &[P]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * P::BYTES);
    points.iter().for_each(|p| p.hash_form(&mut out));
    out
}

/// The stream that the first 32 bytes of a hash key.
pub(crate) fn stream(hash: &[u8; 32]) -> ChaCha20Rng {
    let mut seed = Zeroizing::new([0; 32]);
    for (word, from) in seed.chunks_exact_mut(4).zip(hash.chunks_exact(4)) {
        word.copy_from_slice(from);
        word.reverse();
    }
    ChaCha20Rng::from_seed(*seed)
}

fn integer(rng: &mut ChaCha20Rng) -> BigInt<4> {
    let mut limbs = [0u64; 4];
    for limb in &mut limbs {
        *limb = u64::from(rng.next_u32()) << 32 | u64::from(rng.next_u32());
    }
    limbs[3] &= u64::MAX >> 2;
    BigInt(limbs)
}

/// Field elements out of the stream.
pub(crate) trait FromStream: Coordinate {
    fn from_stream(rng: &mut ChaCha20Rng) -> Self;
}

impl FromStream for Fq {
    fn from_stream(rng: &mut ChaCha20Rng) -> Self {
        loop {
            if let Some(v) = from_montgomery(integer(rng)) {
                return v;
            }
        }
    }
}

impl FromStream for Fq2 {
    fn from_stream(rng: &mut ChaCha20Rng) -> Self {
        let c0 = Fq::from_stream(rng);
        Self::new(c0, Fq::from_stream(rng))
    }
}

/// A scalar out of the stream.
pub(crate) fn scalar(rng: &mut ChaCha20Rng) -> Fr {
    let r_inverse = Fr::from(2u64).pow([256]).inverse().expect("two is invertible");
    loop {
        if let Some(v) = Fr::from_bigint(integer(rng)) {
            return v * r_inverse;
        }
    }
}

fn on_curve<C: SWCurveConfig>(rng: &mut ChaCha20Rng) -> Affine<C>
where
    C::BaseField: FromStream,
{
    loop {
        let x = C::BaseField::from_stream(rng);
        let negative = rng.next_u32() & 1 == 1;
        if let Some(y) = (x.square() * x + C::COEFF_B).sqrt() {
            let y = if y.is_negative() == negative { y } else { -y };
            return affine(x, y);
        }
    }
}

/// A G1 point whose logarithm nobody knows.
pub(crate) fn g1(rng: &mut ChaCha20Rng) -> G1Affine {
    on_curve(rng)
}

/// A G2 point whose logarithm nobody knows, its cofactor cleared.
pub(crate) fn g2(rng: &mut ChaCha20Rng) -> G2Affine {
    on_curve::<ark_bn254::g2::Config>(rng).mul_by_cofactor_to_group().into_affine()
}

/// The G2 point of a hash: what a contributor must multiply with the secret to show knowledge of it.
pub fn hash_to_g2(hash: &Hash) -> G2Affine {
    g2(&mut stream(hash.first_chunk().expect("64 bytes")))
}

/// The stream that a beacon gives: SHA-256 applied 2^`exponent` times to the public value.
pub(crate) fn beacon_stream(value: &[u8], exponent: u8) -> ChaCha20Rng {
    let mut hash = sha256(value);
    for _ in 1..(1u64 << exponent) {
        hash = sha256(&hash);
    }
    stream(&hash)
}

/// The beacon of a contribution: anybody can compute it, nobody could choose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beacon {
    /// The public value, fixed by an announced event after the last contributor. 1 to 255 bytes.
    pub value: Vec<u8>,
    /// log2 of the number of hashes. 10 to [`Beacon::MOST_EXPONENT`].
    pub exponent: u8,
}

impl Beacon {
    /// Fewest hashes, as in iden3's programs.
    pub const LEAST_EXPONENT: u8 = 10;
    /// Most hashes that this program will compute: a quarter of an hour, also for whoever is handed a hostile file.
    pub const MOST_EXPONENT: u8 = 32;

    /// Whether the numbers are in range.
    pub fn is_valid(&self) -> bool {
        (1..=255).contains(&self.value.len()) && (Self::LEAST_EXPONENT..=Self::MOST_EXPONENT).contains(&self.exponent)
    }

    pub(crate) fn stream(&self) -> ChaCha20Rng {
        beacon_stream(&self.value, self.exponent)
    }
}

/// Zero would destroy the parameters and one would leave them as they are: no honest source draws either.
pub(crate) fn is_trivial(secret: &Fr) -> bool {
    *secret == Fr::ZERO || *secret == Fr::ONE
}
