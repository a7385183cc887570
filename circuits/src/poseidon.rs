//! Poseidon over the BN254 scalar field (x^5), one permutation a hash: lane 0 is the capacity and starts at
//! zero, lanes 1.. take the inputs, lane 0 is the output. This is circomlib's construction; widths 2, 3 and 4
//! are circomlib's parameters exactly. Width 17 uses the 57 partial rounds that the reference's
//! `calc_round_numbers.py` gives; circomlib rounds that number up to 68, a multiple of the width.
//! Constants come from the reference's Grain LFSR (Poseidon paper, appendix E), here through arkworks.

use std::sync::LazyLock;

use ark_crypto_primitives::sponge::poseidon::find_poseidon_ark_and_mds;
use ark_ff::{Field, PrimeField, Zero};

use crate::Fr;

/// Full rounds of every width.
pub const FULL_ROUNDS: usize = 8;

/// Parameters of one width.
pub struct Params {
    /// State width t.
    pub width: usize,
    /// Partial rounds, between two halves of the full rounds.
    pub partial_rounds: usize,
    /// Round constants, `[round][lane]`.
    pub ark: Vec<Vec<Fr>>,
    /// Mixing matrix: `next[i] = sum_j mds[i][j] * state[j]`.
    pub mds: Vec<Vec<Fr>>,
}

impl Params {
    /// Generates the parameters of a width from the reference's generator.
    pub fn generate(width: usize, partial_rounds: usize) -> Self {
        let (ark, mds) = find_poseidon_ark_and_mds::<Fr>(
            u64::from(Fr::MODULUS_BIT_SIZE),
            width - 1,
            FULL_ROUNDS as u64,
            partial_rounds as u64,
            0,
        );
        Self { width, partial_rounds, ark, mds }
    }

    /// Rounds in all.
    pub fn rounds(&self) -> usize {
        FULL_ROUNDS + self.partial_rounds
    }

    /// Whether a round has an S-box on every lane.
    pub fn is_full(&self, round: usize) -> bool {
        round < FULL_ROUNDS / 2 || round >= FULL_ROUNDS / 2 + self.partial_rounds
    }

    /// The permutation.
    pub fn permute(&self, state: &mut Vec<Fr>) {
        for round in 0..self.rounds() {
            for (x, c) in state.iter_mut().zip(&self.ark[round]) {
                *x += c;
            }
            let boxed = if self.is_full(round) { self.width } else { 1 };
            for x in &mut state[..boxed] {
                let sq = x.square();
                *x *= sq.square();
            }
            *state = self.mds.iter().map(|row| row.iter().zip(state.iter()).map(|(m, x)| *m * x).sum()).collect();
        }
    }

    fn hash(&self, inputs: &[Fr]) -> Fr {
        assert_eq!(inputs.len() + 1, self.width, "the width is fixed by the caller's array");
        let mut state = Vec::with_capacity(self.width);
        state.push(Fr::zero());
        state.extend_from_slice(inputs);
        self.permute(&mut state);
        state[0]
    }
}

/// Width 2: holder commitment.
pub static T2: LazyLock<Params> = LazyLock::new(|| Params::generate(2, 56));
/// Width 3: pseudonym.
pub static T3: LazyLock<Params> = LazyLock::new(|| Params::generate(3, 57));
/// Width 4: signature challenge.
pub static T4: LazyLock<Params> = LazyLock::new(|| Params::generate(4, 56));
/// Width 17: the 16 attributes, and the disclosure commitment.
pub static T17: LazyLock<Params> = LazyLock::new(|| Params::generate(17, 57));

/// Hash of one element.
pub fn hash1(a: Fr) -> Fr {
    T2.hash(&[a])
}

/// Hash of two elements.
pub fn hash2(a: Fr, b: Fr) -> Fr {
    T3.hash(&[a, b])
}

/// Hash of three elements.
pub fn hash3(a: Fr, b: Fr, c: Fr) -> Fr {
    T4.hash(&[a, b, c])
}

/// Hash of sixteen elements.
pub fn hash16(inputs: &[Fr; 16]) -> Fr {
    T17.hash(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use light_poseidon::{Poseidon, PoseidonHasher};

    /// circomlib's constants, as light-poseidon carries them, against our generator.
    #[test]
    fn small_widths_are_circomlib() {
        for n in 1..=3usize {
            let inputs: Vec<Fr> = (1..=n as u64).map(Fr::from).collect();
            let theirs = Poseidon::<Fr>::new_circom(n).unwrap().hash(&inputs).unwrap();
            let ours = match n {
                1 => T2.hash(&inputs),
                2 => T3.hash(&inputs),
                _ => T4.hash(&inputs),
            };
            assert_eq!(ours, theirs, "{n} inputs");
        }
    }

    /// circomlib's published vector for 16 inputs (68 partial rounds) checks the generator at width 17.
    #[test]
    fn the_generator_agrees_with_circomlib_at_width_17() {
        let inputs: Vec<Fr> = (1..=16u64).map(Fr::from).collect();
        assert_eq!(
            Params::generate(17, 68).hash(&inputs).to_string(),
            "9989051620750914585850546081941653841776809718687451684622678807385399211877"
        );
    }

    /// The reference's round-number conditions (calc_round_numbers.py, 128 bits, alpha = 5) hold with its margin:
    /// two full rounds and 7.5 % of partial rounds above the cheapest secure pair.
    #[test]
    fn round_numbers_follow_the_reference() {
        let secure = |t: f64, rf: f64, rp: f64| {
            let (n, m, log5_2) = (254.0f64, 128.0f64, 2f64.ln() / 5f64.ln());
            let statistical: f64 = if m <= (253.6f64 - 2.0).floor() * (t + 1.0) { 6.0 } else { 10.0 };
            let interpolation = 1.0 + (log5_2 * m.min(n)).ceil() + (t.ln() / 5f64.ln()).ceil() - rp;
            let groebner1 = log5_2 * m.min(n) - rp;
            let groebner2 = t - 1.0 + log5_2 * (m / (t + 1.0)).min(n / 2.0) - rp;
            let groebner3 = (t - 2.0 + m / (2.0 * 5f64.log2()) - rp) / (t - 1.0);
            rf >= statistical.max(interpolation).max(groebner1).max(groebner2).max(groebner3)
        };
        for p in [&*T2, &*T3, &*T4, &*T17] {
            let t = p.width as f64;
            let least = (1..200).find(|rp| secure(t, 6.0, f64::from(*rp))).unwrap();
            assert!(p.partial_rounds >= (f64::from(least) * 1.075).ceil() as usize, "width {t}");
        }
    }
}
