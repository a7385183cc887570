//! Montgomery multiplication in nine limbs of 29 bits, for machines without a 128-bit product.
//!
//! A product of two limbs is below 2^58, so a column of up to eighteen of them fits 64 bits without a carry: all
//! carries are postponed to the reduction. (Postponed carries: Gregor Mitscha-Baude's work on BLS12 in WASM showed
//! how much they give.) R stays 2^256: eight rounds of the reduction clear 29 bits each, the ninth clears 24.

use std::marker::PhantomData;

use ark_ec::{
    models::CurveConfig,
    short_weierstrass::{Affine, SWCurveConfig},
};
use ark_ff::{AdditiveGroup, BigInt, Fp, Fp2, Fp2Config, Fp256, MontBackend, MontConfig};

const LIMBS: usize = 9;
const BITS: u32 = 29;
const MASK: u64 = (1 << BITS) - 1;
/// Bits that the last round of the reduction clears: 8 * 29 + 24 = 256.
const LAST_BITS: u32 = 24;

type Limbs = [u64; LIMBS];
/// Columns of a product, and one for what the reduction pushes up.
type Columns = [u64; 2 * LIMBS];

const fn split(a: &[u64; 4]) -> Limbs {
    [
        a[0] & MASK,
        a[0] >> 29 & MASK,
        (a[0] >> 58 | a[1] << 6) & MASK,
        a[1] >> 23 & MASK,
        (a[1] >> 52 | a[2] << 12) & MASK,
        a[2] >> 17 & MASK,
        (a[2] >> 46 | a[3] << 18) & MASK,
        a[3] >> 11 & MASK,
        a[3] >> 40,
    ]
}

/// arkworks' configuration `C` of a field below 2^254 with this multiplication instead.
pub struct Narrow<C>(PhantomData<C>);

impl<C: MontConfig<4>> Narrow<C> {
    const P: [u64; 4] = {
        assert!(C::MODULUS.0[3] >> 62 == 0, "the bounds below are for a modulus under 2^254");
        C::MODULUS.0
    };
    const P_LIMBS: Limbs = split(&Self::P);
    /// `-p^-1 mod 2^29`: arkworks' constant modulo 2^64, cut.
    const INVERSE: u32 = (C::INV & MASK) as u32;

    #[inline(always)]
    fn add_product(columns: &mut Columns, a: &Limbs, b: &Limbs) {
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                columns[i + j] += a[i] * b[j];
            }
        }
    }

    /// Columns divided by 2^256 modulo p, canonical. With `n` products of canonical values in the columns, n <= 3,
    /// the columns stay below `9 (n + 1) 2^58 + 2^36 < 2^64` and the quotient below `n p^2 / 2^256 + p < 2p`.
    #[inline(always)]
    fn reduce(mut c: Columns) -> [u64; 4] {
        for i in 0..LIMBS - 1 {
            let m = u64::from((c[i] as u32).wrapping_mul(Self::INVERSE)) & MASK;
            for j in 0..LIMBS {
                c[i + j] += m * Self::P_LIMBS[j];
            }
            c[i + 1] += c[i] >> BITS;
        }
        let last = LIMBS - 1;
        let m = u64::from((c[last] as u32).wrapping_mul(Self::INVERSE)) & ((1 << LAST_BITS) - 1);
        for j in 0..LIMBS {
            c[last + j] += m * Self::P_LIMBS[j];
        }
        // What is left of column `last` has 5 bits to keep, then come eight columns of 29 bits at 5, 34, 63, ...
        let left = c[last] >> LAST_BITS;
        let mut t = [left & 31, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut carry = left >> 5;
        for k in 1..LIMBS {
            let column = c[last + k] + carry;
            t[k] = column & MASK;
            carry = column >> BITS;
        }
        let value = [
            t[0] | t[1] << 5 | t[2] << 34 | t[3] << 63,
            t[3] >> 1 | t[4] << 28 | t[5] << 57,
            t[5] >> 7 | t[6] << 22 | t[7] << 51,
            t[7] >> 13 | t[8] << 16 | carry << 45,
        ];
        Self::below_modulus(value)
    }

    #[inline(always)]
    fn below_modulus(value: [u64; 4]) -> [u64; 4] {
        let mut less = [0; 4];
        let mut borrow = false;
        for i in 0..4 {
            let (d, b1) = value[i].overflowing_sub(Self::P[i]);
            let (d, b2) = d.overflowing_sub(u64::from(borrow));
            (less[i], borrow) = (d, b1 | b2);
        }
        if borrow { value } else { less }
    }
}

impl<C: MontConfig<4>> MontConfig<4> for Narrow<C> {
    const MODULUS: BigInt<4> = C::MODULUS;
    const GENERATOR: Fp256<MontBackend<Self, 4>> = Fp::new_unchecked(C::GENERATOR.0);
    const TWO_ADIC_ROOT_OF_UNITY: Fp256<MontBackend<Self, 4>> = Fp::new_unchecked(C::TWO_ADIC_ROOT_OF_UNITY.0);

    #[inline(always)]
    fn mul_assign(a: &mut Fp256<MontBackend<Self, 4>>, b: &Fp256<MontBackend<Self, 4>>) {
        let mut columns = [0; 2 * LIMBS];
        Self::add_product(&mut columns, &split(&a.0.0), &split(&b.0.0));
        a.0.0 = Self::reduce(columns);
    }

    #[inline(always)]
    fn square_in_place(a: &mut Fp256<MontBackend<Self, 4>>) {
        let x = split(&a.0.0);
        let mut columns = [0; 2 * LIMBS];
        for i in 0..LIMBS {
            columns[2 * i] += x[i] * x[i];
            let twice = x[i] << 1;
            for j in i + 1..LIMBS {
                columns[i + j] += twice * x[j];
            }
        }
        a.0.0 = Self::reduce(columns);
    }

    /// One reduction for two products.
    #[inline(always)]
    fn sum_of_products<const M: usize>(
        a: &[Fp256<MontBackend<Self, 4>>; M],
        b: &[Fp256<MontBackend<Self, 4>>; M],
    ) -> Fp256<MontBackend<Self, 4>> {
        let mut sum = Fp256::<MontBackend<Self, 4>>::ZERO;
        for (a, b) in a.chunks(2).zip(b.chunks(2)) {
            let mut columns = [0; 2 * LIMBS];
            for (a, b) in a.iter().zip(b) {
                Self::add_product(&mut columns, &split(&a.0.0), &split(&b.0.0));
            }
            let part = Fp::new_unchecked(BigInt(Self::reduce(columns)));
            if M <= 2 {
                return part;
            }
            sum += &part;
        }
        sum
    }
}

/// BN254's base field.
pub type Fq = Fp256<MontBackend<Narrow<ark_bn254::FqConfig>, 4>>;
/// BN254's scalar field.
pub type Fr = Fp256<MontBackend<Narrow<ark_bn254::FrConfig>, 4>>;
/// The quadratic extension under G2.
pub type Fq2 = Fp2<Fq2Cfg>;

/// `Fq[i] / (i^2 + 1)`.
pub struct Fq2Cfg;

impl Fp2Config for Fq2Cfg {
    type Fp = Fq;
    const NONRESIDUE: Fq = Fp::new_unchecked(ark_bn254::Fq2Config::NONRESIDUE.0);
    const FROBENIUS_COEFF_FP2_C1: &'static [Fq] = &[
        Fp::new_unchecked(ark_bn254::Fq2Config::FROBENIUS_COEFF_FP2_C1[0].0),
        Fp::new_unchecked(ark_bn254::Fq2Config::FROBENIUS_COEFF_FP2_C1[1].0),
    ];

    #[inline(always)]
    fn mul_fp_by_nonresidue_in_place(x: &mut Fq) -> &mut Fq {
        x.neg_in_place()
    }
}

const fn fq2(x: ark_bn254::Fq2) -> Fq2 {
    Fq2::new(Fp::new_unchecked(x.c0.0), Fp::new_unchecked(x.c1.0))
}

/// G1 over [`Fq`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct G1Config;

impl CurveConfig for G1Config {
    type BaseField = Fq;
    type ScalarField = Fr;
    const COFACTOR: &'static [u64] = ark_bn254::g1::Config::COFACTOR;
    const COFACTOR_INV: Fr = Fp::new_unchecked(ark_bn254::g1::Config::COFACTOR_INV.0);
}

impl SWCurveConfig for G1Config {
    const COEFF_A: Fq = Fq::ZERO;
    const COEFF_B: Fq = Fp::new_unchecked(ark_bn254::g1::Config::COEFF_B.0);
    const GENERATOR: Affine<Self> = Affine::new_unchecked(
        Fp::new_unchecked(ark_bn254::g1::Config::GENERATOR.x.0),
        Fp::new_unchecked(ark_bn254::g1::Config::GENERATOR.y.0),
    );
    type ZeroFlag = ();

    #[inline(always)]
    fn mul_by_a(_: Fq) -> Fq {
        Fq::ZERO
    }
}

/// G2 over [`Fq2`].
#[derive(Clone, Default, PartialEq, Eq)]
pub struct G2Config;

impl CurveConfig for G2Config {
    type BaseField = Fq2;
    type ScalarField = Fr;
    const COFACTOR: &'static [u64] = ark_bn254::g2::Config::COFACTOR;
    const COFACTOR_INV: Fr = Fp::new_unchecked(ark_bn254::g2::Config::COFACTOR_INV.0);
}

impl SWCurveConfig for G2Config {
    const COEFF_A: Fq2 = Fq2::ZERO;
    const COEFF_B: Fq2 = fq2(ark_bn254::g2::Config::COEFF_B);
    const GENERATOR: Affine<Self> =
        Affine::new_unchecked(fq2(ark_bn254::g2::Config::GENERATOR.x), fq2(ark_bn254::g2::Config::GENERATOR.y));
    type ZeroFlag = ();

    #[inline(always)]
    fn mul_by_a(_: Fq2) -> Fq2 {
        Fq2::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ec::CurveGroup;
    use ark_ff::{BigInteger, Field, PrimeField, UniformRand};
    use rand::{Rng, SeedableRng, rngs::StdRng};

    /// Values at the edges of the field and of the limbs, and random ones.
    fn values<F: PrimeField<BigInt = BigInt<4>>>(rng: &mut StdRng) -> Vec<F> {
        let mut all = vec![F::ZERO, F::ONE, -F::ONE, -F::from(2u64)];
        all.extend((0..254).map(|i| F::from(2u64).pow([i])));
        all.extend((0..254).map(|i| -F::from(2u64).pow([i])));
        // Sparse and dense limb patterns, also as Montgomery representations.
        for _ in 0..400 {
            let mut words: [u64; 4] = std::array::from_fn(|_| match rng.r#gen::<u8>() % 3 {
                0 => 0,
                1 => u64::MAX,
                _ => rng.r#gen(),
            });
            words[3] &= (1 << 62) - 1;
            if let Some(x) = F::from_bigint(BigInt(words)) {
                all.push(x);
                all.push(x * F::from(2u64).pow([256]).inverse().expect("not zero"));
            }
        }
        all.extend((0..200).map(|_| F::rand(rng)));
        all
    }

    fn agrees<C: MontConfig<4>>() {
        type Theirs<C> = Fp256<MontBackend<C, 4>>;
        let mut rng = StdRng::seed_from_u64(1);
        let ours = |x: Theirs<C>| Fp256::<MontBackend<Narrow<C>, 4>>::new_unchecked(x.0);
        let all = values::<Theirs<C>>(&mut rng);
        for (i, a) in all.iter().enumerate() {
            assert_eq!(ours(*a).square().0, a.square().0, "square of {a}");
            assert_eq!(ours(*a).into_bigint(), a.into_bigint());
            assert_eq!(ours(*a).inverse().map(|x| x.0), a.inverse().map(|x| x.0));
            for b in all.iter().skip(i % 7).step_by(7) {
                assert_eq!((ours(*a) * ours(*b)).0, (*a * b).0, "{a} times {b}");
            }
        }
        for w in all.windows(5) {
            let (a, b) = ([w[0], w[1], w[2]], [w[2], w[3], w[4]]);
            let pair = |x: &[Theirs<C>; 3]| [ours(x[0]), ours(x[1])];
            type Ours<C> = Fp256<MontBackend<Narrow<C>, 4>>;
            assert_eq!(Ours::<C>::sum_of_products(&pair(&a), &pair(&b)).0, (a[0] * b[0] + a[1] * b[1]).0);
            assert_eq!(
                Ours::<C>::sum_of_products(&a.map(ours), &b.map(ours)).0,
                (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]).0
            );
        }
        // Two products of the largest value: the bound of the columns.
        let top = ours(-Theirs::<C>::ONE);
        let raw_top = Fp256::<MontBackend<Narrow<C>, 4>>::new_unchecked({
            let mut p = C::MODULUS;
            p.sub_with_borrow(&BigInt::from(1u64));
            p
        });
        for x in [top, raw_top] {
            let expected = Theirs::<C>::new_unchecked(x.0).square();
            assert_eq!(
                Fp256::<MontBackend<Narrow<C>, 4>>::sum_of_products(&[x, x], &[x, x]).0,
                (expected + expected).0
            );
        }
    }

    #[test]
    fn both_fields_agree_with_arkworks() {
        agrees::<ark_bn254::FqConfig>();
        agrees::<ark_bn254::FrConfig>();
    }

    #[test]
    fn the_curves_are_arkworks() {
        assert!(G1Config::GENERATOR.is_on_curve() && G2Config::GENERATOR.is_on_curve());
        let mut rng = StdRng::seed_from_u64(2);
        for _ in 0..20 {
            let k = ark_bn254::Fr::rand(&mut rng);
            let (p, q) = (
                (ark_bn254::g1::Config::GENERATOR * k).into_affine(),
                (ark_bn254::g2::Config::GENERATOR * k).into_affine(),
            );
            let k = Fr::new_unchecked(k.0);
            let ours = (G1Config::GENERATOR * k).into_affine();
            assert_eq!((ours.x.0, ours.y.0), (p.x.0, p.y.0));
            let ours = (G2Config::GENERATOR * k).into_affine();
            assert_eq!((ours.x, ours.y), (fq2(q.x), fq2(q.y)));
        }
    }
}
