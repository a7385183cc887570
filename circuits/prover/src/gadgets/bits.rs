//! Bit decompositions. The last bit is never a variable: it is the expression that the others leave over.

use ark_ff::{Field, PrimeField, Zero};
use honnin_circuits::Fr;

use crate::r1cs::{Builder, Lc};

/// Bits of `value` (least significant first) such that `sum 2^i bit_i = value` and each bit is boolean.
/// `n` rows. Sound for n <= 253: the sum cannot reach the modulus, so the bits are unique and `value < 2^n`.
pub fn decompose(cs: &mut Builder, value: &Lc, n: usize) -> Vec<Lc> {
    assert!((1..=253).contains(&n));
    let weights: Vec<Fr> = (0..n).map(pow2).collect();
    let int = value.value().into_bigint().0;
    let bits: Vec<bool> = (0..n).map(|i| int[i / 64] >> (i % 64) & 1 == 1).collect();
    weighted(cs, value, &weights, &bits)
}

/// Booleans with `sum weight_i bit_i = value`; a row each, the last as the residual expression.
/// `bits` are the prover's choice; where they do not fit the value, the residual is no boolean.
fn weighted(cs: &mut Builder, value: &Lc, weights: &[Fr], bits: &[bool]) -> Vec<Lc> {
    let (last_weight, rest) = weights.split_last().expect("at least one bit");
    let mut out = Vec::with_capacity(weights.len());
    let mut residual = value.clone();
    for (weight, bit) in rest.iter().zip(bits) {
        let b = cs.boolean(*bit);
        residual.add_scaled(-*weight, &b);
        out.push(b);
    }
    let last = &residual * last_weight.inverse().expect("weights are not zero");
    cs.enforce_boolean(&last);
    out.push(last);
    out
}

/// The low 128 bits of a full field element `h`, least significant first; 254 rows.
///
/// `h = sum_{i<128} 2^i e_i + 2^128 * H` with `H = sum w_k t_k` over 126 booleans. The weights are
/// `1, 2, .. 2^124` and `N - (2^125 - 1)` with `N = floor(p / 2^128) - 1`. The last weight is at most 2^125, so the
/// subset sums are exactly `0..=N`. Hence the right side is at most `2^128 (N + 1) - 1 < p`: as an integer it *is* `h`,
/// there is no alias, and `e` is `h mod 2^128`. An `H` may have two subset encodings; `e` does not depend on which.
/// Values of `h` with `floor(h / 2^128) = N + 1` have no witness (probability 2^-126; the signer avoids them).
pub fn low_128_bits(cs: &mut Builder, h: &Lc) -> Vec<Lc> {
    let last_weight = last_weight();

    let int = h.value().into_bigint().0;
    let low = u128::from(int[1]) << 64 | u128::from(int[0]);
    let high = u128::from(int[3]) << 64 | u128::from(int[2]);
    let top = high >= 1 << 125;
    let rest = if top { high.wrapping_sub(last_weight) } else { high };

    let mut weights: Vec<Fr> = (0..128).map(pow2).collect();
    weights.extend((0..125).map(|k| pow2(128 + k)));
    weights.push(pow2(128) * Fr::from(last_weight));
    let mut bits: Vec<bool> = (0..128).map(|i| low >> i & 1 == 1).collect();
    bits.extend((0..125).map(|k| rest >> k & 1 == 1));
    bits.push(top);

    let mut all = weighted(cs, h, &weights, &bits);
    all.truncate(128);
    all
}

/// `N - (2^125 - 1)`, see [`low_128_bits`].
fn last_weight() -> u128 {
    let p = Fr::MODULUS.0;
    let n = (u128::from(p[3]) << 64 | u128::from(p[2])) - 1;
    n - ((1u128 << 125) - 1)
}

/// `sum_j 2^j bits_j`.
pub fn recompose(bits: &[Lc]) -> Lc {
    let mut out = Lc::zero();
    for (i, b) in bits.iter().enumerate() {
        out.add_scaled(pow2(i), b);
    }
    out
}

/// `2^n` in the field.
pub fn pow2(n: usize) -> Fr {
    Fr::from(2u64).pow([n as u64])
}

/// Picks `items[index]` for an index given by bits (least significant first); `items.len() - 1` rows, an item
/// list of `2^bits`. A row of the tree is `bit * (right - left) = chosen - left`, so its value is forced.
pub fn select(cs: &mut Builder, items: &[Lc], bits: &[Lc]) -> Lc {
    assert_eq!(items.len(), 1 << bits.len());
    let mut level = items.to_vec();
    for bit in bits {
        level = level
            .chunks(2)
            .map(|pair| {
                let difference = &pair[1] - &pair[0];
                let chosen = if bit.value().is_zero() { pair[0].value() } else { pair[1].value() };
                let out = cs.witness(chosen);
                cs.enforce(bit, &difference, &(&out - &pair[0]));
                out
            })
            .collect();
    }
    level.swap_remove(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};

    /// The largest sum of all weights is one below `2^128 floor(p / 2^128)`, and the subset sums leave no gap.
    #[test]
    fn the_high_part_reaches_exactly_its_range() {
        let p = Fr::MODULUS.0;
        let high_of_modulus = u128::from(p[3]) << 64 | u128::from(p[2]);
        assert_eq!(last_weight() + ((1u128 << 125) - 1), high_of_modulus - 1);
        assert!(last_weight() <= 1 << 125, "a gap opens above 2^125 - 1 otherwise");
    }

    /// Every subset of weights at small size: one low half for each value, and no value past the modulus.
    #[test]
    fn no_alias_at_small_size() {
        // Halves of 3 bits; every odd modulus p whose high part needs as many bits as the scheme gives it.
        for p in (33u32..120).step_by(2) {
            let high = p >> 3;
            let bits = 32 - (high - 1).leading_zeros() - 1;
            let last = (high - 1) - ((1 << bits) - 1);
            if last == 0 || last > 1 << bits {
                continue;
            }
            let mut seen = std::collections::BTreeMap::new();
            for choice in 0..1u32 << (3 + bits + 1) {
                let low = choice & 7;
                let top = (choice >> 3) & ((1 << bits) - 1);
                let value = low + 8 * (top + last * (choice >> (3 + bits)));
                assert!(value < p, "modulus {p}");
                assert_eq!(*seen.entry(value).or_insert(low), low, "modulus {p}");
            }
            assert_eq!(seen.len() as u32, 8 * high, "modulus {p}: no gap");
        }
    }

    #[test]
    fn low_bits_are_the_integers() {
        let mut rng = StdRng::seed_from_u64(8);
        for _ in 0..50 {
            let mut cs = Builder::shape();
            let value = Fr::rand(&mut rng);
            let h = cs.witness(value);
            let bits = low_128_bits(&mut cs, &h);
            let limbs = value.into_bigint().0;
            for (i, b) in bits.iter().enumerate() {
                assert_eq!(b.value(), Fr::from(limbs[i / 64] >> (i % 64) & 1));
            }
            let (shape, z) = cs.into_shape();
            assert_eq!((shape.unsatisfied(&z), shape.constraints()), (None, 254));
        }
    }

    #[test]
    fn decompose_refuses_what_does_not_fit() {
        for (value, fits) in [(255u64, true), (256, false)] {
            let mut cs = Builder::shape();
            let v = cs.witness(Fr::from(value));
            decompose(&mut cs, &v, 8);
            let (shape, z) = cs.into_shape();
            assert_eq!(shape.unsatisfied(&z).is_none(), fits);
        }
        let mut cs = Builder::shape();
        let v = cs.witness(-Fr::from(1u64));
        decompose(&mut cs, &v, 64);
        let (shape, z) = cs.into_shape();
        assert!(shape.unsatisfied(&z).is_some(), "minus one is no 64-bit number");
    }
}
