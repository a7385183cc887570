//! Incomplete arithmetic on Baby Jubjub's Montgomery form `B v^2 = u^3 + A u^2 + u`.
//!
//! `add` is the chord rule. Its slope row `λ (u2 - u1) = v2 - v1` forces λ when the u's differ; when they are
//! equal it is either unsatisfiable (opposite points) or leaves λ free (the same point). Each caller must
//! therefore show that its two points are never equal, or pay for [`add_checked`].

use ark_ff::Field;
use honnin_circuits::{
    Fr,
    jubjub::{montgomery_a, montgomery_b},
};

use crate::r1cs::{Builder, Lc};

/// An affine point in Montgomery coordinates.
#[derive(Clone, Debug)]
pub struct Point {
    /// u.
    pub u: Lc,
    /// v.
    pub v: Lc,
}

fn quotient(n: Fr, d: Fr) -> Fr {
    // A zero divisor only meets a witness that its rows refuse anyway.
    n * d.inverse().unwrap_or_default()
}

/// Slope of the chord; 1 row.
fn chord(cs: &mut Builder, p: &Point, q: &Point) -> Lc {
    let (du, dv) = (&q.u - &p.u, &q.v - &p.v);
    let slope = cs.witness(quotient(dv.value(), du.value()));
    cs.enforce(&slope, &du, &dv);
    slope
}

/// Third u on a line of this slope through points with `u1`, `u2`: `B λ^2 = u3 + A + u1 + u2`; 1 row.
fn third_u(cs: &mut Builder, slope: &Lc, u1: &Lc, u2: &Lc) -> Lc {
    let others = &(u1 + u2) + montgomery_a();
    let u3 = cs.witness(montgomery_b() * slope.value().square() - others.value());
    cs.enforce(&(slope * montgomery_b()), slope, &(&u3 + &others));
    u3
}

/// v of the sum: `λ (u1 - u3) = v3 + v1`; 1 row.
fn third_v(cs: &mut Builder, slope: &Lc, p: &Point, u3: &Lc) -> Lc {
    let drop = &p.u - u3;
    let v3 = cs.witness(slope.value() * drop.value() - p.v.value());
    cs.enforce(slope, &drop, &(&v3 + &p.v));
    v3
}

/// `p + q`, sound only where `p != q` is known; 3 rows.
pub fn add(cs: &mut Builder, p: &Point, q: &Point) -> Point {
    let slope = chord(cs, p, q);
    let u = third_u(cs, &slope, &p.u, &q.u);
    let v = third_v(cs, &slope, p, &u);
    Point { u, v }
}

/// `p + q` with `u(p) != u(q)` enforced; 4 rows.
pub fn add_checked(cs: &mut Builder, p: &Point, q: &Point) -> Point {
    cs.enforce_nonzero(&(&q.u - &p.u));
    add(cs, p, q)
}

/// u of `p + q` with `u(p) != u(q)` enforced; 3 rows.
pub fn add_checked_u(cs: &mut Builder, p: &Point, q: &Point) -> Lc {
    cs.enforce_nonzero(&(&q.u - &p.u));
    let slope = chord(cs, p, q);
    third_u(cs, &slope, &p.u, &q.u)
}

/// `2p` for p of odd prime order; 4 rows.
///
/// The slope row is `2 B v λ = 3u^2 + 2A u + 1`; v = 0 only at points of order two, so λ is forced.
pub fn double(cs: &mut Builder, p: &Point) -> Point {
    let (a, b) = (montgomery_a(), montgomery_b());
    let square = cs.product(&p.u, &p.u);
    let numerator = &(&(&square * Fr::from(3u64)) + &(&p.u * (a + a))) + Fr::ONE;
    let denominator = &p.v * (b + b);
    let slope = cs.witness(quotient(numerator.value(), denominator.value()));
    cs.enforce(&slope, &denominator, &numerator);
    let u = third_u(cs, &slope, &p.u, &p.u);
    let v = third_v(cs, &slope, p, &u);
    Point { u, v }
}

/// `2p + q` as `(p + q) + p` without the middle point's v (Eisenträger, Lauter, Montgomery 2003); 5 rows.
///
/// With λ1 the slope of p and q, u' that of p + q, the second slope satisfies
/// `(λ1 + λ2) (u(p) - u') = 2 v(p)`. Sound where `p != q` is known and p is not of order two: then v(p) != 0, so the
/// row has no solution with `u' = u(p)` and λ2 is forced. No inverse check is needed for the second addition.
pub fn double_add(cs: &mut Builder, p: &Point, q: &Point) -> Point {
    let first = chord(cs, p, q);
    let u_mid = third_u(cs, &first, &p.u, &q.u);
    let drop = &p.u - &u_mid;
    let twice_v = &p.v * Fr::from(2u64);
    let second = cs.witness(quotient(twice_v.value(), drop.value()) - first.value());
    cs.enforce(&(&first + &second), &drop, &twice_v);
    let u = third_u(cs, &second, &p.u, &u_mid);
    let v = third_v(cs, &second, p, &u);
    Point { u, v }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ec::CurveGroup;
    use honnin_circuits::jubjub::{Scalar, generator, to_montgomery};

    fn point(cs: &mut Builder, k: u64) -> Point {
        let (u, v) = to_montgomery(&(generator() * Scalar::from(k)).into_affine()).unwrap();
        Point { u: cs.witness(u), v: cs.witness(v) }
    }

    fn expect(op: impl Fn(&mut Builder, &Point, &Point) -> Point, p: u64, q: u64, sum: u64, rows: usize) {
        let mut cs = Builder::shape();
        let (p, q) = (point(&mut cs, p), point(&mut cs, q));
        let out = op(&mut cs, &p, &q);
        let expected = to_montgomery(&(generator() * Scalar::from(sum)).into_affine()).unwrap();
        assert_eq!((out.u.value(), out.v.value()), expected);
        let (shape, z) = cs.into_shape();
        assert_eq!((shape.unsatisfied(&z), shape.constraints()), (None, rows));
        // Each intermediate value is forced: changed alone, some row refuses.
        for i in 5..z.len() {
            let mut wrong = z.clone();
            wrong[i] += Fr::ONE;
            assert!(shape.unsatisfied(&wrong).is_some(), "variable {i}");
        }
    }

    #[test]
    fn sums_are_the_groups_and_every_variable_is_forced() {
        expect(add, 5, 9, 14, 3);
        expect(add_checked, 5, 9, 14, 4);
        expect(double_add, 5, 9, 19, 5);
        expect(|cs, p, _| double(cs, p), 5, 9, 10, 4);
    }

    /// Where the two points are equal or opposite the checked addition has no witness.
    #[test]
    fn exceptional_points_are_refused() {
        for opposite in [false, true] {
            let mut cs = Builder::shape();
            let p = point(&mut cs, 5);
            let q = Point { u: p.u.clone(), v: if opposite { -&p.v } else { p.v.clone() } };
            add_checked(&mut cs, &p, &q);
            let (shape, z) = cs.into_shape();
            assert!(shape.unsatisfied(&z).is_some());
        }
    }
}
