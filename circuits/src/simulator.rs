//! Proofs without a prover, for tests: whoever knows a key's secret exponents can make a proof of any inputs.

use ark_bn254::{G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{Field, UniformRand};
use ark_serialize::CanonicalSerialize;
use rand::RngCore;
use sha2::{Digest, Sha256};

use crate::{
    Fr,
    statement::PUBLIC_INPUTS,
    verify::{Proof, VerifyingKey},
};

/// The secret exponents of a verifying key.
pub struct Simulator {
    alpha: Fr,
    beta: Fr,
    gamma: Fr,
    delta: Fr,
    inputs: Vec<Fr>,
}

impl Simulator {
    pub fn new(rng: &mut impl RngCore) -> Self {
        let mut draw = || Fr::rand(rng);
        Self {
            alpha: draw(),
            beta: draw(),
            gamma: draw(),
            delta: draw(),
            inputs: (0..=PUBLIC_INPUTS).map(|_| draw()).collect(),
        }
    }

    pub fn key(&self) -> VerifyingKey {
        let g2 = |x: Fr| -> G2Affine { (G2Projective::generator() * x).into_affine() };
        let mut out = Vec::new();
        g1(self.alpha).serialize_compressed(&mut out).unwrap();
        for x in [self.beta, self.gamma, self.delta] {
            g2(x).serialize_compressed(&mut out).unwrap();
        }
        self.inputs.iter().map(|x| g1(*x)).collect::<Vec<_>>().serialize_compressed(&mut out).unwrap();
        VerifyingKey::load(&out, &Sha256::digest(&out).into()).unwrap()
    }

    /// A proof with the discrete logarithms of A and B given.
    pub fn prove(&self, inputs: &[Fr; PUBLIC_INPUTS], a: Fr, b: Fr) -> Proof {
        let sum = inputs.iter().zip(&self.inputs[1..]).fold(self.inputs[0], |sum, (z, x)| sum + *z * x);
        let c = (a * b - self.alpha * self.beta - sum * self.gamma) * self.delta.inverse().unwrap();
        Proof::from_points(g1(a), (G2Projective::generator() * b).into_affine(), g1(c))
    }
}

fn g1(x: Fr) -> G1Affine {
    (G1Projective::generator() * x).into_affine()
}
