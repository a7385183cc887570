//! Proving and verifying keys: made for development, written to disk, loaded by hash.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_groth16::{Groth16, ProvingKey as ArkKey, VerifyingKey as ArkVerifyingKey};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, Validate};
use honnin_circuits::{Fr, statement::PUBLIC_INPUTS, verify::KeyError};
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};

use crate::{
    arith::{self, G1, G2},
    circuit::shape,
    r1cs::{Row, Shape},
};

/// Replays our rows into arkworks' constraint system: for its parameter generator, and for tests that compare.
pub struct Replay<'a> {
    /// Rows.
    pub shape: &'a Shape,
    /// Full assignment; zeros will do where only the shape matters.
    pub z: &'a [Fr],
}

impl ConstraintSynthesizer<Fr> for Replay<'_> {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let mut variables = vec![Variable::One];
        for v in &self.z[1..self.shape.inputs] {
            variables.push(cs.new_input_variable(|| Ok(*v))?);
        }
        for v in &self.z[self.shape.inputs..] {
            variables.push(cs.new_witness_variable(|| Ok(*v))?);
        }
        let lc = |row: &Row| LinearCombination(row.iter().map(|(c, v)| (*c, variables[*v])).collect());
        let [a, b, c] = &self.shape.matrices;
        for ((a, b), c) in a.iter().zip(b).zip(c) {
            cs.enforce_r1cs_constraint(|| lc(a), || lc(b), || lc(c))?;
        }
        Ok(())
    }
}

/// A proving key in the types that the prover computes with, the B queries' points at infinity taken out: most of the
/// witness never stands on the B side.
pub struct ProvingKey {
    pub(crate) vk: ArkVerifyingKey<Bn254>,
    pub(crate) beta_g1: G1Affine,
    pub(crate) delta_g1: G1Affine,
    /// Variables whose points the queries hold, in order.
    pub(crate) a_variables: Vec<usize>,
    pub(crate) a: Vec<G1>,
    pub(crate) b_variables: Vec<usize>,
    pub(crate) b_g1: Vec<G1>,
    pub(crate) b_g2: Vec<G2>,
    /// The L query, a point a witness variable, then the H query, a point a coefficient: C is one sum over both.
    pub(crate) l_and_h: Vec<G1>,
}

impl ProvingKey {
    fn new(ark: ArkKey<Bn254>) -> Self {
        let b_variables: Vec<usize> = (0..ark.b_g1_query.len())
            .filter(|&i| !ark.b_g1_query[i].is_zero() || !ark.b_g2_query[i].is_zero())
            .collect();
        let a_variables: Vec<usize> = (0..ark.a_query.len()).filter(|&i| !ark.a_query[i].is_zero()).collect();
        Self {
            b_g1: b_variables.iter().map(|&i| arith::g1(ark.b_g1_query[i])).collect(),
            b_g2: b_variables.iter().map(|&i| arith::g2(ark.b_g2_query[i])).collect(),
            a: a_variables.iter().map(|&i| arith::g1(ark.a_query[i])).collect(),
            b_variables,
            a_variables,
            l_and_h: ark.l_query.iter().chain(&ark.h_query).map(|p| arith::g1(*p)).collect(),
            beta_g1: ark.beta_g1,
            delta_g1: ark.delta_g1,
            vk: ark.vk,
        }
    }

    /// The H query.
    pub(crate) fn h(&self) -> &[G1] {
        &self.l_and_h[shape().witnesses..]
    }

    /// The point of a variable in the A query; the identity where it stands in no row.
    pub(crate) fn a_of(&self, variable: usize) -> G1Affine {
        self.a_variables.binary_search(&variable).map_or(G1Affine::identity(), |at| arith::ark_g1(self.a[at]))
    }

    /// The same key as arkworks writes and uses it.
    pub fn to_arkworks(&self) -> ArkKey<Bn254> {
        let variables = shape().inputs + shape().witnesses;
        let spread = |at: &[usize], points: &[G1]| {
            let mut all = vec![G1Affine::identity(); variables];
            for (v, p) in at.iter().zip(points) {
                all[*v] = arith::ark_g1(*p);
            }
            all
        };
        let mut b_g2_query = vec![G2Affine::identity(); variables];
        for (v, p) in self.b_variables.iter().zip(&self.b_g2) {
            b_g2_query[*v] = arith::ark_g2(*p);
        }
        let (l, h) = self.l_and_h.split_at(shape().witnesses);
        let plain = |points: &[G1]| points.iter().map(|p| arith::ark_g1(*p)).collect();
        ArkKey {
            vk: self.vk.clone(),
            beta_g1: self.beta_g1,
            delta_g1: self.delta_g1,
            a_query: spread(&self.a_variables, &self.a),
            b_g1_query: spread(&self.b_variables, &self.b_g1),
            b_g2_query,
            h_query: plain(h),
            l_query: plain(l),
        }
    }

    /// Parameters made by one party: for development only, as whoever made them could forge proofs.
    pub fn development(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let z = vec![Fr::from(0u64); shape().inputs + shape().witnesses];
        let ark = Groth16::<Bn254>::generate_random_parameters_with_reduction(Replay { shape: shape(), z: &z }, rng)
            .expect("the shape is fixed and fits a domain");
        Self::new(ark)
    }

    /// Loads what [`ProvingKey::to_bytes`] wrote. The hash is compared first; after that the points are only checked
    /// for length and canonical coordinates, as the pinned hash already vouches for them.
    pub fn load(bytes: &[u8], pinned_sha256: &[u8; 32]) -> Result<Self, KeyError> {
        if &sha256(bytes) != pinned_sha256 {
            return Err(KeyError::Hash);
        }
        let mut reader = bytes;
        let ark = ArkKey::<Bn254>::deserialize_with_mode(&mut reader, Compress::No, Validate::No)
            .map_err(|_| KeyError::Malformed)?;
        if !reader.is_empty() {
            return Err(KeyError::Malformed);
        }
        let variables = shape().inputs + shape().witnesses;
        let fits = ark.vk.gamma_abc_g1.len() == PUBLIC_INPUTS + 1
            && ark.a_query.len() == variables
            && ark.b_g1_query.len() == variables
            && ark.b_g2_query.len() == variables
            && ark.l_query.len() == shape().witnesses
            && ark.h_query.len() == shape().domain() - 1;
        if !fits {
            return Err(KeyError::OtherCircuit);
        }
        let (gamma, delta) = (ark.vk.gamma_g2, ark.vk.delta_g2);
        if gamma == delta || gamma == -delta || delta.is_zero() || ark.delta_g1.is_zero() {
            return Err(KeyError::Degenerate);
        }
        Ok(Self::new(ark))
    }

    /// arkworks' uncompressed form: loads fast, 1.5 MB.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.to_arkworks().serialize_uncompressed(&mut out).expect("a vector takes all");
        out
    }

    /// The verifying key in the compressed form that `honnin_circuits::verify::VerifyingKey::load` reads.
    pub fn verifying_key_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.vk.serialize_compressed(&mut out).expect("a vector takes all");
        out
    }
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
