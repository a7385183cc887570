//! Points and field elements as iden3's files hold them.
//!
//! Files hold affine coordinates in Montgomery form (the value times 2^256), little-endian; hashes take them plain and
//! big-endian. The identity is all zeros in both. Decoding checks canonical coordinates, curve and subgroup.

use std::sync::LazyLock;

use ark_bn254::{Fq, Fq2};
use ark_ec::{
    AffineRepr, CurveGroup,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::{BigInt, BigInteger, Field, One, PrimeField, Zero};

use rayon::prelude::*;

use crate::error::{FormatError, PointFault};

/// 2^256 modulo p, and its inverse.
static R: LazyLock<[Fq; 2]> = LazyLock::new(|| {
    let r = Fq::from(2u64).pow([256]);
    [r, r.inverse().expect("two is invertible")]
});

/// Eight bytes a limb, least first.
pub(crate) fn limbs(bytes: &[u8; 32]) -> BigInt<4> {
    let mut out = [0; 4];
    for (limb, chunk) in out.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
    }
    BigInt(out)
}

/// The element whose Montgomery form is this integer; `None` when it is not below p.
pub(crate) fn from_montgomery(integer: BigInt<4>) -> Option<Fq> {
    Fq::from_bigint(integer).map(|v| v * R[1])
}

/// What the two coordinate fields have in common.
pub trait Coordinate: Field {
    /// Bytes of one coordinate.
    const BYTES: usize;
    /// From Montgomery form.
    fn read(bytes: &[u8]) -> Option<Self>;
    /// To Montgomery form.
    fn write(&self, out: &mut Vec<u8>);
    /// Plain, big-endian, the highest part first.
    fn hash_form(&self, out: &mut Vec<u8>);
    /// Whether it is the larger of itself and its negative.
    fn is_negative(&self) -> bool;
}

impl Coordinate for Fq {
    const BYTES: usize = 32;

    fn read(bytes: &[u8]) -> Option<Self> {
        from_montgomery(limbs(bytes.try_into().ok()?))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend((*self * R[0]).into_bigint().to_bytes_le());
    }

    fn hash_form(&self, out: &mut Vec<u8>) {
        out.extend(self.into_bigint().to_bytes_be());
    }

    fn is_negative(&self) -> bool {
        self.into_bigint() > (-*self).into_bigint()
    }
}

impl Coordinate for Fq2 {
    const BYTES: usize = 64;

    fn read(bytes: &[u8]) -> Option<Self> {
        let (c0, c1) = bytes.split_at_checked(32)?;
        Some(Self::new(Fq::read(c0)?, Fq::read(c1)?))
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.c0.write(out);
        self.c1.write(out);
    }

    fn hash_form(&self, out: &mut Vec<u8>) {
        self.c1.hash_form(out);
        self.c0.hash_form(out);
    }

    fn is_negative(&self) -> bool {
        if self.c1.is_zero() { self.c0.is_negative() } else { self.c1.is_negative() }
    }
}

/// A point of either group.
pub trait Point: AffineRepr {
    /// Bytes of a point in a file and in a hash.
    const BYTES: usize;
    /// Checked; the identity passes.
    fn read(bytes: &[u8]) -> Result<Self, PointFault>;
    /// As files hold it.
    fn write(&self, out: &mut Vec<u8>);
    /// As hashes take it.
    fn hash_form(&self, out: &mut Vec<u8>);
    /// x alone with the sign of y: as the phase-1 response hash takes it.
    fn compressed(&self, out: &mut Vec<u8>);
}

impl<C: SWCurveConfig> Point for Affine<C>
where
    C::BaseField: Coordinate,
{
    const BYTES: usize = 2 * C::BaseField::BYTES;

    fn read(bytes: &[u8]) -> Result<Self, PointFault> {
        if bytes.iter().all(|b| *b == 0) {
            return Ok(Self::zero());
        }
        let (x, y) = bytes.split_at_checked(C::BaseField::BYTES).ok_or(PointFault::NotCanonical)?;
        let x = C::BaseField::read(x).ok_or(PointFault::NotCanonical)?;
        let y = C::BaseField::read(y).ok_or(PointFault::NotCanonical)?;
        let point = affine::<C>(x, y);
        if !point.is_on_curve() {
            return Err(PointFault::OffCurve);
        }
        if !point.is_in_correct_subgroup_assuming_on_curve() {
            return Err(PointFault::OutsideSubgroup);
        }
        Ok(point)
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self.xy() {
            Some((x, y)) => {
                Coordinate::write(&x, out);
                Coordinate::write(&y, out);
            }
            None => out.resize(out.len() + <Self as Point>::BYTES, 0),
        }
    }

    fn hash_form(&self, out: &mut Vec<u8>) {
        match self.xy() {
            Some((x, y)) => {
                x.hash_form(out);
                y.hash_form(out);
            }
            None => out.resize(out.len() + <Self as Point>::BYTES, 0),
        }
    }

    fn compressed(&self, out: &mut Vec<u8>) {
        let start = out.len();
        match self.xy() {
            Some((x, y)) => {
                x.hash_form(out);
                out[start] |= if y.is_negative() { 0x80 } else { 0 };
            }
            None => {
                out.resize(start + C::BaseField::BYTES, 0);
                out[start] = 0x40;
            }
        }
    }
}

/// Coordinates as a point; the caller checks curve and subgroup.
pub(crate) fn affine<C: SWCurveConfig>(x: C::BaseField, y: C::BaseField) -> Affine<C> {
    Projective { x, y, z: C::BaseField::one() }.into_affine()
}

/// A whole section of points.
pub(crate) fn read_all<P: Point>(place: &'static str, bytes: &[u8]) -> Result<Vec<P>, FormatError> {
    bytes
        .par_chunks_exact(P::BYTES)
        .enumerate()
        .map(|(index, chunk)| P::read(chunk).map_err(|fault| FormatError::Point { place, index, fault }))
        .collect()
}

/// The same without the identity.
pub(crate) fn read_nonzero<P: Point>(place: &'static str, bytes: &[u8]) -> Result<Vec<P>, FormatError> {
    let points = read_all::<P>(place, bytes)?;
    match points.iter().position(|p| p.is_zero()) {
        Some(index) => Err(FormatError::Point { place, index, fault: PointFault::Identity }),
        None => Ok(points),
    }
}

/// As files hold them.
pub(crate) fn write_all<P: Point>(points: &[P]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * P::BYTES);
    points.iter().for_each(|p| p.write(&mut out));
    out
}
