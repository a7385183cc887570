//! Proofs without a prover: whoever knows a key's secret exponents can make a proof of any statement. The test key's
//! are known, so these tests exercise the real verifier on statements of their choice.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{Field, UniformRand};
use ark_serialize::CanonicalSerialize;
use honnin_circuits::statement::{PUBLIC_INPUTS, Statement};
use honnin_circuits::verify::Proof;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The secret exponents of a verifying key.
pub struct Simulator {
    alpha: Fr,
    beta: Fr,
    gamma: Fr,
    delta: Fr,
    inputs: Vec<Fr>,
}

impl Simulator {
    pub fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(1);
        let mut draw = || Fr::rand(&mut rng);
        Self {
            alpha: draw(),
            beta: draw(),
            gamma: draw(),
            delta: draw(),
            inputs: (0..=PUBLIC_INPUTS).map(|_| draw()).collect(),
        }
    }

    pub fn verifying_key(&self) -> Vec<u8> {
        let g1 = |x: Fr| -> G1Affine { (G1Projective::generator() * x).into_affine() };
        let g2 = |x: Fr| -> G2Affine { (G2Projective::generator() * x).into_affine() };
        let mut out = Vec::new();
        g1(self.alpha).serialize_compressed(&mut out).unwrap();
        for x in [self.beta, self.gamma, self.delta] {
            g2(x).serialize_compressed(&mut out).unwrap();
        }
        let inputs: Vec<G1Affine> = self.inputs.iter().map(|x| g1(*x)).collect();
        inputs.serialize_compressed(&mut out).unwrap();
        out
    }

    pub fn prove(&self, statement: &Statement) -> [u8; 128] {
        let (a, b) = (Fr::from(11_u64), Fr::from(13_u64));
        let inputs = statement.public_inputs();
        let sum = inputs.iter().zip(&self.inputs[1..]).fold(self.inputs[0], |sum, (z, x)| sum + *z * x);
        let c = (a * b - self.alpha * self.beta - sum * self.gamma) * self.delta.inverse().unwrap();
        let g1 = |x: Fr| (G1Projective::generator() * x).into_affine();
        Proof::from_points(g1(a), (G2Projective::generator() * b).into_affine(), g1(c)).to_bytes()
    }
}
