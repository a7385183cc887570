//! Whether a point of the twist lies in G2, at half the library's cost: one multiplication by the curve's 63-bit x.
//!
//! With ψ the untwist-Frobenius-twist endomorphism, a point is accepted where
//! `f(ψ) P = (x + 1) P + ψ(x P) + ψ²(x P) - ψ³(2x P) = 0` (Dai, Lin, Zhao, Zhou 2022, eprint 2022/348).
//!
//! Complete: on G2 ψ multiplies by `6x²`, and `f(6x²)` is a multiple of r. Sound, for this curve: ψ has the
//! characteristic polynomial `X² - tX + p`, so a P in the kernel of `f(ψ)` is killed by the norm of f, an integer,
//! and by the twist's order `r h`. Their greatest common divisor is r (`the_norm_leaves_r_alone` computes it), and r²
//! does not divide `r h`: P is in the one subgroup of order r.

use ark_bn254::{Config, G2Affine, G2Projective};
use ark_ec::{AffineRepr, bn::BnConfig};
use ark_ff::{AdditiveGroup, Field, Zero};

/// `p` must be on the curve.
pub fn in_g2(p: &G2Affine) -> bool {
    let x_p = p.mul_bigint(Config::X);
    let left = x_p + p + psi(&x_p) + psi(&psi(&x_p));
    (left - psi(&psi(&psi(&x_p.double())))).is_zero()
}

/// ψ in Jacobian coordinates: Frobenius is a homomorphism of fields, so it acts on Z as well.
fn psi(p: &G2Projective) -> G2Projective {
    let mut out = *p;
    out.x.frobenius_map_in_place(1);
    out.y.frobenius_map_in_place(1);
    out.z.frobenius_map_in_place(1);
    out.x *= Config::TWIST_MUL_BY_Q_X;
    out.y *= Config::TWIST_MUL_BY_Q_Y;
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::{Fq2, Fr};
    use ark_ec::{CurveConfig, CurveGroup};
    use ark_ff::{PrimeField, UniformRand};
    use num_bigint::BigInt;
    use rand::{SeedableRng, rngs::StdRng};

    fn on_the_curve(rng: &mut StdRng) -> G2Affine {
        std::iter::repeat_with(|| G2Affine::get_point_from_x_unchecked(Fq2::rand(rng), true)).flatten().next().unwrap()
    }

    #[test]
    fn agrees_with_the_library() {
        let mut rng = StdRng::seed_from_u64(7);
        assert!(in_g2(&G2Affine::generator()) && in_g2(&G2Affine::identity()));
        // The cofactor's smallest prime factor: points of order 10069, alone and added to a good one.
        let cofactor: BigInt = limbs(ark_bn254::g2::Config::COFACTOR);
        let others = (cofactor / 10069u32 * limbs(&Fr::MODULUS.0)).to_u64_digits().1;
        for _ in 0..40 {
            let stray = on_the_curve(&mut rng);
            let good = stray.clear_cofactor();
            let small = stray.mul_bigint(&others);
            for p in [stray, good, small.into_affine(), (small + good).into_affine()] {
                assert_eq!(in_g2(&p), p.is_zero() || p.is_in_correct_subgroup_assuming_on_curve());
            }
            assert!(in_g2(&good) && !in_g2(&stray));
            assert!(small.is_zero() || !in_g2(&(small + good).into_affine()));
        }
    }

    fn limbs(words: &[u64]) -> BigInt {
        words.iter().rev().fold(BigInt::ZERO, |n, w| (n << 64) + *w)
    }

    #[test]
    fn the_norm_leaves_r_alone() {
        let x = limbs(Config::X);
        let p = limbs(&<ark_bn254::Fq as PrimeField>::MODULUS.0);
        let r = limbs(&Fr::MODULUS.0);
        let t: BigInt = 6 * &x * &x + 1;
        let order = &r * limbs(ark_bn254::g2::Config::COFACTOR);
        // f modulo X² - tX + p, as a + b X.
        let times_x = |(a, b): (BigInt, BigInt)| (-&b * &p, a + b * &t);
        let mut power = (BigInt::from(1), BigInt::ZERO);
        let (mut a, mut b) = (BigInt::ZERO, BigInt::ZERO);
        for coefficient in [&x + 1, x.clone(), x.clone(), -2 * &x] {
            a += &coefficient * &power.0;
            b += &coefficient * &power.1;
            power = times_x(power);
        }
        let norm: BigInt = &a * &a + &a * &b * &t + &b * &b * &p;
        assert_eq!(gcd(norm, order.clone()), r);
        assert_ne!(&order % (&r * &r), BigInt::ZERO);
        let lambda: BigInt = 6 * &x * &x;
        assert_eq!((a + b * lambda) % r, BigInt::ZERO, "complete");
    }

    fn gcd(a: BigInt, b: BigInt) -> BigInt {
        let (mut a, mut b) = (a, b);
        while b != BigInt::ZERO {
            (a, b) = (b.clone(), a % b);
        }
        if a < BigInt::ZERO { -a } else { a }
    }
}
