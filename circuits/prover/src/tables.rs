//! Tables of multiples for points that will be multiplied once each, but at once.

use ark_ec::{
    CurveGroup,
    short_weierstrass::{Affine, Bucket, Projective, SWCurveConfig},
};
use ark_ff::{AdditiveGroup, BigInt};
use zeroize::Zeroize;

use crate::msm::{add, denominator, invert, signed_digits};

/// Bits of a window: six give 43 additions a scalar and 88 KB a point of G1.
const WIDTH: usize = 6;
/// Windows of a scalar below 2^254, with a bit for the carry.
const WINDOWS: usize = 255_usize.div_ceil(WIDTH);
/// Multiples in a window: a signed digit is at most this large.
const MULTIPLES: usize = 1 << (WIDTH - 1);

/// `d 2^(6w) P` for each point, window and digit `d` of `1..=32`. Wiped when dropped.
pub struct Tables<P: SWCurveConfig> {
    /// By digit, then point, then window.
    multiples: Vec<Affine<P>>,
    points: usize,
}

impl<P: SWCurveConfig> Tables<P> {
    /// For these points.
    pub fn new(points: &[Affine<P>]) -> Self {
        let mut bases = Vec::with_capacity(points.len() * WINDOWS);
        for point in points {
            let mut base = Projective::from(*point);
            for _ in 0..WINDOWS {
                bases.push(base);
                for _ in 0..WIDTH {
                    base.double_in_place();
                }
            }
        }
        let row = bases.len();
        let mut multiples = Vec::with_capacity(row * MULTIPLES);
        multiples.extend(Projective::normalize_batch(&bases));
        bases.zeroize();
        // Rows 1..=n give rows n+1..=2n by adding row n: five inversions in all.
        let mut have = 1;
        let mut denominators = Vec::with_capacity(row * MULTIPLES / 2);
        let mut products = Vec::new();
        while have < MULTIPLES {
            denominators.clear();
            let last = (have - 1) * row;
            denominators.extend((0..have * row).map(|i| denominator(&multiples[i], &multiples[last + i % row])));
            invert(&mut denominators, &mut products);
            for (i, inverse) in denominators.iter().enumerate() {
                multiples.push(add(&multiples[i], &multiples[last + i % row], inverse));
            }
            have *= 2;
        }
        denominators.zeroize();
        products.zeroize();
        Self { multiples, points: points.len() }
    }

    fn get(&self, point: usize, window: usize, digit: usize) -> &Affine<P> {
        &self.multiples[((digit - 1) * self.points + point) * WINDOWS + window]
    }
}

impl<P: SWCurveConfig> Drop for Tables<P> {
    fn drop(&mut self) {
        self.multiples.zeroize();
    }
}

/// Adds `scalar` times a point to a sum.
pub fn add_multiple<P: SWCurveConfig>(sum: &mut Bucket<P>, tables: &Tables<P>, point: usize, scalar: &BigInt<4>) {
    signed_digits(scalar, WIDTH, WINDOWS, |window, digit| {
        let size = usize::from(digit.unsigned_abs());
        match digit.signum() {
            1 => *sum += tables.get(point, window, size),
            -1 => *sum += -*tables.get(point, window, size),
            _ => {}
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arith::narrow;
    use ark_ec::AffineRepr;
    use ark_ff::{BigInteger, PrimeField, UniformRand};
    use rand::{SeedableRng, rngs::StdRng};

    fn multiples_are_right<P: SWCurveConfig>()
    where
        P::ScalarField: PrimeField<BigInt = BigInt<4>>,
        Affine<P>: UniformRand,
    {
        let mut rng = StdRng::seed_from_u64(3);
        let points: Vec<Affine<P>> = (0..3).map(|_| Affine::rand(&mut rng)).collect();
        let tables = Tables::new(&points);
        let minus_one = -<P::ScalarField as ark_ff::Field>::ONE;
        let mut scalars = vec![BigInt::from(0u64), BigInt::from(1u64), BigInt::from(32u64), minus_one.into_bigint()];
        scalars.extend((0..20).map(|_| P::ScalarField::rand(&mut rng).into_bigint()));
        let start = Affine::<P>::rand(&mut rng);
        for scalar in scalars {
            assert!(scalar.num_bits() <= 254);
            for (i, point) in points.iter().enumerate() {
                let mut sum: Bucket<P> = start.into();
                add_multiple(&mut sum, &tables, i, &scalar);
                let expected = point.mul_bigint(scalar) + start;
                assert_eq!(Projective::from(sum).into_affine(), expected.into_affine());
            }
        }
    }

    #[test]
    fn agrees_with_double_and_add() {
        multiples_are_right::<ark_bn254::g1::Config>();
        multiples_are_right::<ark_bn254::g2::Config>();
        multiples_are_right::<narrow::G1Config>();
        multiples_are_right::<narrow::G2Config>();
    }
}
