//! A Miller loop over many pairs at once, for batches.
//!
//! The library's loop shares its squarings among four pairs at a time and walks each G2 point in projective
//! coordinates. Here all pairs share each squaring, and all points are walked in affine coordinates with one field
//! inversion a step for all of them together. A line divided by `y(P)` starts with 1, which saves three of thirteen
//! multiplications; the final exponentiation removes such factors from the base field. So the value differs from the
//! library's, and only its final exponentiation agrees (a test says so).

use ark_bn254::{Config, Fq, Fq2, Fq6Config, Fq12, G1Affine, G2Affine};
use ark_ec::{AffineRepr, bn::BnConfig};
use ark_ff::{AdditiveGroup, Field, Fp6Config, Zero, batch_inversion};

/// A pair on its way through the loop.
struct Walk {
    /// `-x(P) / y(P)` and `1 / y(P)`.
    slope_scale: Fq,
    rest_scale: Fq,
    q: (Fq2, Fq2),
    t: (Fq2, Fq2),
}

/// The product of the pairs' Miller loops, up to factors that the final exponentiation removes.
///
/// `None` where a step has no slope: that happens for the identity and for points outside the prime-order subgroup
/// alone, so never for decoded proofs. (Inside it, the walk meets `k Q` and `±Q` with `2 <= k < 2^66`, then
/// `(6x + 2) Q`, `p Q` and `p^2 Q`, which are apart modulo the order.)
pub fn multi_miller_loop(pairs: &[(G1Affine, G2Affine)]) -> Option<Fq12> {
    let mut walks = start(pairs)?;
    let mut denominators = vec![Fq2::ZERO; walks.len()];
    let mut f = Fq12::ONE;
    let digits = Config::ATE_LOOP_COUNT;
    for (i, digit) in digits.iter().rev().skip(1).enumerate() {
        if i > 0 {
            f.square_in_place();
        }
        double(&mut walks, &mut denominators, &mut f)?;
        match digit {
            1 => add(&mut walks, &mut denominators, &mut f, |q| q)?,
            -1 => add(&mut walks, &mut denominators, &mut f, |(x, y)| (x, -y))?,
            _ => {}
        }
    }
    // The curve's x is positive, so f is not inverted here.
    add(&mut walks, &mut denominators, &mut f, frobenius)?;
    add(&mut walks, &mut denominators, &mut f, |q| {
        let (x, y) = frobenius(frobenius(q));
        (x, -y)
    })?;
    Some(f)
}

fn start(pairs: &[(G1Affine, G2Affine)]) -> Option<Vec<Walk>> {
    let mut inverses = pairs.iter().map(|(p, _)| p.y().filter(|y| !y.is_zero())).collect::<Option<Vec<Fq>>>()?;
    batch_inversion(&mut inverses);
    pairs
        .iter()
        .zip(inverses)
        .map(|((p, q), inverse)| {
            let q = q.xy()?;
            Some(Walk { slope_scale: -p.x()? * inverse, rest_scale: inverse, q, t: q })
        })
        .collect()
}

/// `p Q`, by the twisted Frobenius.
fn frobenius((mut x, mut y): (Fq2, Fq2)) -> (Fq2, Fq2) {
    x.frobenius_map_in_place(1);
    y.frobenius_map_in_place(1);
    (x * Config::TWIST_MUL_BY_Q_X, y * Config::TWIST_MUL_BY_Q_Y)
}

fn invert(denominators: &mut [Fq2]) -> Option<()> {
    // The library leaves zeros as they are.
    if denominators.iter().any(Zero::is_zero) {
        return None;
    }
    batch_inversion(denominators);
    Some(())
}

fn double(walks: &mut [Walk], denominators: &mut [Fq2], f: &mut Fq12) -> Option<()> {
    for (d, w) in denominators.iter_mut().zip(&*walks) {
        *d = w.t.1.double();
    }
    invert(denominators)?;
    for (d, w) in denominators.iter().zip(walks) {
        let square = w.t.0.square();
        let slope = (square.double() + square) * d;
        step(w, slope, w.t.0, f);
    }
    Some(())
}

fn add(
    walks: &mut [Walk],
    denominators: &mut [Fq2],
    f: &mut Fq12,
    of: impl Fn((Fq2, Fq2)) -> (Fq2, Fq2),
) -> Option<()> {
    for (d, w) in denominators.iter_mut().zip(&*walks) {
        *d = of(w.q).0 - w.t.0;
    }
    invert(denominators)?;
    for (d, w) in denominators.iter().zip(walks) {
        let (x, y) = of(w.q);
        let slope = (y - w.t.1) * d;
        step(w, slope, x, f);
    }
    Some(())
}

/// Multiplies the line of `slope` through T into f and moves T to the third point's mirror image.
fn step(w: &mut Walk, slope: Fq2, other_x: Fq2, f: &mut Fq12) {
    let (x, y) = w.t;
    let (mut c3, mut c4) = (slope, slope * x - y);
    c3.mul_assign_by_fp(&w.slope_scale);
    c4.mul_assign_by_fp(&w.rest_scale);
    mul_by_line(f, &c3, &c4);
    let third = slope.square() - x - other_x;
    w.t = (third, slope * (x - third) - y);
}

/// `f (1 + (c3 + c4 v) w)`.
fn mul_by_line(f: &mut Fq12, c3: &Fq2, c4: &Fq2) {
    let (mut low, mut high) = (f.c1, f.c0);
    low.mul_by_01(c3, c4);
    high.mul_by_01(c3, c4);
    // w^2 = v: one place up, the last comes back times the non-residue.
    f.c0.c0 += Fq6Config::mul_fp2_by_nonresidue(low.c2);
    f.c0.c1 += low.c0;
    f.c0.c2 += low.c1;
    f.c1 += high;
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Bn254;
    use ark_ec::pairing::{MillerLoopOutput, Pairing};
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn agrees_with_the_library_after_the_final_exponentiation() {
        let mut rng = StdRng::seed_from_u64(21);
        for n in [0usize, 1, 2, 5, 9] {
            let pairs: Vec<_> = (0..n).map(|_| (G1Affine::rand(&mut rng), G2Affine::rand(&mut rng))).collect();
            let ours = Bn254::final_exponentiation(MillerLoopOutput(multi_miller_loop(&pairs).unwrap()));
            let (p, q): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
            assert_eq!(ours.unwrap(), Bn254::multi_pairing(p, q), "{n} pairs");
        }
    }

    #[test]
    fn points_without_a_slope_are_refused() {
        let good = (G1Affine::generator(), G2Affine::generator());
        assert!(multi_miller_loop(&[good]).is_some());
        assert_eq!(multi_miller_loop(&[good, (G1Affine::zero(), good.1)]), None);
        assert_eq!(multi_miller_loop(&[good, (good.0, G2Affine::zero())]), None);
    }

    /// What [`multi_miller_loop`] promises for points of prime order: no step adds equal or opposite points.
    #[test]
    fn no_step_of_the_walk_is_exceptional() {
        use ark_bn254::{Fq, Fr};
        use ark_ff::PrimeField;
        let mut t = 1i128;
        for digit in Config::ATE_LOOP_COUNT.iter().rev().skip(1) {
            t *= 2;
            assert!(t.abs() > 1);
            t += i128::from(*digit);
        }
        assert!(t < 1 << 66);
        // p modulo the order, by reducing p's limbs one after the other.
        let p = Fq::MODULUS.0.iter().rev().fold(Fr::ZERO, |acc, limb| acc * Fr::from(1u128 << 64) + Fr::from(*limb));
        let t = Fr::from(t.unsigned_abs());
        assert!(t != p && t != -p);
        let sum = t + p;
        assert!(sum != -p.square() && sum != p.square());
    }
}
