//! Random coefficients for batches, and G1 points times them.
//!
//! A coefficient is `a + b λ` with `a`, `b` of 64 random bits, λ the eigenvalue of the curve's cheap endomorphism
//! `φ(x, y) = (β x, y)`: a multiplication then takes 64 doublings instead of 128.
//!
//! The 2^128 coefficients differ modulo the order r. Were `x + y λ = 0` for differences `|x|, |y| < 2^64`, not both
//! zero, then `λ^2 + λ + 1 = 0` makes r a divisor of `x^2 - xy + y^2`, which is positive and below `3 * 2^128 < r`.

use ark_bn254::{G1Affine, G1Projective, g1};
use ark_ec::{AdditiveGroup, CurveGroup, VariableBaseMSM, scalar_mul::glv::GLVConfig};
use ark_ff::Zero;

use crate::Fr;

/// `a + b λ`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coefficient {
    a: u64,
    b: u64,
}

impl Coefficient {
    /// From 128 bits.
    pub fn new(bits: u128) -> Self {
        Self { a: bits as u64, b: (bits >> 64) as u64 }
    }

    /// As a scalar.
    pub fn scalar(self) -> Fr {
        Fr::from(self.a) + Fr::from(self.b) * <g1::Config as GLVConfig>::LAMBDA
    }
}

/// Digits of a width-4 non-adjacent form of 64 bits.
const DIGITS: usize = 65;
/// Odd multiples that the form needs: 1, 3, 5, 7.
const ODD: usize = 4;

/// `k_i P_i` for each pair; points that come out as the identity stay the identity.
pub fn scale_each(pairs: &[(Coefficient, G1Affine)]) -> Vec<G1Affine> {
    let mut odd = Vec::with_capacity(pairs.len() * ODD);
    for (_, p) in pairs {
        let twice = G1Projective::from(*p).double();
        let mut multiple = G1Projective::from(*p);
        for _ in 0..ODD {
            odd.push(multiple);
            multiple += twice;
        }
    }
    let odd = G1Projective::normalize_batch(&odd);
    let scaled: Vec<G1Projective> = pairs.iter().zip(odd.chunks(ODD)).map(|((k, _), odd)| scale(*k, odd)).collect();
    G1Projective::normalize_batch(&scaled)
}

fn scale(k: Coefficient, odd: &[G1Affine]) -> G1Projective {
    let (a, b) = (naf(k.a), naf(k.b));
    let mut sum = G1Projective::zero();
    for i in (0..DIGITS).rev() {
        sum.double_in_place();
        if a[i] != 0 {
            sum += signed(&odd[usize::from(a[i].unsigned_abs() / 2)], a[i]);
        }
        if b[i] != 0 {
            sum += signed(&g1::Config::endomorphism_affine(&odd[usize::from(b[i].unsigned_abs() / 2)]), b[i]);
        }
    }
    sum
}

fn signed(p: &G1Affine, digit: i8) -> G1Affine {
    if digit < 0 { -*p } else { *p }
}

/// Width-4 non-adjacent form, least significant first: digits are 0 or odd and at most 7 in size.
fn naf(k: u64) -> [i8; DIGITS] {
    let mut rest = u128::from(k);
    let mut digits = [0; DIGITS];
    for digit in &mut digits {
        if rest & 1 == 1 {
            let low = (rest & 15) as i8;
            *digit = if low > 7 { low - 16 } else { low };
            rest = rest.wrapping_sub(*digit as u128);
        }
        rest >>= 1;
    }
    digits
}

/// `sum k_i P_i`.
pub fn combine(pairs: &[(Coefficient, G1Affine)]) -> G1Projective {
    let mut bases = Vec::with_capacity(2 * pairs.len());
    let mut scalars = Vec::with_capacity(2 * pairs.len());
    for (k, p) in pairs {
        bases.extend([*p, g1::Config::endomorphism_affine(p)]);
        scalars.extend([k.a, k.b]);
    }
    G1Projective::msm_u64(&bases, &scalars)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fq;
    use ark_ec::AffineRepr;
    use ark_ff::{Field, One, PrimeField, UniformRand};
    use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};

    fn some(rng: &mut StdRng) -> Vec<(Coefficient, G1Affine)> {
        let edges = [0, 1, 7, 8, 9, 15, 16, u64::MAX, u64::MAX - 7, 1 << 63];
        let mut pairs: Vec<_> = edges
            .into_iter()
            .flat_map(|a| edges.map(|b| Coefficient { a, b }))
            .map(|k| (k, G1Affine::rand(rng)))
            .collect();
        pairs.extend((0..20).map(|_| (Coefficient::new(rng.r#gen()), G1Affine::rand(rng))));
        pairs.push((Coefficient::new(rng.r#gen()), G1Affine::zero()));
        pairs
    }

    #[test]
    fn multiples_are_the_librarys() {
        let pairs = some(&mut StdRng::seed_from_u64(31));
        let expected: Vec<G1Projective> = pairs.iter().map(|(k, p)| *p * k.scalar()).collect();
        assert_eq!(scale_each(&pairs), G1Projective::normalize_batch(&expected));
        assert_eq!(combine(&pairs), expected.into_iter().sum::<G1Projective>());
        assert_eq!(combine(&[]), G1Projective::zero());
        assert!(scale_each(&[]).is_empty());
    }

    #[test]
    fn the_forms_are_the_numbers() {
        let mut rng = StdRng::seed_from_u64(32);
        for k in [0, 1, 8, u64::MAX, u64::MAX / 3].into_iter().chain((0..100).map(|_| rng.next_u64())) {
            let value: i128 = naf(k).iter().enumerate().map(|(i, d)| i128::from(*d) << i).sum();
            assert_eq!(value, i128::from(k));
        }
    }

    /// What the page's argument for distinct coefficients rests on.
    #[test]
    fn lambda_is_a_cube_root_of_one() {
        let lambda = <g1::Config as GLVConfig>::LAMBDA;
        assert_eq!(lambda.square() + lambda + Fr::one(), Fr::ZERO);
        let beta: Fq = <g1::Config as GLVConfig>::ENDO_COEFFS[0];
        let g = G1Affine::generator();
        let image = (g * lambda).into_affine();
        assert_eq!((image.x, image.y), (g.x * beta, g.y));
        const { assert!(Fr::MODULUS_BIT_SIZE > 130) };
    }
}
