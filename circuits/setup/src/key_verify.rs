//! What the outcome of phase 2 must satisfy: it starts at the parameters that circuit and powers of tau give, every
//! contribution follows from the one before, and the points that depend on delta were scaled with it and nothing else.

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use rand_chacha::rand_core::CryptoRngCore;

use crate::{
    circuit::Circuit,
    derive::{Beacon, Hash, blake2b, g1, hash_forms, hash_to_g2, scalar},
    error::{ContributionFault, KeyFileError, SetupError},
    key_file::{Contribution, KeyFile},
    pairing::{coefficients, same_ratio, sum},
    ptau::Ptau,
};

/// What auditors ask of a ceremony beyond sound arithmetic.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Independent contributors of each phase, beacons not counted. Two at least: one alone knows the secret.
    pub min_contributors: usize,
    /// The beacon that was announced for phase 2. `None` accepts a file that is still open.
    pub beacon: Option<Beacon>,
    /// Contribution hashes that people published, in order: each must be there.
    pub attested: Vec<Hash>,
}

impl Policy {
    /// For a finished ceremony.
    pub fn closed(beacon: Beacon) -> Self {
        Self { min_contributors: 2, beacon: Some(beacon), attested: Vec::new() }
    }

    /// For a ceremony under way: any number of contributions, no beacon yet.
    pub fn open() -> Self {
        Self { min_contributors: 0, beacon: None, attested: Vec::new() }
    }
}

/// Checks everything, from the powers of tau to the key: nothing in either file is trusted.
/// `rng` must be unknown to whoever made the files.
pub fn verify(
    circuit: &Circuit,
    ptau: &Ptau,
    key: &KeyFile,
    policy: &Policy,
    rng: &mut dyn CryptoRngCore,
) -> Result<(), SetupError> {
    key.chain(policy)?;
    ptau.verify(policy.min_contributors, rng)?;
    let initial = KeyFile::initial_of(key, circuit, ptau, rng)?;
    Ok(key.follows(&initial, rng)?)
}

impl KeyFile {
    /// The contributions, each from the one before, up to delta; then what the policy asks. Cheap, so it comes first.
    pub fn chain(&self, policy: &Policy) -> Result<(), KeyFileError> {
        let mut delta = G1Affine::generator();
        for (index, c) in self.contributions.iter().enumerate() {
            let at = |fault| KeyFileError::Contribution { number: index + 1, name: c.label(), fault };
            contribution(&self.transcript(index), delta, c).map_err(at)?;
            delta = c.delta_after;
        }
        self.policy(policy)?;
        if self.delta_g1 != delta {
            return Err(KeyFileError::Delta("delta in G1"));
        }
        if !same_ratio(G1Affine::generator(), delta, G2Affine::generator(), self.delta_g2) {
            return Err(KeyFileError::Delta("delta in G2"));
        }
        Ok(())
    }

    /// The other points, against recomputed ones: equal, or scaled with delta and nothing else. A and B were checked on
    /// the way there.
    fn follows(&self, initial: &KeyFile, rng: &mut dyn CryptoRngCore) -> Result<(), KeyFileError> {
        self.same_fixed_part(initial)?;
        for (name, scaled, original) in [("L", &self.l, &initial.l), ("H", &self.h, &initial.h)] {
            let r = coefficients(original.len(), rng);
            // With no private variable there is nothing to scale.
            if !original.is_empty()
                && !same_ratio(sum(scaled, &r), sum(original, &r), G2Affine::generator(), self.delta_g2)
            {
                return Err(KeyFileError::Scaling(name));
            }
        }
        Ok(())
    }

    fn same_fixed_part(&self, initial: &KeyFile) -> Result<(), KeyFileError> {
        let size = |k: &KeyFile| (k.variables, k.public, k.domain);
        let parts = [
            ("the circuit's size", size(self) == size(initial)),
            ("the circuit hash", self.circuit_hash == initial.circuit_hash),
            ("alpha", self.alpha_g1 == initial.alpha_g1),
            ("beta", self.beta_g1 == initial.beta_g1 && self.beta_g2 == initial.beta_g2),
            ("gamma", self.gamma_g2 == initial.gamma_g2),
            ("IC", self.ic == initial.ic),
            ("the rows for the prover", self.rows == initial.rows),
        ];
        match parts.iter().find(|(_, same)| !same) {
            Some((name, _)) => Err(KeyFileError::NotFromCircuit(name)),
            None => Ok(()),
        }
    }

    fn policy(&self, policy: &Policy) -> Result<(), KeyFileError> {
        let beacons = self.contributions.iter().filter(|c| c.beacon.is_some()).count();
        let have = self.contributions.len() - beacons;
        if let Some(early) = self.contributions.iter().position(|c| c.beacon.is_some())
            && early + 1 != self.contributions.len()
        {
            return Err(KeyFileError::EarlyBeacon(early + 1));
        }
        if have < policy.min_contributors {
            return Err(KeyFileError::TooFewContributors { have, need: policy.min_contributors });
        }
        if let Some(announced) = &policy.beacon {
            let last = self.contributions.last().and_then(|c| c.beacon.as_ref()).ok_or(KeyFileError::NoBeacon)?;
            if last.value != announced.value {
                return Err(KeyFileError::OtherBeacon("value"));
            }
            if last.exponent != announced.exponent {
                return Err(KeyFileError::OtherBeacon("number of iterations"));
            }
        }
        let repeats = |i: usize| self.contributions[..i].iter().any(|c| c.g1_s == self.contributions[i].g1_s);
        if (0..self.contributions.len()).any(repeats) {
            return Err(KeyFileError::Randomness("two contributions have the same"));
        }
        let mut hashes = self.contributions.iter().map(Contribution::hash);
        match policy.attested.iter().find(|wanted| !hashes.any(|have| have == **wanted)) {
            Some(missing) => Err(KeyFileError::AttestationMissing(hex::encode(&missing[..8]))),
            None => Ok(()),
        }
    }
}

fn contribution(before: &[u8], delta: G1Affine, c: &Contribution) -> Result<(), ContributionFault> {
    if blake2b(&[before, &hash_forms(&[c.g1_s, c.g1_sx])]) != c.transcript {
        return Err(ContributionFault::Transcript);
    }
    let g2_sp = hash_to_g2(&c.transcript);
    if !same_ratio(c.g1_s, c.g1_sx, g2_sp, c.g2_spx) {
        return Err(ContributionFault::Knowledge("delta"));
    }
    if !same_ratio(delta, c.delta_after, g2_sp, c.g2_spx) {
        return Err(ContributionFault::NotFollowing("delta"));
    }
    if let Some(beacon) = &c.beacon {
        let mut stream = beacon.stream();
        let secret = scalar(&mut stream);
        let g1_s = g1(&mut stream);
        if c.g1_s != g1_s || c.g1_sx != (g1_s.into_group() * secret).into_affine() {
            return Err(ContributionFault::Beacon);
        }
    }
    Ok(())
}
