//! Proving and verifying keys: made for development, written to disk, loaded by hash.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_groth16::{Groth16, ProvingKey as ArkKey, VerifyingKey as ArkVerifyingKey};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, SynthesisError, Variable};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize, Compress, SerializationError, Valid, Validate};
use honnin_circuits::{Fr, statement::PUBLIC_INPUTS, verify::KeyError};
use rand::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};

use crate::{
    arith::{self, G1, G2},
    circuit::{DOMAIN, INPUTS, WITNESSES, shape},
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
        let g1 = |points: &[G1Affine]| points.iter().map(|p| arith::g1(*p)).collect();
        Self::assemble(Parts {
            beta_g1: ark.beta_g1,
            delta_g1: ark.delta_g1,
            a: g1(&ark.a_query),
            b_g1: g1(&ark.b_g1_query),
            b_g2: ark.b_g2_query.iter().map(|p| arith::g2(*p)).collect(),
            h: g1(&ark.h_query),
            l: g1(&ark.l_query),
            vk: ark.vk,
        })
    }

    fn assemble(parts: Parts) -> Self {
        let b_variables: Vec<usize> =
            (0..parts.b_g1.len()).filter(|&i| !parts.b_g1[i].is_zero() || !parts.b_g2[i].is_zero()).collect();
        let a_variables: Vec<usize> = (0..parts.a.len()).filter(|&i| !parts.a[i].is_zero()).collect();
        let mut l_and_h = parts.l;
        l_and_h.extend(parts.h);
        Self {
            vk: parts.vk,
            beta_g1: parts.beta_g1,
            delta_g1: parts.delta_g1,
            a: a_variables.iter().map(|&i| parts.a[i]).collect(),
            b_g1: b_variables.iter().map(|&i| parts.b_g1[i]).collect(),
            b_g2: b_variables.iter().map(|&i| parts.b_g2[i]).collect(),
            a_variables,
            b_variables,
            l_and_h,
        }
    }

    /// The H query.
    pub(crate) fn h(&self) -> &[G1] {
        &self.l_and_h[WITNESSES..]
    }

    /// The point of a variable in the A query; the identity where it stands in no row.
    pub(crate) fn a_of(&self, variable: usize) -> G1Affine {
        self.a_variables.binary_search(&variable).map_or(G1Affine::identity(), |at| arith::ark_g1(self.a[at]))
    }

    /// The same key as arkworks writes and uses it.
    pub fn to_arkworks(&self) -> ArkKey<Bn254> {
        let variables = INPUTS + WITNESSES;
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
        let (l, h) = self.l_and_h.split_at(WITNESSES);
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
        let parts = Parts::read(&mut reader).map_err(|_| KeyError::Malformed)?;
        if !reader.is_empty() {
            return Err(KeyError::Malformed);
        }
        let variables = INPUTS + WITNESSES;
        let fits = parts.vk.gamma_abc_g1.len() == PUBLIC_INPUTS + 1
            && parts.a.len() == variables
            && parts.b_g1.len() == variables
            && parts.b_g2.len() == variables
            && parts.l.len() == WITNESSES
            && parts.h.len() == DOMAIN - 1;
        if !fits {
            return Err(KeyError::OtherCircuit);
        }
        let (gamma, delta) = (parts.vk.gamma_g2, parts.vk.delta_g2);
        if gamma == delta || gamma == -delta || delta.is_zero() || parts.delta_g1.is_zero() {
            return Err(KeyError::Degenerate);
        }
        Ok(Self::assemble(parts))
    }

    /// Checks every point: on the curve, in the subgroup. For whoever pins a key's hash; who loads by the hash relies on it.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn check_points(&self) -> Result<(), KeyError> {
        let g1 = |points: &[G1]| points.iter().all(|p| arith::ark_g1(*p).check().is_ok());
        let sound = self.vk.check().is_ok()
            && self.beta_g1.check().is_ok()
            && self.delta_g1.check().is_ok()
            && [&self.a, &self.b_g1, &self.l_and_h].into_iter().all(|points| g1(points))
            && self.b_g2.iter().all(|p| arith::ark_g2(*p).check().is_ok());
        if sound { Ok(()) } else { Err(KeyError::Malformed) }
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

/// A key as it is read, every query at full length.
struct Parts {
    vk: ArkVerifyingKey<Bn254>,
    beta_g1: G1Affine,
    delta_g1: G1Affine,
    a: Vec<G1>,
    b_g1: Vec<G1>,
    b_g2: Vec<G2>,
    h: Vec<G1>,
    l: Vec<G1>,
}

impl Parts {
    /// In the order that arkworks writes a proving key. Lengths are canonical coordinates' and lists' own; nothing is
    /// known about the points but what the hash of the bytes vouches for.
    fn read(reader: &mut &[u8]) -> Result<Self, SerializationError> {
        fn next<T: CanonicalDeserialize>(reader: &mut &[u8]) -> Result<T, SerializationError> {
            T::deserialize_with_mode(reader, Compress::No, Validate::No)
        }
        Ok(Self {
            vk: next(reader)?,
            beta_g1: next(reader)?,
            delta_g1: next(reader)?,
            a: next(reader)?,
            b_g1: next(reader)?,
            b_g2: next(reader)?,
            h: next(reader)?,
            l: next(reader)?,
        })
    }
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
