//! Proofs that arrive together are verified together: one random linear combination of their equations.
//!
//! With `S_i` the sum of a statement's inputs, all of
//! `e(A_i, B_i) = e(alpha, beta) e(S_i, gamma) e(C_i, delta)` hold if, and but for chance only if,
//!
//! ```text
//! prod e(k_i A_i, B_i) · e(sum k_i alpha, -beta) · e(sum k_i S_i, -gamma) · e(sum k_i C_i, -delta) = 1
//! ```
//!
//! A wrong equation leaves an error of prime order in the target group, so whatever the other coefficients, one value
//! of its own modulo the order hides it. Coefficients have 128 bits: a batch with a wrong proof passes with probability
//! 2^-128, the security level of everything else here, at half the cost of full-size ones.
//!
//! They are hashed from fresh randomness and the batch itself: a source that repeats does not let anybody prepare
//! proofs whose errors cancel, as a change of any proof changes every coefficient.

use ark_bn254::{Bn254, G1Affine};
use ark_ec::{
    CurveGroup,
    pairing::{MillerLoopOutput, Pairing},
};
use ark_ff::{Field, Zero};
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};

use crate::{
    Fr,
    coefficients::{Coefficient, combine, scale_each},
    encoding::fr_to_bytes,
    miller::multi_miller_loop,
    statement::{PUBLIC_INPUTS, Statement},
    verify::{Proof, ProofError, VerifyingKey},
};

/// Groups this small are checked one by one when one is known to be bad: halving them would cost more.
const ONE_BY_ONE: usize = 3;

/// Below this one by one is as cheap.
const SMALLEST: usize = 1;

/// Groups that may fail before a batch is checked one by one: enough to find one bad proof in 256, and a bound on what a
/// flood of bad ones can cost.
const FAILURES: u32 = 8;

/// A proof with its public inputs.
struct Claim<'a> {
    inputs: [Fr; PUBLIC_INPUTS],
    proof: &'a Proof,
    place: usize,
}

impl VerifyingKey {
    /// Verifies proofs of statements together; one verdict each, in order. A batch that fails is halved until the bad
    /// proofs stand alone, so that only they fail. Costs about a fifth of [`VerifyingKey::verify`] a proof from some
    /// sixteen good ones on; keep it off async threads.
    ///
    /// Many bad proofs cost about half as much again as one by one. Proofs must have been decoded: the argument above
    /// needs their points in the prime-order subgroups.
    pub fn verify_batch(
        &self,
        claims: &[(&Statement, &Proof)],
        rng: &mut (impl RngCore + CryptoRng + ?Sized),
    ) -> Vec<Result<(), ProofError>> {
        let mut verdicts: Vec<_> = claims.iter().map(|_| Ok(())).collect();
        let mut open = Vec::with_capacity(claims.len());
        for (place, (statement, proof)) in claims.iter().enumerate() {
            if statement.pseudonym.is_zero() {
                verdicts[place] = Err(ProofError::ZeroPseudonym);
            } else {
                open.push(Claim { inputs: statement.public_inputs(), proof, place });
            }
        }
        self.find_bad(&open, false, &mut { FAILURES }, rng, &mut verdicts);
        verdicts
    }

    /// Marks the bad ones. `one_is_bad`: known already, so that the whole need not be tried. `failures`: how many
    /// groups may still fail before the rest is checked one by one.
    fn find_bad(
        &self,
        claims: &[Claim<'_>],
        one_is_bad: bool,
        failures: &mut u32,
        rng: &mut (impl RngCore + CryptoRng + ?Sized),
        verdicts: &mut [Result<(), ProofError>],
    ) {
        if claims.len() <= SMALLEST || *failures == 0 || (one_is_bad && claims.len() <= ONE_BY_ONE) {
            for claim in claims {
                verdicts[claim.place] = self.verify_inputs(&claim.inputs, claim.proof);
            }
            return;
        }
        if !one_is_bad {
            if self.holds_together(claims, &coefficients(claims, rng)) {
                return;
            }
            *failures -= 1;
        }
        let (left, right) = claims.split_at(claims.len() / 2);
        self.find_bad(left, false, failures, rng, verdicts);
        // If nothing is wrong on the left, the right has it.
        let clean = left.iter().all(|claim| verdicts[claim.place].is_ok());
        self.find_bad(right, clean, failures, rng, verdicts);
    }

    /// The page's equation.
    fn holds_together(&self, claims: &[Claim<'_>], coefficients: &[Coefficient]) -> bool {
        let mut scalars = [Fr::zero(); PUBLIC_INPUTS + 1];
        for (claim, k) in claims.iter().zip(coefficients) {
            let k = k.scalar();
            scalars[0] += k;
            for (sum, input) in scalars[1..].iter_mut().zip(&claim.inputs) {
                *sum += k * input;
            }
        }
        let of = |point: fn(&Proof) -> G1Affine| -> Vec<(Coefficient, G1Affine)> {
            claims.iter().zip(coefficients).map(|(claim, k)| (*k, point(claim.proof))).collect()
        };
        let pairs: Vec<_> =
            scale_each(&of(|p| p.a)).into_iter().zip(claims).map(|(a, claim)| (a, claim.proof.b)).collect();
        // A coefficient of zero has no line through its point: as good as a failure, one in 2^128.
        let Some(product) = multi_miller_loop(&pairs) else { return false };
        let fixed = Bn254::multi_miller_loop(
            [
                (self.alpha * scalars[0]).into_affine(),
                self.inputs.combination(&scalars),
                combine(&of(|p| p.c)).into_affine(),
            ],
            [self.beta_neg.clone(), self.gamma_neg.clone(), self.delta_neg.clone()],
        );
        Bn254::final_exponentiation(MillerLoopOutput(product * fixed.0)).is_some_and(|t| t.0 == Field::ONE)
    }
}

/// One coefficient a claim, from 32 fresh bytes and every input and proof.
fn coefficients(claims: &[Claim<'_>], rng: &mut (impl RngCore + CryptoRng + ?Sized)) -> Vec<Coefficient> {
    let mut fresh = [0u8; 32];
    rng.fill_bytes(&mut fresh);
    let mut hash = Sha256::new().chain_update("honnin/batch/v1").chain_update(fresh);
    for claim in claims {
        for input in &claim.inputs {
            hash.update(fr_to_bytes(input));
        }
        hash.update(claim.proof.to_bytes());
    }
    let seed = hash.finalize();
    (0..claims.len() as u64)
        .map(|i| {
            let digest = Sha256::new().chain_update(seed).chain_update(i.to_be_bytes()).finalize();
            let mut bits = [0u8; 16];
            bits.copy_from_slice(&digest[..16]);
            Coefficient::new(u128::from_be_bytes(bits))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{predicate::PredicateSet, schnorr::SigningKey, simulator::Simulator, statement::Disclosure};
    use ark_ec::AffineRepr;
    use ark_ff::UniformRand;
    use proptest::prelude::{ProptestConfig, any, prop, proptest};
    use rand::{SeedableRng, rngs::StdRng};

    /// A source that repeats.
    struct Stuck;

    impl RngCore for Stuck {
        fn next_u32(&mut self) -> u32 {
            7
        }
        fn next_u64(&mut self) -> u64 {
            7
        }
        fn fill_bytes(&mut self, out: &mut [u8]) {
            out.fill(7);
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand::Error> {
            out.fill(7);
            Ok(())
        }
    }

    impl CryptoRng for Stuck {}

    /// Two wrong proofs whose errors cancel pass when the coefficients are equal: what the random ones are for.
    #[test]
    fn equal_coefficients_would_let_a_cancelling_pair_pass() {
        let simulator = Simulator::new(&mut StdRng::seed_from_u64(41));
        let key = simulator.key();
        let inputs = [[Fr::from(3u64); PUBLIC_INPUTS], [Fr::from(4u64); PUBLIC_INPUTS]];
        let off = G1Affine::generator();
        let shifted = |proof: Proof, by: G1Affine| Proof::from_points(proof.a, proof.b, (proof.c + by).into_affine());
        let proofs = [
            shifted(simulator.prove(&inputs[0], Fr::from(5u64), Fr::from(6u64)), off),
            shifted(simulator.prove(&inputs[1], Fr::from(7u64), Fr::from(8u64)), -off),
        ];
        let claims: Vec<Claim<'_>> = proofs
            .iter()
            .zip(inputs)
            .enumerate()
            .map(|(place, (proof, inputs))| Claim { inputs, proof, place })
            .collect();
        for claim in &claims {
            assert_eq!(key.verify_inputs(&claim.inputs, claim.proof), Err(ProofError::Invalid));
        }
        let k = Coefficient::new(9);
        assert!(key.holds_together(&claims, &[k, k]));
        assert!(!key.holds_together(&claims, &[k, Coefficient::new(10)]));
        // A source that repeats gives other coefficients for other proofs, and apart ones within a batch.
        let drawn = coefficients(&claims, &mut Stuck);
        assert_ne!(drawn[0], drawn[1]);
        assert!(!key.holds_together(&claims, &drawn));
        assert_ne!(coefficients(&claims[..1], &mut Stuck)[0], drawn[0]);
    }

    /// Statements that differ in session, and a good proof of each.
    fn proven(simulator: &Simulator, n: usize, rng: &mut StdRng) -> Vec<(Statement, Proof)> {
        let issuer = SigningKey::generate(rng).public();
        (0..n)
            .map(|_| {
                let statement = Statement {
                    issuer,
                    scope: Fr::rand(rng),
                    pseudonym: Fr::rand(rng),
                    as_of: 20_261_122,
                    predicates: PredicateSet::new(&[]).unwrap(),
                    disclosure: Disclosure::Nothing,
                    ctx: Fr::rand(rng),
                };
                (statement, simulator.prove(&statement.public_inputs(), Fr::rand(rng), Fr::rand(rng)))
            })
            .collect()
    }

    /// Spoils a claim in one of the ways that a proof goes wrong.
    fn spoil(claims: &mut [(Statement, Proof)], at: usize, way: u8) {
        let next = (at + 1) % claims.len();
        let other = claims[next].1;
        let (statement, proof) = &mut claims[at];
        *proof = match way {
            0 => Proof::from_points(-proof.a, proof.b, proof.c),
            1 => Proof::from_points(proof.a, -proof.b, proof.c),
            2 => Proof::from_points(proof.a, proof.b, G1Affine::generator()),
            3 => Proof::from_points(other.a, proof.b, proof.c),
            4 => {
                statement.ctx += Fr::from(1u64);
                *proof
            }
            5 => {
                statement.pseudonym = Fr::zero();
                *proof
            }
            _ => {
                statement.as_of += 1;
                *proof
            }
        };
    }

    fn agree(key: &VerifyingKey, claims: &[(Statement, Proof)], rng: &mut StdRng) -> usize {
        let together = key.verify_batch(&claims.iter().map(|(s, p)| (s, p)).collect::<Vec<_>>(), rng);
        let alone: Vec<_> = claims.iter().map(|(s, p)| key.verify(s, p)).collect();
        assert_eq!(together, alone);
        alone.iter().filter(|v| v.is_err()).count()
    }

    #[test]
    fn none_one_and_many_bad() {
        let mut rng = StdRng::seed_from_u64(42);
        let simulator = Simulator::new(&mut rng);
        let key = simulator.key();
        assert!(key.verify_batch(&[], &mut rng).is_empty());
        for n in [1, 2, 3, 4, 5, 17] {
            let good = proven(&simulator, n, &mut rng);
            assert_eq!(agree(&key, &good, &mut rng), 0);
            for at in [0, n / 2, n - 1] {
                let mut claims = good.clone();
                spoil(&mut claims, at, 0);
                assert_eq!(agree(&key, &claims, &mut rng), 1, "{at} of {n}");
            }
            let mut claims = good.clone();
            for at in 0..n {
                spoil(&mut claims, at, (at % 7) as u8);
            }
            assert!(agree(&key, &claims, &mut rng) + 1 >= n, "all bad, but for a swap with itself");
        }
    }

    /// Two proofs swapped are both wrong, though their sum with equal coefficients is as before.
    #[test]
    fn swapped_proofs_are_both_refused() {
        let mut rng = StdRng::seed_from_u64(43);
        let simulator = Simulator::new(&mut rng);
        let mut claims = proven(&simulator, 8, &mut rng);
        let (two, six) = (claims[2].1, claims[6].1);
        (claims[2].1, claims[6].1) = (six, two);
        assert_eq!(agree(&simulator.key(), &claims, &mut rng), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn agrees_with_one_by_one(
            seed in any::<u64>(),
            n in 1usize..24,
            bad in prop::collection::vec((any::<prop::sample::Index>(), 0u8..7), 0..6),
        ) {
            let mut rng = StdRng::seed_from_u64(seed);
            let simulator = Simulator::new(&mut rng);
            let mut claims = proven(&simulator, n, &mut rng);
            for (at, way) in bad {
                spoil(&mut claims, at.index(n), way);
            }
            agree(&simulator.key(), &claims, &mut rng);
        }
    }
}
