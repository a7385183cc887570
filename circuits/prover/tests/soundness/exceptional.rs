//! Each gadget where its formulas could give way: equal, opposite and low-order points, the ends of every range,
//! values that would wrap.

use ark_ec::{AffineRepr, CurveGroup};
use ark_ed_on_bn254::{EdwardsAffine, EdwardsConfig};
use ark_ff::{AdditiveGroup, Field, One, PrimeField, UniformRand, Zero};
use honnin_circuits::{
    Fr,
    jubjub::{PointError, Scalar, generator, montgomery_a, to_montgomery},
    predicate::{Op, Predicate},
    schema::{SLOTS, Slot},
    schnorr::{PublicKey, challenge_scalar},
};
use honnin_prover::{
    gadgets::{
        bits, fixed_base, issuer_mul,
        montgomery::{self, Point},
        predicate,
    },
    r1cs::{Builder, Lc},
};
use rand::{SeedableRng, rngs::StdRng};

/// Whether the rows hold for the honest assignment of a gadget.
fn holds(gadget: impl FnOnce(&mut Builder)) -> bool {
    let mut cs = Builder::shape();
    gadget(&mut cs);
    let (shape, z) = cs.into_shape();
    shape.unsatisfied(&z).is_none()
}

fn multiple(k: Scalar) -> (Fr, Fr) {
    to_montgomery(&(generator() * k).into_affine()).unwrap()
}

fn point(cs: &mut Builder, (u, v): (Fr, Fr)) -> Point {
    Point { u: cs.witness(u), v: cs.witness(v) }
}

type Pairs = [(u64, i64); 3];

/// The checked additions have no witness for equal and opposite points, whatever slope a prover writes.
#[test]
fn checked_additions_refuse_equal_and_opposite_points() {
    let pairs: Pairs = [(5, 9), (5, 5), (5, -5)];
    for (p, q) in pairs {
        let signed = if q < 0 { -Scalar::from(q.unsigned_abs()) } else { Scalar::from(q.unsigned_abs()) };
        for both_coordinates in [true, false] {
            let mut cs = Builder::shape();
            let (p, q) = (point(&mut cs, multiple(Scalar::from(p))), point(&mut cs, multiple(signed)));
            if both_coordinates {
                montgomery::add_checked(&mut cs, &p, &q);
            } else {
                montgomery::add_checked_u(&mut cs, &p, &q);
            }
            let (shape, mut z) = cs.into_shape();
            let apart = p.u.value() != q.u.value();
            assert_eq!(shape.unsatisfied(&z).is_none(), apart);
            // Variables: one, two points, then the inverse.
            let mut rng = StdRng::seed_from_u64(60);
            for _ in 0..20 {
                z[5] = Fr::rand(&mut rng);
                assert!(shape.unsatisfied(&z).is_some(), "no other inverse");
            }
        }
    }
}

/// Why the unchecked addition needs its callers' arguments: at equal points any slope goes.
#[test]
fn the_unchecked_addition_leaves_the_slope_free_at_equal_points() {
    let mut cs = Builder::shape();
    let p = point(&mut cs, multiple(Scalar::from(5u64)));
    montgomery::add(&mut cs, &p, &p.clone());
    let (shape, mut z) = cs.into_shape();
    let slope = Fr::from(77u64);
    let u = honnin_circuits::jubjub::montgomery_b() * slope.square() - montgomery_a() - z[1].double();
    (z[3], z[4]) = (slope, u);
    z[5] = slope * (z[1] - u) - z[2];
    assert_eq!(shape.unsatisfied(&z), None, "a false sum");
    // Opposite points have no slope at all.
    assert!(!holds(|cs| {
        let p = point(cs, multiple(Scalar::from(5u64)));
        let q = Point { u: p.u.clone(), v: -&p.v };
        montgomery::add(cs, &p, &q);
    }));
}

/// `(0, 0)` is the point of order two: its tangent has no slope.
#[test]
fn doubling_the_point_of_order_two_is_refused() {
    assert!(!holds(|cs| {
        let p = point(cs, (Fr::zero(), Fr::zero()));
        montgomery::double(cs, &p);
    }));
}

/// The second half of double-and-add meets `p + q = ±p` only for `q = -2p` here; no witness then.
#[test]
fn double_add_refuses_a_middle_point_on_p() {
    for (q, good) in [(-Scalar::from(10u64), false), (Scalar::from(9u64), true), (-Scalar::from(9u64), true)] {
        let mut cs = Builder::shape();
        let (p, q) = (point(&mut cs, multiple(Scalar::from(5u64))), point(&mut cs, multiple(q)));
        montgomery::double_add(&mut cs, &p, &q);
        let (shape, mut z) = cs.into_shape();
        assert_eq!(shape.unsatisfied(&z).is_none(), good);
        if !good {
            // Variables: one, two points, first slope, middle u, second slope.
            let mut rng = StdRng::seed_from_u64(61);
            for _ in 0..20 {
                z[7] = Fr::rand(&mut rng);
                assert!(shape.unsatisfied(&z).is_some());
            }
        }
    }
}

/// The last window of `s G` meets equal points at one s and opposite ones at `s = 0`; both are refused, and no other
/// end of the range is.
#[test]
fn the_fixed_base_at_the_ends_of_its_range() {
    let eight_83 = Scalar::from(8u64).pow([83u64]);
    let equal = eight_83 * Scalar::from(6u64);
    for (s, good) in [
        (Scalar::zero(), false),
        (equal, false),
        (equal + Scalar::one(), true),
        (equal - Scalar::one(), true),
        (equal + Scalar::from(2u64), true),
        (-equal, true),
        (eight_83, true),
        (eight_83.double(), true),
        (eight_83 * Scalar::from(7u64), true),
        (Scalar::one(), true),
        (Scalar::from(2u64), true),
        (-Scalar::one(), true),
        (-Scalar::from(2u64), true),
        (Scalar::from(2u64).inverse().unwrap(), true),
    ] {
        let mut cs = Builder::shape();
        let p = fixed_base::mul(&mut cs, s);
        let (shape, z) = cs.into_shape();
        assert_eq!(shape.unsatisfied(&z).is_none(), good, "{s}");
        if good {
            assert_eq!((p.u.value(), p.v.value()), multiple(s));
        }
    }
}

#[test]
fn the_issuer_multiplication_at_extreme_challenges() {
    let key = PublicKey::from_xy(generator().x, generator().y).unwrap();
    let low = u128::from(u64::MAX);
    for e in [0, u128::MAX, low, !low, 1, 1 << 127, 0x5555_5555_5555_5555_5555_5555_5555_5555, !0 << 1] {
        assert!(holds(|cs| {
            let points = key.points();
            let (plus, minus) = (point(cs, points.plus), point(cs, points.minus));
            let bits: Vec<Lc> = (0..128).map(|i| cs.boolean(e >> i & 1 == 1)).collect();
            let product = issuer_mul::mul(cs, &plus, &minus, &bits);
            assert_eq!((product.u.value(), product.v.value()), multiple(challenge_scalar(e)), "{e:x}");
        }));
    }
}

/// `s G = ± c A`: R would be the identity or hide a doubling; both are refused.
#[test]
fn a_commitment_at_infinity_is_refused() {
    for sign in [1i8, -1] {
        assert!(!holds(|cs| {
            let s_g = point(cs, multiple(Scalar::from(123u64)));
            let c_a = Point { u: s_g.u.clone(), v: if sign == 1 { s_g.v.clone() } else { -&s_g.v } };
            montgomery::add_checked_u(cs, &s_g, &c_a);
        }));
    }
}

/// Every point outside the prime-order subgroup: of order two, four, eight, and those with such a part.
#[test]
fn low_order_issuer_keys_are_refused() {
    let (zero, one) = (Fr::zero(), Fr::one());
    let mut low = vec![EdwardsAffine { x: zero, y: -one }, EdwardsAffine { x: one, y: zero }];
    low.push(EdwardsAffine { x: -one, y: zero });
    // Order eight: twice it has order four, so y = ± x with 2 x^2 = 1 + d x^4.
    let d = <EdwardsConfig as ark_ec::twisted_edwards::TECurveConfig>::COEFF_D;
    let root = (one - d).sqrt().expect("the curve has points of order eight");
    for square in [(one + root) * d.inverse().unwrap(), (one - root) * d.inverse().unwrap()] {
        if let Some(x) = square.sqrt() {
            low.extend([EdwardsAffine { x, y: x }, EdwardsAffine { x, y: -x }]);
        }
    }
    assert!(low.len() >= 5);
    for p in low {
        assert!(p.is_on_curve() && p.mul_bigint([8u64]).is_zero() && !p.is_zero());
        assert_eq!(PublicKey::from_xy(p.x, p.y), Err(PointError::OffSubgroup));
        let mixed = (p + generator()).into_affine();
        assert_eq!(PublicKey::from_xy(mixed.x, mixed.y), Err(PointError::OffSubgroup));
    }
    assert_eq!(PublicKey::from_xy(zero, one), Err(PointError::Identity));
}

fn pow2(n: u64) -> Fr {
    Fr::from(2u64).pow([n])
}

/// `h` up to the strip that no signer uses, and no second value modulo the field for a small h.
#[test]
fn the_challenge_has_one_decomposition() {
    let p = Fr::MODULUS.0;
    let strip = Fr::from(u128::from(p[3]) << 64 | u128::from(p[2])) * pow2(128);
    for (h, good) in [
        (Fr::zero(), true),
        (Fr::one(), true),
        (pow2(128) - Fr::one(), true),
        (pow2(128), true),
        (pow2(253), true),
        (pow2(253) - Fr::one(), true),
        (strip - Fr::one(), true),
        (strip, false),
        (-Fr::one(), false),
    ] {
        assert_eq!(
            holds(|cs| {
                let h = cs.witness(h);
                let e = bits::low_128_bits(cs, &h);
                let low = h.value().into_bigint().0;
                for (i, bit) in e.iter().enumerate() {
                    assert!(!good || bit.value() == Fr::from(low[i / 64] >> (i % 64) & 1));
                }
            }),
            good,
            "{h}"
        );
    }
    // The bits of h + p instead of h's: their high part has no encoding; the nearest one is refused.
    for small in [0u64, 5, u64::MAX] {
        let mut cs = Builder::shape();
        let h = cs.witness(Fr::from(small));
        bits::low_128_bits(&mut cs, &h);
        let (shape, mut z) = cs.into_shape();
        assert_eq!(shape.unsatisfied(&z), None);
        let mut alias = Fr::MODULUS;
        ark_ff::BigInteger::add_with_carry(&mut alias, &Fr::from(small).into_bigint());
        for i in 0..128 {
            z[2 + i] = Fr::from(alias.0[i / 64] >> (i % 64) & 1);
        }
        for (top, bit) in z[130..].iter_mut().enumerate() {
            *bit = Fr::from(u64::from(top < 125));
        }
        assert!(shape.unsatisfied(&z).is_some(), "h + p for {small}");
    }
}

/// The one choice that may change without harm: a high part of h between the last weight and 2^125 has two encodings.
/// Both give the same challenge bits, and nothing else reads the high part's.
#[test]
fn the_high_parts_second_encoding_is_harmless() {
    let p = Fr::MODULUS.0;
    let last_weight = (u128::from(p[3]) << 64 | u128::from(p[2])) - 1 - ((1u128 << 125) - 1);
    for (high, two) in
        [(last_weight, true), (last_weight + 12_345, true), ((1 << 125) - 1, true), (last_weight - 1, false)]
    {
        let mut cs = Builder::shape();
        let h = cs.witness(Fr::from(high) * pow2(128) + Fr::from(0xabcd_u64));
        let e = bits::low_128_bits(&mut cs, &h);
        let before: Vec<Fr> = e.iter().map(Lc::value).collect();
        let (shape, mut z) = cs.into_shape();
        assert_eq!(shape.unsatisfied(&z), None);
        // Variables: one, h, 128 low bits, 125 high ones; the top bit is the expression that is left over.
        let rest = high.wrapping_sub(last_weight);
        for k in 0..125 {
            z[130 + k] = Fr::from(u64::from(rest >> k & 1 == 1));
        }
        assert_eq!(shape.unsatisfied(&z).is_none(), two, "{high:x}");
        assert_eq!(z[2..130], before[..], "the challenge is the same");
    }
}

#[test]
fn decompositions_end_where_they_say() {
    for n in [1usize, 8, 32, 45, 64, 253] {
        let top = pow2(n as u64);
        for (value, good) in [
            (Fr::zero(), true),
            (top - Fr::one(), true),
            (top, false),
            (top + Fr::one(), false),
            (-Fr::one(), false),
            (-top, n == 253),
        ] {
            assert_eq!(
                holds(|cs| {
                    let value = cs.witness(value);
                    bits::decompose(cs, &value, n);
                }),
                good,
                "{value} in {n} bits"
            );
        }
    }
}

/// Expiry: `expiry - as_of` in 32 bits, with as_of below 2^32.
#[test]
fn expiry_does_not_wrap() {
    let most = Fr::from(u32::MAX);
    for as_of in [0u32, 20_261_122, u32::MAX] {
        let day = Fr::from(as_of);
        for (expiry, good) in [
            (day, true),
            (day + Fr::one(), true),
            (day - Fr::one(), false),
            (day + most, true),
            (day + most + Fr::one(), false),
            (-Fr::one(), false),
            (day - pow2(32), false),
            (pow2(253), false),
        ] {
            assert_eq!(
                holds(|cs| {
                    let expiry = cs.witness(expiry);
                    bits::decompose(cs, &(&expiry + -day), 32);
                }),
                good,
                "{expiry} at {as_of}"
            );
        }
    }
}

/// The slot against the native operation on every pair of edge values.
#[test]
fn a_predicate_slot_agrees_with_its_twin_at_every_edge() {
    let mut rng = StdRng::seed_from_u64(62);
    let max = Fr::from(u64::MAX);
    let (one, small) = (Fr::one(), |v: u64| Fr::from(v));
    let values = [
        small(0),
        one,
        small(5),
        small(62),
        small(63),
        small(64),
        small(127),
        max - one,
        max,
        max + one,
        pow2(128),
        -one,
        -max,
        -pow2(64),
        Fr::rand(&mut rng),
    ];
    let operands = [small(0), one, small(63), small(64), small(1 << 63), max - one, max];
    let mut seen = [0; 2];
    for op in [Op::None, Op::Eq, Op::Ge, Op::Le, Op::InSet] {
        for value in values {
            for operand in operands.into_iter().chain((op == Op::Eq).then_some(value)) {
                let asked = Predicate::new(Slot::Spare, op, operand).unwrap();
                let satisfied = holds(|cs| {
                    let attributes: [Lc; SLOTS] = std::array::from_fn(|i| {
                        cs.witness(if i == Slot::Spare.index() { value } else { Fr::from(1000 + i as u64) })
                    });
                    let index = asked.slot().index();
                    let mut selector: Vec<Lc> = (0..4).map(|i| cs.boolean(index >> i & 1 == 1)).collect();
                    selector.extend(asked.flags().map(|flag| cs.boolean(flag)));
                    let operand = cs.witness(asked.public_operand());
                    predicate::enforce(cs, &attributes, &selector, &operand);
                });
                assert_eq!(satisfied, asked.holds(value), "{op:?} {value} {operand}");
                seen[usize::from(satisfied)] += 1;
            }
        }
    }
    println!("{seen:?} refused and accepted");
    assert!(seen[0] > 100 && seen[1] > 100);
}
