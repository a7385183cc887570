//! Multi-scalar multiplication for fixed, short lists: signed windows, buckets added up in affine coordinates.
//!
//! An affine addition costs one inversion; over a batch the inversions become one and three products each, six
//! products an addition in all against ten or more in extended coordinates (bucket lists are paired off until one
//! point is left in each). A bit or a small number costs what its own windows cost: its higher digits are zero and
//! fall in no bucket. The exceptional additions (a doubling, opposite points, the identity) are handled, not excluded.

use ark_ec::{
    AffineRepr,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::{AdditiveGroup, BigInt, BigInteger, Field};
use ark_std::Zero;
use zeroize::{Zeroize, Zeroizing};

/// Points that are sorted into buckets at once; bounds the memory, 64 bytes a point of G1.
const BATCH: usize = 1 << 14;

/// `sum scalars_i points_i`, scalars as canonical integers below 2^254. Panics unless there is one for each point.
pub fn msm<P: SWCurveConfig>(points: &[Affine<P>], scalars: &[BigInt<4>]) -> Projective<P> {
    assert_eq!(points.len(), scalars.len(), "one scalar for each point");
    let bits = scalars.iter().map(|s| s.num_bits() as usize).max().unwrap_or(0);
    if bits == 0 {
        return Projective::zero();
    }
    // Small scalars end after few windows; they weigh little in the choice.
    let work: usize = scalars.iter().map(|s| s.num_bits() as usize).sum();
    let window = best_window(bits, work.div_ceil(bits));
    let digits = Digits::new(scalars, window, bits);
    let together = (BATCH / points.len()).clamp(1, digits.windows);
    let starts: Vec<usize> = (0..digits.windows).step_by(together).collect();
    let sums = |start: &usize| window_sums(points, &digits, *start..(*start + together).min(digits.windows));
    #[cfg(feature = "parallel")]
    let parts: Vec<Vec<Projective<P>>> = {
        use rayon::prelude::*;
        starts.par_iter().map(sums).collect()
    };
    #[cfg(not(feature = "parallel"))]
    let parts: Vec<Vec<Projective<P>>> = starts.iter().map(sums).collect();

    let mut total = Projective::zero();
    for sum in parts.iter().flatten().rev() {
        for _ in 0..window {
            total.double_in_place();
        }
        total += sum;
    }
    total
}

/// Window width with the least work for `n` full scalars: six products an addition; rows and columns of the
/// buckets take two additions each, see [`weigh`].
fn best_window(bits: usize, n: usize) -> usize {
    let cost = |c: &usize| {
        let buckets = 1usize << (c - 1);
        (bits + 1).div_ceil(*c) * (6 * n + 12 * buckets + 27 * 2 * buckets.isqrt())
    };
    (2..=13).min_by_key(cost).expect("the range is not empty")
}

/// Signed digits of all scalars, a window after the other.
struct Digits {
    width: usize,
    windows: usize,
    count: usize,
    digits: Zeroizing<Vec<i16>>,
}

impl Digits {
    fn new(scalars: &[BigInt<4>], width: usize, bits: usize) -> Self {
        let (windows, count) = ((bits + 1).div_ceil(width), scalars.len());
        let mut digits = Zeroizing::new(vec![0i16; windows * count]);
        for (i, scalar) in scalars.iter().enumerate() {
            signed_digits(scalar, width, windows, |w, digit| digits[w * count + i] = digit);
        }
        Self { width, windows, count, digits }
    }

    fn window(&self, w: usize) -> &[i16] {
        &self.digits[w * self.count..][..self.count]
    }
}

/// Digits in `[-2^(c-1), 2^(c-1)]` with `sum digit_w 2^(cw)` the scalar, c the width, lowest first; the windows reach
/// one bit beyond the scalar, which takes the last carry.
pub(crate) fn signed_digits(scalar: &BigInt<4>, width: usize, windows: usize, mut take: impl FnMut(usize, i16)) {
    let mut carry = 0i32;
    for w in 0..windows {
        let digit = bits_at(&scalar.0, w * width, width) + carry;
        carry = i32::from(digit > 1 << (width - 1));
        take(w, (digit - (carry << width)) as i16);
    }
    debug_assert_eq!(carry, 0, "the bit beyond takes the carry");
}

/// `width` bits from bit `at`; zero beyond the top.
fn bits_at(limbs: &[u64; 4], at: usize, width: usize) -> i32 {
    let (word, shift) = (at / 64, at % 64);
    let low = limbs.get(word).map_or(0, |l| l >> shift);
    let high = if shift + width > 64 { limbs.get(word + 1).map_or(0, |l| l << (64 - shift)) } else { 0 };
    ((low | high) & ((1 << width) - 1)) as i32
}

/// The sum of each window of a range, its power of two left out.
fn window_sums<P: SWCurveConfig>(
    points: &[Affine<P>],
    digits: &Digits,
    windows: std::ops::Range<usize>,
) -> Vec<Projective<P>> {
    let buckets = 1usize << (digits.width - 1);
    let mut lists = Lists::<P>::new(windows.len() * buckets);
    let slot = |w: usize, digit: i16| (w - windows.start) * buckets + usize::from(digit.unsigned_abs()) - 1;
    for w in windows.clone() {
        for digit in digits.window(w).iter().filter(|d| **d != 0) {
            lists.lengths[slot(w, *digit)] += 1;
        }
    }
    let mut at = lists.starts();
    lists.points = vec![Affine::identity(); lists.lengths.iter().sum()];
    for w in windows.clone() {
        for (digit, point) in digits.window(w).iter().zip(points) {
            if *digit != 0 {
                let position = &mut at[slot(w, *digit)];
                lists.points[*position] = if *digit < 0 { -*point } else { *point };
                *position += 1;
            }
        }
    }
    lists.collapse();
    weigh(&lists, windows.len(), buckets)
}

/// `sum (k + 1) B_k` over the buckets of each window.
///
/// With `k = hi S + lo` that is `sum (lo + 1) C_lo + S sum hi R_hi`, C and R the sums of columns and rows: two cheap
/// affine additions a bucket, and running sums over `2 sqrt(buckets)` points only.
fn weigh<P: SWCurveConfig>(sums: &Lists<P>, windows: usize, buckets: usize) -> Vec<Projective<P>> {
    let columns = 1usize << (buckets.trailing_zeros() / 2);
    let rows = buckets / columns;
    let mut lines = Lists::<P>::new(windows * (rows + columns));
    let bucket = sums.singles();
    for w in 0..windows {
        let all = &bucket[w * buckets..][..buckets];
        for c in 0..columns {
            lines.push(w * (rows + columns) + c, all.iter().skip(c).step_by(columns));
        }
        for r in 0..rows {
            lines.push(w * (rows + columns) + columns + r, all[r * columns..][..columns].iter());
        }
    }
    lines.collapse();
    let line = lines.singles();
    (0..windows)
        .map(|w| {
            let (column, row) = line[w * (rows + columns)..][..rows + columns].split_at(columns);
            // Row 0 has weight 0.
            let mut total = running_sum(&row[1..]);
            for _ in 0..columns.trailing_zeros() {
                total.double_in_place();
            }
            total + running_sum(column)
        })
        .collect()
}

/// `sum (i + 1) p_i`.
fn running_sum<P: SWCurveConfig>(points: &[Affine<P>]) -> Projective<P> {
    let (mut sum, mut total) = (Projective::zero(), Projective::zero());
    for point in points.iter().rev() {
        sum += point;
        total += sum;
    }
    total
}

/// Lists of points one after the other, each to be summed up. Wiped when dropped: the points tell the scalars.
struct Lists<P: SWCurveConfig> {
    points: Vec<Affine<P>>,
    lengths: Vec<usize>,
}

impl<P: SWCurveConfig> Lists<P> {
    fn new(lists: usize) -> Self {
        Self { points: Vec::new(), lengths: vec![0; lists] }
    }

    fn starts(&self) -> Vec<usize> {
        let mut next = 0;
        self.lengths
            .iter()
            .map(|length| {
                next += length;
                next - length
            })
            .collect()
    }

    /// Fills a list; lists are filled in order.
    fn push<'a>(&mut self, list: usize, points: impl Iterator<Item = &'a Affine<P>>) {
        let before = self.points.len();
        self.points.extend(points.filter(|p| !p.is_zero()));
        self.lengths[list] = self.points.len() - before;
    }

    /// Adds pairs of neighbours until no list is longer than one.
    fn collapse(&mut self) {
        let (mut denominators, mut products) = (Vec::new(), Vec::new());
        while self.lengths.iter().any(|l| *l > 1) {
            denominators.clear();
            let mut at = 0;
            for length in &self.lengths {
                for pair in self.points[at..][..*length].chunks_exact(2) {
                    denominators.push(denominator(&pair[0], &pair[1]));
                }
                at += length;
            }
            invert(&mut denominators, &mut products);
            // A sum is never written past a point that is still to be read.
            let (mut read, mut write) = (0, 0);
            let mut inverse = denominators.iter();
            for length in &mut self.lengths {
                for _ in 0..*length / 2 {
                    let inverse = inverse.next().expect("one for each pair");
                    self.points[write] = add(&self.points[read], &self.points[read + 1], inverse);
                    (read, write) = (read + 2, write + 1);
                }
                if *length % 2 == 1 {
                    self.points[write] = self.points[read];
                    (read, write) = (read + 1, write + 1);
                }
                *length = length.div_ceil(2);
            }
        }
        denominators.zeroize();
        products.zeroize();
    }

    /// The point of each list after [`Lists::collapse`]; the identity for an empty one.
    fn singles(&self) -> Vec<Affine<P>> {
        let mut points = self.points.iter();
        let single = |l: &usize| if *l == 0 { Affine::identity() } else { *points.next().expect("one a list") };
        self.lengths.iter().map(single).collect()
    }
}

impl<P: SWCurveConfig> Drop for Lists<P> {
    fn drop(&mut self) {
        self.points.zeroize();
    }
}

/// Chains of products that run side by side: one alone would wait for each multiplication to end.
const CHAINS: usize = 4;

/// Inverts values that are not zero, three products each and one inversion for all. `products` is working room.
pub(crate) fn invert<F: Field>(values: &mut [F], products: &mut Vec<F>) {
    products.clear();
    products.reserve(values.len());
    let mut chains = [F::ONE; CHAINS];
    for group in values.chunks(CHAINS) {
        for (chain, value) in chains.iter_mut().zip(group) {
            products.push(*chain);
            *chain *= value;
        }
    }
    let all = chains.iter().product::<F>().inverse().expect("no value is zero");
    let mut inverses: [F; CHAINS] =
        std::array::from_fn(|i| all * (0..CHAINS).filter(|j| *j != i).map(|j| chains[j]).product::<F>());
    for (group, products) in values.chunks_mut(CHAINS).zip(products.chunks(CHAINS)).rev() {
        for ((inverse, value), product) in inverses.iter_mut().zip(group).zip(products) {
            let next = *inverse * *value;
            *value = *inverse * product;
            *inverse = next;
        }
    }
}

/// What the slope of `p + q` is divided by; never zero.
#[inline(always)]
pub(crate) fn denominator<P: SWCurveConfig>(p: &Affine<P>, q: &Affine<P>) -> P::BaseField {
    let run = q.x - p.x;
    if p.is_zero() || q.is_zero() {
        P::BaseField::ONE
    } else if !run.is_zero() {
        run
    } else if p.y == q.y && !p.y.is_zero() {
        p.y.double()
    } else {
        P::BaseField::ONE
    }
}

/// `p + q` with the inverse of [`denominator`].
#[inline(always)]
pub(crate) fn add<P: SWCurveConfig>(p: &Affine<P>, q: &Affine<P>, inverse: &P::BaseField) -> Affine<P> {
    if p.is_zero() {
        return *q;
    }
    if q.is_zero() {
        return *p;
    }
    let slope = if p.x != q.x {
        (q.y - p.y) * inverse
    } else if p.y == q.y && !p.y.is_zero() {
        let square = p.x.square();
        (square.double() + square + P::COEFF_A) * inverse
    } else {
        return Affine::identity();
    };
    let x = slope.square() - p.x - q.x;
    Affine::new_unchecked(x, slope * (p.x - x) - p.y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arith::narrow;
    use ark_ec::{CurveGroup, VariableBaseMSM};
    use ark_ff::{PrimeField, UniformRand};
    use rand::{Rng, SeedableRng, rngs::StdRng};

    fn naive<P: SWCurveConfig>(points: &[Affine<P>], scalars: &[BigInt<4>]) -> Projective<P> {
        points.iter().zip(scalars).map(|(p, s)| p.mul_bigint(s)).sum()
    }

    fn check<P: SWCurveConfig>(points: &[Affine<P>], scalars: &[BigInt<4>]) {
        assert_eq!(msm(points, scalars).into_affine(), naive(points, scalars).into_affine());
    }

    fn scalar<F: PrimeField<BigInt = BigInt<4>>>(rng: &mut StdRng) -> BigInt<4> {
        match rng.r#gen::<u8>() % 6 {
            0 => BigInt::zero(),
            1 => BigInt::one(),
            2 => BigInt::from(rng.r#gen::<u64>()),
            3 => (-F::ONE).into_bigint(),
            4 => BigInt::from(1u64 << (rng.r#gen::<u8>() % 64)),
            _ => F::rand(rng).into_bigint(),
        }
    }

    fn many<P: SWCurveConfig>(sizes: &[usize])
    where
        P::ScalarField: PrimeField<BigInt = BigInt<4>>,
        Affine<P>: UniformRand,
    {
        let mut rng = StdRng::seed_from_u64(9);
        for &n in sizes {
            let points: Vec<Affine<P>> = (0..n).map(|_| Affine::rand(&mut rng)).collect();
            let scalars: Vec<BigInt<4>> = (0..n).map(|_| scalar::<P::ScalarField>(&mut rng)).collect();
            check(&points, &scalars);
        }
    }

    #[test]
    fn agrees_with_adding_one_by_one() {
        let sizes = [0, 1, 2, 3, 17, 100, 400];
        many::<ark_bn254::g1::Config>(&sizes);
        many::<ark_bn254::g2::Config>(&sizes[..6]);
        many::<narrow::G1Config>(&sizes);
        many::<narrow::G2Config>(&sizes[..6]);
    }

    #[test]
    fn agrees_with_arkworks_at_full_size() {
        let mut rng = StdRng::seed_from_u64(10);
        let points: Vec<ark_bn254::G1Affine> = (0..5000).map(|_| Affine::rand(&mut rng)).collect();
        let scalars: Vec<_> = (0..5000).map(|_| ark_bn254::Fr::rand(&mut rng).into_bigint()).collect();
        assert_eq!(msm(&points, &scalars), ark_bn254::G1Projective::msm_bigint(&points, &scalars));
    }

    /// Equal, opposite and identity points fall into one bucket together.
    #[test]
    fn exceptional_additions() {
        let mut rng = StdRng::seed_from_u64(11);
        let p = ark_bn254::G1Affine::rand(&mut rng);
        let q = ark_bn254::G1Affine::rand(&mut rng);
        let zero = ark_bn254::G1Affine::identity();
        let palette = [p, -p, q, -q, zero, (p + q).into_affine()];
        for n in [2, 3, 4, 5, 8, 64] {
            for _ in 0..40 {
                let points: Vec<_> = (0..n).map(|_| palette[rng.gen_range(0..palette.len())]).collect();
                check(&points, &vec![BigInt::from(3u64); n]);
                let scalars: Vec<_> = (0..n).map(|_| scalar::<ark_bn254::Fr>(&mut rng)).collect();
                check(&points, &scalars);
            }
        }
    }

    #[test]
    fn every_window_width_gives_digits_of_the_scalar() {
        let mut rng = StdRng::seed_from_u64(12);
        for width in 2..=13 {
            let scalars: Vec<_> = (0..50).map(|_| scalar::<ark_bn254::Fr>(&mut rng)).collect();
            let bits = scalars.iter().map(|s| s.num_bits() as usize).max().unwrap();
            let digits = Digits::new(&scalars, width, bits);
            let base = ark_bn254::Fr::from(1u64 << width);
            for (i, scalar) in scalars.iter().enumerate() {
                let sum = (0..digits.windows)
                    .rev()
                    .fold(ark_bn254::Fr::zero(), |sum, w| sum * base + ark_bn254::Fr::from(digits.window(w)[i]));
                assert_eq!(sum, ark_bn254::Fr::from_bigint(*scalar).unwrap());
                assert!((0..digits.windows).all(|w| digits.window(w)[i].unsigned_abs() <= 1 << (width - 1)));
            }
        }
    }
}
