//! What a powers-of-tau file must satisfy: the chain of contributions from the generators to its first points, its
//! sections powers of one tau, its Lagrange points their transform, and the last contributor's hash over all of it.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{
    AffineRepr,
    short_weierstrass::{Affine, SWCurveConfig},
};
use ark_ff::{FftField, Field};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use blake2::{Blake2b512, Digest};
use rand_chacha::rand_core::CryptoRngCore;

use crate::{
    derive::{Hash, blake2b, g1, hash_forms, hash_to_g2, scalar},
    error::{ContributionFault, PtauError},
    pairing::{coefficients, same_ratio, sum},
    points::Point,
    prepare::successive,
    ptau::{Ptau, PtauContribution},
};

const SECRETS: [&str; 3] = ["tau", "alpha", "beta"];

/// What the function below gives for the largest ceremony, of which published files are cuts: 100 GB of hashing. A
/// wrong value could only refuse a good file.
const CHALLENGE_28: &str = "93da91920d5a54a8a0fde55cd9dc3a10c4f3eef768b62c0948741370864254b4\
                            c1920f3f29d4ebc0ef3acecf2e2db63a755713d77e1ed77347a56fbc317c7a93";

/// Where a contribution starts from.
struct Before {
    tau_g1: G1Affine,
    tau_g2: G2Affine,
    alpha_g1: G1Affine,
    beta_g1: G1Affine,
    beta_g2: G2Affine,
    challenge: Hash,
}

impl Before {
    fn generators(ceremony_power: u32) -> Self {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let challenge = first_challenge(ceremony_power);
        Self { tau_g1: g1, tau_g2: g2, alpha_g1: g1, beta_g1: g1, beta_g2: g2, challenge }
    }

    fn after(c: &PtauContribution) -> Self {
        Self {
            tau_g1: c.tau_g1,
            tau_g2: c.tau_g2,
            alpha_g1: c.alpha_g1,
            beta_g1: c.beta_g1,
            beta_g2: c.beta_g2,
            challenge: c.next_challenge,
        }
    }
}

/// The hash that the first contributor starts from: of nothing, then of as many generators as the ceremony has powers.
fn first_challenge(ceremony_power: u32) -> Hash {
    if ceremony_power == 28 {
        let mut known = [0; 64];
        hex::decode_to_slice(CHALLENGE_28, &mut known).expect("a constant");
        return known;
    }
    let mut hasher = Blake2b512::new();
    hasher.update(blake2b(&[]));
    let n = 1usize << ceremony_power;
    let g1 = hash_forms(&[G1Affine::generator(); 1024]);
    let g2 = hash_forms(&[G2Affine::generator(); 1024]);
    let mut repeat = |block: &[u8], size: usize, count: usize| {
        for _ in 0..count / 1024 {
            hasher.update(block);
        }
        hasher.update(&block[..count % 1024 * size]);
    };
    repeat(&g1, 64, 2 * n - 1);
    repeat(&g2, 128, n);
    repeat(&g1, 64, 2 * n);
    repeat(&g2, 128, 1);
    hasher.finalize().into()
}

impl Ptau {
    /// Checks everything but that the file is prepared. `rng` must be unknown to whoever made the file.
    pub fn verify(&self, min_contributors: usize, rng: &mut dyn CryptoRngCore) -> Result<(), PtauError> {
        let have = self.contributions.iter().filter(|c| c.beacon.is_none()).count();
        if have < min_contributors.max(1) {
            return Err(PtauError::TooFewContributors { have, need: min_contributors.max(1) });
        }
        let mut before = Before::generators(self.ceremony_power);
        for (index, c) in self.contributions.iter().enumerate() {
            let at = |fault| PtauError::Contribution { number: index + 1, name: c.label(), fault };
            contribution(&before, c).map_err(at)?;
            if index + 1 < self.contributions.len() {
                before = Before::after(c);
            }
        }
        let last = self.contributions.last().expect("at least one");
        self.powers(last, rng)?;
        self.points_hash(&before.challenge, last)?;
        self.lagrange_points(rng)
    }

    fn powers(&self, last: &PtauContribution, rng: &mut dyn CryptoRngCore) -> Result<(), PtauError> {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let starts = [
            ("tau G1", self.tau_g1[0] == g1 && self.tau_g1[1] == last.tau_g1),
            ("tau G2", self.tau_g2[0] == g2 && self.tau_g2[1] == last.tau_g2),
            ("alpha tau G1", self.alpha_tau_g1[0] == last.alpha_g1),
            ("beta tau G1", self.beta_tau_g1[0] == last.beta_g1),
            ("beta G2", self.beta_g2 == last.beta_g2 && same_ratio(g1, last.beta_g1, g2, last.beta_g2)),
        ];
        if let Some((name, _)) = starts.iter().find(|(_, holds)| !holds) {
            return Err(PtauError::Start(name));
        }
        for (name, section) in
            [("tau G1", &self.tau_g1), ("alpha tau G1", &self.alpha_tau_g1), ("beta tau G1", &self.beta_tau_g1)]
        {
            let (low, high) = neighbours(section, rng);
            if !same_ratio(low, high, g2, last.tau_g2) {
                return Err(PtauError::Powers(name));
            }
        }
        let (low, high) = neighbours(&self.tau_g2, rng);
        if same_ratio(g1, last.tau_g1, low, high) { Ok(()) } else { Err(PtauError::Powers("tau G2")) }
    }

    /// The last contributor hashed every point twice: compressed into the response, plain into the next challenge.
    /// A file cut down from a larger ceremony does not hold all of them; its powers were checked all the same.
    fn points_hash(&self, challenge: &Hash, last: &PtauContribution) -> Result<(), PtauError> {
        if self.power != self.ceremony_power {
            return Ok(());
        }
        let mut compressed = Vec::new();
        self.tau_g1.iter().for_each(|p| p.compressed(&mut compressed));
        self.tau_g2.iter().for_each(|p| p.compressed(&mut compressed));
        for section in [&self.alpha_tau_g1, &self.beta_tau_g1] {
            section.iter().for_each(|p| p.compressed(&mut compressed));
        }
        self.beta_g2.compressed(&mut compressed);
        let response = blake2b(&[challenge, &compressed, &last.keys_hash_form()]);
        let next = blake2b(&[
            &response,
            &hash_forms(&self.tau_g1),
            &hash_forms(&self.tau_g2),
            &hash_forms(&self.alpha_tau_g1),
            &hash_forms(&self.beta_tau_g1),
            &hash_forms(&[self.beta_g2]),
        ]);
        if next == last.next_challenge { Ok(()) } else { Err(PtauError::PointsHash) }
    }

    fn lagrange_points(&self, rng: &mut dyn CryptoRngCore) -> Result<(), PtauError> {
        let Some(lagrange) = &self.lagrange else { return Ok(()) };
        for p in 0..=self.power {
            transform("tau G1", p, &self.tau_g1, &lagrange.tau_g1, rng)?;
            transform("tau G2", p, &self.tau_g2, &lagrange.tau_g2, rng)?;
            transform("alpha tau G1", p, &self.alpha_tau_g1, &lagrange.alpha_tau_g1, rng)?;
            transform("beta tau G1", p, &self.beta_tau_g1, &lagrange.beta_tau_g1, rng)?;
        }
        self.doubled(&lagrange.tau_g1, rng)
    }

    /// The Lagrange points of the doubled domain, from which H comes. Its last power is in no file: a full-size one
    /// takes the identity for it, one cut down from a larger ceremony the power itself. So it is read off the points
    /// and must be one of the two. Left open, it would let whoever prepares the file put any point of their choice
    /// under 1/delta: a forged proof for inputs of their choice.
    fn doubled(&self, lagrange: &[G1Affine], rng: &mut dyn CryptoRngCore) -> Result<(), PtauError> {
        let refused = Err(PtauError::Lagrange("tau G1"));
        let n = 2usize << self.power;
        let points = &lagrange[n - 1..2 * n - 1];
        let root = Fr::get_root_of_unity(n as u64).expect("at most 2^21");
        let last = sum(points, &successive(root.inverse().expect("not zero"), n));
        let next = || same_ratio(self.tau_g1[n - 2], last, G2Affine::generator(), self.tau_g2[1]);
        if !last.is_zero() && !next() {
            return refused;
        }
        let powers: Vec<G1Affine> = self.tau_g1.iter().copied().chain([last]).collect();
        transform("tau G1", self.power + 1, &powers, lagrange, rng)
    }
}

/// Random combinations of all points but the last, and of the same shifted by one.
fn neighbours<C: SWCurveConfig<ScalarField = Fr>>(
    points: &[Affine<C>],
    rng: &mut dyn CryptoRngCore,
) -> (Affine<C>, Affine<C>) {
    let r = coefficients(points.len() - 1, rng);
    (sum(&points[..points.len() - 1], &r), sum(&points[1..], &r))
}

/// Lagrange points of domain 2^p against the powers: for random r, `sum r_i tau^i = sum fft(r)_j L_j`.
fn transform<C: SWCurveConfig<ScalarField = Fr>>(
    name: &'static str,
    p: u32,
    powers: &[Affine<C>],
    lagrange: &[Affine<C>],
    rng: &mut dyn CryptoRngCore,
) -> Result<(), PtauError> {
    let n = 1usize << p;
    let mut r = coefficients(n, rng);
    let want = sum(&powers[..n], &r);
    Radix2EvaluationDomain::<Fr>::new(n).expect("at most 2^21").fft_in_place(&mut r);
    if sum(&lagrange[n - 1..2 * n - 1], &r) == want { Ok(()) } else { Err(PtauError::Lagrange(name)) }
}

fn contribution(before: &Before, c: &PtauContribution) -> Result<(), ContributionFault> {
    if let Some(beacon) = &c.beacon {
        let mut stream = beacon.stream();
        let secrets = [scalar(&mut stream), scalar(&mut stream), scalar(&mut stream)];
        for (key, secret) in c.keys.iter().zip(secrets) {
            let g1_s = g1(&mut stream);
            if key.g1_s != g1_s || key.g1_sx != g1_s * secret {
                return Err(ContributionFault::Beacon);
            }
        }
    }
    let mut hashed = [G2Affine::identity(); 3];
    for (k, (key, g2_sp)) in c.keys.iter().zip(&mut hashed).enumerate() {
        let (mut s, mut sx) = (Vec::new(), Vec::new());
        key.g1_s.hash_form(&mut s);
        key.g1_sx.hash_form(&mut sx);
        *g2_sp = hash_to_g2(&blake2b(&[&[k as u8], &before.challenge, &s, &sx]));
        if !same_ratio(key.g1_s, key.g1_sx, *g2_sp, key.g2_spx) {
            return Err(ContributionFault::Knowledge(SECRETS[k]));
        }
    }
    let [tau, alpha, beta] = &c.keys;
    let follows = [
        ("tau G1", same_ratio(before.tau_g1, c.tau_g1, hashed[0], tau.g2_spx)),
        ("tau G2", same_ratio(tau.g1_s, tau.g1_sx, before.tau_g2, c.tau_g2)),
        ("alpha G1", same_ratio(before.alpha_g1, c.alpha_g1, hashed[1], alpha.g2_spx)),
        ("beta G1", same_ratio(before.beta_g1, c.beta_g1, hashed[2], beta.g2_spx)),
        ("beta G2", same_ratio(beta.g1_s, beta.g1_sx, before.beta_g2, c.beta_g2)),
    ];
    match follows.iter().find(|(_, holds)| !holds) {
        Some((name, _)) => Err(ContributionFault::NotFollowing(name)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_challenge_is_that_of_other_programs() {
        // As snarkjs 0.7.6 prints it for `powersoftau new bn128 12`.
        let printed = "9e63a5f62b96538daaed2372481920d1a40b91959ea38ef9f5f6a3033b886516\
                       0710d067c09d09615f928ea517bcdf49ad75abd2c8340b400e3b18e968b4ffef";
        assert_eq!(hex::encode(first_challenge(12)), printed);
        assert_eq!(hex::encode(first_challenge(28)), CHALLENGE_28);
    }
}
