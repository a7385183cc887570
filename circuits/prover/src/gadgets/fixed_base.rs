//! `s G` for the fixed generator: 84 windows of one signed odd octal digit, 668 rows.
//!
//! Any scalar s below the order n has an odd representative: s or s + n, below 2^252. Every odd number below
//! `8^84 = 2^252` in size has exactly one form `sum 8^j d_j` with `d_j` in `{±1, ±3, ±5, ±7}`, and a positive number has a
//! positive top digit. The digits stand in no other constraint: whatever digits the prover picks, the result is
//! *some* multiple of G that the prover knows, which is all that the signature equation asks of s.
//!
//! Exceptional additions. After windows 0..j the sum is `S G` with S odd and `|S| <= 8^j - 1`; the next term is `T G`
//! with `|T| >= 8^j`. So S ≠ ±T as integers, and `0 < |S ± T| < 8^(j+1)`, which is below n (about 2^250.6) for
//! `j + 1 <= 83`: the points are neither equal nor opposite. In the last window `|S ± T|` reaches 2^252 and may be a
//! multiple of n; there the addition carries an inverse check.

use std::sync::LazyLock;

use ark_ec::CurveGroup;
use ark_ff::{BigInteger, PrimeField};
use honnin_circuits::{
    Fr,
    jubjub::{Scalar, generator, to_montgomery},
};

use crate::{
    gadgets::montgomery::{self, Point},
    r1cs::{Builder, Lc},
};

/// Windows of three bits.
pub const WINDOWS: usize = 84;

/// Montgomery coordinates of `{1, 3, 5, 7} 8^j G`.
static TABLE: LazyLock<Vec<[(Fr, Fr); 4]>> = LazyLock::new(|| {
    let mut base: ark_ed_on_bn254::EdwardsProjective = generator().into();
    let mut table = Vec::with_capacity(WINDOWS);
    for _ in 0..WINDOWS {
        let twice = base + base;
        let three = base + twice;
        let five = three + twice;
        let seven = five + twice;
        table.push(
            [base, three, five, seven].map(|p| to_montgomery(&p.into_affine()).expect("odd multiples below the order")),
        );
        base = seven + base;
    }
    table
});

/// Signed odd octal digits of `s` or `s + n`: `(index of 1,3,5,7; positive)`, least significant first.
fn digits(s: Scalar) -> Vec<(usize, bool)> {
    let mut int = s.into_bigint();
    if int.is_even() {
        int.add_with_carry(&Scalar::MODULUS);
    }
    let bit = |i: usize| int.0[i / 64] >> (i % 64) & 1;
    // Odd x = sum over odd digits: digit j is 2 * (bits 3j+1 .. 3j+3 of x) - 7, where the bit above the top is 1.
    (0..WINDOWS)
        .map(|j| {
            let above = |k: usize| if 3 * j + k == 3 * WINDOWS { 1 } else { bit(3 * j + k) as i64 };
            let d = 2 * (above(1) + 2 * above(2) + 4 * above(3)) - 7;
            ((d.unsigned_abs() as usize - 1) / 2, d > 0)
        })
        .collect()
}

/// `s G`; the prover supplies s only through its digits.
pub fn mul(cs: &mut Builder, s: Scalar) -> Point {
    let mut acc: Option<Point> = None;
    for (j, (index, positive)) in digits(s).into_iter().enumerate() {
        let last = j + 1 == WINDOWS;
        let term = lookup(cs, &TABLE[j], index, (!last).then_some(positive));
        acc = Some(match acc {
            None => term,
            Some(sum) if last => montgomery::add_checked(cs, &sum, &term),
            Some(sum) => montgomery::add(cs, &sum, &term),
        });
    }
    acc.expect("there are windows")
}

/// Picks one of four constant points by two booleans and, unless `sign` is `None`, a sign by a third.
/// Rows: 3 booleans, 1 product, 1 sign.
fn lookup(cs: &mut Builder, table: &[(Fr, Fr); 4], index: usize, sign: Option<bool>) -> Point {
    let b0 = cs.boolean(index & 1 == 1);
    let b1 = cs.boolean(index & 2 == 2);
    let both = cs.product(&b0, &b1);
    let pick = |t: [Fr; 4]| {
        let mut out = Lc::constant(t[0]);
        out.add_scaled(t[1] - t[0], &b0);
        out.add_scaled(t[2] - t[0], &b1);
        out.add_scaled(t[3] - t[2] - t[1] + t[0], &both);
        out
    };
    let u = pick(table.map(|p| p.0));
    let v = pick(table.map(|p| p.1));
    let Some(positive) = sign else { return Point { u, v } };
    let bit = cs.boolean(positive);
    let sigma = &(&bit * Fr::from(2u64)) + -Fr::from(1u64);
    let v = cs.product(&sigma, &v);
    Point { u, v }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn digits_recompose_to_the_scalar_with_a_positive_top() {
        let mut rng = StdRng::seed_from_u64(5);
        let edge = [Scalar::from(1u64), Scalar::from(2u64), -Scalar::from(1u64), -Scalar::from(2u64)];
        for s in edge.into_iter().chain((0..200).map(|_| Scalar::rand(&mut rng))) {
            let digits = digits(s);
            assert!(digits[WINDOWS - 1].1, "top digit is positive");
            let sum = digits.iter().rev().fold(Scalar::from(0u64), |acc, (i, positive)| {
                let d = Scalar::from(2 * *i as u64 + 1);
                acc * Scalar::from(8u64) + if *positive { d } else { -d }
            });
            assert_eq!(sum, s);
        }
    }

    #[test]
    fn computes_the_multiple_and_is_satisfied() {
        let mut rng = StdRng::seed_from_u64(6);
        for s in [Scalar::from(1u64), -Scalar::from(1u64), Scalar::rand(&mut rng)] {
            let mut cs = Builder::shape();
            let p = mul(&mut cs, s);
            let (shape, z) = cs.into_shape();
            assert_eq!(shape.unsatisfied(&z), None);
            assert_eq!(shape.constraints(), 668);
            let expected = to_montgomery(&(generator() * s).into_affine()).unwrap();
            assert_eq!((p.u.value(), p.v.value()), expected);
        }
    }
}
